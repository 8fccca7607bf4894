import type { SideColumn } from './hql/scope.ts';

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
  '$ai_input',
  '$ai_output_choices',
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
/** Prompts and completions: large, compressed harder. */
const HEAVY = new Set<string>(['$ai_input', '$ai_output_choices']);

export const SIDE_PROPERTIES: readonly string[] = [...TEXTS, ...NUMBERS];

function textColumn(property: string): string {
  return `t_${property.slice(1)}`;
}

function numberColumn(property: string): string {
  return `n_${property.slice(1)}`;
}

const numbers = new Set<string>(NUMBERS);

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
    const codec = HEAVY.has(property) ? ' CODEC(ZSTD(1))' : '';
    const text = `${textColumn(property)} ${type}${codec}`;
    return numbers.has(property) ? [text, `${numberColumn(property)} Nullable(Float64)`] : [text];
  });
}

/** The one-pass extraction of all side properties: `JSONExtract(properties, <this>)`. */
export const SIDE_TUPLE = `Tuple(${SIDE_PROPERTIES.map((property) => `"${property}" Nullable(String)`).join(', ')})`;

/** HogQL's own expression for the text of a property. */
export function hogqlText(json: string, property: string): string {
  return `replaceRegexpAll(nullIf(nullIf(JSONExtractRaw(${json}, '${property}'), ''), 'null'), '^"|"$', '')`;
}

/**
 * SELECT expressions that fill the side columns from a tuple of extracted texts. JSONExtract decodes escapes, HogQL's text keeps them:
 * where a text holds a character that JSON escapes, HogQL's own expression is used (few rows: names and numbers hold none).
 */
export function sideColumnValues(json: string, tuple: string): string[] {
  return SIDE_PROPERTIES.flatMap((property, index) => {
    const decoded = `tupleElement(${tuple}, ${index + 1})`;
    const text = `if(match(coalesce(${decoded}, ''), '["\\\\\\\\\\\\x00-\\\\x1f\\\\x7f]'), ${hogqlText(json, property)}, ${decoded}) AS ${textColumn(property)}`;
    return numbers.has(property)
      ? [text, `accurateCastOrNull(${textColumn(property)}, 'Float64') AS ${numberColumn(property)}`]
      : [text];
  });
}
