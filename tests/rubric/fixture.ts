import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { validateResults } from '../../rubric/validate.ts';

/** A results dir as a map from path to content, so that a test changes one thing and writes the rest as it is. */
export type Files = Record<string, string>;

export const TRACES = {
  draft: ['0194aa10-7c1e-7b11-8a2f-000000000001', '0194aa10-7c1e-7b11-8a2f-000000000002'],
  retry: ['0194aa10-7c1e-7b11-8a2f-000000000011', '0194aa10-7c1e-7b11-8a2f-000000000012'],
  label: ['0194aa10-7c1e-7b11-8a2f-000000000021'],
  summary: ['0194aa10-7c1e-7b11-8a2f-000000000031'],
} as const;

const SPANS = [
  ['draft_reply', 4210, 512.345678, 30500000, 8.42, 0.012, 412.345678, 100, 0],
  ['extract_order', 9874, 231.87, 12400000, 2.31, 0.081, 231.87, 0, 0],
  ['label_ticket', 12651, 98.4321, 5100000, 0.87, 0.001, 90.4321, 8, 17],
] as const;
const MODELS = [
  ['gpt-4o-2024-08-06', 16861, 610.777778, 35600000, 0.006, 502.777778, 108, 0],
  ['claude-sonnet-4-5', 9874, 231.87, 12400000, 0.081, 231.87, 0, 17],
] as const;

const SPAN_HEAD =
  'operation,calls,total_cost_usd,total_tokens,p95_latency_s,error_rate,avg_cost_per_call,recorded_cost_usd,backfilled_cost_usd,unpriced_calls';
const MODEL_HEAD =
  'model,calls,total_cost_usd,total_tokens,error_rate,recorded_cost_usd,backfilled_cost_usd,unpriced_calls';

function spanCsv(scale: number): string {
  const rows = SPANS.map(([name, calls, cost, tokens, p95, errors, recorded, backfilled, unpriced]) => {
    const n = Math.round(calls * scale);
    const money = [cost * scale, recorded * scale, backfilled * scale].map((value) => value.toFixed(9));
    return [
      name,
      n,
      money[0],
      Math.round(tokens * scale),
      p95,
      errors,
      (cost / calls).toFixed(12),
      money[1],
      money[2],
      unpriced,
    ].join(',');
  });
  return [SPAN_HEAD, ...rows, ''].join('\n');
}

const SAVINGS = {
  draft: { low: 120.5, expected: 180.25, high: 240.75 },
  retry: { low: 30.1, expected: 44.62, high: 60.9 },
  label: { low: 61.2, expected: 70.08, high: 78.4 },
};

function finding(id: string, kind: string, operation: string, rest: object): object {
  return { id, kind, operation, severity: 'high', title: `${kind} in ${operation}`, ...rest };
}

const FINDINGS = [
  finding('prompt_bloat-1', 'prompt_bloat', 'draft_reply', {
    trace_ids: TRACES.draft,
    frequency: { seen: 310, of: 1204 },
    metrics: { unit: 'traces', usual_prompt_tokens: 2150, largest_prompt_tokens: 61877 },
    monthly_savings_usd: SAVINGS.draft,
  }),
  finding('retry_storm-1', 'retry_storm', 'extract_order', {
    trace_ids: TRACES.retry,
    frequency: { seen: 97, of: 2200 },
    metrics: { unit: 'traces', repeated_calls: 1733 },
    monthly_savings_usd: SAVINGS.retry,
  }),
  finding('model_misuse-1', 'model_misuse', 'label_ticket', {
    trace_ids: TRACES.label,
    frequency: { seen: 12600, of: 12651 },
    metrics: { unit: 'calls', out_p95_tokens: 9 },
    monthly_savings_usd: SAVINGS.label,
  }),
];

function sample(trace_id: string, operation: string, abnormality: string, note: string): object {
  const percentile_bucket = abnormality === 'clean' ? 'median' : 'dearest';
  const texts = {
    input_excerpt: `Ticket of ${operation}: my order never came.`,
    output_excerpt: `Dear customer, about ${operation} …`,
  };
  return { trace_id, operation, percentile_bucket, ...texts, abnormality, note };
}

