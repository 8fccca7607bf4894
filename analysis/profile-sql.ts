/**
 * The aggregates that detectors read, as HogQL. Each scans the calls of the window once and returns a bounded number of rows:
 * one per operation, or the worst traces per operation and kind with the totals beside them.
 */

import { failureClass, NEVER } from './sql.ts';

/** Traces cited per operation and kind (the contract's bound), worst first. */
export const MAX_CITED = 50;
const MAX_OPERATIONS = 5000;
const MAX_ROWS = 20_000;

/** Stop reasons of the vendors that mean "the output limit cut this answer" (OpenAI, Anthropic, Gemini). */
const LIMIT_STOPS = "('length', 'max_tokens', 'max_output_tokens', 'model_length', 'incomplete')";

/** OpenAI counts cached tokens in steps of this size; a share of whole multiples tells a hidden cache from another price list. */
const CACHE_STEP = 128;

/** A recorded cost this far below the list price is no rounding: what a cache would have to have served of the prompt, in tokens. */
const HIDDEN = 'hidden > greatest(32, 0.02 * context_tokens)';

/** Quantiles of a column over calls that report tokens. */
function tokenQuantiles(column: string, name: string, levels: number[]): string {
  return levels.map((p) => `quantile(${p / 100})(if(has_tokens = 1, ${column}, NULL)) AS ${name}_p${p}`).join(', ');
}

/** Per operation: volume, tokens, stops, latency, spacing in time, and what recorded costs say about hidden caching. */
export function callProfileSql(calls: string): string {
  return `SELECT operation, count() AS calls, sum(is_error) AS errors, sum(coalesce(cost, 0)) AS cost_usd,
      sum(has_tokens) AS calls_with_tokens, sum(coalesce(list_cost, 0)) AS list_cost_usd, sum(coalesce(list_input_cost, 0)) AS list_input_cost_usd,
      sum(context_tokens) AS context_sum, sum(out_tokens) AS out_sum, sum(read_tokens) AS read_sum, sum(write_tokens) AS write_sum,
      ${tokenQuantiles('context_tokens', 'context', [10, 25, 50, 75, 95, 99])}, max(context_tokens) AS context_max,
      ${tokenQuantiles('out_tokens', 'out', [25, 50, 75, 95, 99])}, max(out_tokens) AS out_max,
      quantile(0.5)(if(is_error = 0, latency, NULL)) AS latency_p50, quantile(0.95)(if(is_error = 0, latency, NULL)) AS latency_p95,
      countIf(stop_reason IN ${LIMIT_STOPS}) AS limit_stops, countIf(stop_reason != '') AS known_stops,
      countIf(tools_called != '') AS tool_calls,
      countIf(isNotNull(previous_at) AND dateDiff('second', previous_at, at) <= 300) AS within_5m,
      countIf(isNotNull(previous_at) AND dateDiff('second', previous_at, at) <= 3600) AS within_1h,
      sum(reads_reported) AS reads_reported, countIf(hidden >= 0) AS hidden_known, countIf(${HIDDEN}) AS hidden_calls, sum(if(${HIDDEN}, hidden, 0)) AS hidden_tokens,
      countIf(${HIDDEN} AND hidden <= context_tokens AND abs(hidden - round(hidden / ${CACHE_STEP}) * ${CACHE_STEP}) < 1) AS hidden_stepped,
      sumIf(coalesce(recorded_cost, 0), isNotNull(list_cost)) AS recorded_of_listed, sumIf(list_cost, isNotNull(recorded_cost)) AS listed_of_recorded
    FROM (SELECT *, lag(at) OVER (PARTITION BY operation, model ORDER BY at) AS previous_at,
        if(read_tokens = 0 AND isNotNull(recorded_cost) AND isNotNull(list_cost) AND price_in_token > price_read_token,
          (list_cost - recorded_cost) / (price_in_token - price_read_token), -1) AS hidden
      FROM ${calls} AS gen) AS spaced
    GROUP BY operation ORDER BY cost_usd DESC, calls DESC, operation LIMIT ${MAX_OPERATIONS}`;
}

/**
 * Without a stop reason: many answers of exactly the largest size, and that size a usual limit (methods C4). No natural spread of lengths has
 * several percent of its mass on its maximum.
 */
const ROUND_LIMITS =
  '(64, 100, 128, 150, 200, 250, 256, 300, 400, 500, 512, 600, 700, 750, 768, 800, 1000, 1024, 1200, 1500, 1536, 2000, 2048, 2500, 3000, 3072, 4000, 4096, 8000, 8192, 16000, 16384, 32000, 32768)';
