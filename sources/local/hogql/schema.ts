import { type Type, typeOf } from './types.ts';

export type Columns = ReadonlyMap<string, Type>;

const text = typeOf('string');
const optionalText = typeOf('string', true);
const instant = typeOf('datetime');
const groups = ['0', '1', '2', '3', '4'];

/** HogQL's `events`: the columns that event files hold, in the order of `SELECT *`. */
export const EVENTS: Columns = new Map<string, Type>([
  ['uuid', typeOf('uuid')],
  ['event', text],
  ['properties', typeOf('json')],
  ['timestamp', instant],
  ['distinct_id', text],
  ['elements_chain', text],
  ['created_at', instant],
  ['$session_id', optionalText],
  ['$window_id', optionalText],
  ['person_mode', text],
  ['person_id', typeOf('uuid')],
  ...groups.map((n): [string, Type] => [`$group_${n}`, optionalText]),
]);

/** Names that PostHog's `events` has and event files do not, with what they would need. */
export const NOT_IN_FILES: ReadonlyMap<string, string> = new Map([
  ...['person', 'pdi', 'poe', 'goe_0', 'goe_1', 'goe_2', 'goe_3', 'goe_4', 'person_properties'].map(
    (name): [string, string] => [name, 'person and group data'],
  ),
  ...groups.map((n): [string, string] => [`group_${n}`, 'group data']),
  ...['session', '$session_id_uuid'].map((name): [string, string] => [name, 'session data']),
  ...['elements_chain_href', 'elements_chain_texts', 'elements_chain_ids', 'elements_chain_elements'].map(
    (name): [string, string] => [name, 'autocapture data'],
  ),
]);

const AI_TEXTS =
  'session_id parent_id span_id span_type generation_id experiment_id span_name trace_name prompt_name model provider framework error error_type error_normalized';
const AI_INTEGERS =
  'input_tokens output_tokens total_tokens reasoning_tokens cache_read_input_tokens cache_creation_input_tokens web_search_count';
const AI_FLOATS =
  'input_cost_usd output_cost_usd request_cost_usd web_search_cost_usd total_cost_usd latency time_to_first_token';
const AI_HEAVY = 'input output output_choices input_state output_state tools';

const each = (names: string, type: Type) => names.split(' ').map((name): [string, Type] => [name, type]);

/** `posthog.ai_events`: one row per AI event, with the heavy content that `events` no longer has. */
export const AI_EVENTS: Columns = new Map<string, Type>([
  ['uuid', typeOf('uuid')],
  ['event', text],
  ['timestamp', instant],
  ['distinct_id', text],
  ['person_id', typeOf('uuid')],
  ['properties', typeOf('json')],
  ['retention_days', typeOf('integer')],
  ['trace_id', text],
  ...each(AI_TEXTS, optionalText),
  ...each(AI_INTEGERS, typeOf('integer', true)),
  ...each(AI_FLOATS, typeOf('float', true)),
  ['is_error', typeOf('integer')],
  ...each(AI_HEAVY, optionalText),
]);

/** `numbers(n)`. */
export const NUMBERS: Columns = new Map([['number', typeOf('integer')]]);

/** Columns that can be named but are not part of `SELECT *`. */
export const HIDDEN_COLUMNS: Columns = new Map([['team_id', typeOf('integer')]]);

const NUMERIC =
  /(?:_tokens|_cost_usd|_token_price|_request_price|_search_price|_count|_latency|_time_to_first_token|_http_status|_temperature|_prompt_version|_blob_bytes|_score|_score_min|_score_max)$/u;
const BOOLEAN = new Set([
  '$ai_is_error',
  '$ai_stream',
  '$ai_billable',
  '$ai_cache_reporting_exclusive',
  '$ai_cost_passthrough',
  '$ai_evaluation_applicable',
  '$ai_evaluation_allows_na',
  '$ai_evaluation_skipped',
]);

/** The type that PostHog's taxonomy gives an AI property (`posthog.md` §1.2); other properties stay text. */
export function propertyKind(name: string): 'number' | 'boolean' | undefined {
  if (!name.startsWith('$ai_')) return undefined;
  if (BOOLEAN.has(name)) return 'boolean';
  return NUMERIC.test(name) ? 'number' : undefined;
}
