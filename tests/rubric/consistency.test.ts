import { describe, expect, it } from 'vitest';
import { readArtifacts } from '../../rubric/artifacts.ts';
import { consistencyFaults } from '../../rubric/consistency.ts';
import { edit, type Files, goodFiles, TRACES, without, writeFiles } from './fixture.ts';

const SPANS = 'data/metrics_by_span.csv';
const FINDINGS = 'data/findings.json';
const json = (value: unknown) => JSON.stringify(value);
const good: Files = {
  ...goodFiles(),
  'data/profiles.json': json({ calls: [{ operation: 'extract_order', errors: 800 }], examples: TRACES }),
  'data/outlier_traces.json': json(TRACES.draft.map((trace_id) => ({ operation: 'draft_reply', trace_id }))),
  'data/daily_cost_by_model.csv':
    'day,model,calls,cost_usd\n2026-07-01,claude-sonnet-4-5,9000,200\n2026-07-02,claude-sonnet-4-5,874,31.87\n',
};

function faultsOf(files: Files): string[] {
  return consistencyFaults(readArtifacts(writeFiles(files)));
}
const change = (file: string, from: string | RegExp, to: string) => (files: Files) => edit(files, file, from, to);
const swapped = (csv: string) => csv.replace(/^(draft_reply.*\n)(extract.*\n)/mu, '$2$1');

describe('data files that agree', () => {
  it('are those of a good run, with and without the files that only some runs write', () => {
    expect(faultsOf(good)).toEqual([]);
    expect(faultsOf(goodFiles())).toEqual([]);
  });

  it('may show a part of the days', () => {
    expect(faultsOf(edit(good, 'data/daily_cost_by_model.csv', /2026-07-02.*\n/u, ''))).toEqual([]);
  });

  it.each<[string, (files: Files) => Files, string]>([
    [
      'an average that is not the quotient',
      change(SPANS, /(8\.42,0\.012),0\.\d+/u, '8.42,0.012,0.5'),
      'avg_cost_per_call of draft_reply',
    ],
    ['a latency below zero', change(SPANS, ',2.31,', ',-2.31,'), 'p95_latency_s of extract_order'],
    [
      'rows out of order',
      (files) => ({ ...files, [SPANS]: swapped(files[SPANS] ?? '') }),
      'draft_reply stands below extract_order',
    ],
    ['one operation twice', change(SPANS, 'label_ticket', 'draft_reply'), 'draft_reply is there twice'],
    [
      'other tokens by model',
      change('data/metrics_by_model.csv', '35600000', '35600001'),
      'total_tokens: 48000000 by operation',
    ],
    [
      'an operation that only the last week knows',
      change('data/metrics_by_span_7d.csv', 'draft_reply', 'ghost'),
      'ghost is not in',
    ],
    [
      'more calls in three days than in seven',
      change('data/metrics_by_span_3d.csv', 'label_ticket,1265,', 'label_ticket,9999,'),
      'calls of label_ticket is above',
    ],
    [
      'days that cost more than the window',
      change('data/daily_cost_by_model.csv', '31.87', '9999'),
      'the days of claude-sonnet-4-5',
    ],
    [
      'a median above the maximum',
      change('data/cost_variance.json', '"median": 0.2', '"median": 9'),
      'are not in order',
    ],
    [
      'variance of an unknown operation',
      change('data/cost_variance.json', '"draft_reply"', '"ghost"'),
      'ghost is not in',
    ],
    [
      'an outlier that no query found',
      change('data/cost_variance.json', TRACES.draft[1], 'made-up'),
      'outlier made-up',
    ],
    [
      'groups of failures that do not add up',
      change('data/failure_modes.json', '"errors": 800', '"errors": 900'),
      '900 errors, but 800',
    ],
    [
      'failures that the profiles do not know',
      change('data/profiles.json', '800', '801'),
      'data/profiles.json has 801',
    ],
    ['a price below zero', change('data/model_pricing.json', '0.00001', '-0.00001'), 'a price of gpt-4o'],
    ['a price for a thousand tokens', change('data/model_pricing.json', '0.00001', '10'), 'a price of gpt-4o'],
    ['no facts', (files) => without(files, 'data/facts.json'), 'facts.json is missing'],
    [
      'a fact that is not the total',
      change('data/facts.json', '{', '{"totals.cost_usd": {"value": 777.77, "unit": "usd"},'),
      'totals.cost_usd is 777.77',
    ],
    [
      'a flagged sample that no query found',
      change('data/qualitative_samples.json', TRACES.draft[0], 'made-up'),
      'trace made-up (dearest)',
    ],
    [
      'a sample of an unknown operation',
      change('data/qualitative_samples.json', '"operation": "extract_order"', '"operation": "ghost"'),
      'ghost is not in',
    ],
    [
      'one trace read twice',
      change('data/qualitative_samples.json', TRACES.summary[0], TRACES.label[0]),
      'is there twice',
    ],
    [
      'a kind that the contract does not know',
      change(FINDINGS, '"kind": "retry_storm"', '"kind": "bad_vibes"'),
      'there is no kind bad_vibes',
    ],
    [
      'a finding in an unknown operation',
      change(FINDINGS, '"operation": "extract_order"', '"operation": "ghost"'),
      'ghost is not in',
    ],
    [
      'a finding with an unknown model',
      change(FINDINGS, '"operation": "extract_order"', '"operation": "extract_order", "model": "gpt-9"'),
      'gpt-9 is not in the metrics',
    ],
    ['a frequency above its base', change(FINDINGS, '"seen": 97', '"seen": 9700'), 'seen in 9700 of 2200'],
    ['a low above the high', change(FINDINGS, '"low": 30.1', '"low": 300'), 'are not in order'],
    ['savings above the cost', change(FINDINGS, '"high": 60.9', '"high": 999'), 'extract_order costs 231.87'],
    ['a trace of a finding that no query found', change(FINDINGS, TRACES.draft[1], 'made-up'), 'trace made-up'],
    ['one finding twice', change(FINDINGS, 'retry_storm-1', 'prompt_bloat-1'), 'prompt_bloat-1 is there twice'],
    [
      'a priority that is skipped',
      change('data/recommendations.json', '"priority": 2', '"priority": 5'),
      'stands where 2 is next',
    ],
    [
      'a recommendation without its finding',
      change('data/recommendations.json', '"id": "model_misuse-1"', '"id": "ghost-1"'),
      'there is no finding ghost-1',
    ],
    [
      'a recommendation that saves more than its finding',
      change(
        'data/recommendations.json',
        /"priority": 2,([\s\S]*?)"expected": 70.08/u,
        '"priority": 2, "id": "model_misuse-1", "operation": "label_ticket", "savings": {"low": 61.2, "high": 78.4, "expected": 78',
      ),
      'it saves more than its finding',
    ],
  ])('are not those with %s', (_name, make, expected) => {
    const files = make(good);
    const faults = faultsOf(files);
    expect(faults.some((fault) => fault.includes(expected))).toBe(true);
  });
});
