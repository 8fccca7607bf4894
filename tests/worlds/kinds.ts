import { CACHEABLE_PREFIX, DUPLICATE_CALLS } from './plants-caching.ts';
import { RATE_LIMITED, SERVER_ERRORS, TIMEOUTS } from './plants-failures.ts';
import { MODEL_MISUSE, UNPRICED_MODEL } from './plants-models.ts';
import {
  EMPTY_OUTPUT,
  MALFORMED_OUTPUT,
  MODEL_CONFUSION,
  OUTPUT_VARIANCE,
  RESPONSE_TRUNCATION,
} from './plants-outputs.ts';
import { CONTEXT_STUFFING, COST_TREND, PROMPT_BLOAT } from './plants-prompts.ts';
import { RETRY_STORM, TOOL_ABUSE } from './plants-traces.ts';
import type { Shape } from './site.ts';

/** The kinds of `findings.json` that one window alone can show (`regression` needs an earlier one). */
export const KINDS = [
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
] as const;

export type Kind = (typeof KINDS)[number];

/** The shapes in which each kind is planted. */
export const SHAPES: Readonly<Record<Kind, readonly Shape[]>> = {
  prompt_bloat: PROMPT_BLOAT,
  model_misuse: MODEL_MISUSE,
  retry_storm: RETRY_STORM,
  context_stuffing: CONTEXT_STUFFING,
  cacheable_prefix: CACHEABLE_PREFIX,
  duplicate_calls: DUPLICATE_CALLS,
  response_truncation: RESPONSE_TRUNCATION,
  empty_output: EMPTY_OUTPUT,
  model_confusion: MODEL_CONFUSION,
  tool_abuse: TOOL_ABUSE,
  rate_limited: RATE_LIMITED,
  timeouts: TIMEOUTS,
  server_errors: SERVER_ERRORS,
  malformed_output: MALFORMED_OUTPUT,
  output_variance: OUTPUT_VARIANCE,
  cost_trend: COST_TREND,
  unpriced_model: UNPRICED_MODEL,
};
