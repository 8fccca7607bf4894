import { describe, expect, it } from 'vitest';
import { readArtifacts } from '../../rubric/artifacts.ts';
import { consistencyFaults } from '../../rubric/consistency.ts';
import { VIEW, viewFaults } from '../../rubric/view-consistency.ts';
import { edit, type Files, goodFiles, TRACES, writeFiles } from './fixture.ts';

const json = (value: unknown) => JSON.stringify(value);
const NOTE = 'prices of a table that ships';

/** The good run with the files that only some runs write. */
function goodRun(): Files {
  const files = goodFiles();
  const [trace] = TRACES.draft;
  const spread = { draft_reply: { n: 2, min: 1, max: 3, mean: 2, median: 2, std: 1, p95: 3 } };
  const outlier = { trace_id: trace, cost_usd: 3 };
  const days = ['gpt-4o-2024-08-06,16861,610.777778', 'claude-sonnet-4-5,9874,231.87'].map(
    (row) => `2026-07-02,${row}`,
  );
  return {
    ...files,
    'data/cost_variance.json': json({
      draft_reply: {
        ...spread.draft_reply,
        total_usd: 4,
        threshold_2std: 4,
        outlier_trace_ids: [trace],
        outliers: [outlier],
      },
    }),
    'data/outlier_traces.json': json([outlier]),
    'data/daily_cost_by_model.csv': ['day,model,calls,cost_usd', ...days, ''].join('\n'),
    'data/price_map.json': json({
      prices: [{ model: 'gpt-4o-2024-08-06', provider: 'openai', priced_as: 'gpt-4o' }],
      values: { price_keys: ['gpt-4o-2024-08-06|openai'], price_in: [0.0000025], price_out: [0.00001] },
    }),
    'data/model_pricing_meta.json': json({ source: 'embedded', note: NOTE }),
    'data/facts.json': json({
      'pricing.note': { value: NOTE, unit: 'text', source: 'data/model_pricing.json' },
      'window.observed_days': { value: 30, unit: 'days', source: 'data/project.json' },
    }),
  };
}

const faultsOf = (files: Files) => consistencyFaults(readArtifacts(writeFiles(files)));

describe('data files beside each other', () => {
  it('agree in a good run', () => {
    expect(faultsOf(goodRun())).toEqual([]);
  });

  it.each<[string, string, string | RegExp, string, RegExp]>([
    ['an outlier of another cost', 'data/outlier_traces.json', '"cost_usd":3', '"cost_usd":6', /cost 6, .* says 3/u],
    ['another mean', 'data/cost_variance.json', '"mean":2', '"mean":2.5', /mean and spread of draft_reply/u],
    ['another deviation', 'data/cost_variance.json', '"std":1', '"std":3', /mean and spread of draft_reply/u],
    ['another price', 'data/model_pricing.json', /2\.5e-6|0\.0000025/u, '0.0000075', /the price of gpt-4o is not/u],
    ['another note on the prices', 'data/model_pricing_meta.json', NOTE, 'live prices', /note is not the one of/u],
    ['a fact of no file', 'data/facts.json', 'data/project.json', 'data/nothing.json', /data\/nothing.json, which is/u],
    [
      'a fact of another value',
      'data/facts.json',
      '"value":30',
      '"value":60',
      /observed_days is 60, the files say 30/u,
    ],
    ['days of an unknown model', 'data/daily_cost_by_model.csv', 'claude-sonnet-4-5', 'gpt-9', /gpt-9 is not in/u],
    ['days without calls', 'data/daily_cost_by_model.csv', 'calls', 'requests', /has rows without calls/u],
  ])('disagree with %s', (_what, file, from, to, expected) => {
    expect(faultsOf(edit(goodRun(), file, from, to))).toContainEqual(expect.stringMatching(expected));
  });
});

describe('the view of a report', () => {
  const view = { totals: { cost_usd: 32.6, calls: 12 }, rows: [{ operation: 'a' }, { operation: 'b' }], more: null };
  const faults = (stored: unknown, computed: unknown) =>
    viewFaults(
      readArtifacts(writeFiles({ [VIEW]: json(stored) })),
      computed === undefined ? undefined : json(computed),
    );

  it('is what the data files give, keys of another version and rounding aside', () => {
    expect(faults(view, view)).toEqual([]);
    expect(faults(view, undefined)).toEqual([]);
    expect(faults({ ...view, older: 1 }, { ...view, newer: 2 })).toEqual([]);
    expect(faults(view, { ...view, totals: { ...view.totals, cost_usd: 32.6 + 1e-9 } })).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['another figure', { totals: { cost_usd: 65.2, calls: 12 } }, 'totals.cost_usd'],
    ['another name', { rows: [{ operation: 'a' }, { operation: 'c' }] }, 'rows.1.operation'],
    ['a row less', { rows: [{ operation: 'a' }] }, 'rows'],
    ['a value where there is none', { more: 3 }, 'more'],
  ])('is not with %s', (_what, change, place) => {
    expect(faults({ ...view, ...change }, view)).toEqual([`${VIEW}: ${place} is not what the other data files give`]);
  });
});
