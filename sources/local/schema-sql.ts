import { sideColumnDefinitions } from './columns.ts';

const BASE = [
  'uuid UUID',
  'event LowCardinality(String)',
  'properties String CODEC(ZSTD(1))',
  "timestamp DateTime64(6, 'UTC')",
  'distinct_id String',
  "elements_chain String DEFAULT ''",
  "created_at DateTime64(6, 'UTC')",
  '`$session_id` Nullable(String)',
  '`$window_id` Nullable(String)',
  "person_mode String DEFAULT ''",
  "person_id UUID DEFAULT toUUID('00000000-0000-0000-0000-000000000000')",
  ...['0', '1', '2', '3', '4'].map((n) => `\`$group_${n}\` Nullable(String)`),
  'team_id UInt32 ALIAS 1',
  'has_uuid UInt8',
];

export function createEvents(table: string): string {
  return `CREATE TABLE ${table} (${[...BASE, ...sideColumnDefinitions()].join(', ')}) ENGINE = MergeTree ORDER BY (event, timestamp) SETTINGS index_granularity = 8192`;
}

const text = (name: string, property: string) => `nullIf(JSONExtractString(properties, '${property}'), '') AS ${name}`;
const number = (name: string, property: string, type: string) =>
  `JSONExtract(properties, '${property}', 'Nullable(${type})') AS ${name}`;
const heavy = (name: string, property: string) =>
  `nullIf(nullIf(JSONExtractRaw(properties, '${property}'), ''), 'null') AS ${name}`;

/** `posthog.ai_events` over the same rows: the columns that PostHog keeps there. */
export function createAiEvents(): string {
  const texts = [
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
  ];
  const integers = [
    'input_tokens',
    'output_tokens',
    'total_tokens',
    'reasoning_tokens',
    'cache_read_input_tokens',
    'cache_creation_input_tokens',
    'web_search_count',
  ];
  const floats = [
    'input_cost_usd',
    'output_cost_usd',
    'request_cost_usd',
    'web_search_cost_usd',
    'total_cost_usd',
    'latency',
    'time_to_first_token',
  ];
  return `CREATE VIEW ai_events AS SELECT uuid, event, timestamp, distinct_id, person_id, properties, 30 AS retention_days, 1 AS team_id,
    coalesce(t_ai_trace_id, '') AS trace_id,
    ${texts.map((name) => text(name, `$ai_${name}`)).join(', ')},
    ${integers.map((name) => number(name, `$ai_${name}`, 'Int64')).join(', ')},
    ${floats.map((name) => number(name, `$ai_${name}`, 'Float64')).join(', ')},
    if(JSONExtractRaw(properties, '$ai_is_error') IN ('true', '"true"'), 1, 0) AS is_error,
    ${['input', 'output', 'output_choices', 'input_state', 'output_state', 'tools'].map((name) => heavy(name, `$ai_${name}`)).join(', ')}
    FROM events WHERE startsWith(event, '$ai_')`;
}
