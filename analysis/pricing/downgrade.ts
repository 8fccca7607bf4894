import { unversioned } from './names.ts';
import type { ModelPrice } from './prices.ts';
import { modelPrice } from './prices.ts';
import { familyOf } from './providers.ts';
import { resolveModel } from './resolve.ts';
import type { PriceTable } from './table.ts';

/** Price from which on a model is a premium one, USD per token, in absolute terms (2026-11). */
const PREMIUM_INPUT = 2e-6;
const PREMIUM_OUTPUT = 8e-6;

/** A swap is worth a test only if it costs at most this share, for input and for output alike. */
const MAX_SHARE = 0.4;

/**
 * Vendors' own steps down, the nearest sibling first (2026-11, from their model pages). Names are without date and version.
 * Which of them are there, and whether they are cheap enough, the price table of the day decides.
 */
const LADDERS: readonly { readonly from: RegExp; readonly to: readonly string[] }[] = [
  { from: /^(?:chat)?gpt-4o$/, to: ['gpt-4o-mini', 'gpt-4.1-mini', 'gpt-5-mini'] },
  { from: /^gpt-4\.1$/, to: ['gpt-4.1-mini', 'gpt-5-mini', 'gpt-4o-mini'] },
  { from: /^gpt-4(?:-32k|-turbo|-turbo-preview|\.5-preview)?$/, to: ['gpt-4.1-mini', 'gpt-4o-mini', 'gpt-5-mini'] },
  { from: /^gpt-5(?:\.[1-3])?(?:-chat|-codex)?$/, to: ['gpt-5-mini', 'gpt-5-nano', 'gpt-4.1-mini'] },
  { from: /^gpt-5\.[45]$/, to: ['gpt-5.4-mini', 'gpt-5-mini', 'gpt-5.4-nano'] },
  { from: /^gpt-5\.6(?:-sol|-terra)?$/, to: ['gpt-5.6-terra', 'gpt-5.6-luna', 'gpt-5.4-mini', 'gpt-5-mini'] },
  { from: /^gpt-6-(?:astra|sol)$/, to: ['gpt-6-sol', 'gpt-6-luna', 'gpt-5.6-luna', 'gpt-5-mini'] },
  { from: /^o1(?:-preview)?$|^o3$/, to: ['o4-mini', 'gpt-5-mini', 'gpt-4.1-mini'] },
  {
    from: /^claude-(?:(?:opus|sonnet|fable|mythos)(?:-|$)|\d(?:[.-]\d)?-(?:opus|sonnet))/,
    to: ['claude-haiku-5-5', 'claude-haiku-4-5'],
  },
  {
    from: /^gemini-3(?:\.\d)?-pro(?:-preview)?$/,
    to: ['gemini-3-flash-preview', 'gemini-3.1-flash-lite', 'gemini-2.5-flash'],
  },
  { from: /^gemini-3\.[5-9]-flash$/, to: ['gemini-3.5-flash-lite', 'gemini-3.1-flash-lite', 'gemini-2.5-flash-lite'] },
  { from: /^gemini-2\.5-pro$/, to: ['gemini-2.5-flash', 'gemini-2.5-flash-lite'] },
  { from: /^gemini-1\.5-pro$/, to: ['gemini-2.5-flash-lite', 'gemini-2.0-flash'] },
  {
    from: /^(?:mistral-(?:large|medium)|pixtral-large|magistral-medium)/,
    to: ['mistral-small-latest', 'ministral-8b-latest'],
  },
  { from: /^command-(?:a|r-plus)(?:-\d\d-\d{4})?$/, to: ['command-r-08-2024', 'command-r', 'command-r7b-12-2024'] },
  { from: /^grok-[34](?:-0709)?$/, to: ['grok-4-1-fast-non-reasoning', 'grok-3-mini'] },
];

export interface CheaperModel {
  readonly key: string;
  readonly price: ModelPrice;
  /** Its price as a share of the model's price, at most 0.4. */
  readonly inputShare: number;
  readonly outputShare: number;
}

/** Whether the model's price is a premium one: from $2 per million input tokens or $8 per million output tokens. */
export function isPremium(price: { readonly input: number; readonly output: number }): boolean {
  return price.input >= PREMIUM_INPUT || price.output >= PREMIUM_OUTPUT;
}

/**
 * Budget siblings of a model at the same host, nearest first: in the price table, and at most 40 % of its price for input and
 * for output. A price ceiling, not a promise of quality.
 *
 * @param key the model's key in the table, as `resolveModel` gives it
 */
export function cheaperModels(key: string, table: PriceTable): CheaperModel[] {
  const entry = Object.hasOwn(table, key) ? table[key] : undefined;
  if (!entry) return [];
  const { place, name } = atHost(key);
  const price = modelPrice(key, entry);
  const ladder = LADDERS.find(({ from }) => from.test(unversioned(name)));
  const found = new Map<string, CheaperModel>();
  for (const sibling of ladder?.to ?? []) {
    const target = resolveModel(`${place}${sibling}`, familyOf(entry.litellm_provider), table);
    if ('unpriced' in target || target.key === key) continue;
    const inputShare = target.price.input / price.input;
    const outputShare = target.price.output / price.output;
    if (!cheapEnough(inputShare) || !cheapEnough(outputShare)) continue;
    found.set(target.key, { key: target.key, price: target.price, inputShare, outputShare });
  }
  return [...found.values()];
}

function cheapEnough(share: number): boolean {
  return share <= MAX_SHARE + 1e-9;
}

/** `azure/eu/gpt-4o` → `azure/eu/` + `gpt-4o`; `us.anthropic.claude-…` → `us.anthropic.` + `claude-…`. */
function atHost(key: string): { place: string; name: string } {
  const place = /^(?:.*\/)?(?:(?:[a-z-]+\.){1,2}(?=[a-z]))?/i.exec(key)?.[0] ?? '';
  return { place, name: key.slice(place.length).toLowerCase() };
}
