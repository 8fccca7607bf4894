import type { ValueType } from './printed.ts';

export interface Column {
  type: ValueType;
  nullable: boolean;
}

const text = (nullable = false): Column => ({ type: 'string', nullable });
const numeric = (): Column => ({ type: 'number', nullable: true });
const datetime = (): Column => ({ type: 'datetime', nullable: false });

/** HogQL's `events`: the concrete columns, in the order of `SELECT *`. */
export const EVENTS: ReadonlyMap<string, Column> = new Map<string, Column>([
  ['uuid', { type: 'uuid', nullable: false }],
  ['event', text()],
  ['properties', text()],
  ['timestamp', datetime()],
  ['distinct_id', text()],
  ['elements_chain', text()],
  ['created_at', datetime()],
  ['$session_id', text(true)],
  ['$window_id', text(true)],
  ['person_mode', text()],
  ['person_id', { type: 'uuid', nullable: false }],
  ...['0', '1', '2', '3', '4'].map((n) => [`$group_${n}`, text(true)] as [string, Column]),
]);

const AI_TEXT = [
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
const AI_NUMBERS = [
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'reasoning_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
  'web_search_count',
  'input_cost_usd',
  'output_cost_usd',
  'request_cost_usd',
  'web_search_cost_usd',
  'total_cost_usd',
  'latency',
  'time_to_first_token',
];
const AI_HEAVY = ['input', 'output', 'output_choices', 'input_state', 'output_state', 'tools'];

/** `posthog.ai_events`: heavy content, read by trace id. */
export const AI_EVENTS: ReadonlyMap<string, Column> = new Map<string, Column>([
  ['uuid', { type: 'uuid', nullable: false }],
  ['event', text()],
  ['timestamp', datetime()],
  ['distinct_id', text()],
  ['person_id', { type: 'uuid', nullable: false }],
  ['properties', text()],
  ['retention_days', { type: 'number', nullable: false }],
  ['trace_id', text()],
  ...AI_TEXT.map((name) => [name, text(true)] as [string, Column]),
  ...AI_NUMBERS.map((name) => [name, numeric()] as [string, Column]),
  ['is_error', { type: 'number', nullable: false }],
  ...AI_HEAVY.map((name) => [name, text(true)] as [string, Column]),
]);

const NUMERIC_SUFFIX =
  /(?:_tokens|_cost_usd|_token_price|_count|latency|_price|time_to_first_token|http_status|temperature|max_tokens|_score)$/u;
const BOOLEANS = new Set([
  '$ai_is_error',
  '$ai_cache_reporting_exclusive',
  '$ai_stream',
  '$ai_billable',
  '$ai_cost_passthrough',
]);

/** The type that projects give an AI property (`posthog.md` §1.2), used only where the context asks for it. */
export function propertyKind(name: string): 'number' | 'boolean' | undefined {
  if (!name.startsWith('$ai_')) return undefined;
  if (BOOLEANS.has(name)) return 'boolean';
  return NUMERIC_SUFFIX.test(name) ? 'number' : undefined;
}