const SAMPLES = [
  sample(TRACES.draft[0], 'draft_reply', 'prompt_stuffing', 'a prompt of 61877 tokens where 2150 are usual'),
  sample(TRACES.draft[1], 'draft_reply', 'prompt_stuffing', 'a prompt of 44120 tokens where 2150 are usual'),
  sample(TRACES.retry[0], 'extract_order', 'retry_storm', 'the same prompt sent 18 times in this trace'),
  sample(TRACES.label[0], 'label_ticket', 'clean', '1 call; nothing abnormal in what was read'),
  sample(TRACES.summary[0], 'label_ticket', 'clean', '2 calls; nothing abnormal in what was read'),
];

const EVIDENCE = [
  { trace_id: TRACES.draft[0], operation: 'draft_reply', calls: 6, cost_usd: 1.2345, tokens: 64021 },
  { trace_id: TRACES.retry[0], operation: 'extract_order', calls: 18, cost_usd: 0.4321, tokens: 22017 },
  { trace_id: TRACES.label[0], operation: 'label_ticket', calls: 1, cost_usd: 0.0078, tokens: 402 },
];

interface Plan {
  priority: number;
  id: string;
  title: string;
  operation: string;
  problem: string;
  trace: string;
  row: string;
  savings: { low: number; expected: number; high: number };
  baseline: number;
  target: number;
}

const PLANS: Plan[] = [
  {
    priority: 1,
    id: 'prompt_bloat-1',
    title: 'Trim the prompts of draft_reply',
    operation: 'draft_reply',
    problem:
      '`draft_reply` sends prompts of up to 61,877 tokens where 2,150 tokens are usual: 310 of 1,204 traces (25.7%).',
    trace: TRACES.draft[0],
    row: '6 | $1.23 | 64,021',
    savings: SAVINGS.draft,
    baseline: 61877,
    target: 30938.5,
  },
  {
    priority: 2,
    id: 'model_misuse-1',
    title: 'Move label_ticket to a budget model',
    operation: 'label_ticket',
    problem: '`label_ticket` answers with 9 tokens on a premium model: 12,600 of its 12,651 calls.',
    trace: TRACES.label[0],
    row: '1 | $0.0078 | 402',
    savings: SAVINGS.label,
    baseline: 0.00778,
    target: 0.00389,
  },
  {
    priority: 3,
    id: 'retry_storm-1',
    title: 'Stop the retry storms in extract_order',
    operation: 'extract_order',
    problem: '`extract_order` repeats itself in 97 of 2,200 traces, 1,733 calls in all.',
    trace: TRACES.retry[0],
    row: '18 | $0.43 | 22,017',
    savings: SAVINGS.retry,
    baseline: 4.49,
    target: 3.14,
  },
];

function money(value: number): string {
  return `$${value.toFixed(2)}`;
}

function recommendation(plan: Plan): string {
  return `### Priority ${plan.priority}: ${plan.title}

#### The Problem

${plan.problem}

#### Why It Matters

Input is billed by the token on every call.

#### Evidence

| Trace | Calls | Cost | Tokens | Issue |
|---|---:|---:|---:|---|
| \`${plan.trace}\` | ${plan.row} | typical |

Trace \`${plan.trace}\`, as read:

\`\`\`text
Ticket of ${plan.operation}: my order never came.
\`\`\`

#### Recommended Fix

\`\`\`python
# Before: everything goes in
answer = call(${plan.operation}, docs)
\`\`\`

\`\`\`python
# After: only what is needed, a budget of $99 and 50% of it are settings
answer = call(${plan.operation}, docs[:5])
\`\`\`

#### How to Measure Success

- **Metric:** tokens per call
- **Baseline:** ${plan.baseline.toLocaleString('en-US', { maximumFractionDigits: 5 })}
- **Target:** ${plan.target.toLocaleString('en-US', { maximumFractionDigits: 5 })}
- **Validation period:** 14 days, since weekdays and weekends differ and 80% power takes 640 traces per arm.
- **How to verify in PostHog:** run

\`\`\`sql
SELECT avg(properties.$ai_input_tokens) FROM events WHERE properties.$ai_span_name = '${plan.operation}'
\`\`\`

#### Expected Impact

${money(plan.savings.expected)} a month (95% interval ${money(plan.savings.low)} to ${money(plan.savings.high)}).
`;
}

