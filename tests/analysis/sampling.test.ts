import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, chooseTraces } from '../../analysis/sampling.ts';

function pool(n: number): Candidate[] {
  return Array.from({ length: n }, (_, i) => ({
    operation: 'op',
    trace_id: `t${i}`,
    n: 1,
    cost: i,
    latency: (i * 7) % n,
    errors: i % 5 === 0 ? 1 : 0,
    cheapest: i + 1,
    dearest: n - i,
    slowest: n - ((i * 7) % n),
    errored: i + 1,
    middle: Math.abs(2 * i - n),
  }));
}

describe('chooseTraces', () => {
  it('takes each bucket in turn and no trace twice', () => {
    const chosen = chooseTraces(pool(100), [], 15);
    expect(new Set(chosen.map((c) => c.trace_id)).size).toBe(15);
    expect(new Set(chosen.map((c) => c.bucket))).toEqual(
      new Set(['dearest', 'median', 'cheapest', 'slowest', 'errored']),
    );
  });

  it('keeps flagged traces to a third and varies their kinds', () => {
    const flagged = Array.from({ length: 20 }, (_, i) => ({
      operation: 'op',
      trace_id: `f${i}`,
      kind: i < 15 ? 'a' : 'b',
    }));
    const chosen = chooseTraces(pool(100), flagged, 15).filter((c) => c.bucket === 'flagged');
    expect(chosen.map((c) => c.trace_id)).toEqual(['f0', 'f15', 'f1', 'f16', 'f2']);
  });

  it('never chooses more than asked for or than there are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 30 }), (n, size) => {
        expect(chooseTraces(pool(n), [], size).length).toBe(Math.min(n, size));
      }),
    );
  });
});
