import { RunbookError } from '../../lib/errors.ts';
import { actorOf } from '../api/auth.ts';
import type { Platform } from '../api/platform.ts';
import { transaction } from '../database/pool.ts';
import { addAudit } from '../store/audit.ts';
import type { Collection } from '../store/collections.ts';
import {
  changeRoutine,
  createRoutine,
  ROUTINE_DEFAULTS,
  type Routine,
  type RoutineChanges,
  type RoutineFields,
  routineByName,
  setRoutineSecrets,
} from '../store/routines.ts';
import type { Task } from '../store/tasks.ts';
import type { Token } from '../store/tokens.ts';

interface Of {
  collection: Collection;
  by: Token;
}

interface Making extends Of {
  task: Task;
  name: string;
  fields: RoutineChanges & Pick<RoutineFields, 'cadence'>;
  /** Undefined: none, or the one that it has. */
  webhookSecret?: string | undefined;
}

/** Makes a schedule of a task. @throws RunbookError `usage` where its name is taken */
export async function makeSchedule(
  { pool, cipher }: Platform,
  { collection, task, name, by, fields, webhookSecret }: Making,
): Promise<void> {
  await transaction(pool, async (db) => {
    const made = await createRoutine(db, task.id, { ...ROUTINE_DEFAULTS, ...fields, name });
    if (!made) throw new RunbookError('usage', `The task has a schedule ${name} already.`);
    if (webhookSecret) await setRoutineSecrets(db, { id: made.id, secrets: { webhookSecret }, cipher });
    const entry = { collectionId: collection.id, actor: actorOf(by), target: name };
    await addAudit(db, { ...entry, action: 'routine.create' });
  });
}

/** Changes a schedule. @throws RunbookError `usage` where it is gone */
export async function changeSchedule(
  { pool, cipher }: Platform,
  known: Routine,
  { collection, by, fields, webhookSecret }: Of & Pick<Making, 'webhookSecret'> & { fields: RoutineChanges },
): Promise<void> {
  await transaction(pool, async (db) => {
    const changed = await changeRoutine(db, known, fields);
    if (!changed) throw new RunbookError('usage', `The schedule ${known.name} was removed meanwhile.`);
    if (webhookSecret) await setRoutineSecrets(db, { id: known.id, secrets: { webhookSecret }, cipher });
    const entry = { collectionId: collection.id, actor: actorOf(by), target: known.name };
    await addAudit(db, { ...entry, action: 'routine.change', detail: { fields: Object.keys(fields) } });
  });
}

/** Makes the schedule of that name, or gives it another timing. @throws RunbookError `usage` */
export async function setSchedule(platform: Platform, making: Making): Promise<void> {
  const known = await routineByName(platform.pool, making.task.id, making.name);
  return known ? changeSchedule(platform, known, making) : makeSchedule(platform, making);
}
