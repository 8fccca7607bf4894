import type { Cadence } from '../../../platform/routines/cadence.ts';

/** A cron expression as the sets of values that its fields take; days of the month and months are all. */
export interface Fields {
  minutes: number[];
  hours: number[];
  /** 0 is Sunday. */
  days: number[];
}

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;

export function expressionOf({ minutes, hours, days }: Fields): string {
  return `${minutes.join(',')} ${hours.length === 24 ? '*' : hours.join(',')} * * ${days.length === 7 ? '*' : days.join(',')}`;
}

export function cronCadence(expression: string, timeZone: string): Cadence {
  return { type: 'cron', expression, time_zone: timeZone };
}

const clocks = new Map<string, number[]>();

/** What the clock shows at each quarter of an hour of a year in UTC, in minutes: of zones that change on quarters. */
function readings(zone: string, year: number): number[] {
  const key = `${zone} ${year}`;
  const known = clocks.get(key);
  if (known) return known;
  // Swedish writes dates as ISO does.
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  const shown: number[] = [];
  for (let at = Date.UTC(year, 0, 1); at < Date.UTC(year + 1, 0, 1); at += QUARTER) {
    shown.push(Date.parse(`${format.format(at).replace(' ', 'T')}Z`) / MINUTE);
  }
  clocks.set(key, shown);
  return shown;
}

/**
 * Fires of a year in UTC by walking through its minutes with an eye on the clock, ms: a fixed time fires at the minute in which the clock
 * shows it or has jumped past it for the first time, an expression of every hour whenever the clock shows one of its minutes.
 */
export function simulatedFires(fields: Fields, zone: string, year: number): number[] {
  const named = (reading: number) => {
    const at = new Date(reading * MINUTE);
    return (
      fields.minutes.includes(at.getUTCMinutes()) &&
      fields.hours.includes(at.getUTCHours()) &&
      fields.days.includes(at.getUTCDay())
    );
  };
  const everyHour = fields.hours.length === 24;
  const fires: number[] = [];
  let furthest = (readings(zone, year)[0] ?? 0) - 1;
  readings(zone, year).forEach((shown, quarter) => {
    for (let minute = 0; minute < 15; minute += 1) {
      const reading = shown + minute;
      let fire = everyHour && named(reading);
      for (; furthest < reading; furthest += 1) if (!everyHour && named(furthest + 1)) fire = true;
      if (fire) fires.push(Date.UTC(year, 0, 1) + quarter * QUARTER + minute * MINUTE);
    }
  });
  return fires;
}