const TOP = PLANS.map((p) => `${p.priority}. ${p.title}: ${money(p.savings.expected)} a month`).join('\n');

function report(): string {
  return `# PostHog LLM Trace Analysis: shop, 2026-07-31

## Executive Summary

- **Window:** 30 days, 2026-07-01 00:00 UTC to 2026-07-31 00:00 UTC
- **Generations analyzed:** 26,735 in 9,120 traces
- **Total cost:** $842.65 ($734.65 recorded, $108.00 or 12.8% backfilled)
- **Total projected monthly savings:** $294.95 (range $211.80 to $380.05)

${TOP}

## Cost Analysis

### Most-called operations

| Operation | Calls | Total cost | Avg cost per call |
|---|---:|---:|---:|
| \`label_ticket\` | 12,651 | $98.43 | $0.0078 |
| \`extract_order\` | 9,874 | $231.87 | $0.0235 |

### Most expensive operations

| Operation | Total cost | Calls | p95 latency | Error rate |
|---|---:|---:|---:|---:|
| \`draft_reply\` | $512.35 | 4,210 | 8.42 s | 1.2% |
| \`extract_order\` | $231.87 | 9,874 | 2.31 s | 8.1% |

### Cost by model

| Model | Calls | Total cost | Total tokens | Error rate |
|---|---:|---:|---:|---:|
| \`gpt-4o-2024-08-06\` | 16,861 | $610.78 | 35,600,000 | 0.6% |
| \`claude-sonnet-4-5\` | 9,874 | $231.87 | 12,400,000 | 8.1% |

## High-Variance Investigation

| Operation | Traces | Min | Median | Mean | p95 | Max |
|---|---:|---:|---:|---:|---:|---:|
| \`draft_reply\` | 1,204 | $0.0100 | $0.20 | $0.43 | $1.10 | $2.50 |

## Failure-Mode Analysis

Failed: 800 calls (3.0% of all).

| Operation | Kind | HTTP status | Errors | Longest | Example trace |
|---|---|---:|---:|---:|---|
| \`extract_order\` | rate_limited | 429 | 800 | 1.20 s | \`${TRACES.retry[1]}\` |

## Qualitative Findings

5 traces were read. With 429 errors set aside, 3 show an abnormality.

### Prompt stuffing

Estimated frequency: 2 of 5 sampled traces.

Trace \`${TRACES.draft[0]}\` of \`draft_reply\` (dearest): a prompt of 61877 tokens where 2150 are usual.

\`\`\`text
Ticket of draft_reply: my order never came.
\`\`\`

### Retry storms

Estimated frequency: 1 of 5 sampled traces.

Trace \`${TRACES.retry[0]}\` of \`extract_order\`:

> Ticket of extract_order: my order never came.

## Recommendations

First analysis, no prior history.

${PLANS.map(recommendation).join('\n')}
## Implementation Roadmap

| Priority | Recommendation | Impact | Effort | Expected savings per month | Validation period |
|---:|---|---|---|---:|---|
${PLANS.map((p) => `| ${p.priority} | ${p.title} | high | S | ${money(p.savings.expected)} | 14 days |`).join('\n')}
| | **Total** | | | **$294.95** | |

Send half of the traces through the new version; a split of 50% is a choice.

## Appendix

- **Method:** HogQL aggregates; 95% confidence.
- **Data:** \`data/metrics_by_span.csv\`, \`data/findings.json\`, \`data/recommendations.json\`.
`;
}

