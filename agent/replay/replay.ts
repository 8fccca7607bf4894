import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RunbookError } from '../../lib/errors.ts';
import type { QueryRequest, QueryResult } from '../../sources/source.ts';
import type { RunEvent } from '../events.ts';
import type { Parameters } from '../parameters.ts';
import { partOf, partsOf, stepsOf } from '../record/parts.ts';
import { assertRecorded, ofType, type RunRecord } from '../record/read.ts';
import { performedRunbook } from '../record/runbook.ts';
import { type RecordedStep, storyOf } from '../record/story.ts';
import { secondsOf } from '../record/summary.ts';
import { type Cut, cutBefore, earlierOf, restoreFiles } from '../record/take-over.ts';
import { runRunbook } from '../run.ts';
import type { RunOptions } from '../run-options.ts';
import { type ArtifactChange, ArtifactComparison } from './compare.ts';
import { type Deviation, type ReplayHooks, replayDriver } from './driver.ts';
import { replayJudge } from './judge.ts';
import { ReplayQueries } from './queries.ts';
import { ReplayRecorder } from './recorder.ts';

export interface ReplayOptions {
  /** Steps to perform; those before are taken from the record. The grading belongs to the last one. */
  from?: number | undefined;
  to?: number | undefined;
  /** Where the results are left, an empty folder; without it they are looked at and removed. */
  resultsDir?: string | undefined;
  hooks?: ReplayHooks;
  /** Asked for queries that are not in the record; with it, what tools read outside is asked for as well. */
  live?: ((request: QueryRequest) => Promise<QueryResult>) | undefined;
  /** Told, before the first step, where to look at differences while the replay goes on. */
  watch?(current: ReplayWatch): void;
  signal: AbortSignal;
  onEvent?(event: RunEvent): void;
}

export interface ReplayWatch {
  readonly deviations: readonly Deviation[];
  /** Artifacts that were another at the end of a step so far. */
  changed(): string[];
}

export interface ReplayOutcome {
  steps: { from: number; to: number };
  graded: boolean;
  /** Paths of the artifacts that are as they were. */
  identical: string[];
  changes: ArtifactChange[];
  deviations: Deviation[];
  /** The run's exit, then and now. */
  exit: { recorded: number | null; now: number };
  /** Seconds; `recorded` is that of the steps which were performed again. */
  elapsed_s: { recorded: number; now: number };
}

/**
 * Performs a run from its record, with no source, no network and no model, and compares every artifact with what was recorded.
 * @throws RunbookError `usage` for steps that the run did not finish or a results dir that is not empty, `log` for a damaged record
 */
