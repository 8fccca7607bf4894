import type { QueryValue } from '../../sources/source.ts';
import type { PriceTier, TokenPrices } from './prices.ts';
import { type Resolved, resolveModel } from './resolve.ts';
import type { PriceTable } from './table.ts';

/** A model and provider as events name them. */
export interface ModelUse {
  readonly model: string | null;
  readonly provider: string | null;
}

export interface PriceArrays {
  /** To bind into HogQL; all arrays have the same length, at least 1. See `priceArrays`. */
  readonly values: Record<string, QueryValue>;
  readonly resolved: readonly (ModelUse & Resolved & { readonly ignoredTiers: readonly number[] })[];
  readonly unpriced: readonly (ModelUse & { readonly reason: string })[];
}

/** No model has this key, since every key holds a `|`. */
const NO_KEY = 'unpriced';

/** The threshold of a model without a long-prompt tier: no prompt is that long. */
const NO_TIER = 1e18;

const KINDS: readonly [string, keyof TokenPrices][] = [
  ['in', 'input'],
  ['out', 'output'],
  ['read', 'cacheRead'],
  ['write_5m', 'cacheWrite5m'],
  ['write_1h', 'cacheWrite1h'],
];

/**
 * Prices of the traffic's models as parallel arrays for HogQL: `price_keys` (`model|provider`, empty for null), `price_in`,
 * `price_out`, `price_read`, `price_write_5m`, `price_write_1h` (USD per token), `price_tier_above` (tokens; 1e18 for none) and
 * the same five with `_high` for prompts above it. `indexOf(price_keys, key)` is 0 for a model without a price. One tier per
 * model is kept, the first that changes a price; the thresholds beyond it are listed in `ignoredTiers` (no model has two
 * today). Without any priced model the arrays hold one row that no key matches, since HogQL cannot type an empty array.
 */
export function priceArrays(models: readonly ModelUse[], table: PriceTable): PriceArrays {
  const resolved: PriceArrays['resolved'][number][] = [];
  const unpriced: PriceArrays['unpriced'][number][] = [];
  const rows: Row[] = [];
  const seen = new Set<string>();
  for (const { model, provider } of models) {
    const key = `${model ?? ''}|${provider ?? ''}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const found = resolveModel(model, provider, table);
    if ('unpriced' in found) {
      unpriced.push({ model, provider, reason: found.unpriced });
      continue;
    }
    const { price } = found;
    const matters = price.tiers.filter((tier) => KINDS.some(([, kind]) => tier[kind] !== price[kind]));
    const [tier, ...ignored] = matters;
    resolved.push({ model, provider, ...found, ignoredTiers: ignored.map(({ aboveTokens }) => aboveTokens) });
    rows.push({ key, base: price, tier });
  }
  return {
    values: columns(rows.length > 0 ? rows : [{ key: NO_KEY, base: FREE, tier: undefined }]),
    resolved,
    unpriced,
  };
}

interface Row {
  key: string;
  base: TokenPrices;
  tier: PriceTier | undefined;
}

const FREE: TokenPrices = { input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 };

function columns(rows: readonly Row[]): Record<string, QueryValue> {
  const values: Record<string, QueryValue> = {
    price_keys: rows.map(({ key }) => key),
    price_tier_above: rows.map(({ tier }) => tier?.aboveTokens ?? NO_TIER),
  };
  for (const [name, kind] of KINDS) {
    values[`price_${name}`] = rows.map(({ base }) => base[kind]);
    values[`price_${name}_high`] = rows.map(({ base, tier }) => (tier ?? base)[kind]);
  }
  return values;
}