const SUMMARY = `# LLM cost and quality: shop

| | |
|---|---|
| Window | 2026-07-01 to 2026-07-31 (30 days) |
| Generations analyzed | 26,735 |
| Total cost | $842.65 |
| Projected monthly savings | $294.95 ($211.80 to $380.05) |

${TOP}

No cost and no known price: 17 calls.
`;

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The files of a good run, without its validation report. */
export function goodFiles(): Files {
  const price = {
    input_cost_per_token: 0.0000025,
    output_cost_per_token: 0.00001,
    litellm_provider: 'openai',
    mode: 'chat',
  };
  return {
    'recommendations.md': report(),
    'summary.md': SUMMARY,
    'data/metrics_by_span.csv': spanCsv(1),
    'data/metrics_by_span_7d.csv': spanCsv(0.25),
    'data/metrics_by_span_3d.csv': spanCsv(0.1),
    'data/queries.json': json([
      { n: 1, step: 3, tool: 'hogql_query', name: 'metrics by operation', rows: 3, error: null },
    ]),
    'report.html': '<!doctype html><h1>PostHog LLM Trace Analysis: shop, 2026-07-31</h1>',
    'data/metrics_by_model.csv': [MODEL_HEAD, ...MODELS.map((row) => row.join(',')), ''].join('\n'),
    'data/cost_variance.json': json({
      draft_reply: {
        n: 1204,
        min: 0.01,
        max: 2.5,
        mean: 0.4255,
        median: 0.2,
        std: 0.3,
        p95: 1.1,
        outlier_trace_ids: TRACES.draft,
      },
    }),
    'data/qualitative_samples.json': json(SAMPLES),
    'data/model_pricing.json': json({ 'gpt-4o': price }),
    'data/findings.json': json({ version: 1, findings: FINDINGS }),
    'data/failure_modes.json': json({
      failed_calls: 800,
      groups: [
        {
          operation: 'extract_order',
          class: 'rate_limited',
          http_status: 429,
          errors: 800,
          longest_latency_s: 1.2,
          trace_ids: TRACES.retry,
        },
      ],
    }),
    'data/finding_evidence.json': json({ all: EVIDENCE }),
    'data/project.json': json({
      label: 'shop',
      generations: 26735,
      traces: 9120,
      observed_days: 30,
      content: 'events',
      window: { from: '2026-07-01T00:00:00.000Z', to: '2026-07-31T00:00:00.000Z', days: 30 },
    }),
    'data/facts.json': json({
      'totals.backfilled_share': { value: 108 / 842.647778, unit: 'share', source: 'data/project.json' },
    }),
    'data/recommendations.json': json({
      recommendations: PLANS.map(({ priority, id, title, operation, savings, baseline, target }) => ({
        priority,
        id,
        title,
        operation,
        savings,
        baseline,
        target_value: target,
      })),
    }),
  };
}

/** The same run on a project that stores no prompts and answers, with a report that says so. */
export function withoutContent(files: Files): Files {
  const samples = SAMPLES.map((s) => ({
    ...s,
    input_excerpt: 'content unavailable',
    output_excerpt: 'content unavailable',
    abnormality: 'clean',
  }));
  const text = files['recommendations.md'] ?? '';
  const start = text.indexOf('## Qualitative Findings');
  const end = text.indexOf('## Recommendations');
  const section = '## Qualitative Findings\n\n**Content unavailable.** This project stores no prompts and answers.\n\n';
  return {
    ...files,
    'data/qualitative_samples.json': json(samples),
    'data/project.json': (files['data/project.json'] ?? '').replace('"events"', '"none"'),
    'recommendations.md': (text.slice(0, start) + section + text.slice(end)).replace(
      /Trace `[^`]*`, as read:\n\n```text\n[^`]*```\n/gu,
      '',
    ),
  };
}

const OPTIONS = { backend: 'local', parameters: { min_recommendations: 3 }, runDate: '2026-07-31T00:00:00.000Z' };

const made: string[] = [];
afterAll(() => {
  for (const dir of made) rmSync(dir, { recursive: true, force: true });
});

/** Writes files into a new folder. */
export function writeFiles(files: Files): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'results-'));
  made.push(dir);
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
    writeFileSync(path.join(dir, file), content);
  }
  return dir;
}

/** Adds the validation report that these files deserve. */
export async function validated(files: Files): Promise<Files> {
  const found = await validateResults(writeFiles(files), OPTIONS);
  return { ...files, 'validation_report.json': json(found) };
}

/** Replaces the first occurrence; a fixture that no longer holds the text is an error of the test. */
export function edit(files: Files, file: string, from: string | RegExp, to: string): Files {
  const text = files[file] ?? '';
  const next = text.replace(from, () => to);
  if (next === text) throw new Error(`${file} does not hold ${String(from)}`);
  return { ...files, [file]: next };
}

export function without(files: Files, file: string): Files {
  return Object.fromEntries(Object.entries(files).filter(([name]) => name !== file));
}
