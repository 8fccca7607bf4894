import { RunbookError } from '../../lib/errors.ts';
import { actorOf } from '../api/auth.ts';
import type { Platform } from '../api/platform.ts';
import { transaction } from '../database/pool.ts';
import { type Cadence, parseCadence } from '../routines/cadence.ts';
import { addAudit } from '../store/audit.ts';
import type { Collection } from '../store/collections.ts';
import { NAME } from '../store/names.ts';
import {
  changeRoutine,
  createRoutine,
  ROUTINE_DEFAULTS,
  type RoutineFields,
  routineByName,
} from '../store/routines.ts';
import type { Task } from '../store/tasks.ts';
import type { Token } from '../store/tokens.ts';

type Fields = Readonly<Record<string, string>>;
type Timing = Pick<RoutineFields, 'cadence' | 'overlap' | 'catchUp'>;

interface Making extends Timing {
  collection: Collection;
  task: Task;
  name: string;
  by: Token;
}

/** Makes a schedule of a task. @throws RunbookError `usage` where its name is taken */
export async function makeSchedule({ pool }: Platform, making: Making): Promise<void> {
  const { collection, task, name, by, ...timing } = making;
  await transaction(pool, async (db) => {
    const made = await createRoutine(db, task.id, { ...ROUTINE_DEFAULTS, name, ...timing });
    if (!made) throw new RunbookError('usage', `The task has a schedule ${name} already.`);
    const entry = { collectionId: collection.id, actor: actorOf(by), target: name };
    await addAudit(db, { ...entry, action: 'routine.create' });
  });
}

/** Makes the schedule of that name, or gives it another timing. @throws RunbookError `usage` */
export async function setSchedule(platform: Platform, making: Making): Promise<void> {
  const { collection, task, name, by, ...timing } = making;
  const known = await routineByName(platform.pool, task.id, name);
  if (!known) return makeSchedule(platform, making);
  await transaction(platform.pool, async (db) => {
    await changeRoutine(db, known, timing);
    const entry = { collectionId: collection.id, actor: actorOf(by), target: name };
    await addAudit(db, { ...entry, action: 'routine.change', detail: { fields: Object.keys(timing) } });
  });
}

/** @throws RunbookError `usage` */
export function scheduleName({ name = '' }: Fields): string {
  const called = name.trim();
  if (!NAME.test(called)) throw new RunbookError('usage', 'The schedule needs a name.');
  return called;
}

/** When it fires, and what becomes of fires that cannot be made. @throws RunbookError `usage` */
export function timingIn(fields: Fields): Timing {
  const catchUp = (['none', 'latest', 'all'] as const).find((each) => each === fields.catch_up) ?? 'latest';
  return { cadence: cadenceIn(fields), overlap: fields.overlap === 'queue' ? 'queue' : 'skip', catchUp };
}

/** Of the fields of the form those that a cadence has. @throws RunbookError `usage` */
function cadenceIn({ type = '', at = '', day_of_week, expression = '', time_zone = '' }: Fields): Cadence {
  const [hour, minute] = at.split(':').map(Number);
  switch (type) {
    case 'hourly':
      return parseCadence({ type, minute_utc: minute });
    case 'weekly':
      return parseCadence({ type, day_of_week, hour_utc: hour, minute_utc: minute });
    case 'daily':
    case 'weekdays':
      return parseCadence({ type, hour_utc: hour, minute_utc: minute });
    case 'cron':
      return parseCadence({ type, expression, time_zone: time_zone.trim() || 'UTC' });
    default:
      return parseCadence({ type });
  }
}
