import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { count, percent, ratio, seconds, usd } from '../../lib/format.ts';
import { cellFigure, moneyIn, numbersIn, percentagesIn, shows } from '../../rubric/figures.ts';
import { plainFigures } from '../../rubric/plain-text.ts';

const values = (figures: { value: number }[]) => figures.map((figure) => figure.value);

describe('figures', () => {
  it('reads amounts with separators, suffixes and currencies', () => {
    expect(values(moneyIn('$1,234.50, US$12, $1.2k, $3 million, 15 USD and ~$0.0042'))).toEqual([
      1234.5, 12, 1200, 3_000_000, 0.0042, 15,
    ]);
  });

  it('takes no property, variable or product name for an amount', () => {
    expect(moneyIn('$ai_generation, $1x_plan$2a $, $x5, A$$5')).toHaveLength(1);
    expect(values(moneyIn('$12 men'))).toEqual([12]);
  });

  it('reads percentages as shares', () => {
    expect(values(percentagesIn('12.5% and 3 %, p95, 50 percent'))).toEqual([0.125, 0.03]);
  });

  it('takes no date, version, time or model name for a number', () => {
    expect(numbersIn('2026-07-31 10:30 v1.2.3 gpt-4.1 p95 4o 10/2026 50% 12s')).toEqual([]);
    expect(values(numbersIn('1,234 calls, 15 traces and 2M tokens.'))).toEqual([1234, 15, 2_000_000]);
  });

  it('compares as exactly as it is written', () => {
    const [figure] = moneyIn('$1.2k');
    expect(figure && [shows(figure, 1150), shows(figure, 1249), shows(figure, 1251)]).toEqual([true, true, false]);
  });

  it('finds every value that the formatters write', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (value) => {
        for (const text of [
          usd(value),
          count(value),
          seconds(value),
          ratio(value),
          percent(Math.min(1, value / 1e9)),
        ]) {
          const figure = cellFigure(text);
          const shown = figure?.unit === 'percent' ? Math.min(1, value / 1e9) : value;
          expect(figure && shows(figure, shown), `${text} for ${value}`).toBe(true);
        }
      }),
    );
  });

  it('shows no value where it has more digits than a number can hold', () => {
    const [figure] = numbersIn(`1${'0'.repeat(309)} calls`);
    expect(figure?.value).toBe(Number.POSITIVE_INFINITY);
    expect(figure && [shows(figure, 5), shows(figure, Number.POSITIVE_INFINITY)]).toEqual([false, false]);
  });

  it('reads a long run of digits in linear time', () => {
    const digits = '1'.repeat(200_000);
    const start = performance.now();
    expect(plainFigures(digits)).toBe(digits);
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it('refuses a value that is a whole unit of the last digit away', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (cents) => {
        const [figure] = moneyIn(usd(cents / 100 + 0.1));
        expect(figure && shows(figure, cents / 100 + 0.12)).toBe(false);
      }),
    );
  });
});
