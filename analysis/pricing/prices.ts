import { familyOf } from './providers.ts';
import { PRICE_FIELDS, type PriceEntry, priceField, tierThreshold } from './table.ts';

/** Prices of the five kinds of token, USD per token. */
export interface TokenPrices {
  readonly input: number;
  readonly output: number;
  /** A prompt token served from the provider's cache. */
  readonly cacheRead: number;
  /** A prompt token written to the cache for five minutes (or for the provider's only lifetime). */
  readonly cacheWrite5m: number;
  /** A prompt token written to the cache for an hour. */
  readonly cacheWrite1h: number;
}

/** Long-prompt prices: they hold for the whole call once its context (cached or not) has more than `aboveTokens` tokens. */
export interface PriceTier extends TokenPrices {
  readonly aboveTokens: number;
}

export interface ModelPrice extends TokenPrices {
  /** By rising threshold; empty for most models. */
  readonly tiers: readonly PriceTier[];
  /** The table's `litellm_provider` of the entry. */
  readonly provider: string;
  readonly maxInputTokens: number | null;
  /** Whether the cache-read price is the table's own or a default of `CACHE_DEFAULTS`. */
  readonly cacheReadFrom: 'table' | 'default';
}

/**
 * Cache prices as multiples of the input price, for entries that state none. As of 2026-11, from the providers' price pages:
 * Anthropic 0.1 / 1.25 / 2; OpenAI between 0.1 and 0.5 for reads, so the dearer end, as PostHog assumes for every provider that counts
 * cached tokens inside the input; Gemini 0.25 up to 2.0 and 0.1 from 2.5 on; Mistral and DeepSeek 0.1. Writes cost the plain
 * input price wherever the provider sets no premium.
 */
const CACHE_DEFAULTS: readonly {
  readonly applies: (key: string, family: string) => boolean;
  readonly read: number;
  readonly write5m: number;
  readonly write1h: number;
}[] = [
  { applies: (key) => /(?:^|[./])claude-/.test(key), read: 0.1, write5m: 1.25, write1h: 2 },
  { applies: (key) => /(?:^|\/)gemini-(?:2\.5|[3-9])/.test(key), read: 0.1, write5m: 1, write1h: 1 },
  { applies: (key) => /(?:^|\/)gemini-/.test(key), read: 0.25, write5m: 1, write1h: 1 },
  { applies: (_, family) => family === 'mistral' || family === 'deepseek', read: 0.1, write5m: 1, write1h: 1 },
  { applies: () => true, read: 0.5, write5m: 1, write1h: 1 },
];

/**
 * The prices of one entry of the table, complete: what it leaves out is filled from `CACHE_DEFAULTS`, and a tier's missing cache
 * price keeps its ratio to the input price. A cache-write price below the input price is no price of writing (the table has
 * zeros and storage fees there), so writing then costs the input price.
 *
 * @param key the entry's name in the table
 */
export function modelPrice(key: string, entry: PriceEntry): ModelPrice {
  const name = key.toLowerCase();
  const defaults = CACHE_DEFAULTS.find((rule) => rule.applies(name, familyOf(entry.litellm_provider)));
  const { read = 0.5, write5m = 1, write1h = 1 } = defaults ?? {};
  const input = entry.input_cost_per_token;
  const cacheWrite5m = atLeast(input, priceField(entry, PRICE_FIELDS.cacheWrite5m) ?? input * write5m);
  const cacheReadListed = priceField(entry, PRICE_FIELDS.cacheRead);
  const base: TokenPrices = {
    input,
    output: entry.output_cost_per_token,
    cacheRead: cacheReadListed ?? input * read,
    cacheWrite5m,
    cacheWrite1h: atLeast(cacheWrite5m, priceField(entry, PRICE_FIELDS.cacheWrite1h) ?? input * write1h),
  };
  return {
    ...base,
    tiers: tiersOf(entry, base),
    provider: entry.litellm_provider,
    maxInputTokens: entry.max_input_tokens ?? null,
    cacheReadFrom: cacheReadListed === null ? 'default' : 'table',
  };
}

function tiersOf(entry: PriceEntry, base: TokenPrices): PriceTier[] {
  const thresholds = new Set(Object.keys(entry).map(tierThreshold));
  return [...thresholds]
    .filter((threshold): threshold is number => threshold !== null)
    .sort((a, b) => a - b)
    .map((aboveTokens) => tier(entry, base, aboveTokens));
}

function tier(entry: PriceEntry, base: TokenPrices, aboveTokens: number): PriceTier {
  const listed = (kind: keyof typeof PRICE_FIELDS) =>
    priceField(entry, `${PRICE_FIELDS[kind]}_above_${aboveTokens / 1000}k_tokens`);
  const input = listed('input') ?? base.input;
  const scale = base.input > 0 ? input / base.input : 1;
  const cacheWrite5m = atLeast(input, listed('cacheWrite5m') ?? base.cacheWrite5m * scale);
  return {
    aboveTokens,
    input,
    output: listed('output') ?? base.output,
    cacheRead: listed('cacheRead') ?? base.cacheRead * scale,
    cacheWrite5m,
    cacheWrite1h: atLeast(cacheWrite5m, listed('cacheWrite1h') ?? base.cacheWrite1h * scale),
  };
}

function atLeast(floor: number, price: number): number {
  return Math.max(floor, price);
}

/** The prices that hold for a call with this context (all prompt tokens, cached or not). */
export function pricesAt(price: ModelPrice, contextTokens: number): TokenPrices {
  return price.tiers.findLast((candidate) => contextTokens > candidate.aboveTokens) ?? price;
}
