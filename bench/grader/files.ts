import { existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Fault, inCell, inJson, inText, type Json } from './fault.ts';

const DATA = [
  ...['summary.md', 'validation_report.json', 'data/metrics_by_span.csv', 'data/metrics_by_span_7d.csv'],
  ...['data/metrics_by_model.csv', 'data/cost_variance.json', 'data/qualitative_samples.json'],
  ...['data/model_pricing.json', 'data/findings.json'],
];
const FINDINGS = 'data/findings.json';
const VALIDATION = 'validation_report.json';

function onOne(kind: string, change: (full: string) => void): Fault {
  return {
    kind,
    apply(dir, random) {
      const full = path.join(dir, random.pick(DATA));
      if (!existsSync(full)) return false;
      change(full);
      return true;
    },
  };
}

/** The first item that has what the fault needs. */
function first(list: Json[], has: (item: Json) => unknown, change: (item: Json) => void): boolean {
  const found = list.find(has);
  if (found) change(found);
  return found !== undefined;
}

const saved = (finding: Json) => finding.monthly_savings_usd?.expected > 0;

/** Data files that were changed, emptied or removed after the run. */
export const FILES: readonly Fault[] = [
  inCell('a CSV: cost', 'data/metrics_by_span.csv', 'total_cost_usd', (cell) => String(Number(cell) + 7)),
  inCell('a CSV: calls', 'data/metrics_by_span.csv', 'calls', (cell) => String(Number(cell) + 7)),
  inCell('a CSV: tokens', 'data/metrics_by_span.csv', 'total_tokens', (cell) => String(Number(cell) + 7)),
  inCell('a CSV: latency', 'data/metrics_by_span.csv', 'p95_latency_s', (cell) => String(Number(cell) + 7)),
  inCell('a CSV: operation', 'data/metrics_by_span.csv', 'operation', () => 'ghost_operation'),
  inCell('a CSV of the last week: calls', 'data/metrics_by_span_7d.csv', 'calls', (cell) => String(Number(cell) + 7)),
  inCell('a CSV by model: cost', 'data/metrics_by_model.csv', 'total_cost_usd', (cell) => String(Number(cell) + 7)),
  inJson('findings: savings', FINDINGS, ({ findings }) =>
    first(findings, saved, (f) => {
      f.monthly_savings_usd.expected *= 1.5;
    }),
  ),
  inJson('findings: a trace that is none', FINDINGS, ({ findings }) =>
    first(
      findings,
      () => true,
      (f) => {
        f.trace_ids[0] = 'trace-of-nobody-1';
      },
    ),
  ),
  inJson('findings: an operation that is none', FINDINGS, ({ findings }) =>
    first(
      findings,
      () => true,
      (f) => {
        f.operation = 'ghost_operation';
      },
    ),
  ),
  inJson('findings: more seen than there are', FINDINGS, ({ findings }) =>
    first(
      findings,
      () => true,
      (f) => {
        f.frequency.seen = f.frequency.of + 1;
      },
    ),
  ),
  inJson('findings: none', FINDINGS, (value) => {
    value.findings = [];
    return true;
  }),
  inJson('samples: an excerpt', 'data/qualitative_samples.json', (samples) =>
    first(
      samples,
      () => true,
      (s: Json) => {
        s.output_excerpt = 'I demand a refund for the broken toaster at once.';
      },
    ),
  ),
  inJson('samples: a trace that is none', 'data/qualitative_samples.json', (samples) =>
    first(
      samples,
      () => true,
      (s: Json) => {
        s.trace_id = 'trace-of-nobody-1';
      },
    ),
  ),
  inJson('variance: a maximum', 'data/cost_variance.json', (value) =>
    first(
      Object.values(value),
      () => true,
      (stats: Json) => {
        stats.max *= 3;
      },
    ),
  ),
  inJson('prices: a thousand times as high', 'data/model_pricing.json', (value) =>
    first(
      Object.values(value),
      (p: Json) => p.input_cost_per_token > 0,
      (p: Json) => {
        p.input_cost_per_token *= 1000;
      },
    ),
  ),
  inJson('facts: a total', 'data/facts.json', (value) =>
    first(
      Object.values(value),
      (f: Json) => f.unit === 'usd',
      (f: Json) => {
        f.value = 777.77;
      },
    ),
  ),
  inJson('queries: none succeeded', 'data/queries.json', (queries) => {
    for (const query of queries) Object.assign(query, { error: 'connection refused', rows: 0 });
    return true;
  }),
  inJson('end check: generations', VALIDATION, (value) => {
    value.results.generations_analyzed += 5;
    return true;
  }),
  inJson('end check: total cost', VALIDATION, (value) => {
    value.results.total_cost_usd += 5;
    return true;
  }),
  inJson('end check: a stage less', VALIDATION, (value) => value.stages.splice(3, 1).length > 0),
  inJson('end check: a failed stage', VALIDATION, (value) => {
    value.stages[2].passed = false;
    return true;
  }),
  inJson('end check: a made-up message', VALIDATION, (value) => {
    value.stages[0].message = '999999 generations from 2019';
    return true;
  }),
  onOne('a file removed', (full) => rmSync(full)),
  onOne('a file emptied', (full) => writeFileSync(full, '')),
  onOne('a file cut in half', (full) => writeFileSync(full, `${'x'.repeat(10)}\n{"cut`)),
  inText('the page of another report', 'report.html', () => '<!doctype html><p>Everything is fine.'),
  inText(
    'another chart',
    'figures/cost_by_operation.svg',
    () => '<svg xmlns="http://www.w3.org/2000/svg"><text>Total $777.77</text></svg>',
  ),
];
