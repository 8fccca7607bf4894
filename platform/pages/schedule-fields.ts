import { givenParameters } from '../../agent/parameters.ts';
import type { Runbook } from '../../agent/runbook/manifest.ts';
import { RunbookError } from '../../lib/errors.ts';
import { webhookUrl } from '../api/route.ts';
import { type Cadence, parseCadence } from '../routines/cadence.ts';
import { NAME } from '../store/names.ts';
import { ROUTINE_DEFAULTS, type Routine, type RoutineFields } from '../store/routines.ts';
import { objectIn } from '../work/plan.ts';
import { VAR, varsIn } from './asked.ts';

type Fields = Readonly<Record<string, string>>;
type Timing = Pick<RoutineFields, 'cadence' | 'overlap' | 'catchUp'>;
type More = Pick<RoutineFields, 'jitterS' | 'overrides' | 'webhookUrl'>;

/** s; the database takes no more. */
export const MAX_JITTER_S = 3600;

/** @throws RunbookError `usage` */
export function scheduleName({ name = '' }: Fields): string {
  const called = name.trim();
  if (!NAME.test(called)) throw wrong('The schedule needs a name.');
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

/**
 * What else a schedule has.
 * @param runbook undefined where there is none to have parameters: those of the schedule stay
 * @throws RunbookError `usage`
 */
export function moreIn(fields: Fields, runbook: Runbook | undefined, known?: Routine): More {
  const jitterS = Number(fields.jitter_s ?? 0);
  if (!Number.isInteger(jitterS) || jitterS < 0 || jitterS > MAX_JITTER_S)
    throw wrong(`It can be spread over 0 to ${MAX_JITTER_S} s, in whole seconds.`);
  const url = (fields.webhook_url ?? '').trim();
  if (url !== '' && !webhookUrl.safeParse(url).success)
    throw wrong('The webhook must be a URL that begins with https://.');
  const overrides = runbook ? overridesIn(fields, runbook, known) : (known?.overrides ?? {});
  return { jitterS, overrides, webhookUrl: url || null };
}

/** What of the task's `init_params` a schedule has otherwise: what the form shows as it is stays as it is, also what no text can say. */
function overridesIn(fields: Fields, { manifest }: Runbook, known?: Routine): Record<string, unknown> {
  const { vars: earlier, ...others } = known?.overrides ?? {};
  const shown = known ? varsIn(fieldsOfRoutine(known)) : {};
  const changed = Object.entries(varsIn(fields)).filter(([name, value]) => value !== (shown[name] ?? ''));
  const names = changed.map(([name]) => name);
  const kept = Object.entries(objectIn(earlier)).filter(([name]) => !names.includes(name));
  const given = changed.filter(([, value]) => value !== '');
  const vars = { ...Object.fromEntries(kept), ...givenParameters(manifest, Object.fromEntries(given)) };
  return Object.keys(vars).length > 0 ? { ...others, vars } : others;
}

/** What the form of a new schedule shows. */
export const STANDARD: Fields = {
  type: 'weekly',
  overlap: ROUTINE_DEFAULTS.overlap,
  catch_up: ROUTINE_DEFAULTS.catchUp,
  jitter_s: String(ROUTINE_DEFAULTS.jitterS),
  webhook_url: '',
};

/** A schedule as its form shows it. */
export function fieldsOfRoutine({ cadence, overlap, catchUp, jitterS, webhookUrl: url, overrides }: Routine): Fields {
  const vars = Object.entries(objectIn(overrides.vars)).map(([name, value]) => [VAR + name, String(value ?? '')]);
  const about = { overlap, catch_up: catchUp, jitter_s: String(jitterS), webhook_url: url ?? '' };
  return { ...about, ...fieldsOfCadence(cadence), ...Object.fromEntries(vars) };
}

function fieldsOfCadence(cadence: Cadence): Fields {
  switch (cadence.type) {
    case 'manual':
      return { type: cadence.type };
    case 'cron':
      return { type: cadence.type, expression: cadence.expression, time_zone: cadence.time_zone };
    case 'hourly':
      return { type: cadence.type, at: timeOf({ ...cadence, hour_utc: 0 }) };
    case 'weekly':
      return { type: cadence.type, at: timeOf(cadence), day_of_week: cadence.day_of_week };
    default:
      return { type: cadence.type, at: timeOf(cadence) };
  }
}

/** `07:05`, as a field of a form takes it. */
export function timeOf({ hour_utc, minute_utc }: { hour_utc: number; minute_utc: number }): string {
  return [hour_utc, minute_utc].map((value) => String(value).padStart(2, '0')).join(':');
}

function wrong(message: string): RunbookError {
  return new RunbookError('usage', message);
}
