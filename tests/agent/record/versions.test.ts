import { describe, expect, it } from 'vitest';
import { ofType, readRecord } from '../../../agent/record/read.ts';
import { storyOf } from '../../../agent/record/story.ts';
import { replayOf } from './runs.ts';

/** A run that failed in its second step and was resumed, as version 0.1.0 logged it; never made anew. */
const V1 = 'tests/agent/record/fixtures/run-v1';

describe('a log of version 1', () => {
  it('is read', () => {
    const record = readRecord(V1);
    expect(record.started).toMatchObject({ v: 1, program: '0.1.0', driver: 'scripted', rounds: 3, parent: null });
    expect(record.bytes.torn).toBe(0);
    expect(ofType(record.events, 'run_resumed')).toMatchObject([{ after_step: 1 }]);
    expect(ofType(record.events, 'run_finished').map(({ exit }) => exit)).toEqual([5, 1]);
    expect(storyOf(record).map(({ id, calls, end }) => [id, calls.length, end?.type])).toEqual([
      ['a', 1, 'step_finished'],
      ['b', 1, 'step_finished'],
      ['c', 1, 'step_finished'],
    ]);
  });

  it('is replayed: the data files are those of then', async () => {
    const { identical, deviations } = await replayOf(V1, { to: 3 });
    expect(identical).toEqual(expect.arrayContaining(['data/a.csv', 'data/b.csv', 'data/c.csv', 'data/queries.json']));
    expect(deviations).toEqual([]);
  });
});
