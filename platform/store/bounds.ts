import { RunbookError } from '../../lib/errors.ts';
import type { Db } from '../database/pool.ts';

/** Runs of a collection that are asked for and not over: beyond these nobody looks at what they say. */
const MOST_OPEN = 1_000;
/** Schedules of a collection: each is looked at every second. */
const MOST_ROUTINES = 200;
/** Tokens of a collection: each may ask as often as another one. */
const MOST_TOKENS = 100;

/** @throws RunbookError `usage` where a collection waits for too many runs to ask for another one */
export async function assertRunsLeft(db: Db, collectionId: string): Promise<void> {
  const open = await count(
    db,
    "SELECT count(*) AS count FROM platform.runs WHERE collection_id = $1 AND status IN ('pending', 'running')",
    collectionId,
  );
  if (open < MOST_OPEN) return;
  throw new RunbookError('usage', `The collection has ${MOST_OPEN} runs that are not over.`, {
    hint: 'Wait for some of them, or cancel them.',
  });
}

/** @throws RunbookError `usage` where the collection of a task has as many schedules as it may */
export async function assertRoutinesLeft(db: Db, taskId: string): Promise<void> {
  const known = await count(
    db,
    `SELECT count(*) AS count FROM platform.routines r JOIN platform.tasks t ON t.id = r.task_id
     WHERE t.collection_id = (SELECT collection_id FROM platform.tasks WHERE id = $1)`,
    taskId,
  );
  if (known < MOST_ROUTINES) return;
  throw new RunbookError('usage', `A collection has ${MOST_ROUTINES} schedules at most.`, {
    hint: 'Delete one first.',
  });
}

/** @throws RunbookError `usage` where a collection has as many tokens as it may */
export async function assertTokensLeft(db: Db, collectionId: string): Promise<void> {
  const known = await count(
    db,
    'SELECT count(*) AS count FROM platform.tokens WHERE collection_id = $1 AND revoked IS NULL',
    collectionId,
  );
  if (known < MOST_TOKENS) return;
  throw new RunbookError('usage', `A collection has ${MOST_TOKENS} tokens at most: revoke one first.`);
}

async function count(db: Db, sql: string, id: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(sql, [id]);
  return Number(rows[0]?.count);
}