export async function replayRun(record: RunRecord, options: ReplayOptions): Promise<ReplayOutcome> {
  assertRecorded(record);
  const range = rangeOf(record, options);
  if (options.resultsDir !== undefined) assertEmpty(options.resultsDir);
  const folder = mkdtempSync(path.join(tmpdir(), 'replay-'));
  try {
    const dir = options.resultsDir ?? path.join(folder, 'results');
    const runbook = performedRunbook(record, path.join(folder, 'runbook'));
    const comparison = new ArtifactComparison(record, range.cut);
    const deviations: Deviation[] = [];
    options.watch?.({ deviations, changed: () => comparison.changed() });
    const story = storyOf(record);
    const base = baseOf(record, range, { dir, options, story });
    const started = performance.now();
    const outcome = await runRunbook(
      {
        ...base,
        runbook,
        driver: replayDriver(record, story, (what) => deviations.push(what), options.hooks),
      },
      (event) => {
        comparison.event(event);
        options.onEvent?.(event);
      },
    );
    const now = (performance.now() - started) / 1000;
    const changes = comparison.changes(outcome.resultsDir, range.end);
    return {
      steps: { from: range.from, to: range.to },
      graded: range.isGraded,
      identical: comparison.identical(range.end),
      changes,
      deviations,
      exit: { recorded: range.isGraded ? lastExit(record) : null, now: outcome.exitCode },
      elapsed_s: { recorded: recordedSeconds(record, range), now },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What lies there may be the run itself. */
function assertEmpty(dir: string): void {
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory() || readdirSync(dir).length === 0) return;
  throw new RunbookError('usage', `The results dir ${path.resolve(dir)} is not empty.`, {
    at: '--results-dir',
    hint: 'Give a folder that is empty or not there yet: a replay writes over nothing.',
  });
}

interface Range {
  from: number;
  to: number;
  cut: Cut;
  /** Number of the event with which the part ends. */
  end: number;
  isGraded: boolean;
}

function rangeOf(record: RunRecord, { from = 1, to }: ReplayOptions): Range {
  const { events } = record;
  const all = stepsOf(record).length;
  const reached = Math.max(0, ...ofType(events, 'step_finished', 'step_failed', 'gate_stopped').map((e) => e.number));
  const last = to ?? Math.min(all, reached);
  const cut = cutBefore(record, from);
  if (!cut || from > last || last > reached || from < 1) throw noSteps(from, last, Math.min(all, reached));
  const isGraded = (to === undefined || to === all) && ofType(events, 'graded').length > 0;
  const isWhole = to === undefined || to >= Math.min(all, reached);
  const stepEnd = events.findLast((event) => event.type === 'step_finished' && event.number === last);
  return { from, to: last, cut, isGraded, end: isWhole ? events.length : (stepEnd?.seq ?? events.length) };
}

function noSteps(from: number, to: number, reached: number): RunbookError {
  const what = reached === 0 ? 'The run finished no step' : `The run finished steps 1 to ${reached}`;
  return new RunbookError('usage', `${what}; steps ${from} to ${to} cannot be replayed.`, {
    at: '--step',
    hint: reached === 0 ? 'Resume it first.' : `Give steps from 1 to ${reached}.`,
  });
}

function baseOf(
  record: RunRecord,
  range: Range,
  { dir, options, story }: { dir: string; options: ReplayOptions; story: readonly RecordedStep[] },
): Omit<RunOptions, 'runbook' | 'driver'> {
  const { started } = record;
  const before = earlierOf(record, range.cut);
  const earlier = range.cut.steps > 0 ? { ...before, rounds: { rounds: [], mended: 0 } } : undefined;
  const judge = replayJudge(record);
  const opened = ofType(record.events, 'source_opened').at(-1);
  if (!opened) throw noSteps(range.from, range.to, 0);
  const window = { from: new Date(opened.window.from), to: new Date(opened.window.to) };
  const { live } = options;
  const parts = partsOf(record);
  return {
    id: started.run,
    open: async ({ onQuery }) => {
      const queries = new ReplayQueries(record, story, { earlier: before.source?.records ?? [], onQuery, live });
      return { source: queries.sourceFor({ step: 0, call: 0, tool: '' }), queries, window };
    },
    asked: started.source,
    resultsDir: dir,
    resultsDirName: started.results_dir,
    overwrite: false,
    parameters: {},
    params: started.params as Parameters,
    paramsOf: (step) => (partOf(parts, step)?.params ?? started.params) as Parameters,
    rounds: started.rounds,
    note: 'replay',
    env: {},
    signal: options.signal,
    recorder: new ReplayRecorder(record, story, live !== undefined),
    ...(judge && { judge: () => judge }),
    ...(earlier && {
      earlier: { ...earlier, as: { kind: 'forked', parent: started.run, parts, events: range.cut.events } },
    }),
    ...(range.isGraded ? {} : { through: range.to }),
    prepare: () => restoreFiles(record, range.cut, path.resolve(dir)),
  };
}

function lastExit({ events }: RunRecord): number | null {
  return ofType(events, 'run_finished').at(-1)?.exit ?? null;
}

/** All parts of the run, or the steps of the part. */
function recordedSeconds({ events }: RunRecord, { from, to, isGraded }: Range): number {
  if (from === 1 && isGraded) return secondsOf(events);
  const steps = ofType(events, 'step_finished').filter(({ number }) => number >= from && number <= to);
  return steps.reduce((sum, { elapsed_s }) => sum + elapsed_s, 0);
}
