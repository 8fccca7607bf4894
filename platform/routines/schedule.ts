import { Cron } from 'croner';
import { type Cadence, cronOf } from './cadence.ts';
import { ZoneClock } from './clock.ts';

/**
 * When cadences fire. The calendar is croner's, read without a zone; what a zone's clock does to it stands here:
 *
 * - A time that the clock leaves out (it is set forward) fires once, at the end of the gap; all times of one gap are one fire.
 * - A time that comes twice (it is set back) fires the first time only.
 * - An expression whose hour field takes every hour (`*`, `0-23`) follows the clock as it is shown: it fires whenever a minute that it
 *   names is shown, in both passes of an hour that comes twice, and not for one that is left out. So it fires once each real hour; on
 *   Lord Howe Island, where the clock moves by half an hour, the fires around a change are 30 or 90 minutes apart.
 */

/** The first fire after an instant, ms; null where there is none. */
type Timetable = (after: number) => number | null;

/** The first fire after an instant, never at it; null for `manual`. */
export function nextFire(cadence: Cadence, after: Date): Date | null {
  const fire = timetableOf(cadence)(after.getTime());
  return fire === null ? null : new Date(fire);
}

/** The fires in (after, until], oldest first; exactly `limit` of them means that there may be more. */
export function firesBetween(cadence: Cadence, after: Date, until: Date, limit: number): Date[] {
  const next = timetableOf(cadence);
  const fires: Date[] = [];
  let last = after.getTime();
  while (fires.length < limit) {
    const fire = next(last);
    if (fire === null || fire > until.getTime()) break;
    fires.push(new Date(fire));
    last = fire;
  }
  return fires;
}

function timetableOf(cadence: Cadence): Timetable {
  const cron = cronOf(cadence);
  if (cron === null) return () => null;
  const calendar = calendarOf(cron.expression);
  const clock = new ZoneClock(cron.timeZone);
  if (takesEveryHour(cron.expression)) return (after) => nextShown(calendar, clock, after);
  return (after) => {
    const reading = calendar(clock.furthest(after));
    return reading === null ? null : clock.reaches(reading);
  };
}

/** Readings that an expression names, as a function from one to the next. */
function calendarOf(expression: string): Timetable {
  const cron = new Cron(expression, { utcOffset: 0, paused: true });
  return (after) => cron.nextRun(new Date(after))?.getTime() ?? null;
}

function takesEveryHour(expression: string): boolean {
  const hours = expression.split(/\s+/u)[1] ?? '*';
  const calendar = calendarOf(`0 ${hours} * * *`);
  for (let hour = 0; hour < 24; hour += 1) {
    if (calendar(hour * 3_600_000 - 1) !== hour * 3_600_000) return false;
  }
  return true;
}

/** The first instant after `after` at which the clock shows a reading of the calendar: one stretch of equal offset after the other. */
function nextShown(calendar: Timetable, clock: ZoneClock, after: number): number | null {
  let since = after;
  let offset = clock.offsetAt(after);
  let shown = after + offset;
  for (;;) {
    const reading = calendar(shown);
    if (reading === null) return null;
    const change = clock.changeIn(since, reading - offset);
    if (change === null) return reading - offset;
    since = change;
    offset = clock.offsetAt(change);
    // A ms less: the calendar gives what comes after, and the first reading of the stretch counts.
    shown = change + offset - 1;
  }
}
