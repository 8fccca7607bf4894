import { RunbookError } from '../lib/errors.ts';

/**
 * HogQL building blocks that step files and analysis tools share, so that a call's operation, context and cost mean the same
 * in every query. Everything that comes from data or parameters is bound as `{values}`; only property names that passed
 * `operationProperty` become part of the text.
 */

/** A number from a property, or NULL: text that is no number, NaN and infinities are all "unknown". Holds on every project. */
function numeric(property: string): string {
  return `if(isFinite(toFloat(properties.${property})), toFloat(properties.${property}), NULL)`;
}

const PROPERTY_NAME = /^[\w$][\w$ .:/-]{0,119}$/u;

/**
 * Checks the `operation_property` parameter: the property that names an operation where the SDK sets no `$ai_span_name`.
 * @throws RunbookError `usage` when it cannot be a property name
 */
export function operationProperty(name: string): string {
  if (!PROPERTY_NAME.test(name)) {
    throw new RunbookError('usage', `operation_property ${JSON.stringify(name)} is not a property name.`, {
      at: 'operation_property',
      hint: 'Give the name of an event property, for instance feature or $ai_prompt_name.',
    });
  }
  return name;
}

/**
 * A name as it was sent. On projects with the older storage a property's text keeps the escapes of its JSON (`say \"hi\"`), on newer ones it
 * is decoded; what is no JSON text stays as it is.
 */
function decoded(text: string): string {
  return `if(position(${text}, '\\\\') > 0, coalesce(nullIf(JSONExtractString(concat('["', ${text}, '"]'), 1), ''), ${text}), ${text})`;
}

function operationSql(property: string): string {
  const names = [
    ...(property === '' ? [] : [`toString(properties.\`${operationProperty(property)}\`)`]),
    'properties.$ai_span_name',
  ];
  return `coalesce(${names.map((name) => `nullIf(${decoded(name)}, '')`).join(', ')}, 'unnamed')`;
}

/** The condition that pins the window; both ends inclusive. */
const WINDOW = 'timestamp >= toDateTime({from}) AND timestamp <= toDateTime({to})';

/** `$ai_generation` events of the window. */
const GENERATIONS = `event = '$ai_generation' AND ${WINDOW}`;

/** PostHog's own rule for a failed call: an error text, or the error flag, however it is spelled. */
const IS_ERROR =
  "if(coalesce(nullIf(toString(properties.$ai_error), ''), '') != '' OR lower(coalesce(toString(properties.$ai_is_error), '')) IN ('true', '1'), 1, 0)";

/**
 * Whether `$ai_input_tokens` leaves cached tokens out (methods C0): the event's own flag, else proof (more cached than input
 * tokens), else the provider's default (Anthropic reports them apart, the others inside).
 */
function exclusive(of: { read: string; input: string; provider: string; model: string }): string {
  return `multiIf(
    lower(coalesce(toString(properties.$ai_cache_reporting_exclusive), '')) IN ('true', '1'), 1,
    lower(coalesce(toString(properties.$ai_cache_reporting_exclusive), '')) IN ('false', '0'), 0,
    ${of.read} > ${of.input}, 1,
    match(lower(concat(${of.provider}, '/', ${of.model})), 'anthropic|claude'), 1, 0)`;
}

/** The whole prompt of an event, cached or not, in tokens: for a query that a person pastes into PostHog, where `calls` would be too much. */
function contextOfEvent(): string {
  const tokens = (property: string) => `coalesce(toFloat(properties.${property}), 0)`;
  const [input, read] = [tokens('$ai_input_tokens'), tokens('$ai_cache_read_input_tokens')];
  const cached = `${read} + ${tokens('$ai_cache_creation_input_tokens')}`;
  const [provider, model] = ["coalesce(properties.$ai_provider, '')", "coalesce(properties.$ai_model, '')"];
  return `if(${exclusive({ read, input, provider, model })} = 1,
    ${input} + ${cached},
    greatest(${input}, ${cached}))`;
}

