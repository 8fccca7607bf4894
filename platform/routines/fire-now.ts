import { transaction } from '../database/pool.ts';
import { addAudit } from '../store/audit.ts';
import { assertRunsLeft } from '../store/bounds.ts';
import type { Routine } from '../store/routines.ts';
import type { PlatformRun } from '../store/run-row.ts';
import { type Parts, submitFire } from './scheduler.ts';

/**
 * A run of a schedule because somebody asks for it.
 * @returns undefined where it was asked for in the same millisecond already
 * @throws RunbookError `usage` where too many runs of the collection are not over
 */
export function fireNow(
  parts: Parts,
  { collectionId, routine, actor }: { collectionId: string; routine: Routine; actor: string },
): Promise<PlatformRun | undefined> {
  return transaction(parts.pool, async (db) => {
    await assertRunsLeft(db, collectionId);
    const made = await submitFire(parts, { db, routine, fireAt: new Date() });
    const entry = { collectionId, actor, target: routine.name, action: 'routine.run' };
    if (made) await addAudit(db, { ...entry, detail: { run: made.id } });
    return made;
  });
}
