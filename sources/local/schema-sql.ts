import { sideColumnDefinitions } from './columns.ts';

/**
 * How a row of a load in progress is to be taken. Rows live in a partition by this number, so that set-aside rows leave at once; a finished
 * load holds `good` rows only.
 */
export const ROW = { good: 0, badLine: 1, badProperties: 2 } as const;

const EVENT_COLUMNS = [
  'uuid UUID',
  'event LowCardinality(String)',
  'properties String CODEC(ZSTD(1))',
  "timestamp DateTime64(6, 'UTC')",
  'distinct_id String',
  'elements_chain String',
  "created_at DateTime64(6, 'UTC')",
  'person_mode LowCardinality(String)',
  'person_id UUID',
  '`$session_id` Nullable(String)',
  '`$window_id` Nullable(String)',
  ...['0', '1', '2', '3', '4'].map((n) => `\`$group_${n}\` String`),
];
const LOAD_COLUMNS = ['_row UInt8', '_has_uuid UInt8'];

/** CREATE TABLE for events with their side columns, in the order in which `insertEvents` gives values. */
export function createEvents(table: string): string {
  const columns = [...EVENT_COLUMNS, ...LOAD_COLUMNS, ...sideColumnDefinitions(), 'team_id UInt32 ALIAS 1'];
  return `CREATE TABLE ${table} (${columns.join(', ')}) ENGINE = MergeTree PARTITION BY _row ORDER BY (event, timestamp)`;
}

/** Columns of `posthog.ai_events` that are texts of `$ai_<name>`. */
export const AI_TEXTS = [
  'session_id',
  'parent_id',
  'span_id',
  'span_type',
  'generation_id',
  'experiment_id',
  'span_name',
  'trace_name',
  'prompt_name',
  'model',
  'provider',
  'framework',
  'error',
  'error_type',
  'error_normalized',
] as const;
const AI_INTEGERS = [
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'reasoning_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
  'web_search_count',
] as const;
const AI_FLOATS = [
  'input_cost_usd',
  'output_cost_usd',
  'request_cost_usd',
  'web_search_cost_usd',
  'total_cost_usd',
  'latency',
  'time_to_first_token',
] as const;
/** Columns of `posthog.ai_events` that are numbers of `$ai_<name>`. */
export const AI_NUMBERS = [...AI_INTEGERS, ...AI_FLOATS] as const;
/** Columns of `posthog.ai_events` that are the raw JSON of `$ai_<name>`. */
export const AI_HEAVY = ['input', 'output', 'output_choices', 'input_state', 'output_state', 'tools'] as const;

const typed = (name: string, type: string) => `JSONExtract(properties, '$ai_${name}', 'Nullable(${type})') AS ${name}`;
const raw = (name: string) => `nullIf(nullIf(JSONExtractRaw(properties, '$ai_${name}'), ''), 'null') AS ${name}`;

/** `posthog.ai_events` over the same rows: the columns that PostHog keeps there, with PostHog's expressions for them. */
export function createAiEvents(): string {
  const columns = [
    'uuid, event, timestamp, distinct_id, person_id, properties, toUInt16(30) AS retention_days, toUInt32(1) AS team_id',
    "JSONExtractString(properties, '$ai_trace_id') AS trace_id",
    ...AI_TEXTS.map((name) => typed(name, 'String')),
    ...AI_INTEGERS.map((name) => typed(name, 'Int64')),
    ...AI_FLOATS.map((name) => typed(name, 'Float64')),
    `toUInt8(JSONExtractRaw(properties, '$ai_is_error') IN ('true', '"true"')) AS is_error`,
    ...AI_HEAVY.map(raw),
  ];
  return `CREATE VIEW ai_events AS SELECT ${columns.join(', ')} FROM events WHERE startsWith(event, '$ai_')`;
}
