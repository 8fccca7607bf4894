import { asThreshold, NEVER } from './sql.ts';

/** What the engine's aggregates say, as typed rows: the only input of the detectors. USD, tokens, seconds. */

/** One operation over all its calls. Quantiles are null where no call reports the value. */
export interface CallProfile {
  operation: string;
  calls: number;
  errors: number;
  cost_usd: number;
  calls_with_tokens: number;
  list_cost_usd: number;
  list_input_cost_usd: number;
  context_sum: number;
  out_sum: number;
  read_sum: number;
  write_sum: number;
  context_p50: number | null;
  context_p95: number | null;
  out_p25: number | null;
  out_p50: number | null;
  out_p75: number | null;
  out_p95: number | null;
  out_p99: number | null;
  out_max: number;
  latency_p50: number | null;
  latency_p95: number | null;
  limit_stops: number;
  known_stops: number;
  tool_calls: number;
  within_5m: number;
  within_1h: number;
  /** Calls that say how much they read from a cache, if only zero. */
  reads_reported: number;
  /** Calls whose recorded cost can be compared with the list price, and what a hidden cache would explain of the difference. */
  hidden_known: number;
  hidden_calls: number;
  hidden_tokens: number;
  hidden_stepped: number;
  recorded_of_listed: number;
  listed_of_recorded: number;
}

/** One operation over its traces. `first_*` are quantiles of the first prompt of a trace, tokens. */
export interface TraceProfile {
  operation: string;
  traces: number;
  calls_p25: number;
  calls_p50: number;
  calls_p95: number;
  calls_max: number;
  first_p10: number | null;
  first_p25: number | null;
  first_p50: number | null;
  first_p75: number | null;
  first_p90: number | null;
  first_p95: number | null;
  first_max: number | null;
}

/** One model within one operation. Token sums are those of methods C0. */
export interface ModelUse {
  operation: string;
  model: string;
  provider: string;
  calls: number;
  calls_without_cost: number;
  calls_without_tokens: number;
  errors: number;
  recorded_cost_usd: number;
  fresh_tokens: number;
  read_tokens: number;
  write_tokens: number;
  out_tokens: number;
  context_max: number;
}

/** A trace that shows a problem. Fields beyond these depend on the query and are named there. */
export interface EvidenceRow {
  operation: string;
  kind: string;
  trace_id: string;
  /** Traces (or calls) with the problem in this operation, of which this row is one. */
  seen: number;
  /** Cost that the pattern wastes in this trace, in all of them, and the sum of its squares. */
  waste: number;
  waste_total: number;
  waste_squares: number;
  [extra: string]: string | number | null;
}

/** Calls of one operation and model that share the most usual prompt prefix of a given length. */
export interface PrefixRow {
  operation: string;
  model: string;
  price_key: string;
  prefix_length: number;
  /** Calls that start with the most usual text, ids and numbers in its first lines aside, and those that do so to the letter. */
  shared_calls: number;
  exact_calls: number;
  long_calls: number;
  prefix_tokens: number;
  read_tokens: number;
  context_sum: number;
  within_5m: number;
  within_1h: number;
  prefix_usd: number;
  read_rate: number;
  example_trace: string;
}

/** A failed call with the totals of its group (operation, class, status). */
export interface FailureRow {
  operation: string;
  class: string;
  http_status: number;
  trace_id: string;
  latency: number;
  cost: number;
  message: string;
  at_utc: string;
  seen: number;
  cost_total: number;
  latency_max: number;
}

/** One of the equal parts of the window for one operation. */
export interface TrendRow {
  operation: string;
  bucket: number;
  calls: number;
  cost_usd: number;
  context_sum: number;
  out_sum: number;
  errors: number;
  priced: number;
  models: number;
  newest_model: string;
}

/** A call that stands for its operation and model. */
export interface ExampleRow {
  operation: string;
  model: string;
  trace_id: string;
  cost: number;
  context_tokens: number;
  out_tokens: number;
  at_utc: string;
}

