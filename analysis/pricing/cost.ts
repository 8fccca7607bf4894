import { type ModelPrice, pricesAt } from './prices.ts';
import { familyOf } from './providers.ts';

/** Tokens of one call, as its event reports them. */
export interface CallUsage {
  /** `$ai_input_tokens`. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Prompt tokens served from a cache. */
  readonly cacheRead: number;
  /** Prompt tokens written to a cache for five minutes; writes of unknown lifetime count here. */
  readonly cacheWrite5m: number;
  /** Prompt tokens written to a cache for an hour. */
  readonly cacheWrite1h: number;
  /** True when `inputTokens` leaves the cached tokens out; see `isExclusive`. */
  readonly exclusive: boolean;
}

/** The terms of a call's cost in USD; `total` is their sum. */
export interface CostTerms {
  /** Prompt tokens that no cache was involved in. */
  readonly fresh: number;
  readonly cacheRead: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly output: number;
  readonly total: number;
  /** The whole prompt in tokens, cached or not: what a model's limit and its long-prompt tier are measured by. */
  readonly contextTokens: number;
}

/**
 * Cost of one call by the table, term by term (methods C0), in USD:
 *
 *     context = input + read + writes   where cached tokens are reported apart (exclusive)
 *             = input                   where they are part of the input (and never less than read + writes)
 *     fresh   = context − read − writes
 *     cost    = fresh·p_in + read·p_read + write_5m·p_write_5m + write_1h·p_write_1h + output·p_out
 *
 * The context decides the long-prompt tier, whose prices then hold for the whole call. Counts that are negative or no number
 * count as 0, so no term is ever negative.
 */
export function costTerms(usage: CallUsage, price: ModelPrice): CostTerms {
  const read = count(usage.cacheRead);
  const write5m = count(usage.cacheWrite5m);
  const write1h = count(usage.cacheWrite1h);
  const cached = read + write5m + write1h;
  const input = count(usage.inputTokens);
  const freshTokens = usage.exclusive ? input : Math.max(input - cached, 0);
  const contextTokens = freshTokens + cached;
  const at = pricesAt(price, contextTokens);
  const terms = {
    fresh: freshTokens * at.input,
    cacheRead: read * at.cacheRead,
    cacheWrite5m: write5m * at.cacheWrite5m,
    cacheWrite1h: write1h * at.cacheWrite1h,
    output: count(usage.outputTokens) * at.output,
  };
  const total = terms.fresh + terms.cacheRead + terms.cacheWrite5m + terms.cacheWrite1h + terms.output;
  return { ...terms, total, contextTokens };
}

/** Cost of one call by the table in USD; see `costTerms`. */
export function callCost(usage: CallUsage, price: ModelPrice): number {
  return costTerms(usage, price).total;
}

function count(tokens: number): number {
  return Number.isFinite(tokens) && tokens > 0 ? tokens : 0;
}

/**
 * Splits cache writes into their lifetimes. SDKs send a total, the two parts, or both; what the parts leave of the total is a
 * five-minute write, which is Anthropic's default.
 */
export function splitWrites(
  total: number,
  write5m: number,
  write1h: number,
): { cacheWrite5m: number; cacheWrite1h: number } {
  const hour = count(write1h);
  return { cacheWrite5m: Math.max(count(total), count(write5m) + hour) - hour, cacheWrite1h: hour };
}

/**
 * Whether `$ai_input_tokens` leaves the cached tokens out: the event's own flag; else more tokens read than input, which proves
 * it; else the provider's habit (Anthropic reports them apart, the others inside), which is PostHog's own rule.
 *
 * @param event.flag `$ai_cache_reporting_exclusive`, null where the event does not say
 */
export function isExclusive(event: {
  readonly flag: boolean | null;
  readonly inputTokens: number;
  readonly cacheRead: number;
  readonly provider: string | null;
  readonly model: string | null;
}): boolean {
  if (event.flag !== null) return event.flag;
  if (count(event.cacheRead) > count(event.inputTokens)) return true;
  return /anthropic|claude/i.test(`${event.provider ?? ''}/${event.model ?? ''}`);
}

/** OpenAI caches prompts in steps of this many tokens (its prompt-caching guide, 2026-11). */
const OPENAI_CACHE_STEP = 128;

/** Recorded costs are often rounded to a millionth of a dollar; a token count worked out of one is off by that much. */
const COST_ROUNDING_USD = 1e-6;

/**
 * Cached tokens that a recorded cost gives away where the event stores no cache fields: `(list − recorded) / (p_in − p_read)`
 * (methods C0). Null where the figure explains nothing: the event does report cached tokens, the cost lies above the list or
 * below a fully cached prompt, it is no whole number of tokens, or, for OpenAI, no multiple of 128. Then the difference has
 * another reason (a regional price, a batch discount), and nothing may be said about caching.
 *
 * @returns tokens, 0 when the call paid the list price
 */
export function impliedCachedTokens(recordedCost: number, usage: CallUsage, price: ModelPrice): number | null {
  if (count(usage.cacheRead) + count(usage.cacheWrite5m) + count(usage.cacheWrite1h) > 0) return null;
  const { total: list, contextTokens } = costTerms(usage, price);
  const at = pricesAt(price, contextTokens);
  const saved = at.input - at.cacheRead;
  if (!Number.isFinite(recordedCost) || recordedCost < 0 || saved <= 0) return null;
  const tokens = (list - recordedCost) / saved;
  const step = familyOf(price.provider) === 'openai' ? OPENAI_CACHE_STEP : 1;
  const nearest = Math.round(tokens / step) * step;
  // A step of one token can only be told from noise where the cost is exact to less than half a token.
  const tolerance = Math.min(COST_ROUNDING_USD / saved, step === 1 ? 0.01 : 2);
  if (Math.abs(tokens - nearest) > tolerance) return null;
  return nearest >= 0 && nearest <= contextTokens ? nearest + 0 : null;
}
