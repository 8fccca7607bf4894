import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCadence } from '../../../platform/routines/cadence.ts';
import { firesBetween, nextFire } from '../../../platform/routines/schedule.ts';
import { cronCadence, expressionOf, simulatedFires } from './simulated.ts';

/** Fires after an instant, as `03-29T01:00` in UTC. */
function fires(expression: string, zone: string, after: string, limit: number): string[] {
  const cadence = parseCadence(cronCadence(expression, zone));
  const list = firesBetween(cadence, new Date(after), new Date('2100-01-01T00:00Z'), limit);
  return list.map((fire) => fire.toISOString().slice(5, 16));
}

describe('when the clock is set forward', () => {
  it.each([
    ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', ['03-29T01:00', '03-30T00:30']],
    ['*/15 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', ['03-29T01:00', '03-30T00:00', '03-30T00:15']],
    ['30 2,3 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', ['03-29T01:00', '03-29T01:30', '03-30T00:30']],
    ['0 2,3 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', ['03-29T01:00', '03-30T00:00']],
    ['30 2 * * *', 'America/New_York', '2026-03-07T12:00Z', ['03-08T07:00', '03-09T06:30']],
    ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-02T18:00Z', ['10-03T15:30', '10-04T15:15']],
    ['45 2 * * *', 'Australia/Lord_Howe', '2026-10-02T18:00Z', ['10-03T15:45', '10-04T15:45']],
    // Midnight itself was left out, until Brazil gave the changes up in 2019.
    ['0 0 * * *', 'America/Sao_Paulo', '2017-10-14T04:00Z', ['10-15T03:00', '10-16T02:00']],
    ['0 0 * * *', 'America/Sao_Paulo', '2020-10-14T04:00Z', ['10-15T03:00', '10-16T03:00']],
    // The clock was set forward a minute past midnight.
    ['30 0 * * *', 'America/St_Johns', '2010-03-13T12:00Z', ['03-14T03:31', '03-15T03:00']],
    // A whole day was left out.
    ['0 12 * * *', 'Pacific/Apia', '2011-12-29T12:00Z', ['12-29T22:00', '12-30T10:00', '12-30T22:00']],
  ])('%s in %s fires once right after the gap', (expression, zone, after, expected) => {
    expect(fires(expression, zone, after, expected.length)).toEqual(expected);
  });
});

describe('when the clock is set back', () => {
  it.each([
    ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', ['10-25T00:30', '10-26T01:30']],
    ['0 3 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', ['10-25T02:00', '10-26T02:00']],
    ['30 1 * * *', 'America/New_York', '2026-10-31T12:00Z', ['11-01T05:30', '11-02T06:30']],
    ['45 1 * * *', 'Australia/Lord_Howe', '2026-04-03T18:00Z', ['04-04T14:45', '04-05T15:15']],
    ['30 23 * * *', 'America/Sao_Paulo', '2018-02-17T12:00Z', ['02-18T01:30', '02-19T02:30']],
  ])('%s in %s fires at the first of two', (expression, zone, after, expected) => {
    expect(fires(expression, zone, after, expected.length)).toEqual(expected);
  });

  it('asked between the two, and in the middle of the second pass, the next day is next', () => {
    for (const after of ['2026-10-25T00:30Z', '2026-10-25T01:10Z', '2026-10-25T01:30Z', '2026-10-25T01:59:59.999Z'])
      expect(fires('30 2 * * *', 'Europe/Berlin', after, 1)).toEqual(['10-26T01:30']);
  });
});

