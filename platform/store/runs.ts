import { randomBytes } from 'node:crypto';
import type { Db } from '../database/pool.ts';
import { type PlatformRun, RUN_COLUMNS, type RunRow, runOf } from './run-row.ts';

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

const ID_ATTEMPTS = 5;

/** @returns undefined where the schedule has made a run at that instant already */
export async function createRun(db: Db, run: NewRun): Promise<PlatformRun | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const { rows } = await db.query<RunRow>(
      `INSERT INTO platform.runs (trajectory_id, collection_id, task_id, init_params, workflow, author,
         parent_id, fork_step, routine_id, fire_at, webhook_url, enqueued)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, CASE WHEN $12 THEN NULL ELSE now() END) ON CONFLICT DO NOTHING RETURNING ${RUN_COLUMNS}`,
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
  const { rows } = await db.query<RunRow>(`SELECT ${RUN_COLUMNS} FROM platform.runs WHERE id = $1`, [id]);
  return rows[0] && runOf(rows[0]);
}

export async function runByTrajectory(
  db: Db,
  { collectionId, taskId, trajectoryId }: Pick<PlatformRun, 'collectionId' | 'taskId' | 'trajectoryId'>,
): Promise<PlatformRun | undefined> {
  const { rows } = await db.query<RunRow>(
    `SELECT ${RUN_COLUMNS} FROM platform.runs WHERE collection_id = $1 AND task_id = $2 AND trajectory_id = $3`,
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
    `SELECT ${RUN_COLUMNS} FROM platform.runs WHERE ${wanted} ORDER BY created DESC, id OFFSET $3 LIMIT $4`,
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

/**
 * Runs of the same task that were made before a run, are over, and passed or did not, newest first: the last may have ended while it
 * waited. Forks try something out, and what others performed has no report: they are left out.
 */
export async function earlierRuns(db: Db, { id, taskId, created }: PlatformRun, limit: number): Promise<PlatformRun[]> {
  const { rows } = await db.query<RunRow>(
    `SELECT ${RUN_COLUMNS} FROM platform.runs WHERE task_id = $1 AND id <> $2 AND created <= $3 AND ended IS NOT NULL AND exit_code IN (0, 1)
       AND fork_step IS NULL AND ingested IS NULL
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