/** What kind of failure a failed call is, by its status, its latency in seconds and the text of its error. */
export function failureClass({ status, latency, text }: { status: string; latency: string; text: string }): string {
  const says = (pattern: string) => `match(lower(${text}), '${pattern}')`;
  return `multiIf(
    ${status} = 429 OR ${says('rate.?limit|too many requests|quota exceeded')}, 'rate_limited',
    ${status} IN (408, 504, 524) OR ${says('time.?out|timed out|deadline exceeded|etimedout')}, 'timeouts',
    ${status} < 400 AND ${latency} >= 30 AND ${text} = '', 'timeouts',
    ${status} >= 500 OR ${says('internal server error|overloaded|bad gateway|service unavailable')}, 'server_errors',
    ${says('context.{0,20}(length|window)|maximum context|too many tokens')}, 'context_length',
    ${says('content.{0,3}(filter|policy)|safety')}, 'content_filter',
    ${status} IN (401, 403), 'auth', ${status} >= 400, 'client_errors', 'other')`;
}

/** The kind of an event's failure, '' where it did not fail. */
function failureClassOfEvent(): string {
  const status = 'coalesce(toFloat(properties.$ai_http_status), 0)';
  const latency = 'coalesce(toFloat(properties.$ai_latency), 0)';
  const kind = failureClass({ status, latency, text: "coalesce(toString(properties.$ai_error), '')" });
  return `if(${IS_ERROR} = 1 OR ${status} >= 400, ${kind}, '')`;
}

/** Columns read straight from an event. */
function rawColumns(property: string): string {
  return `
    uuid, timestamp AS at, distinct_id,
    ${operationSql(property)} AS operation,
    coalesce(nullIf(properties.$ai_model, ''), 'unknown') AS model,
    coalesce(nullIf(properties.$ai_provider, ''), '') AS provider,
    concat(coalesce(properties.$ai_model, ''), '|', coalesce(properties.$ai_provider, '')) AS price_key,
    coalesce(properties.$ai_trace_id, '') AS trace_id,
    greatest(coalesce(${numeric('$ai_input_tokens')}, 0), 0) AS in_tokens,
    greatest(coalesce(${numeric('$ai_output_tokens')}, 0), 0) AS out_tokens,
    if(isNotNull(toFloat(properties.$ai_input_tokens)) OR isNotNull(toFloat(properties.$ai_output_tokens)), 1, 0) AS has_tokens,
    greatest(coalesce(${numeric('$ai_cache_read_input_tokens')}, 0), 0) AS read_tokens,
    if(isNotNull(properties.$ai_cache_read_input_tokens), 1, 0) AS reads_reported,
    greatest(coalesce(${numeric('$ai_cache_creation_1h_input_tokens')}, 0), 0) AS write_1h_tokens,
    greatest(coalesce(${numeric('$ai_cache_creation_input_tokens')}, 0),
      coalesce(${numeric('$ai_cache_creation_5m_input_tokens')}, 0) + coalesce(${numeric('$ai_cache_creation_1h_input_tokens')}, 0)) AS write_tokens,
    ${exclusive({ read: 'read_tokens', input: 'in_tokens', provider: 'provider', model: 'model' })} AS exclusive,
    ${numeric('$ai_total_cost_usd')} AS recorded_cost,
    ${numeric('$ai_latency')} AS latency,
    ${IS_ERROR} AS is_error,
    coalesce(${numeric('$ai_http_status')}, 0) AS http_status,
    coalesce(properties.$ai_error, '') AS error_text,
    lower(coalesce(properties.$ai_stop_reason, '')) AS stop_reason,
    coalesce(properties.$ai_tools_called, '') AS tools_called`;
}

/** A price of the call's model, in USD per token, long-prompt tier included. */
function price(name: string): string {
  return `if(context_tokens > arrayElement({price_tier_above}, price_row), arrayElement({price_${name}_high}, price_row), arrayElement({price_${name}}, price_row))`;
}

/**
 * The normalised calls of the window as a subquery, one row per generation. Columns: those of an event (`operation, model,
 * provider, trace_id, at, in_tokens, out_tokens, latency, is_error, http_status …`), `context_tokens` (the whole prompt, cached
 * or not), `fresh_tokens` (the part that was not read from or written to a cache), `recorded_cost` (USD or NULL),
 * `backfilled_cost` (USD by the price table, only where nothing is recorded), `cost` (recorded, else backfilled, else NULL),
 * `list_input_cost` and `list_cost` (USD by the price table, NULL where the model has no price).
 *
 * Cost (methods C0): `fresh·in + read·cache_read + write_5m·cache_write_5m + write_1h·cache_write_1h + out·out`.
 *
 * @param table `events`, or `posthog.ai_events` where the content lives (30 days, read by trace id)
 * @param content also carry `input_text` and `output_text`, the raw JSON texts of prompt and completion
 */
