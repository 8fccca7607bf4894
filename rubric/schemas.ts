import { z } from 'zod';

/** What each data file must be (docs/results.md). Files may hold more keys than these. */

export const spanRow = z.looseObject({
  operation: z.string(),
  calls: z.number(),
  total_cost_usd: z.number(),
  total_tokens: z.number(),
  p95_latency_s: z.number().nullable(),
  error_rate: z.number().min(0).max(1),
  avg_cost_per_call: z.number(),
  recorded_cost_usd: z.number(),
  backfilled_cost_usd: z.number(),
  unpriced_calls: z.number(),
});

export const modelRow = spanRow
  .omit({ operation: true, p95_latency_s: true, avg_cost_per_call: true })
  .extend({ model: z.string() });

export const varianceFile = z.record(
  z.string(),
  z.looseObject({
    n: z.number(),
    min: z.number(),
    max: z.number(),
    mean: z.number(),
    median: z.number(),
    std: z.number(),
    p95: z.number(),
    outlier_trace_ids: z.array(z.string()),
  }),
);

export const sample = z.looseObject({
  trace_id: z.string(),
  operation: z.string(),
  percentile_bucket: z.string(),
  input_excerpt: z.string(),
  output_excerpt: z.string(),
  abnormality: z.enum([
    'prompt_stuffing',
    'response_truncation',
    'model_confusion',
    'retry_storm',
    'tool_abuse',
    'empty_output',
    'clean',
  ]),
  note: z.string(),
});

export const samplesFile = z.array(sample);

export const pricing = z.record(
  z.string(),
  z.looseObject({
    input_cost_per_token: z.number(),
    output_cost_per_token: z.number(),
    litellm_provider: z.string(),
    mode: z.string().nullable(),
  }),
);

const savings = z.looseObject({ low: z.number(), expected: z.number(), high: z.number() });
export const finding = z.looseObject({
  id: z.string(),
  kind: z.string(),
  operation: z.string(),
  severity: z.enum(['high', 'medium', 'low']),
  title: z.string(),
  trace_ids: z.array(z.string()),
  frequency: z.looseObject({ seen: z.number(), of: z.number() }),
  metrics: z.record(z.string(), z.unknown()),
  monthly_savings_usd: savings.nullable(),
});
export const findingsFile = z.looseObject({ version: z.literal(1), findings: z.array(finding) });

export const facts = z.record(
  z.string(),
  z.looseObject({ value: z.union([z.number(), z.string(), z.null()]), unit: z.string() }),
);

export const project = z.looseObject({
  generations: z.number(),
  window: z.looseObject({ from: z.string(), to: z.string(), days: z.number() }),
  observed_days: z.number().positive().optional(),
  content: z.string().optional(),
});

export const recommendationsFile = z.looseObject({
  recommendations: z.array(
    z.looseObject({
      priority: z.number(),
      operation: z.string(),
      savings: savings.nullable(),
      baseline: z.number().nullish(),
      target_value: z.number().nullish(),
      trace_ids: z.array(z.string()).optional(),
    }),
  ),
});

export const validationReport = z.looseObject({
  version: z.union([z.string(), z.number()]),
  run_date: z.string(),
  backend: z.string(),
  parameters: z.record(z.string(), z.unknown()),
  stages: z.array(z.looseObject({ name: z.string(), passed: z.boolean(), message: z.string() })),
  results: z.looseObject({
    generations_analyzed: z.number(),
    total_cost_usd: z.number(),
    recommendations: z.number(),
    qualitative_findings: z.number(),
    projected_monthly_savings_usd: z.number(),
  }),
  overall_passed: z.boolean(),
});

export const failureModes = z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())]);

export const queriesFile = z.array(
  z.looseObject({ tool: z.string(), name: z.string(), rows: z.number(), error: z.unknown().optional() }),
);

/** The line of `events.jsonl` that says what the run was asked for. */
export const runStarted = z.looseObject({
  type: z.literal('run_started'),
  params: z.record(z.string(), z.unknown()),
});