/** A model of the traffic with its price, or the reason why it has none. */
export interface ModelPriceUse {
  model: string;
  provider: string;
  priced_as: string | null;
  reason: string | null;
  /** USD per token. */
  input: number | null;
  output: number | null;
  read: number | null;
  max_input_tokens: number | null;
}

/** A cheaper model of the same vendor. */
export interface Downgrade {
  model: string;
  provider: string;
  target: string;
  input: number;
  output: number;
  read: number;
  max_input_tokens: number | null;
}

export interface Evidence {
  observedDays: number;
  totalCost: number;
  content: 'events' | 'ai_events' | 'none';
  calls: CallProfile[];
  traces: TraceProfile[];
  models: ModelUse[];
  prices: ModelPriceUse[];
  downgrades: Downgrade[];
  /** Bloat, stuffing and storms by tokens and times. */
  traceEvidence: EvidenceRow[];
  repeats: EvidenceRow[];
  duplicates: EvidenceRow[];
  outputs: EvidenceRow[];
  toolLoops: EvidenceRow[];
  prefixes: PrefixRow[];
  failures: FailureRow[];
  trend: TrendRow[];
  examples: ExampleRow[];
  trendBuckets: number;
  /** Begin of the window (ms) and length of a bucket (s). */
  trendStart: number;
  trendBucketS: number;
}

/** The per-operation thresholds that the trace query is asked with. */
export interface TraceThresholds {
  operations: string[];
  bloat_above: number[];
  bloat_base: number[];
  storm_from: number[];
}

/** Prompts below this are no bloat, whatever the operation's norm. */
const MIN_BLOAT_TOKENS = 2000;
/** A prompt is out of the ordinary beyond `exp(3σ)` times the norm, at least 4 and at most 8 times. */
const BLOAT_SIGMAS = 3;
/** From p50/p10 of a log-normal: ln(p50/p10) = 1.2816 σ. */
const Z90 = 1.2816;
/** ln(p50/p25) = 0.6745 σ. */
const Z75 = 0.6745;
const STORM_MIN_CALLS = 4;
const STORM_OVER_NORM = 2.5;

/** A quarter of the traces this many times larger than another quarter: two populations, of which the smaller prompts are the norm. */
const TWO_POPULATIONS = 4;

/** The usual first prompt of an operation: its median, or a lower quantile where the upper half is another population. */
export function usualPrompt(t: TraceProfile): number | null {
  const { first_p10: p10, first_p25: p25, first_p50: p50, first_p75: p75 } = t;
  if (p50 === null || p25 === null || p10 === null || p75 === null) return null;
  if (p75 < TWO_POPULATIONS * p25) return p50;
  return p25 < TWO_POPULATIONS * p10 ? p25 : p10;
}

export function traceThresholds(traces: TraceProfile[]): TraceThresholds {
  const rows = traces.map((t) => {
    const base = usualPrompt(t);
    const low = t.first_p10 ?? 0;
    const quantile = base === t.first_p25 ? Z90 - Z75 : Z90;
    const sigma = base !== null && low > 0 ? Math.max(0, Math.log(base / low) / quantile) : 0;
    const factor = Math.min(8, Math.max(4, Math.exp(BLOAT_SIGMAS * sigma)));
    return {
      operation: t.operation,
      above: base === null ? NEVER : asThreshold(Math.max(MIN_BLOAT_TOKENS, base * factor)),
      base: asThreshold(base ?? 0),
      storm: asThreshold(Math.max(STORM_MIN_CALLS, Math.ceil(STORM_OVER_NORM * t.calls_p25))),
    };
  });
  return {
    operations: rows.map((row) => row.operation),
    bloat_above: rows.map((row) => row.above),
    bloat_base: rows.map((row) => row.base),
    storm_from: rows.map((row) => row.storm),
  };
}
