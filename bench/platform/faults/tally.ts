import path from 'node:path';
import { ofType, type RunRecord, readRecord } from '../../../agent/record/read.ts';
import { type Site, sleep } from './site.ts';

export interface RunCount {
  asked: number;
  completed: number;
  failed: number;
  /** Confirmed and not there, or never over. */
  lost: number;
  stepsTwice: number;
  runsTwice: number;
  /** Completed in the database, and not by the run's own log. */
  falselyCompleted: number;
}

interface RunRow {
  trajectory_id: string;
  collection_id: string;
  status: string;
  error: string | null;
  mark: string | null;
  ended: Date | null;
}

const SETTLE_MS = 600_000;

/** Waits until every run is over, and counts from the database and from each run's own log. */
export async function tally(
  site: Site,
  { confirmed, unknown }: { confirmed: readonly string[]; unknown: readonly string[] },
): Promise<{ count: RunCount; wrong: string[] }> {
  const runs = await settled(site);
  const wrong: string[] = [];
  const byMark = new Map<string, RunRow[]>();
  for (const run of runs) if (run.mark !== null) byMark.set(run.mark, [...(byMark.get(run.mark) ?? []), run]);
  const missing = confirmed.filter((mark) => !byMark.has(mark));
  const open = runs.filter(({ ended }) => ended === null);
  for (const mark of missing) wrong.push(`${mark} was confirmed and is not there`);
  for (const { trajectory_id, status } of open) wrong.push(`${trajectory_id} is still ${status}`);
  const doubled = [...byMark].filter(([, same]) => same.length > 1);
  for (const [mark] of doubled) wrong.push(`${mark} made several runs`);
  const verdicts = runs.map((run) => verdictOn(run, recordOf(site, run)));
  wrong.push(...verdicts.flatMap(({ faults }) => faults));
  const having = (state: string) => runs.filter(({ status }) => status === state).length;
  const sum = (of: (verdict: Verdict) => number) => verdicts.reduce((total, verdict) => total + of(verdict), 0);
  const made = unknown.filter((mark) => byMark.has(mark)).length;
  return {
    count: {
      asked: confirmed.length + made + runs.filter(({ mark }) => mark === null).length,
      completed: having('completed'),
      failed: having('failed'),
      lost: missing.length + open.length,
      stepsTwice: sum(({ stepsTwice }) => stepsTwice),
      runsTwice: doubled.length + sum(({ endedTwice }) => endedTwice),
      falselyCompleted: sum(({ isFalse }) => isFalse),
    },
    wrong,
  };
}

/** Why runs failed, with how many; of the system's errors their own words alone. */
export async function reasons(site: Site): Promise<string[]> {
  const rows = await site.query<{ error: string; count: string }>(
    `SELECT coalesce(substring(error FROM 'E[A-Z]{3,}: [^,]+'), error) AS error, count(*) AS count
     FROM platform.runs WHERE status = 'failed' GROUP BY 1 ORDER BY 2 DESC`,
  );
  return rows.map(({ error, count }) => `${count} × ${error}`);
}

async function settled(site: Site): Promise<RunRow[]> {
  const until = performance.now() + SETTLE_MS;
  for (;;) {
    const runs = await site.query<RunRow>(
      `SELECT trajectory_id, collection_id, status, error, ended, init_params->>'bench' AS mark FROM platform.runs`,
    );
    if (runs.every(({ ended }) => ended !== null) || performance.now() > until) return runs;
    await sleep(1_000);
  }
}

function recordOf(site: Site, { collection_id, trajectory_id }: RunRow): RunRecord | string {
  try {
    return readRecord(path.join(site.dataDir, 'runs', collection_id, trajectory_id));
  } catch (error) {
    return (error as Error).message;
  }
}

interface Verdict {
  stepsTwice: number;
  endedTwice: number;
  isFalse: number;
  faults: string[];
}

function verdictOn({ trajectory_id: id, status, error }: RunRow, record: RunRecord | string): Verdict {
  const none = { stepsTwice: 0, endedTwice: 0, isFalse: 0, faults: [] };
  const unexplained = status === 'failed' && !error ? [`${id} failed without a reason`] : [];
  if (typeof record === 'string') {
    if (status !== 'completed') return { ...none, faults: unexplained };
    return { ...none, isFalse: 1, faults: [`${id} is completed, and its log: ${record}`] };
  }
  const finished = ofType(record.events, 'step_finished').map(({ number }) => number);
  const stepsTwice = finished.length - new Set(finished).size;
  // An interrupted run ends with 130, and is gone on with.
  const ends = ofType(record.events, 'run_finished').filter(({ exit }) => exit !== 130);
  const endedTwice = ends.length > 1 ? 1 : 0;
  const isWhole = ends.at(-1)?.exit === 0 && new Set(finished).size === record.started.steps.length;
  const isFalse = status === 'completed' && !isWhole ? 1 : 0;
  const faults = [
    ...unexplained,
    ...(status === 'failed' && isWhole ? [`${id} is failed, and its log is whole and passed`] : []),
    ...(stepsTwice > 0 ? [`${id} finished steps twice: ${finished.join(' ')}`] : []),
    ...(endedTwice ? [`${id} ended ${ends.length} times`] : []),
    ...(isFalse ? [`${id} is completed, and its log is not whole`] : []),
  ];
  return { stepsTwice, endedTwice, isFalse, faults };
}
