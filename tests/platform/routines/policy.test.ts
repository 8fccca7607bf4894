import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, jitterOf, MAX_CAUGHT_UP, ON_TIME_S, type Situation } from '../../../platform/routines/policy.ts';

const NOW = new Date('2026-07-31T12:00:05Z');

/** Fires so many minutes before noon. */
function ago(...minutes: number[]): Date[] {
  return minutes.map((minute) => new Date(Date.parse('2026-07-31T12:00:00Z') - minute * 60_000));
}

function situation(given: Partial<Situation> = {}): Situation {
  return {
    routineId: '7',
    fires: ago(0),
    now: NOW,
    decidedUntil: new Date('2026-07-01T00:00Z'),
    earlierRunOpen: false,
    overlap: 'skip',
    catchUp: 'latest',
    maxJitterS: 0,
    ...given,
  };
}

function actions(given: Partial<Situation>): string[] {
  return decide(situation(given)).map(({ action }) => action);
}

describe('a fire that is on time', () => {
  it.each([
    ['skip', false, 'run'],
    ['queue', false, 'run'],
    ['skip', true, 'skip'],
    ['queue', true, 'queue'],
  ] as const)('overlap %s, an earlier run open: %s → %s', (overlap, earlierRunOpen, action) => {
    for (const catchUp of ['none', 'latest', 'all'] as const)
      expect(actions({ overlap, earlierRunOpen, catchUp })).toEqual([action]);
  });

  it('is on time up to its limit, and missed a ms later', () => {
    const [fire] = ago(0);
    const at = (ms: number) => new Date((fire?.getTime() ?? 0) + ms);
    expect(actions({ now: at(ON_TIME_S * 1000), catchUp: 'none' })).toEqual(['run']);
    expect(actions({ now: at(ON_TIME_S * 1000 + 1), catchUp: 'none' })).toEqual(['skip']);
  });
});

describe('after downtime', () => {
  const fires = ago(180, 120, 60, 0);

  it('none runs what is on time', () => {
    expect(actions({ fires, catchUp: 'none' })).toEqual(['skip', 'skip', 'skip', 'run']);
  });

  it('latest runs the newest', () => {
    expect(actions({ fires, catchUp: 'latest' })).toEqual(['skip', 'skip', 'skip', 'run']);
    expect(actions({ fires: fires.slice(0, 3), catchUp: 'latest' })).toEqual(['skip', 'skip', 'run']);
  });

  it('all runs one after the other', () => {
    expect(actions({ fires, catchUp: 'all' })).toEqual(['run', 'queue', 'queue', 'queue']);
  });

  it('all stops at twenty missed ones and says how many were left out', () => {
    const many = ago(...Array.from({ length: 51 }, (_, i) => i * 60));
    const decisions = decide(situation({ fires: many, catchUp: 'all' }));
    const skipped = decisions.filter(({ action }) => action === 'skip');
    expect(skipped).toHaveLength(30);
    expect(skipped[0]?.reason).toBe('of 50 missed fires the newest 20 are made up for; 30 left out');
    expect(decisions.at(-1)?.fireAt).toEqual(ago(0)[0]);
  });
});

const when = fc.integer({ min: 0, max: 20_000 }).map((minute) => ago(minute)[0] ?? NOW);
const situations: fc.Arbitrary<Situation> = fc.record({
  routineId: fc.string(),
  fires: fc.array(when, { maxLength: 60 }),
  now: fc.oneof(fc.constant(NOW), when),
  decidedUntil: when,
  earlierRunOpen: fc.boolean(),
  overlap: fc.constantFrom('skip', 'queue'),
  catchUp: fc.constantFrom('none', 'latest', 'all'),
  maxJitterS: fc.integer({ min: 0, max: 3600 }),
});

describe('whatever the situation', () => {
  it('each due fire has exactly one decision, oldest first, and nothing else has one', () => {
    fc.assert(
      fc.property(situations, (given) => {
        const due = given.fires.filter((fire) => fire > given.decidedUntil && fire <= given.now);
        const expected = [...new Set(due.map((fire) => fire.getTime()))].sort((a, b) => a - b);
        expect(decide(given).map(({ fireAt }) => fireAt.getTime())).toEqual(expected);
      }),
    );
  });

  it('the same situation has the same decisions, in whatever order its fires come', () => {
    fc.assert(
      fc.property(situations, (given) => {
        expect(decide({ ...given, fires: given.fires.toReversed() })).toEqual(decide(given));
      }),
    );
  });

  it('at most one runs, latest starts at most one, and all starts no more than it may', () => {
    fc.assert(
      fc.property(situations, (given) => {
        const decisions = decide(given);
        const started = decisions.filter(({ action }) => action !== 'skip');
        expect(decisions.filter(({ action }) => action === 'run').length).toBeLessThanOrEqual(1);
        const late = started.filter(({ fireAt }) => given.now.getTime() - fireAt.getTime() > ON_TIME_S * 1000);
        if (given.catchUp === 'none') expect(late).toEqual([]);
        if (given.catchUp === 'latest') expect(started.length).toBeLessThanOrEqual(1);
        if (given.catchUp === 'all') expect(late.length).toBeLessThanOrEqual(MAX_CAUGHT_UP);
      }),
    );
  });

  it('no fire is decided twice, also when the clock jumps back between two looks', () => {
    fc.assert(
      fc.property(situations, fc.array(when, { maxLength: 6 }), (given, looks) => {
        const seen = new Set<number>();
        let { decidedUntil } = given;
        for (const now of looks) {
          for (const { fireAt } of decide({ ...given, now, decidedUntil })) {
            expect(seen.has(fireAt.getTime())).toBe(false);
            seen.add(fireAt.getTime());
            decidedUntil = fireAt;
          }
        }
      }),
    );
  });
});

describe('jitter', () => {
  it('is a whole number of seconds in its range, and the same every time', () => {
    fc.assert(
      fc.property(fc.string(), when, fc.integer({ min: 0, max: 3600 }), (id, fireAt, most) => {
        const jitter = jitterOf(id, fireAt, most);
        expect(Number.isInteger(jitter) && jitter >= 0 && jitter <= most).toBe(true);
        expect(jitterOf(id, new Date(fireAt), most)).toBe(jitter);
      }),
    );
  });

  it('spreads routines of one minute over the whole range', () => {
    const seen = new Set(Array.from({ length: 2000 }, (_, id) => jitterOf(String(id), NOW, 59)));
    expect(seen.size).toBe(60);
  });

  it('stays as it is: servers of different versions agree', () => {
    expect(jitterOf('7', new Date('2026-07-31T12:00:00Z'), 300)).toMatchInlineSnapshot(`128`);
  });
});