const PINNED = `(stop_reason = '' AND out_tokens = out_max AND at_max >= 5 AND at_max >= 0.03 * of_model AND out_max IN ${ROUND_LIMITS})`;

/** One row per trace of an operation: its calls, how its context moved, its cost. Calls without trace id are left out. */
function tracesSql(calls: string): string {
  return `(SELECT operation, trace_id, count() AS n, sum(coalesce(cost, 0)) AS cost, sum(is_error) AS errors,
      sum(coalesce(list_input_cost, 0)) AS list_input, sum(coalesce(list_cost, 0)) AS list_total,
      countIf(has_tokens = 1) AS nt, sum(context_tokens) AS context_sum, sum(out_tokens) AS out_sum, max(context_tokens) AS context_max,
      minIf(context_tokens, has_tokens = 1) AS context_min,
      argMinIf(context_tokens, (at, context_tokens), has_tokens = 1) AS first_context, argMaxIf(context_tokens, (at, context_tokens), has_tokens = 1) AS last_context,
      dateDiff('second', min(at), max(at)) AS span_s,
      arraySort(groupArray((at, context_tokens))) AS steps,
      countIf(stop_reason IN ${LIMIT_STOPS} OR ${PINNED}) AS limit_stops,
      arrayFlatten(arrayMap(t -> splitByChar(',', t), groupArrayIf(tools_called, tools_called != ''))) AS tool_names
    FROM (SELECT *, max(out_tokens) OVER (PARTITION BY operation, model) AS out_max, count() OVER (PARTITION BY operation, model, out_tokens) AS at_max,
        count() OVER (PARTITION BY operation, model) AS of_model FROM ${calls} AS gen) AS sized
    WHERE trace_id != '' GROUP BY operation, trace_id)`;
}

/** Per operation over its traces: calls per trace and size of the first prompt. */
export function traceProfileSql(calls: string): string {
  const levels = [10, 25, 50, 75, 90, 95];
  return `SELECT operation, count() AS traces, sum(cost) AS cost_usd,
      ${[25, 50, 95].map((p) => `quantile(${p / 100})(n) AS calls_p${p}`).join(', ')}, max(n) AS calls_max,
      ${levels.map((p) => `quantile(${p / 100})(if(nt > 0, first_context, NULL)) AS first_p${p}`).join(', ')}, max(first_context) AS first_max
    FROM ${tracesSql(calls)} AS traces GROUP BY operation ORDER BY cost_usd DESC, traces DESC, operation LIMIT ${MAX_OPERATIONS}`;
}

/** A conversation counts as stuffed from this many turns, growth factor, growth in tokens and share of turns that do not shrink on. */
export const STUFFED = { turns: 6, factor: 2.5, tokens: 3000, rising: 0.7 } as const;

/** Calls of one tool in a trace that are a loop even where arguments cannot be read. */
const NAMED_TOOL_REPEATS = 8;

/** Share of the cost that is input: by list prices, else with output at four times the price of input. */
const INPUT_SHARE = 'if(list_total > 0, list_input / list_total, context_sum / greatest(context_sum + 4 * out_sum, 1))';

/**
 * Traces that show prompt bloat, context stuffing, a retry storm, truncation or a tool loop by tokens, times, stop reasons and tool names
 * alone (no content), with the cost that the pattern wastes.
 * Thresholds are bound per operation: `{operations}`, `{bloat_above}`, `{bloat_base}` (tokens), `{storm_from}` (calls per trace).
 *
 * Waste: bloat = input cost of the tokens above the operation's norm; stuffing = input cost of what a window of the first prompt
 * plus the last four turns would not re-send; storm = cost of the calls after the first.
 */
