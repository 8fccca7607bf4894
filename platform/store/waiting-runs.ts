import type { Db } from '../database/pool.ts';
import { type PlatformRun, RUN_COLUMNS, type RunRow, runOf } from './run-row.ts';

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
     RETURNING ${RUN_COLUMNS}`,
  );
  return rows.map(runOf);
}
