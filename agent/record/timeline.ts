import type { RunEvent } from '../events.ts';
import type { Of, RunRecord } from './read.ts';
import { type RunSummary, summaryOf } from './summary.ts';
import { addItem, type Failure, failureIn, type Work } from './timeline-items.ts';

/** `open`: the run ended before the step did, or goes on with it. */
export type TimelineStep = Work & {
  kind: 'step';
  number: number;
  id: string;
  title: string;
  status: 'done' | 'failed' | 'stopped' | 'open';
  /** The run that it was taken from. */
  from: string | null;
  elapsed_s: number | null;
  /** What the agent hands on to later steps. */
  note: string | null;
};

/** The grading of one round: what the judge was asked, and what came of it. */
export type TimelineGrading = Work & {
  kind: 'grading';
  grade: Pick<Of<'graded'>, 'round' | 'average' | 'passed' | 'scores' | 'failed_gates' | 'claims' | 'judge'> | null;
  note: string | null;
};

export type TimelineEntry =
  | TimelineStep
  | TimelineGrading
  | { kind: 'source'; label: string; window: { from: string; to: string }; notices: string[]; elapsed_s: number }
  | { kind: 'source_failed'; failure: Failure }
  | { kind: 'resumed'; time: string; after_step: number; agent: string; model: string | null };

/** A run from its beginning to its end. */
export interface Timeline {
  run: RunSummary;
  entries: TimelineEntry[];
}

/** @param place what the run is called by, where that is not its results dir */
export function timelineOf(record: RunRecord, place?: string): Timeline {
  const entries: TimelineEntry[] = [];
  for (const event of record.events) add(entries, event);
  return { run: summaryOf(record, place), entries };
}

function add(entries: TimelineEntry[], event: RunEvent): void {
  switch (event.type) {
    case 'source_opened':
      addSource(entries, event);
      return;
    case 'source_failed':
      entries.push({ kind: 'source_failed', failure: failureIn(event) });
      return;
    case 'run_resumed': {
      const { time, after_step, driver, model } = event;
      entries.push({ kind: 'resumed', time, after_step, agent: driver, model });
      return;
    }
    case 'step_started':
      entries.push(stepOf(event));
      return;
    case 'step_finished':
    case 'step_failed':
    case 'gate_stopped':
      endStep(entries.at(-1), event);
      return;
    case 'graded':
    case 'grade_failed':
      addVerdict(gradingIn(entries, event.type === 'graded'), event);
      return;
    case 'round_finished':
      // A part that graded nothing itself says so of the round before.
      addVerdict(entries.findLast(isGraded) ?? gradingIn(entries), event);
      return;
    case 'generation':
    case 'model_retry': {
      const last = entries.at(-1);
      addItem(last?.kind === 'step' && last.status === 'open' ? last : gradingIn(entries), event);
      return;
    }
    default: {
      // Files that are written behind a step's end are still its own.
      const last = entries.at(-1);
      if (last?.kind === 'step' || last?.kind === 'grading') addItem(last, event);
    }
  }
}

/** The window is pinned: the other parts of a run open the same source again. */
function addSource(entries: TimelineEntry[], { label, window, notices, elapsed_s }: Of<'source_opened'>): void {
  if (entries.some(({ kind }) => kind === 'source')) return;
  entries.push({ kind: 'source', label, window, notices: notices.map(({ message }) => message), elapsed_s });
}

function stepOf({ number, id, title, from }: Of<'step_started'>): TimelineStep {
  return {
    ...{ kind: 'step', number, id, title, status: 'open', from: from ?? null, elapsed_s: null, note: null },
    ...{ items: [], artifacts: [], failure: null },
  };
}

const STATUS = { step_finished: 'done', step_failed: 'failed', gate_stopped: 'stopped' } as const;

function endStep(step: TimelineEntry | undefined, event: Of<'step_finished' | 'step_failed' | 'gate_stopped'>): void {
  if (step?.kind !== 'step') return;
  step.status = STATUS[event.type];
  if (event.type === 'step_finished') step.note = event.note;
  else step.failure = failureIn(event);
  if (event.type !== 'gate_stopped') step.elapsed_s = event.elapsed_s;
}

function isGraded(entry: TimelineEntry): entry is TimelineGrading {
  return entry.kind === 'grading' && entry.grade !== null;
}

/** @param anew a round that has its grade is over */
function gradingIn(entries: TimelineEntry[], anew = false): TimelineGrading {
  const last = entries.at(-1);
  if (last?.kind === 'grading' && !(anew && last.grade)) return last;
  const grading: TimelineGrading = {
    kind: 'grading',
    grade: null,
    note: null,
    items: [],
    artifacts: [],
    failure: null,
  };
  entries.push(grading);
  return grading;
}

function addVerdict(grading: TimelineGrading, event: Of<'graded' | 'grade_failed' | 'round_finished'>): void {
  if (event.type === 'grade_failed') grading.failure = failureIn(event);
  else if (event.type === 'round_finished') grading.note = event.note;
  else {
    const { round, average, passed, scores, failed_gates, claims, judge } = event;
    grading.grade = { round, average, passed, scores, failed_gates, claims, judge };
  }
}
