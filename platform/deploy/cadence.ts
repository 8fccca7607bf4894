import { RunbookError } from '../../lib/errors.ts';
import { parseCadence } from '../routines/cadence.ts';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** When a routine runs: in UTC, or a cron expression on the clock of a zone, which Jetty itself does not take. */
export type WrittenCadence =
  | { type: 'manual' }
  | { type: 'hourly' }
  | { type: 'daily' | 'weekdays'; hour_utc: number; minute_utc: number }
  | { type: 'weekly'; day_of_week: (typeof DAYS)[number]; hour_utc: number; minute_utc: number }
  | { type: 'cron'; expression: string; time_zone: string };

const FORM = /^(?:(manual|hourly)|(daily|weekdays)@(\d\d):(\d\d)|(weekly):(\w+)@(\d\d):(\d\d))$/u;
/** Five fields, and a zone where it is not UTC. */
const CRON = /^((?:\S+\s+){4}\S+)(?:\s+(\S+))?$/u;

/**
 * `manual`, `hourly`, `daily@09:00`, `weekdays@09:00`, `weekly:mon@09:00`, UTC; or cron with a zone, `30 7 * * mon-fri Europe/Berlin`.
 * @param at the option that it comes from
 * @throws RunbookError `usage`
 */
export function readCadence(text: string, at: string): WrittenCadence {
  const [, expression, zone] = CRON.exec(text.trim()) ?? [];
  if (expression !== undefined) return readCron(expression, zone ?? 'UTC', at);
  const [, plain, daily, hour, minute, weekly, day, weeklyHour, weeklyMinute] = FORM.exec(text) ?? [];
  if (plain === 'manual' || plain === 'hourly') return { type: plain };
  const time = { hour_utc: Number(hour ?? weeklyHour), minute_utc: Number(minute ?? weeklyMinute) };
  const isTime = time.hour_utc <= 23 && time.minute_utc <= 59;
  if (isTime && (daily === 'daily' || daily === 'weekdays')) return { type: daily, ...time };
  const day_of_week = DAYS.find((name) => name === day);
  if (isTime && weekly && day_of_week) return { type: 'weekly', day_of_week, ...time };
  throw new RunbookError('usage', `${at} ${text}: is no schedule.`, {
    at,
    hint: 'Give hourly, daily@09:00, weekdays@09:00 or weekly:mon@09:00 (UTC), or cron with a zone: "30 7 * * mon-fri Europe/Berlin".',
  });
}

function readCron(expression: string, zone: string, at: string): WrittenCadence {
  const cadence = { type: 'cron', expression, time_zone: zone } as const;
  parseCadence(cadence, at);
  return cadence;
}

/** As `readCadence` reads it. */
export function cadenceText(cadence: Readonly<Record<string, unknown>>): string {
  const two = (value: unknown) => String(value ?? 0).padStart(2, '0');
  const time = `@${two(cadence.hour_utc)}:${two(cadence.minute_utc)}`;
  switch (cadence.type) {
    case 'daily':
    case 'weekdays':
      return `${cadence.type}${time}`;
    case 'weekly':
      return `weekly:${String(cadence.day_of_week)}${time}`;
    case 'cron':
      return `${String(cadence.expression)} ${String(cadence.time_zone)}`;
    default:
      return String(cadence.type);
  }
}
