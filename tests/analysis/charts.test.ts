import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { axisNames, type ChartSpec } from '../../analysis/chart-theme.ts';
import { costByOperation, costVariance, dailyCostByModel } from '../../analysis/charts.ts';
import { renderSvg } from '../../tools/charts/render-svg.ts';

const draw = (spec: ChartSpec) => renderSvg(spec, { title: 'Title', alt: 'Alt' });

/** The texts that a reader sees. */
function texts(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/gu)].map(([, text]) => text ?? '');
}

type Row = Record<string, unknown>;
function rows(spec: ChartSpec): Row[] {
  return (spec.data as { values: Row[] }).values;
}

function total(spec: ChartSpec, field: string): number {
  return rows(spec).reduce((sum, row) => sum + Number(row[field]), 0);
}

const cost = (operation: string, recorded: number, backfilled = 0) => ({
  operation,
  calls: 3,
  recorded_cost_usd: recorded,
  backfilled_cost_usd: backfilled,
});
const spread = (operation: string, least: number) => ({
  operation,
  min: least,
  p25: least * 2,
  median: least * 3,
  p75: least * 5,
  p95: least * 20,
  max: least * 100,
});
const modelDay = (day: string, model: string, cost_usd: number) => ({ day, model, cost_usd });
const dayAt = (index: number) => new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10);

describe('cost by operation', () => {
  test('the dearest first, recorded and backfilled apart, amounts in dollars', async () => {
    const { svg, warnings } = await draw(
      costByOperation([cost('small', 0.12), cost('large', 1000, 234), cost('free', 0)]),
    );
    expect(warnings).toEqual([]);
    const seen = texts(svg);
    expect(seen.indexOf('large')).toBeLessThan(seen.indexOf('small'));
    expect(seen).toEqual(
      expect.arrayContaining(['Cost by operation', 'Recorded', 'Backfilled', '$1.23k', '$0.12', '$0']),
    );
    expect(seen).not.toContain('free');
  });

  test('no legend where nothing is backfilled', async () => {
    expect(texts((await draw(costByOperation([cost('a', 1)]))).svg)).not.toContain('Recorded');
  });

  test('316 operations: 15 and the rest, and nothing is lost', async () => {
    const many = Array.from({ length: 316 }, (_, index) => cost(`operation ${index}`, index + 1, index % 3));
    const spec = costByOperation(many);
    const all = many.reduce((sum, row) => sum + row.recorded_cost_usd + row.backfilled_cost_usd, 0);
    expect(total(spec, 'cost')).toBeCloseTo(all);
    expect(new Set(rows(spec).map((row) => row.name)).size).toBe(16);
    expect(texts((await draw(spec)).svg)).toContain('301 other operations');
  });

  test('long names are cut and stay different; the whole name is in the description', async () => {
    const long = (end: string) => `checkout.${'very_'.repeat(1000)}long_${end}`;
    const { svg, width } = await draw(costByOperation([cost(long('a'), 2), cost(long('a '), 1)]));
    const seen = texts(svg).filter((text) => text.startsWith('checkout'));
    expect(new Set(seen).size).toBe(2);
    for (const name of seen) expect(name.length).toBeLessThan(45);
    expect(svg).toContain(long('a'));
    expect(width).toBe(720);
  });
});

describe('cost variance', () => {
  test('a log axis, quantiles and outliers, without warnings', async () => {
    const outliers = Array.from({ length: 7 }, (_, n) => ({ operation: 'plan', trace_id: `t${n}`, cost: 0.5 + n }));
    const { svg, warnings } = await draw(costVariance([spread('plan', 0.001), spread('chat', 0.01)], outliers));
    expect(warnings).toEqual([]);
    expect(texts(svg)).toEqual(expect.arrayContaining(['plan', 'chat', '$0.01', '$0.10', '$1']));
    expect(svg.match(/trace_id: t\d/gu)).toHaveLength(7);
  });

  test('zero has no place on a log scale: free operations are left out, a free minimum is moved up', async () => {
    const spec = costVariance(
      [{ ...spread('mixed', 0.02), min: 0, p25: 0 }, spread('free', 0)],
      [
        { operation: 'mixed', trace_id: 'zero', cost: 0 },
        { operation: 'elsewhere', trace_id: 'lost', cost: 1 },
      ],
    );
    expect(rows(spec)).toHaveLength(1);
    expect(rows(spec)[0]).toMatchObject({ operation: 'mixed', min: 0.06, p25: 0.06 });
    const { svg, warnings } = await draw(spec);
    expect(warnings).toEqual([]);
    expect(svg).not.toMatch(/zero|lost|NaN|Infinity/u);
  });

  test.each([1e-9, 0.02, 5e6])('one cost only: $%d', async (value) => {
    const one = { operation: 'one', min: value, p25: value, median: value, p75: value, p95: value, max: value };
    const { svg, warnings } = await draw(costVariance([one], []));
    expect(warnings).toEqual([]);
    expect(svg).not.toMatch(/NaN|Infinity/u);
  });
});

