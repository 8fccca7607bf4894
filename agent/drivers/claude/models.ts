import type { ModelPrice } from '../../../analysis/pricing/prices.ts';
import { resolveModel } from '../../../analysis/pricing/resolve.ts';
import { RunbookError } from '../../../lib/errors.ts';
import { loadEmbeddedTable } from '../../../tools/pricing/embedded.ts';
import { nearest } from '../../nearest.ts';
import { isSpelledFor, modelName, type Provider, plainId } from './providers.ts';

export interface AgentModel {
  /** As Anthropic spells it: `claude-sonnet-4-6`. */
  id: string;
  /** As the provider wants it in a request. */
  requestId: string;
  price: ModelPrice;
}

/** Models that perform runbooks (Anthropic's list of 2026-11, newest first). */
const MODELS = [
  'claude-fable-5-2',
  'claude-haiku-5-5',
  'claude-sonnet-5-5',
  'claude-fable-5-1',
  'claude-opus-5-5',
  'claude-sonnet-5',
  'claude-fable-5',
  'claude-opus-5',
  'claude-opus-4-8',
  'claude-opus-4-7',
  'claude-opus-4-6',
  'claude-sonnet-4-6',
  'claude-haiku-4-5',
  'claude-opus-4-5',
  'claude-sonnet-4-5',
] as const;

const perMillion = (usd: number) => usd / 1e6;

/** Prices of 2026-11 that the embedded table does not have yet, as LiteLLM would list them (USD per token). */
const NEWER = {
  'claude-fable-5-2': entry([10, 50, 12.5, 20, 0.25]),
  'claude-sonnet-5-5': entry([2, 10, 2.5, 4, 0.1]),
  'claude-haiku-5-5': {
    ...entry([0.1, 0.5, 0.125, 0.2, 0.01]),
    // A prompt beyond 100,000 tokens raises the price of the whole request.
    input_cost_per_token_above_100k_tokens: perMillion(0.5),
    output_cost_per_token_above_100k_tokens: perMillion(2.5),
    cache_read_input_token_cost_above_100k_tokens: perMillion(0.05),
    cache_creation_input_token_cost_above_100k_tokens: perMillion(0.625),
  },
} as const;

function entry([input, output, write5m, write1h, read]: [number, number, number, number, number]) {
  return {
    litellm_provider: 'anthropic',
    mode: 'chat',
    input_cost_per_token: perMillion(input),
    output_cost_per_token: perMillion(output),
    cache_creation_input_token_cost: perMillion(write5m),
    cache_creation_input_token_cost_above_1hr: perMillion(write1h),
    cache_read_input_token_cost: perMillion(read),
  };
}

/**
 * A model by any of its spellings: `anthropic/claude-sonnet-4.6` (OpenRouter, runbooks), `claude-sonnet-4-6`, `claude-haiku-4-5-20251001`,
 * `us.anthropic.claude-sonnet-4-5-20250929-v1:0` (Bedrock), `claude-haiku-4-5@20251001` (Vertex).
 * @throws RunbookError `usage` for one that is not known, before anything is spent
 */
export async function agentModel(name: string, provider: Provider): Promise<AgentModel> {
  const id = MODELS.find((model) => model === plainId(name));
  if (!id) {
    const near = nearest(name, [...MODELS]);
    throw new RunbookError('usage', `The model ${JSON.stringify(name)} is not known.`, {
      at: '--model',
      hint: `${near ? `Did you mean ${near}? ` : ''}Known models: ${MODELS.join(', ')}.`,
    });
  }
  const { table } = await loadEmbeddedTable(['anthropic'], new Date());
  const found = resolveModel(id, 'anthropic', { ...NEWER, ...table });
  if ('unpriced' in found) {
    throw new RunbookError('usage', `${id} has no known price, so its cost could not be held to a budget.`, {
      at: '--model',
      hint: 'Choose another model with --model.',
    });
  }
  return { id, requestId: isSpelledFor(name, provider) ? name : modelName(id, provider), price: found.price };
}
