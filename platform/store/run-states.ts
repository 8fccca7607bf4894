import type { Db } from '../database/pool.ts';
import { assignments } from './assign.ts';
import { CANCELLED, type PlatformRun, RUN_COLUMNS, type RunRow, runOf } from './run-row.ts';

/** What a worker may say of a run. */
export type RunChange = Partial<
  Pick<PlatformRun, 'agent' | 'model' | 'costUsd' | 'score' | 'totalSteps' | 'doneSteps'>
>;

/** A worker takes a run. @returns undefined where it is over, or is to be cancelled and was never begun */
export async function beginRun(db: Db, id: string, worker: string): Promise<PlatformRun | undefined> {
  const { rows } = await db.query<RunRow>(
    `UPDATE platform.runs SET status = 'running', worker = $2, attempts = attempts + 1, updated = now(),
       started = coalesce(started, now())
     WHERE id = $1 AND status IN ('pending', 'running') RETURNING ${RUN_COLUMNS}`,
    [id, worker],
  );
  return rows[0] && runOf(rows[0]);
}

/** What is known of a run that goes on; nothing comes of it where another worker has taken the run, or it is over. */
export async function changeRun(
  db: Db,
  { id, worker }: Pick<PlatformRun, 'id' | 'worker'>,
  change: RunChange,
): Promise<void> {
  const { sets, values } = assignments<RunChange>(CHANGED, change, 3);
  await db.query(
    `UPDATE platform.runs SET updated = now()${sets} WHERE id = $1 AND worker = $2 AND status = 'running'`,
    [id, worker, ...values],
  );
}

/** Ends a run once. @returns undefined where it was over already */
export async function endRun(
  db: Db,
  id: string,
  end: { state: 'completed' | 'failed' | 'cancelled'; exitCode: number | null; error: string | null },
): Promise<PlatformRun | undefined> {
  const { rows } = await db.query<RunRow>(
    `UPDATE platform.runs SET status = $2, exit_code = $3, error = $4, ended = now(), updated = now(), secret_params = NULL
     WHERE id = $1 AND status IN ('pending', 'running') RETURNING ${RUN_COLUMNS}`,
    [id, end.state, end.exitCode, end.error],
  );
  return rows[0] && runOf(rows[0]);
}

/** Asks for the end of a run; one that no worker has begun is over at once. @returns undefined where it is over already */
export async function cancelRun(db: Db, id: string): Promise<PlatformRun | undefined> {
  const { rows } = await db.query<RunRow>(
    `UPDATE platform.runs SET cancel_requested = coalesce(cancel_requested, now()), updated = now(),
       status = CASE status WHEN 'pending' THEN 'cancelled' ELSE status END,
       ended = CASE status WHEN 'pending' THEN now() ELSE ended END,
       exit_code = CASE status WHEN 'pending' THEN ${CANCELLED.exitCode} END,
       error = CASE status WHEN 'pending' THEN '${CANCELLED.error}' END,
       secret_params = CASE status WHEN 'pending' THEN NULL ELSE secret_params END
     WHERE id = $1 AND status IN ('pending', 'running') RETURNING ${RUN_COLUMNS}`,
    [id],
  );
  return rows[0] && runOf(rows[0]);
}

/** Which of these are to be broken off: somebody cancelled them, or deleted their task. */
export async function cancelledAmong(db: Db, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const { rows } = await db.query<{ id: string }>(
    `SELECT id FROM unnest($1::uuid[]) AS id
     WHERE NOT EXISTS (SELECT 1 FROM platform.runs r WHERE r.id = id.id AND r.cancel_requested IS NULL)`,
    [ids],
  );
  return rows.map(({ id }) => id);
}

/** Runs that are over for a while, and whose end is not being told to anybody: they were cancelled while they waited, or their worker died. */
export async function unannounced(db: Db, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT id FROM platform.runs WHERE announced IS NULL AND ended < now() - interval '10 seconds' ORDER BY ended LIMIT $1`,
    [limit],
  );
  return rows.map(({ id }) => id);
}

/** The end of a run is being told to all that want to hear of it. */
export async function markAnnounced(db: Db, id: string): Promise<void> {
  await db.query('UPDATE platform.runs SET announced = now() WHERE id = $1', [id]);
}

/** Puts away a run that is over. @returns undefined where it is not */
export async function archiveRun(db: Db, id: string): Promise<PlatformRun | undefined> {
  const { rows } = await db.query<RunRow>(
    `UPDATE platform.runs SET status = 'archived', updated = now()
     WHERE id = $1 AND status IN ('completed', 'failed', 'cancelled') RETURNING ${RUN_COLUMNS}`,
    [id],
  );
  return rows[0] && runOf(rows[0]);
}

const CHANGED = {
  agent: 'agent',
  model: 'model',
  costUsd: 'cost_usd',
  score: 'score',
  totalSteps: 'total_steps',
  doneSteps: 'done_steps',
} as const;
