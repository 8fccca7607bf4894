import { randomBytes } from 'node:crypto';
import type { Db } from '../database/pool.ts';

export type RunState = 'pending' | 'running' | 'completed' | 'failed' | 'cancelled' | 'archived';

/** A run of a task: what Jetty calls a trajectory. */
export interface PlatformRun {
  id: string;
  /** Eight hexadecimal digits, unique in its collection. */
  trajectoryId: string;
  collectionId: string;
  taskId: string;
  state: RunState;
  cancelRequested: Date | null;
  initParams: Record<string, unknown>;
  /** The task's, as it was when the run was asked for. */
  workflow: Record<string, unknown>;
  author: string | null;
  exitCode: number | null;
  /** Why it did not complete. */
  error: string | null;
  agent: string | null;
  model: string | null;
  costUsd: number;
  /** Average of the grade, 1 to 5. */
  score: number | null;
  totalSteps: number;
  doneSteps: number;
  /** Processes that performed it: more than one where one of them died. */
  attempts: number;
  worker: string | null;
  parentId: string | null;
  forkStep: number | null;
  routineId: number | null;
  fireAt: Date | null;
  webhookUrl: string | null;
  created: Date;
  started: Date | null;
  updated: Date;
  ended: Date | null;
}

export interface NewRun {
  collectionId: string;
  taskId: string;
  initParams: Record<string, unknown>;
  workflow: Record<string, unknown>;
  author?: string | undefined;
  parent?: { id: string; step: number } | undefined;
  /** A schedule's: the same instant makes one run. */
  fire?: { routineId: number; at: Date } | undefined;
  webhookUrl?: string | undefined;
  /** Waits until the earlier runs of its schedule are over. */
  waits?: boolean;
}

/** How a run that is over came out, also where it was put away since. */
export function outcomeOf({ exitCode }: Pick<PlatformRun, 'exitCode'>): 'completed' | 'failed' | 'cancelled' {
  if (exitCode === CANCELLED.exitCode) return 'cancelled';
  return exitCode === 0 ? 'completed' : 'failed';
}

const ID_ATTEMPTS = 5;

