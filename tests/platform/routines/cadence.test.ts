import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunbookError } from '../../../lib/errors.ts';
import { cronOf, parseCadence } from '../../../platform/routines/cadence.ts';

function refusal(input: unknown): RunbookError {
  try {
    parseCadence(input);
  } catch (error) {
    if (error instanceof RunbookError) return error;
    throw error;
  }
  throw new Error(`taken: ${JSON.stringify(input)}`);
}

describe('cadences and their cron', () => {
  it.each([
    [{ type: 'hourly' }, '0 * * * *', 'UTC'],
    [{ type: 'hourly', minute_utc: 15 }, '15 * * * *', 'UTC'],
    [{ type: 'daily', hour_utc: 9 }, '0 9 * * *', 'UTC'],
    [{ type: 'weekdays', hour_utc: 23, minute_utc: 59 }, '59 23 * * mon-fri', 'UTC'],
    [{ type: 'weekly', day_of_week: 'sun', hour_utc: 0 }, '0 0 * * sun', 'UTC'],
    [{ type: 'cron', expression: ' 30 7 * * 1-5 ', time_zone: 'Europe/Berlin' }, '30 7 * * 1-5', 'Europe/Berlin'],
  ])('%j', (cadence, expression, timeZone) => {
    expect(cronOf(parseCadence(cadence))).toEqual({ expression, timeZone });
  });

  it('manual has none', () => {
    expect(cronOf(parseCadence({ type: 'manual' }))).toBeNull();
  });

  it('every whole hour and minute of a day is taken', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }), (hour, minute) => {
        expect(parseCadence({ type: 'daily', hour_utc: hour, minute_utc: minute })).toEqual({
          type: 'daily',
          hour_utc: hour,
          minute_utc: minute,
        });
      }),
    );
  });
});

describe('a cadence that cannot be used names its field', () => {
  const cron = (expression: unknown, time_zone: unknown = 'UTC') => ({ type: 'cron', expression, time_zone });
  it.each([
    [{}, 'cadence.type', /type is needed/],
    [{ type: 'monthly' }, 'cadence.type', /hourly, daily, weekdays, weekly or cron/],
    [{ type: 'daily' }, 'cadence.hour_utc', /hour_utc is needed/],
    [{ type: 'weekdays', minute_utc: 3 }, 'cadence.hour_utc', /hour_utc is needed/],
    [{ type: 'weekly', hour_utc: 3 }, 'cadence.day_of_week', /day_of_week is needed/],
    [{ type: 'weekly', hour_utc: 3, day_of_week: 'monday' }, 'cadence.day_of_week', /mon, tue/],
    [{ type: 'daily', hour_utc: 24 }, 'cadence.hour_utc', /from 0 to 23/],
    [{ type: 'daily', hour_utc: 9.5 }, 'cadence.hour_utc', /whole number/],
    [{ type: 'daily', hour_utc: '9' }, 'cadence.hour_utc', /whole number/],
    [{ type: 'hourly', minute_utc: 60 }, 'cadence.minute_utc', /from 0 to 59/],
    [{ type: 'hourly', hour_utc: 3 }, 'cadence.hour_utc', /hour_utc is not taken by the cadence hourly/],
    [{ type: 'manual', hour_utc: 3 }, 'cadence.hour_utc', /not taken by the cadence manual/],
    [{ type: 'manual', minute_utc: 0 }, 'cadence.minute_utc', /not taken by the cadence manual/],
    [{ type: 'daily', hour_utc: 3, day_of_week: 'mon' }, 'cadence.day_of_week', /not taken by the cadence daily/],
    [cron('0 0 * * * *'), 'cadence.expression', /expression has 6 fields/],
    [cron('@daily'), 'cadence.expression', /expression has 1 field,/],
    [cron('60 * * * *'), 'cadence.expression', /Invalid value for minute: 60/],
    [cron('? * * * *'), 'cadence.expression', /"\?", which is no field/],
    [cron('0 0 31 2 *'), 'cadence.expression', /a day that never comes/],
    [cron(5), 'cadence.expression', /expected string/],
    [cron('0 0 * * *', 'Europe/Nowhere'), 'cadence.time_zone', /Europe\/Nowhere/],
    [cron('0 0 * * *', '+02:00'), 'cadence.time_zone', /IANA name/],
    [{ type: 'cron', expression: '0 0 * * *' }, 'cadence.time_zone', /expected string/],
    ['daily', 'cadence', /cannot be used/],
  ])('%j', (cadence, at, message) => {
    const error = refusal(cadence);
    expect(error).toMatchObject({ code: 'usage', at });
    expect(error.message).toMatch(message);
    expect(error.hint).toContain('Europe/Berlin');
  });
});