describe('daily cost by model', () => {
  test('days without traffic stay empty, and costs add up', async () => {
    const spec = dailyCostByModel([
      modelDay('2026-03-01', 'a', 1),
      modelDay('2026-03-09', 'b', 2),
      modelDay('2026-03-09', 'b', 3),
    ]);
    expect(rows(spec).map((row) => [row.day, row.model, row.cost])).toEqual([
      ['2026-03-01', 'a', 1],
      ['2026-03-09', 'b', 5],
    ]);
    const { svg, warnings } = await draw(spec);
    expect(warnings).toEqual([]);
    expect(texts(svg)).toEqual(
      expect.arrayContaining(['Daily cost by model', '2026-03-01 to 2026-03-09, UTC', 'Mar 1']),
    );
  });

  test('models of one day are stacked without overlap', () => {
    const spec = dailyCostByModel(['a', 'b', 'c'].map((model, n) => modelDay('2026-03-01', model, n + 1)));
    const edges = rows(spec).map((row) => [row.from, row.to]);
    expect(edges).toEqual([
      [0, 3],
      [3, 5],
      [5, 6],
    ]);
  });

  test('one day is no giant bar', async () => {
    const { svg } = await draw(dailyCostByModel([modelDay('2026-03-04', 'a', 1)]));
    expect(texts(svg)).toEqual(expect.arrayContaining(['Mar 1', 'Mar 4', 'Mar 7', '2026-03-04, UTC']));
  });

  test.each([
    [120, 'Daily cost by model', 120],
    [121, 'Weekly cost by model', 18],
    [400, 'Weekly cost by model', 58],
  ])('%d days: %s', async (days, title, periods) => {
    const spec = dailyCostByModel(Array.from({ length: days }, (_, n) => modelDay(dayAt(n), 'a', 1)));
    expect(texts((await draw(spec)).svg)).toContain(title);
    expect(rows(spec)).toHaveLength(periods);
    expect(total(spec, 'cost')).toBe(days);
    if (periods < days) for (const { day } of rows(spec)) expect(new Date(String(day)).getUTCDay()).toBe(1);
  });

  test('seven models and the rest', () => {
    const spec = dailyCostByModel(Array.from({ length: 30 }, (_, n) => modelDay('2026-03-01', `m${n}`, 30 - n)));
    const models = new Set(rows(spec).map((row) => row.model));
    expect(models.size).toBe(8);
    expect(models).toContain('23 other models');
    expect(total(spec, 'cost')).toBe((30 * 31) / 2);
  });

  test('what is no day or no cost is left out', () => {
    const bad = [
      modelDay('yesterday', 'a', 1),
      modelDay('2026-13-45', 'a', 1),
      modelDay('2026-03-01', 'a', Number.NaN),
    ];
    expect(rows(dailyCostByModel([...bad, modelDay('2026-03-01', 'a', 2)]))).toHaveLength(1);
  });
});

describe('any rows', () => {
  test.each<[string, ChartSpec]>([
    ['cost by operation', costByOperation([])],
    ['all costs zero', costByOperation([cost('a', 0)])],
    ['cost variance', costVariance([], [])],
    ['daily cost', dailyCostByModel([])],
  ])('without rows a chart says so: %s', async (_name, spec) => {
    const { svg, width, warnings } = await draw(spec);
    expect(texts(svg).some((text) => text.startsWith('No data'))).toBe(true);
    expect([width, warnings]).toEqual([720, []]);
  });

  const name = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom('__proto__', 'constructor', 'toString', '', '</svg><script>', 'a\0b'),
  );
  const amount = fc.oneof(fc.double(), fc.double({ min: 0, max: 1e4 }), fc.constantFrom(0, 1e-12, 1e12));

  test('hostile names and impossible amounts still draw a plain chart of the right width', async () => {
    const rowsOf = fc.array(fc.tuple(name, amount, amount), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(rowsOf, async (list) => {
        const specs = [
          costByOperation(list.map(([operation, a, b]) => cost(operation, a, b))),
          costVariance(
            list.map(([operation, a, b]) => ({ operation, min: a, p25: b, median: a, p75: b, p95: a, max: b })),
            list.map(([operation, a]) => ({ operation, trace_id: operation, cost: a })),
          ),
          dailyCostByModel(list.map(([model, a, b]) => modelDay(dayAt(Math.abs(Math.trunc(b)) % 300 || 0), model, a))),
        ];
        for (const spec of specs) {
          const { svg, width } = await draw(spec);
          expect(width).toBe(720);
          expect(svg).not.toMatch(/NaN|<script/u);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('axis names are as many as the names', () => {
    fc.assert(fc.property(fc.uniqueArray(name), (names) => new Set(axisNames(names).values()).size === names.length));
  });
});
