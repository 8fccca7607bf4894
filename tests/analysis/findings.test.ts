import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findingId, monthlySavings, severityOf, wilsonHigh, wilsonLow } from '../../analysis/findings.ts';

const scale = { observedDays: 15, totalCost: 100 };

describe('wilson interval', () => {
  it('gives the textbook interval of 4 in 15', () => {
    expect(wilsonLow(4, 15)).toBeCloseTo(0.109, 3);
    expect(wilsonHigh(4, 15)).toBeCloseTo(0.5195, 3);
  });

  it('holds the estimate between its ends', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 1, max: 500 }), (a, b) => {
        const [seen, of] = [Math.min(a, b), Math.max(a, b, 1)];
        expect(wilsonLow(seen, of)).toBeLessThanOrEqual(seen / of + 1e-12);
        expect(wilsonHigh(seen, of)).toBeGreaterThanOrEqual(seen / of - 1e-12);
      }),
    );
  });
});

describe('monthlySavings', () => {
  it('scales the window to thirty days', () => {
    expect(monthlySavings({ total: 10, squares: 0 }, { operationCost: 50, scale })).toEqual({
      low: 20,
      expected: 20,
      high: 20,
    });
  });

  it('never exceeds the operation’s own monthly cost and keeps its order', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 1e5, noNaN: true }),
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        fc.double({ min: 0, max: 1e5, noNaN: true }),
        (total, squares, cost) => {
          const saved = monthlySavings({ total, squares }, { operationCost: cost, scale });
          expect(saved).not.toBeNull();
          if (!saved) return;
          expect(saved.low).toBeLessThanOrEqual(saved.expected);
          expect(saved.expected).toBeLessThanOrEqual(saved.high);
          expect(saved.high).toBeLessThanOrEqual(cost * 2 + 1e-5);
          expect(saved.low).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });

  it('says nothing where nothing is wasted', () => {
    expect(monthlySavings({ total: 0, squares: 0 }, { operationCost: 50, scale })).toBeNull();
  });
});

describe('severity and id', () => {
  it('ranks by the worse of spend share and rate', () => {
    const savings = { low: 0, expected: 30, high: 40 };
    expect(severityOf({ savings, scale })).toBe('high');
    expect(severityOf({ savings: null, scale, rate: 0.06 })).toBe('medium');
    expect(severityOf({ savings: null, scale, rate: 0.01 })).toBe('low');
  });

  it('keeps the id of the same problem and tells others apart', () => {
    expect(findingId('timeouts', 'a')).toBe(findingId('timeouts', 'a'));
    expect(findingId('timeouts', 'a')).not.toBe(findingId('timeouts', 'b'));
    expect(findingId('model_misuse', 'a', 'm1')).not.toBe(findingId('model_misuse', 'a', 'm2'));
  });
});
