import { RunbookError } from '../../lib/errors.ts';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** When a routine runs, UTC. */
export type Cadence =
  | { type: 'hourly' }
  | { type: 'daily' | 'weekdays'; hour_utc: number; minute_utc: number }
  | { type: 'weekly'; day_of_week: (typeof DAYS)[number]; hour_utc: number; minute_utc: number };

const FORM = /^(?:(hourly)|(daily|weekdays)@(\d\d):(\d\d)|(weekly):(\w+)@(\d\d):(\d\d))$/u;

/** `hourly`, `daily@09:00`, `weekdays@09:00` or `weekly:mon@09:00`, UTC. @throws RunbookError `usage` */
export function parseCadence(text: string): Cadence {
  const [, hourly, daily, hour, minute, weekly, day, weeklyHour, weeklyMinute] = FORM.exec(text) ?? [];
  if (hourly) return { type: 'hourly' };
  const time = { hour_utc: Number(hour ?? weeklyHour), minute_utc: Number(minute ?? weeklyMinute) };
  const isTime = time.hour_utc <= 23 && time.minute_utc <= 59;
  if (isTime && (daily === 'daily' || daily === 'weekdays')) return { type: daily, ...time };
  const day_of_week = DAYS.find((name) => name === day);
  if (isTime && weekly && day_of_week) return { type: 'weekly', day_of_week, ...time };
  throw new RunbookError('usage', `--schedule ${text}: is no schedule.`, {
    at: '--schedule',
    hint: 'Give hourly, daily@09:00, weekdays@09:00 or weekly:mon@09:00; times are UTC.',
  });
}
