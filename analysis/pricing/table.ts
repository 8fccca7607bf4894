/**
 * One row of the price table, in LiteLLM's field names. Prices are USD per token. Fields of long-prompt tiers carry their
 * threshold in the name (`input_cost_per_token_above_200k_tokens`), so any `…_above_<N>k_tokens` may be present.
 */
export interface PriceEntry {
  readonly input_cost_per_token: number;
  readonly output_cost_per_token: number;
  readonly litellm_provider: string;
  readonly mode: string | null;
  readonly max_input_tokens?: number | undefined;
  readonly [priceField: string]: number | string | null | undefined;
}

/** `data/model_pricing.json`: model name → prices. */
export type PriceTable = Readonly<Record<string, PriceEntry>>;

/** The base prices of an entry; each may also exist as `…_above_<N>k_tokens`. */
export const PRICE_FIELDS = {
  input: 'input_cost_per_token',
  output: 'output_cost_per_token',
  cacheRead: 'cache_read_input_token_cost',
  cacheWrite5m: 'cache_creation_input_token_cost',
  cacheWrite1h: 'cache_creation_input_token_cost_above_1hr',
} as const;

const TIER_FIELD = new RegExp(`^(?:${Object.values(PRICE_FIELDS).join('|')})_above_(\\d+)k_tokens$`);

/** The threshold of a long-prompt price field in tokens (`…_above_200k_tokens` → 200,000); null for any other field. */
export function tierThreshold(field: string): number | null {
  const thousands = TIER_FIELD.exec(field)?.[1];
  return thousands === undefined ? null : Number(thousands) * 1000;
}

/** A finite, non-negative price of an entry, or null where it has none. */
export function priceField(entry: PriceEntry, field: string): number | null {
  const value = entry[field];
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}
