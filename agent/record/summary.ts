import { messageOf, RunbookError } from '../../lib/errors.ts';
import type { RunEvent } from '../events.ts';
import { isLocked } from '../lock.ts';
import type { RunExit } from '../outcome.ts';
import { runsBelow } from './find.ts';
import { keptGrade } from './kept-grade.ts';
import { ofType, type RunRecord, readRecord } from './read.ts';

/** `broken_off`: its process ended without an end in the log. */
export type RunStatus =
  | 'running'
  | 'passed'
  | 'not_passed'
  | 'gate'
  | 'budget'
  | 'failed'
  | 'interrupted'
  | 'broken_off';

const STATUS_OF_EXIT: Record<RunExit, RunStatus> = {
  0: 'passed',
  1: 'not_passed',
  3: 'gate',
  4: 'budget',
  5: 'failed',
  130: 'interrupted',
};

/** A run in one line. */
export interface RunSummary {
  run: string;
  /** Its results dir, or the file that it was unpacked from. */
  place: string;
  runbook: string;
  status: RunStatus;
  /** Whether it can go on behind its last finished step. */
  resumable: boolean;
  agent: string;
  model: string | null;
  /** What its model requests cost, USD; those of a parent are the parent's. */
  cost_usd: number;
  /** Average of the grade, 1 to 5. */
  score: number | null;
  /** Of all its parts, without the pauses between them. */
  elapsed_s: number;
  /** ISO 8601, UTC. */
  started: string;
  parent: { run: string; before_step: number } | null;
}

/** A log that cannot be read. */
export interface DamagedRun {
  place: string;
  status: 'damaged';
  message: string;
}

export function summaryOf(record: RunRecord, place = record.dir, now = new Date()): RunSummary {
  const { started, events, dir } = record;
  const status = isLocked(dir) ? 'running' : statusAtEnd(events);
  const part = ofType(events, 'run_started', 'run_resumed').at(-1) ?? started;
  return {
    run: started.run,
    place,
    runbook: started.runbook.title,
    status,
    resumable: !['running', 'passed', 'not_passed'].includes(status),
    agent: part.driver,
    model: part.model ?? null,
    cost_usd: costOf(events),
    score: keptGrade(record)?.average ?? null,
    elapsed_s: secondsOf(events, status === 'running' ? now : undefined),
    started: started.time,
    parent: started.parent ? { run: started.parent.run, before_step: started.parent.before_step } : null,
  };
}

function statusAtEnd(events: readonly RunEvent[]): RunStatus {
  const end = ofType(events, 'run_finished', 'run_resumed').at(-1);
  if (end?.type !== 'run_finished') return 'broken_off';
  return STATUS_OF_EXIT[end.exit as RunExit] ?? 'failed';
}

/** What a run's own model requests cost, USD. */
export function costOf(events: readonly RunEvent[]): number {
  const own = ofType(events, 'generation').filter(({ from }) => from === undefined);
  return own.reduce((sum, { properties }) => sum + properties.$ai_total_cost_usd, 0);
}

/** Seconds from the beginning to the end of each part; the one that is running lasts until now. */
export function secondsOf(events: readonly RunEvent[], now?: Date): number {
  const parts: { from: number; to: number }[] = [];
  for (const event of events) {
    if (event.from !== undefined) continue;
    const at = Date.parse(event.time);
    const part = parts.at(-1);
    if (!part || event.type === 'run_resumed') parts.push({ from: at, to: at });
    else part.to = at;
  }
  const last = parts.at(-1);
  if (last && now) last.to = now.getTime();
  return parts.reduce((sum, { from, to }) => sum + Math.max(0, to - from) / 1000, 0);
}

/** Every run in and below a folder, newest first; those whose log is damaged come last. */
export function listRuns(folder: string): (RunSummary | DamagedRun)[] {
  const runs = runsBelow(folder).map(summaryIn);
  const startOf = (run: RunSummary | DamagedRun) => (run.status === 'damaged' ? '' : run.started);
  return runs.sort((a, b) => startOf(b).localeCompare(startOf(a)));
}

/** Whatever a log holds that was changed by hand, the list goes on. */
function summaryIn(dir: string): RunSummary | DamagedRun {
  try {
    return summaryOf(readRecord(dir));
  } catch (error) {
    const message =
      error instanceof RunbookError ? error.message : `The log is not as this program writes it: ${messageOf(error)}`;
    return { place: dir, status: 'damaged', message };
  }
}
