import { randomUUID } from 'node:crypto';
import { callCost } from '../../../analysis/pricing/cost.ts';
import type { GenerationEvent } from '../../events.ts';
import type { AgentModel } from './models.ts';

/** What a provider says that a request used, tokens. The prompt is the sum of the three inputs. */
export interface TokenUsage {
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens?: number | null;
  cache_read_input_tokens?: number | null;
  cache_creation?: { ephemeral_1h_input_tokens: number } | null;
}

interface Request {
  usage: TokenUsage;
  stopReason: string | null;
  /** From the request to the end of its answer, seconds. */
  latencyS: number;
  requestId: string | null;
  /** Payloads of the run's record; null where there is none. */
  request: string | null;
  answer: string | null;
  /** Why there is no whole answer, where there is none. */
  error?: { message: string; status: number | null };
}

interface Asker {
  step: { number: number; id: string };
  runId: string;
  /** Request of the step, from 1. */
  turn: number;
  model: AgentModel;
  provider: string;
}

/** Prompt and answer, cached tokens included. */
export function tokensOf(usage: TokenUsage): number {
  return (
    usage.input_tokens +
    (usage.cache_creation_input_tokens ?? 0) +
    (usage.cache_read_input_tokens ?? 0) +
    usage.output_tokens
  );
}

/**
 * A model request as an event. Its cost comes from the price table and from what the provider says was used (methods C0; the provider's
 * prompt count leaves cached tokens out).
 */
export function generationEvent(
  { usage, stopReason, latencyS, requestId, request, answer, error }: Request,
  { step, runId, turn, model, provider }: Asker,
): GenerationEvent {
  const hour = usage.cache_creation?.ephemeral_1h_input_tokens ?? 0;
  const written = usage.cache_creation_input_tokens ?? 0;
  const read = usage.cache_read_input_tokens ?? 0;
  const written5m = Math.max(0, written - hour);
  const cost = callCost(
    {
      inputTokens: usage.input_tokens,
      outputTokens: usage.output_tokens,
      cacheRead: read,
      cacheWrite5m: written5m,
      cacheWrite1h: hour,
      exclusive: true,
    },
    model.price,
  );
  return {
    type: 'generation',
    step: step.number,
    turn,
    request,
    answer,
    event: '$ai_generation',
    uuid: randomUUID(),
    distinct_id: 'posthog-trace-optimizer',
    timestamp: new Date().toISOString(),
    properties: {
      $ai_trace_id: runId,
      $ai_span_name: step.id,
      $ai_model: model.id,
      $ai_provider: provider,
      $ai_input_tokens: usage.input_tokens,
      $ai_cache_reporting_exclusive: true,
      $ai_cache_read_input_tokens: read,
      $ai_cache_creation_input_tokens: written,
      $ai_cache_creation_5m_input_tokens: written5m,
      $ai_cache_creation_1h_input_tokens: hour,
      $ai_output_tokens: usage.output_tokens,
      $ai_total_cost_usd: cost,
      $ai_latency: latencyS,
      $ai_stop_reason: stopReason ?? '',
      $ai_http_status: error ? error.status : 200,
      $ai_is_error: error !== undefined,
      $ai_error: error?.message ?? null,
      request_id: requestId,
    },
  };
}
