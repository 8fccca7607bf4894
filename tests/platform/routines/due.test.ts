import { describe, expect, it } from 'vitest';
import type { Cadence } from '../../../platform/routines/cadence.ts';
import { Due } from '../../../platform/routines/due.ts';

const HOURLY: Extract<Cadence, { type: 'cron' }> = { type: 'cron', expression: '0 * * * *', time_zone: 'UTC' };
const at = (text: string) => new Date(`2026-03-01T${text}Z`);
const timing = (id: number, decidedTo: string, cadence: Cadence = HOURLY) => ({
  id,
  cadence,
  decidedTo: at(decidedTo),
});

describe('Due', () => {
  it('names the schedules whose next instant has come, and no others', () => {
    const due = new Due();
    const both = [timing(1, '10:00:00'), timing(2, '11:00:00')];
    expect(due.among(both, at('10:59:59'))).toEqual([]);
    expect(due.among(both, at('11:00:00'))).toEqual([1]);
    expect(due.among(both, at('12:00:00'))).toEqual([1, 2]);
  });

  it('looks again where a schedule was decided or changed, and forgets one that is gone', () => {
    const due = new Due();
    expect(due.among([timing(1, '10:00:00')], at('11:00:00'))).toEqual([1]);
    expect(due.among([timing(1, '11:00:00')], at('11:00:01'))).toEqual([]);
    const quarterly: Cadence = { ...HOURLY, expression: '*/15 * * * *' };
    expect(due.among([timing(1, '11:00:00', quarterly)], at('11:15:00'))).toEqual([1]);
    expect(due.among([], at('12:00:00'))).toEqual([]);
  });

  it('is never due by hand, or where nothing comes any more', () => {
    const never: Cadence = { ...HOURLY, expression: '0 0 30 2 *' };
    const all = [timing(1, '10:00:00', { type: 'manual' }), timing(2, '10:00:00', never)];
    expect(new Due().among(all, at('23:00:00'))).toEqual([]);
  });
});