export function traceEvidenceSql(calls: string): string {
  const kinds = `[
      ('prompt_bloat', if(nt > 0 AND first_context > transform(operation, {operations}, {bloat_above}, ${NEVER}), 1, 0),
        cost * input_share * (1 - least(1, transform(operation, {operations}, {bloat_base}, 0) / greatest(first_context, 1)))),
      ('context_stuffing', if(nt >= ${STUFFED.turns} AND rising >= ${STUFFED.rising} AND last_context >= ${STUFFED.factor} * first_context AND last_context - first_context >= ${STUFFED.tokens}, 1, 0),
        cost * input_share * arraySum(arrayMap(s -> greatest(s.2 - (first_context + 4 * (last_context - first_context) / (nt - 1)), 0), steps)) / greatest(context_sum, 1)),
      ('retry_storm', if(n >= transform(operation, {operations}, {storm_from}, ${NEVER}) AND (nt = 0 OR context_max <= 1.12 * context_min) AND span_s <= 300 * n, 1, 0),
        cost * (n - 1) / n),
      ('response_truncation', if(limit_stops > 0, 1, 0), 0),
      ('tool_abuse', if(repeated_tool >= ${NAMED_TOOL_REPEATS} AND n >= transform(operation, {operations}, {storm_from}, ${NEVER}), 1, 0), cost * (repeated_tool - 2) / greatest(repeated_tool, n))]`;
  return `SELECT operation, kind, trace_id, n, cost, waste, first_context, last_context, context_sum, errors, span_s,
      count() OVER (PARTITION BY operation, kind) AS seen, sum(waste) OVER (PARTITION BY operation, kind) AS waste_total,
      sum(waste * waste) OVER (PARTITION BY operation, kind) AS waste_squares, sum(cost) OVER (PARTITION BY operation, kind) AS cost_total,
      sum(n) OVER (PARTITION BY operation, kind) AS calls_total, sum(errors) OVER (PARTITION BY operation, kind) AS errors_total
    FROM (SELECT *, (arrayJoin(arrayFilter(k -> k.2 = 1, ${kinds})) AS hit).1 AS kind, hit.3 AS waste
      FROM (SELECT *, ${INPUT_SHARE} AS input_share,
          arrayCount(d -> d >= 0, arrayDifference(arrayMap(s -> s.2, steps))) / n AS rising,
          arrayMax(arrayConcat([0], arrayMap(t -> countEqual(tool_names, t), arrayDistinct(tool_names)))) AS repeated_tool FROM ${tracesSql(calls)} AS per_trace) AS shared) AS flagged
    ORDER BY operation, kind, waste DESC, context_sum DESC, trace_id LIMIT ${MAX_CITED} BY operation, kind LIMIT ${MAX_ROWS}`;
}

/** Failed calls by operation, class and status, the slowest first, with the totals of each group. */
export function failureSql(calls: string): string {
  const kind = failureClass({ status: 'http_status', latency: 'coalesce(latency, 0)', text: 'error_text' });
  return `SELECT operation, class, http_status, trace_id, latency, cost, substring(error_text, 1, 300) AS message, toString(at) AS at_utc,
      count() OVER (PARTITION BY operation, class, http_status) AS seen, sum(cost) OVER (PARTITION BY operation, class, http_status) AS cost_total,
      max(latency) OVER (PARTITION BY operation, class, http_status) AS latency_max
    FROM (SELECT operation, trace_id, http_status, error_text, at, coalesce(latency, 0) AS latency, coalesce(cost, 0) AS cost,
        ${kind} AS class
      FROM ${calls} AS gen WHERE is_error = 1 OR http_status >= 400) AS failed
    ORDER BY operation, class, http_status, latency DESC, trace_id LIMIT ${MAX_CITED} BY operation, class, http_status LIMIT ${MAX_ROWS}`;
}

/** The window in `{buckets}` equal parts per operation of `{operations}`: volume, cost, tokens, errors. */
export function trendSql(calls: string): string {
  return `SELECT operation, least(intDiv(dateDiff('second', toDateTime({from}), at), {bucket_s}), {buckets} - 1) AS bucket, count() AS calls,
      sum(coalesce(cost, 0)) AS cost_usd, sum(context_tokens) AS context_sum, sum(out_tokens) AS out_sum, sum(is_error) AS errors,
      countIf(isNotNull(cost)) AS priced, uniqExact(model) AS models, argMax(model, (at, model)) AS newest_model
    FROM ${calls} AS gen WHERE operation IN {operations} GROUP BY operation, bucket ORDER BY operation, bucket LIMIT ${MAX_ROWS}`;
}

/** Traces that stand for an operation and model: the dearest, then the longest. */
export function examplesSql(calls: string): string {
  return `SELECT operation, model, trace_id, coalesce(cost, 0) AS cost, context_tokens, out_tokens, toString(toTimeZone(at, 'UTC')) AS at_utc FROM ${calls} AS gen
    WHERE trace_id != '' ORDER BY operation, model, cost DESC, context_tokens + out_tokens DESC, trace_id LIMIT 20 BY operation, model LIMIT ${MAX_ROWS}`;
}