function callsSql(property: string, options: { content?: 'events' | 'ai_events'; only?: string }): string {
  const { content, only } = options;
  const contentColumns =
    content === 'events'
      ? ", coalesce(properties.$ai_input, '') AS input_text, coalesce(properties.$ai_output_choices, '') AS output_text, if(isNotNull(properties.$ai_output_choices), 1, 0) AS has_output"
      : content === 'ai_events'
        ? ", coalesce(input, '') AS input_text, coalesce(output_choices, '') AS output_text, if(isNotNull(output_choices), 1, 0) AS has_output"
        : '';
  const from = content === 'ai_events' ? 'posthog.ai_events' : 'events';
  return `(
  SELECT *, coalesce(recorded_cost, backfilled_cost) AS cost FROM (
  SELECT *,
    if(price_row > 0 AND has_tokens = 1, list_input_cost_raw, NULL) AS list_input_cost,
    if(price_row > 0 AND has_tokens = 1, list_input_cost_raw + out_tokens * price_out_token, NULL) AS list_cost,
    if(isNull(recorded_cost) AND price_row > 0 AND has_tokens = 1, list_input_cost_raw + out_tokens * price_out_token, NULL) AS backfilled_cost
  FROM (
  SELECT *, ${price('in')} AS price_in_token, ${price('read')} AS price_read_token, ${price('out')} AS price_out_token,
    fresh_tokens * price_in_token + read_tokens * price_read_token
      + greatest(write_tokens - write_1h_tokens, 0) * ${price('write_5m')} + write_1h_tokens * ${price('write_1h')} AS list_input_cost_raw
  FROM (
  SELECT *, if(exclusive = 1, in_tokens, greatest(in_tokens - read_tokens - write_tokens, 0)) AS fresh_tokens,
    if(exclusive = 1, in_tokens + read_tokens + write_tokens, greatest(in_tokens, read_tokens + write_tokens)) AS context_tokens,
    indexOf({price_keys}, price_key) AS price_row
  FROM (
  SELECT ${rawColumns(property)}${contentColumns}
  FROM ${from} WHERE ${GENERATIONS}${only ? ` AND ${only}` : ''})))))`;
}

/** Step files put fragments into YAML blocks, where a line break would end the text. No literal here holds two spaces. */
function oneLine(sql: string): string {
  return sql.replace(/\s+/gu, ' ').trim();
}

export interface SqlFragments {
  /** Condition on `events`: generations of the window. */
  generations: string;
  window: string;
  operation: string;
  /** Subquery with one row per call; see `callsSql`. */
  calls: string;
  /** Tokens of an event's whole prompt. */
  context_tokens: string;
  is_error: string;
  /** The kind of an event's failure, '' where it did not fail. */
  failure_class: string;
}

/** The fragments for step files (`{{sql.calls}}`) and tools. `property` is the `operation_property` parameter, '' for none. */
export function sqlFragments(property: string): SqlFragments {
  return {
    generations: GENERATIONS,
    window: WINDOW,
    operation: operationSql(property),
    calls: oneLine(callsSql(property, {})),
    context_tokens: contextOfEvent(),
    is_error: IS_ERROR,
    failure_class: oneLine(failureClassOfEvent()),
  };
}

/** Above every cost and size, and a float. */
export const NEVER = 1_000_000_000_000_000.5;
const MAX_SMALL_INT = 2 ** 31;

/**
 * A threshold as the engine can compare it with floats: a whole number beyond 32 bits would be bound as Int64, which has no common type with
 * Float64. Half a unit more changes such a number by less than a billionth.
 */
export function asThreshold(value: number): number {
  return Number.isInteger(value) && Math.abs(value) >= MAX_SMALL_INT ? Math.min(value + 0.5, NEVER) : value;
}

/** Traces whose content is analysed where it must be read by trace id: a fixed, seeded choice, so that bytes stay bounded. */
const MAX_CONTENT_TRACES = 2000;

/** The calls with their content, from where the project keeps it. */
export function contentCalls(property: string, content: 'events' | 'ai_events'): string {
  if (content === 'events') return callsSql(property, { content });
  const traces = `trace_id IN (SELECT properties.$ai_trace_id AS id FROM events WHERE ${GENERATIONS} AND isNotNull(properties.$ai_trace_id)
    GROUP BY id ORDER BY cityHash64(id) LIMIT ${MAX_CONTENT_TRACES})`;
  return callsSql(property, { content, only: traces });
}
