interface SampleModel {
  provider: string;
  /** USD per million tokens, list prices of November 2026; null where nobody has a price. */
  price: { input: number; output: number; cachedInput: number } | null;
  /** False where PostHog's own list lags behind, so that the event has no cost although a price is published. */
  recorded: boolean;
  /** Seconds per output token. */
  pace: number;
}

export const SAMPLE_MODELS = {
  'gpt-4o': { provider: 'openai', price: { input: 2.5, output: 10, cachedInput: 1.25 }, recorded: true, pace: 0.013 },
  'gpt-4o-mini': {
    provider: 'openai',
    price: { input: 0.15, output: 0.6, cachedInput: 0.075 },
    recorded: true,
    pace: 0.009,
  },
  'gpt-4.1': { provider: 'openai', price: { input: 2, output: 8, cachedInput: 0.5 }, recorded: true, pace: 0.012 },
  'gpt-5.4-mini': {
    provider: 'openai',
    price: { input: 0.75, output: 4.5, cachedInput: 0.075 },
    recorded: false,
    pace: 0.008,
  },
  'claude-sonnet-4-5': {
    provider: 'anthropic',
    price: { input: 3, output: 15, cachedInput: 0.3 },
    recorded: true,
    pace: 0.016,
  },
  'claude-haiku-4-5': {
    provider: 'anthropic',
    price: { input: 1, output: 5, cachedInput: 0.1 },
    recorded: true,
    pace: 0.008,
  },
  'gemini-2.5-flash': {
    provider: 'gemini',
    price: { input: 0.3, output: 2.5, cachedInput: 0.03 },
    recorded: true,
    pace: 0.006,
  },
  'text-embedding-3-small': {
    provider: 'openai',
    price: { input: 0.02, output: 0, cachedInput: 0.02 },
    recorded: true,
    pace: 0.01,
  },
  'fernhill-router-2': { provider: 'fernhill', price: null, recorded: false, pace: 0.02 },
} as const satisfies Record<string, SampleModel>;

export type ModelName = keyof typeof SAMPLE_MODELS;

export interface Usage {
  /** All of the context, cached parts included. */
  inputTokens: number;
  outputTokens: number;
  cacheRead?: number;
  cacheWrite?: number;
}

/** What Anthropic adds to the input price for writing its five-minute cache. */
const CACHE_WRITE_FACTOR = 1.25;

/** USD as PostHog records it, or null where it cannot. */
export function recordedCost(name: ModelName, usage: Usage): number | null {
  const model: SampleModel = SAMPLE_MODELS[name];
  if (model.price === null || !model.recorded) return null;
  const { inputTokens, outputTokens, cacheRead = 0, cacheWrite = 0 } = usage;
  const { input, output, cachedInput } = model.price;
  const fresh = inputTokens - cacheRead - cacheWrite;
  const usd = fresh * input + cacheRead * cachedInput + cacheWrite * input * CACHE_WRITE_FACTOR + outputTokens * output;
  return Number((usd / 1e6).toFixed(10));
}