/** @returns undefined where the schedule has made a run at that instant already */
export async function createRun(db: Db, run: NewRun): Promise<PlatformRun | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const { rows } = await db.query<RunRow>(
      `INSERT INTO platform.runs (trajectory_id, collection_id, task_id, init_params, workflow, author,
         parent_id, fork_step, routine_id, fire_at, webhook_url, enqueued)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, CASE WHEN $12 THEN NULL ELSE now() END) ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
      [
        randomBytes(4).toString('hex'),
        ...[run.collectionId, run.taskId, JSON.stringify(run.initParams), JSON.stringify(run.workflow)],
        ...[run.author ?? null, run.parent?.id ?? null, run.parent?.step ?? null],
        ...[run.fire?.routineId ?? null, run.fire?.at ?? null, run.webhookUrl ?? null, run.waits ?? false],
      ],
    );
    if (rows[0]) return runOf(rows[0]);
    if (run.fire && (await hasFired(db, run.fire))) return undefined;
    if (attempt === ID_ATTEMPTS) throw new Error('no free trajectory id');
  }
}

async function hasFired(db: Db, { routineId, at }: NonNullable<NewRun['fire']>): Promise<boolean> {
  const { rowCount } = await db.query('SELECT 1 FROM platform.runs WHERE routine_id = $1 AND fire_at = $2', [
    routineId,
    at,
  ]);
  return rowCount !== 0;
}

export async function runById(db: Db, id: string): Promise<PlatformRun | undefined> {
  const { rows } = await db.query<RunRow>(`SELECT ${COLUMNS} FROM platform.runs WHERE id = $1`, [id]);
  return rows[0] && runOf(rows[0]);
}

export async function runByTrajectory(
  db: Db,
  { collectionId, taskId, trajectoryId }: Pick<PlatformRun, 'collectionId' | 'taskId' | 'trajectoryId'>,
): Promise<PlatformRun | undefined> {
  const { rows } = await db.query<RunRow>(
    `SELECT ${COLUMNS} FROM platform.runs WHERE collection_id = $1 AND task_id = $2 AND trajectory_id = $3`,
    [collectionId, taskId, trajectoryId],
  );
  return rows[0] && runOf(rows[0]);
}

/** Runs of a task, newest first, and how many there are. @param routineId only those of a schedule */
export async function listRuns(
  db: Db,
  {
    taskId,
    routineId = null,
    limit,
    offset,
  }: { taskId: string; routineId?: number | null; limit: number; offset: number },
): Promise<{ runs: PlatformRun[]; total: number }> {
  const wanted = 'task_id = $1 AND ($2::integer IS NULL OR routine_id = $2)';
  const { rows } = await db.query<RunRow>(
    `SELECT ${COLUMNS} FROM platform.runs WHERE ${wanted} ORDER BY created DESC, id OFFSET $3 LIMIT $4`,
    [taskId, routineId, offset, limit],
  );
  const count = await db.query<{ total: number }>(`SELECT count(*) AS total FROM platform.runs WHERE ${wanted}`, [
    taskId,
    routineId,
  ]);
  return { runs: rows.map(runOf), total: count.rows[0]?.total ?? 0 };
}

/** How many runs of a task are not over. */
export async function openRuns(db: Db, taskId: string): Promise<number> {
  const { rows } = await db.query<{ total: number }>(
    `SELECT count(*) AS total FROM platform.runs WHERE task_id = $1 AND status IN ('pending', 'running')`,
    [taskId],
  );
  return rows[0]?.total ?? 0;
}

/** Runs of the same task that were made before a run, are over, and passed or did not, newest first: the last may have ended while it waited. */
export async function earlierRuns(db: Db, { id, taskId, created }: PlatformRun, limit: number): Promise<PlatformRun[]> {
  const { rows } = await db.query<RunRow>(
    `SELECT ${COLUMNS} FROM platform.runs WHERE task_id = $1 AND id <> $2 AND created <= $3 AND ended IS NOT NULL AND exit_code IN (0, 1)
     ORDER BY created DESC, ended DESC LIMIT $4`,
    [taskId, id, created, limit],
  );
  return rows.map(runOf);
}

/** Names of a run's collection and task. */
export async function namesOfRun(db: Db, id: string): Promise<{ collection: string; task: string }> {
  const { rows } = await db.query<{ collection: string; task: string }>(
    `SELECT c.name AS collection, t.name AS task FROM platform.runs r
     JOIN platform.tasks t ON t.id = r.task_id JOIN platform.collections c ON c.id = r.collection_id WHERE r.id = $1`,
    [id],
  );
  return rows[0] ?? { collection: '', task: '' };
}

/** What a worker may say of a run. */
export type RunChange = Partial<
  Pick<PlatformRun, 'agent' | 'model' | 'costUsd' | 'score' | 'totalSteps' | 'doneSteps'>
>;

/** A worker takes a run. @returns undefined where it is over, or is to be cancelled and was never begun */
export async function beginRun(db: Db, id: string, worker: string): Promise<PlatformRun | undefined> {
  const { rows } = await db.query<RunRow>(
    `UPDATE platform.runs SET status = 'running', worker = $2, attempts = attempts + 1, updated = now(),
       started = coalesce(started, now())
     WHERE id = $1 AND status IN ('pending', 'running') RETURNING ${COLUMNS}`,
    [id, worker],
  );
  return rows[0] && runOf(rows[0]);
}

/** What is known of a run that goes on. */
export async function changeRun(db: Db, id: string, change: RunChange): Promise<void> {
  const names = Object.keys(change) as (keyof RunChange)[];
  if (names.length === 0) return;
  const sets = names.map((name, index) => `${CHANGED[name]} = $${index + 2}`);
  await db.query(`UPDATE platform.runs SET updated = now(), ${sets.join(', ')} WHERE id = $1`, [
    id,
    ...names.map((name) => change[name]),
  ]);
}

/** Ends a run once. @returns undefined where it was over already */
export async function endRun(
  db: Db,
  id: string,
  end: { state: 'completed' | 'failed' | 'cancelled'; exitCode: number | null; error: string | null },
): Promise<PlatformRun | undefined> {
  const { rows } = await db.query<RunRow>(
    `UPDATE platform.runs SET status = $2, exit_code = $3, error = $4, ended = now(), updated = now(), secret_params = NULL
     WHERE id = $1 AND status IN ('pending', 'running') RETURNING ${COLUMNS}`,
    [id, end.state, end.exitCode, end.error],
  );
  return rows[0] && runOf(rows[0]);
}

/** How a run ends that somebody cancelled. */
export const CANCELLED = { state: 'cancelled', exitCode: 130, error: 'Cancelled.' } as const;

/** Asks for the end of a run; one that no worker has begun is over at once. @returns undefined where it is over already */
export async function cancelRun(db: Db, id: string): Promise<PlatformRun | undefined> {
  const { rows } = await db.query<RunRow>(
    `UPDATE platform.runs SET cancel_requested = coalesce(cancel_requested, now()), updated = now(),
       status = CASE status WHEN 'pending' THEN 'cancelled' ELSE status END,
       ended = CASE status WHEN 'pending' THEN now() ELSE ended END,
       exit_code = CASE status WHEN 'pending' THEN ${CANCELLED.exitCode} END,
       error = CASE status WHEN 'pending' THEN '${CANCELLED.error}' END,
       secret_params = CASE status WHEN 'pending' THEN NULL ELSE secret_params END
     WHERE id = $1 AND status IN ('pending', 'running') RETURNING ${COLUMNS}`,
    [id],
  );
  return rows[0] && runOf(rows[0]);
}

/** Whether a run of a schedule is queued or goes on. */
export async function hasOpenRun(db: Db, routineId: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT 1 FROM platform.runs WHERE routine_id = $1 AND status IN ('pending', 'running') LIMIT 1`,
    [routineId],
  );
  return rowCount !== 0;
}

