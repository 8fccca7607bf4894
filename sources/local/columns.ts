import type { SideColumn } from './hogql/scope.ts';

/** AI properties that analyses read all the time. They are kept as columns of their own, so that no query parses JSON for them. */
const TEXTS = [
  '$ai_trace_id',
  '$ai_span_id',
  '$ai_parent_id',
  '$ai_session_id',
  '$ai_span_name',
  '$ai_model',
  '$ai_provider',
  '$ai_prompt_name',
  '$ai_is_error',
  '$ai_error',
  '$ai_stop_reason',
  '$ai_cache_reporting_exclusive',
  '$ai_tools_called',
] as const;
const NUMBERS = [
  '$ai_input_tokens',
  '$ai_output_tokens',
  '$ai_cache_read_input_tokens',
  '$ai_cache_creation_input_tokens',
  '$ai_cache_creation_5m_input_tokens',
  '$ai_cache_creation_1h_input_tokens',
  '$ai_reasoning_tokens',
  '$ai_total_cost_usd',
  '$ai_latency',
  '$ai_http_status',
  '$ai_tool_call_count',
] as const;
/** Prompts and completions: large, and read only by queries that hash or search them. */
const HEAVY = ['$ai_input', '$ai_output_choices'] as const;
/** Properties that `events` has as columns of its own. */
const EVENT_COLUMNS = [
  '$session_id',
  '$window_id',
  '$group_0',
  '$group_1',
  '$group_2',
  '$group_3',
  '$group_4',
] as const;

/** Few distinct values: stored as a dictionary. */
const DICTIONARY = new Set<string>([
  '$ai_span_name',
  '$ai_model',
  '$ai_provider',
  '$ai_prompt_name',
  '$ai_is_error',
  '$ai_stop_reason',
  '$ai_cache_reporting_exclusive',
  '$ai_tools_called',
]);

const LIGHT = [...TEXTS, ...NUMBERS];
const SIDE_PROPERTIES: readonly string[] = [...LIGHT, ...HEAVY];
const numbers = new Set<string>(NUMBERS);

const textColumn = (property: string) => `t_${property.slice(1)}`;
const numberColumn = (property: string) => `n_${property.slice(1)}`;

/** Which columns hold `properties.X` (exactly HogQL's text of it) and `toFloat(properties.X)`. */
export const SIDE_COLUMNS: ReadonlyMap<string, SideColumn> = new Map(
  SIDE_PROPERTIES.map((property) => [
    property,
    { text: textColumn(property), ...(numbers.has(property) ? { number: numberColumn(property) } : {}) },
  ]),
);

/** Column definitions for CREATE TABLE. */
export function sideColumnDefinitions(): string[] {
  return SIDE_PROPERTIES.flatMap((property) => {
    const type = DICTIONARY.has(property) ? 'LowCardinality(Nullable(String))' : 'Nullable(String)';
    const codec = (HEAVY as readonly string[]).includes(property) ? ' CODEC(ZSTD(1))' : '';
    const text = `${textColumn(property)} ${type}${codec}`;
    return numbers.has(property) ? [text, `${numberColumn(property)} Nullable(Float64)`] : [text];
  });
}

/** The one-pass extraction of all light properties: `JSONExtract(properties, <this>)`. */
export const SIDE_TUPLE = `Tuple(${[...LIGHT, ...EVENT_COLUMNS].map((property) => `"${property}" Nullable(String)`).join(', ')})`;

/** HogQL's own expression for the text of a property. */
export function hogqlText(json: string, property: string): string {
  return `replaceRegexpAll(nullIf(nullIf(JSONExtractRaw(${json}, '${property}'), ''), 'null'), '^"|"$', '')`;
}

/**
 * The same text without the regular expression, which is slow on long texts: what JSON prints between quotes has no other quote at its ends,
 * and what begins without a quote ends without one.
 */
function quickText(json: string, property: string): string {
  const raw = `JSONExtractRaw(${json}, '${property}')`;
  return `if(startsWith(${raw}, '"'), substring(${raw}, 2, length(${raw}) - 2), nullIf(nullIf(${raw}, ''), 'null'))`;
}

/**
 * Whether a JSON text has nothing that ClickHouse writes as an escape when it prints a string: no backslash, and neither U+2028 nor U+2029.
 * Every string in it then reads the same decoded and undecoded.
 */
export function withoutEscapes(json: string): string {
  return `(position(${json}, '\\\\') = 0 AND position(${json}, '\\xE2\\x80\\xA8') = 0 AND position(${json}, '\\xE2\\x80\\xA9') = 0)`;
}

/** What a decoded text holds where its printed form may differ: quotes, backslashes, control characters, U+2028, U+2029. */
const NEEDS_ESCAPE = `'["\\\\\\\\\\\\x00-\\\\x1f]|\\\\x{2028}|\\\\x{2029}'`;

function lightText(property: string, from: SideValues): string {
  const decoded = `tupleElement(${from.tuple}, '${property}')`;
  return `multiIf(${from.plain} OR isNull(${decoded}), ${decoded}, match(assumeNotNull(${decoded}), ${NEEDS_ESCAPE}), ${quickText(from.json, property)}, ${decoded})`;
}

/** Where the values of side columns come from: names of columns in the loading query. */
export interface SideValues {
  /** The properties' JSON text. */
  json: string;
  /** `JSONExtract(json, SIDE_TUPLE)`; all NULL where the JSON is not an object. */
  tuple: string;
  /** `withoutEscapes(json)`. */
  plain: string;
}

/**
 * SELECT expressions that fill the side columns. The tuple's texts are decoded and HogQL's are not, so a text with a character that JSON
 * escapes goes through HogQL's own expression; few rows do, since names and numbers hold none.
 */
export function sideColumnValues(from: SideValues): string[] {
  const light = LIGHT.flatMap((property) => {
    const text = `${lightText(property, from)} AS ${textColumn(property)}`;
    return numbers.has(property)
      ? [text, `accurateCastOrNull(${textColumn(property)}, 'Float64') AS ${numberColumn(property)}`]
      : [text];
  });
  const heavy = HEAVY.map(
    (property) =>
      `if(${from.plain} AND position(${from.json}, '"${property}"') = 0, NULL, ${quickText(from.json, property)}) AS ${textColumn(property)}`,
  );
  return [...light, ...heavy];
}

/** SELECT expressions for the event columns that PostHog fills from properties: session and window are NULL, groups '' where unknown. */
export function eventColumnValues(from: SideValues): string[] {
  return EVENT_COLUMNS.map((property) => {
    const text = lightText(property, from);
    return property.startsWith('$group') ? `coalesce(${text}, '')` : `nullIf(${text}, '')`;
  });
}
