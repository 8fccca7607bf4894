import { z } from 'zod';

export const FINDING_KINDS = [
  'prompt_bloat',
  'model_misuse',
  'retry_storm',
  'context_stuffing',
  'cacheable_prefix',
  'duplicate_calls',
  'response_truncation',
  'empty_output',
  'model_confusion',
  'tool_abuse',
  'rate_limited',
  'timeouts',
  'server_errors',
  'malformed_output',
  'output_variance',
  'cost_trend',
  'unpriced_model',
  'regression',
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** USD a month, `low ≤ expected ≤ high ≤` the operation's own monthly cost. */
export const savings = z.object({ low: z.number(), expected: z.number(), high: z.number() });
export type Savings = z.infer<typeof savings>;

export const finding = z.object({
  id: z.string(),
  kind: z.enum(FINDING_KINDS),
  operation: z.string(),
  model: z.string().optional(),
  severity: z.enum(['high', 'medium', 'low']),
  title: z.string(),
  /** Traces that show it, worst first, at most 50. */
  trace_ids: z.array(z.string()),
  /** `seen` of `of` traces (calls for kinds that are counted by call: see `metrics.unit`). */
  frequency: z.object({ seen: z.number(), of: z.number() }),
  metrics: z.record(z.string(), z.union([z.number(), z.string(), z.null()])),
  monthly_savings_usd: savings.nullable(),
});
export type Finding = z.infer<typeof finding>;

/** Normal quantile of a two-sided 95 % interval. */
const Z95 = 1.96;
/** Days that a "month" of savings stands for. */
export const MONTH_DAYS = 30;

export interface Scale {
  /** Days that the window's sums cover. */
  observedDays: number;
  /** Cost of the whole window, USD. */
  totalCost: number;
}

/**
 * Monthly savings from the waste of the window: `waste · 30 / days`, with a 95 % interval from the spread between traces (the
 * closed form of a Poisson bootstrap clustered by trace: the variance of a sum over traces is the sum of their squares; methods
 * C6a) and capped by the operation's own cost. Null where nothing can be saved.
 */
export function monthlySavings(
  waste: { total: number; squares: number },
  limits: { operationCost: number; scale: Scale; lowFactor?: number },
): Savings | null {
  if (!(waste.total > 0)) return null;
  const spread = Z95 * Math.sqrt(Math.max(waste.squares, 0));
  const cap = limits.operationCost;
  const month = (value: number) =>
    round((Math.min(Math.max(value, 0), cap) * MONTH_DAYS) / limits.scale.observedDays, 6);
  return {
    low: month((waste.total - spread) * (limits.lowFactor ?? 1)),
    expected: month(waste.total),
    high: month(waste.total + spread),
  };
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** Share of the month's spend that makes a finding high or medium. */
const SPEND_SEVERITY = { high: 0.1, medium: 0.02 } as const;
/** Share of an operation's traces or calls that makes a quality finding high or medium. */
const RATE_SEVERITY = { high: 0.2, medium: 0.05 } as const;

/** The worse of two views: the share of spend that could be saved, and the share of calls that are affected. */
export function severityOf(options: { savings: Savings | null; scale: Scale; rate?: number }): Finding['severity'] {
  const monthly = (options.scale.totalCost * MONTH_DAYS) / options.scale.observedDays;
  const share = options.savings && monthly > 0 ? options.savings.expected / monthly : 0;
  const rate = options.rate ?? 0;
  if (share >= SPEND_SEVERITY.high || rate >= RATE_SEVERITY.high) return 'high';
  if (share >= SPEND_SEVERITY.medium || rate >= RATE_SEVERITY.medium) return 'medium';
  return 'low';
}

/** A stable id: the same problem of the same operation keeps its id from run to run, so that reports can follow up. */
export function findingId(kind: FindingKind | 'guard', operation: string, model = ''): string {
  let hash = 0x811c9dc5;
  for (const char of `${operation}\u0000${model}`) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return `${kind}-${hash.toString(16).padStart(8, '0')}`;
}

/**
 * Lower end of the 95 % Wilson interval of a proportion: what a small sample supports.
 * Source: Wilson 1927; methods C6b.
 */
export function wilsonLow(seen: number, of: number): number {
  if (of === 0) return 0;
  const p = seen / of;
  const z2 = Z95 * Z95;
  const centre = p + z2 / (2 * of);
  const margin = Z95 * Math.sqrt((p * (1 - p)) / of + z2 / (4 * of * of));
  return Math.max(0, (centre - margin) / (1 + z2 / of));
}

/** Upper end of the 95 % Wilson interval of a proportion. */
export function wilsonHigh(seen: number, of: number): number {
  return of === 0 ? 1 : 1 - wilsonLow(of - seen, of);
}