describe('every hour', () => {
  it.each([
    ['Europe/Berlin', '2026-03-28T23:20Z', ['00:15', '01:15', '02:15', '03:15']],
    ['Europe/Berlin', '2026-10-24T23:20Z', ['00:15', '01:15', '02:15', '03:15']],
    ['America/New_York', '2026-11-01T04:20Z', ['05:15', '06:15', '07:15']],
    ['Australia/Lord_Howe', '2026-10-03T14:20Z', ['14:45', '16:15', '17:15']],
    ['Australia/Lord_Howe', '2026-04-04T13:20Z', ['14:15', '15:45', '16:45']],
  ])('15 * * * * in %s after %s', (zone, after, expected) => {
    expect(fires('15 * * * *', zone, after, expected.length).map((fire) => fire.slice(6))).toEqual(expected);
  });

  it('is each real hour of a year, where clocks move by whole hours', () => {
    for (const zone of ['Europe/Berlin', 'America/New_York', 'UTC']) {
      const all = firesBetween(
        cronCadence('7 0-23 * * *', zone),
        new Date('2026-01-01T00:00Z'),
        new Date('2027-01-01T00:00Z'),
        10_000,
      ).map((fire) => fire.getTime());
      expect(all).toHaveLength(8760);
      expect(all.every((fire, i) => i === 0 || fire - (all[i - 1] ?? 0) === 3_600_000)).toBe(true);
    }
  });
});

describe('whole years agree with a walk through their minutes', () => {
  const subset = (most: number, length: number) =>
    fc.uniqueArray(fc.integer({ min: 0, max: most }), { minLength: 1, maxLength: length });
  const hours = fc.oneof(
    { weight: 4, arbitrary: subset(23, 3) },
    { weight: 3, arbitrary: subset(3, 3) },
    { weight: 1, arbitrary: fc.constant(Array.from({ length: 24 }, (_, hour) => hour)) },
  );
  const fields = fc.record({ minutes: subset(59, 2), hours, days: subset(6, 7) });

  it.each([
    ['UTC', 2024],
    ['Europe/Berlin', 2026],
    ['America/New_York', 2026],
    ['Australia/Lord_Howe', 2026],
    ['America/Sao_Paulo', 2018],
    ['Africa/Casablanca', 2026],
    ['Pacific/Apia', 2011],
  ])('%s in %d', (zone, year) => {
    fc.assert(
      fc.property(fields, (given) => {
        const cadence = cronCadence(expressionOf(given), zone);
        const found = firesBetween(
          cadence,
          new Date(Date.UTC(year, 0, 1) - 1),
          new Date(Date.UTC(year + 1, 0, 1) - 1),
          50_000,
        );
        expect(found.map((fire) => fire.getTime())).toEqual(simulatedFires(given, zone, year));
      }),
      { numRuns: 8 },
    );
  });

  it('and from any instant the next fire is the next of that walk', () => {
    const zones = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe');
    const instants = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 11, 1) });
    fc.assert(
      fc.property(zones, fields, instants, (zone, given, after) => {
        const next = nextFire(cronCadence(expressionOf(given), zone), new Date(after));
        expect(next?.getTime()).toBe(simulatedFires(given, zone, 2026).find((fire) => fire > after));
      }),
      { numRuns: 60 },
    );
  });
});

describe("Jetty's cadences", () => {
  const at = new Date('2026-07-31T12:00Z'); // a Friday

  it.each([
    [{ type: 'manual' }, null],
    [{ type: 'hourly', minute_utc: 5 }, '2026-07-31T12:05:00.000Z'],
    [{ type: 'daily', hour_utc: 12 }, '2026-08-01T12:00:00.000Z'],
    [{ type: 'weekdays', hour_utc: 12 }, '2026-08-03T12:00:00.000Z'],
    [{ type: 'weekly', day_of_week: 'thu', hour_utc: 9, minute_utc: 30 }, '2026-08-06T09:30:00.000Z'],
  ])('%j', (cadence, expected) => {
    expect(nextFire(parseCadence(cadence), at)?.toISOString() ?? null).toBe(expected);
  });

  it('fires between two instants leave out the first, take the last and stop at the limit', () => {
    const hourly = parseCadence({ type: 'hourly' });
    expect(firesBetween(hourly, at, new Date('2026-07-31T15:00Z'), 10)).toHaveLength(3);
    expect(firesBetween(hourly, at, new Date('2026-07-31T15:00Z'), 2)).toHaveLength(2);
    expect(firesBetween(hourly, at, at, 10)).toEqual([]);
    expect(firesBetween(parseCadence({ type: 'manual' }), at, new Date('2030-01-01T00:00Z'), 10)).toEqual([]);
  });
});
