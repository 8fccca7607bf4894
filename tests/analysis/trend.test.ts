import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stepUp } from '../../analysis/detectors/trend.ts';

describe('stepUp', () => {
  it('finds where a series steps up for good', () => {
    expect(stepUp([1, 1.1, 0.9, 1, 1.05, 2.1, 2, 2.2, 1.9, 2.05])).toMatchObject({ at: 5 });
  });

  it('leaves a level series, a fall and a single spike alone', () => {
    expect(stepUp([1, 1.1, 0.9, 1, 1.05, 1.1, 1, 0.95])).toBeNull();
    expect(stepUp([2, 2.1, 1.9, 2, 1, 1.1, 0.9, 1])).toBeNull();
    expect(stepUp([1, 1, 1, 1, 9, 1, 1, 1, 1])).toBeNull();
  });

  it('needs a ratio of at least one and a half', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1, max: 1.4, noNaN: true }), { minLength: 6, maxLength: 30 }), (values) => {
        expect(stepUp(values)).toBeNull();
      }),
    );
  });
});