/** Whether a run waits for an earlier one of its schedule. */
export async function hasWaiting(db: Db): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT 1 FROM platform.runs WHERE status = 'pending' AND enqueued IS NULL LIMIT 1`,
  );
  return rowCount !== 0;
}

/** Takes the oldest run of each schedule that waits behind none any more, and marks it as enqueued. */
export async function takeWaiting(db: Db): Promise<PlatformRun[]> {
  const { rows } = await db.query<RunRow>(
    `UPDATE platform.runs SET enqueued = now(), updated = now() WHERE id IN (
       SELECT w.id FROM platform.runs w WHERE w.status = 'pending' AND w.enqueued IS NULL
         AND NOT EXISTS (SELECT 1 FROM platform.runs o WHERE o.routine_id = w.routine_id AND o.id <> w.id
           AND o.status IN ('pending', 'running') AND (o.enqueued IS NOT NULL OR o.fire_at < w.fire_at))
       FOR UPDATE SKIP LOCKED)
     RETURNING ${COLUMNS}`,
  );
  return rows.map(runOf);
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

/** Puts away a run that is over. @returns undefined where it is not */
export async function archiveRun(db: Db, id: string): Promise<PlatformRun | undefined> {
  const { rows } = await db.query<RunRow>(
    `UPDATE platform.runs SET status = 'archived', updated = now()
     WHERE id = $1 AND status IN ('completed', 'failed', 'cancelled') RETURNING ${COLUMNS}`,
    [id],
  );
  return rows[0] && runOf(rows[0]);
}

const CHANGED: Record<keyof RunChange, string> = {
  agent: 'agent',
  model: 'model',
  costUsd: 'cost_usd',
  score: 'score',
  totalSteps: 'total_steps',
  doneSteps: 'done_steps',
};

const COLUMNS = `id, trajectory_id, collection_id, task_id, status, cancel_requested, init_params, workflow, author,
  exit_code, error, agent, model, cost_usd, score, total_steps, done_steps, attempts, worker, parent_id, fork_step,
  routine_id, fire_at, webhook_url, created, started, updated, ended`;

interface RunRow {
  id: string;
  trajectory_id: string;
  collection_id: string;
  task_id: string;
  status: RunState;
  cancel_requested: Date | null;
  init_params: Record<string, unknown>;
  workflow: Record<string, unknown>;
  author: string | null;
  exit_code: number | null;
  error: string | null;
  agent: string | null;
  model: string | null;
  cost_usd: number;
  score: number | null;
  total_steps: number;
  done_steps: number;
  attempts: number;
  worker: string | null;
  parent_id: string | null;
  fork_step: number | null;
  routine_id: number | null;
  fire_at: Date | null;
  webhook_url: string | null;
  created: Date;
  started: Date | null;
  updated: Date;
  ended: Date | null;
}

function runOf(row: RunRow): PlatformRun {
  const { id, workflow, author, error, agent, model, score, attempts, worker } = row;
  const { created, started, updated, ended } = row;
  return {
    ...{ id, workflow, author, error, agent, model, score, attempts, worker },
    ...{ created, started, updated, ended, state: row.status },
    trajectoryId: row.trajectory_id,
    collectionId: row.collection_id,
    taskId: row.task_id,
    cancelRequested: row.cancel_requested,
    initParams: row.init_params,
    exitCode: row.exit_code,
    costUsd: row.cost_usd,
    totalSteps: row.total_steps,
    doneSteps: row.done_steps,
    parentId: row.parent_id,
    forkStep: row.fork_step,
    routineId: row.routine_id,
    fireAt: row.fire_at,
    webhookUrl: row.webhook_url,
  };
}
