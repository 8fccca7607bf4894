import type { CallProfile, Evidence, PrefixRow } from '../evidence.ts';
import { type Finding, MONTH_DAYS, round, type Savings } from '../findings.ts';
import { inputSavings } from './models.ts';
import { operationCost, toFinding, traceCount } from './shared.ts';

/**
 * Shortest prefix that providers cache, in tokens (2026-11: OpenAI and older Claude models 1,024; newer Claude and Gemini models 1,024 to
 * 4,096). The lowest is used, since a longer prefix only helps.
 */
const MIN_CACHE_PREFIX_TOKENS = 1024;
/** Share of a model's calls in the operation that must start with the same text. */
const MIN_SHARED = 0.5;
const MIN_CALLS = 20;
/** Share of them that must follow another within an hour. */
const MIN_REUSED = 0.2;
/** With this share of the prefix read from a cache already, there is nothing to advise. */
const CACHED_ENOUGH = 0.25;
/** Cache misses by routing and eviction that a simulation of the traffic does not see. */
const ROUTING = 0.85;
/** Writing to Anthropic's cache costs this much more than plain input: for five minutes, for an hour. */
const WRITE_PREMIUM = { short: 0.25, long: 1 } as const;
/** Hidden-cache steps that prove caching rather than another price list. */
const STEPPED = 0.9;

/** With fewer of the calls equal to the letter, something at the start of the prompt changes from call to call. */
const MIN_EXACT = 0.5;

/** Long prompt prefixes that many calls share and that no cache serves. */
export function cacheablePrefixes(evidence: Evidence): Finding[] {
  const best = new Map<string, PrefixRow>();
  for (const row of evidence.prefixes) {
    if (!isSharedPrefix(evidence, row)) continue;
    const key = `${row.operation}\u0000${row.price_key}`;
    const known = best.get(key);
    if (!known || row.prefix_length > known.prefix_length) best.set(key, row);
  }
  return [...best.values()]
    .filter((row) => isReused(row) && !isCached(evidence, row))
    .map((row) => prefixFinding(evidence, row));
}

/** Calls that lie hours apart cannot share a cache: the longest usual lifetime is an hour. */
function isReused(row: PrefixRow): boolean {
  return row.within_1h >= MIN_REUSED * row.shared_calls;
}

function isSharedPrefix(evidence: Evidence, row: PrefixRow): boolean {
  const calls = evidence.models
    .filter(
      (use) =>
        use.operation === row.operation &&
        `${use.model === 'unknown' ? '' : use.model}|${use.provider}` === row.price_key,
    )
    .reduce((sum, use) => sum + use.calls - use.errors, 0);
  return (
    row.shared_calls >= MIN_CALLS &&
    row.shared_calls >= MIN_SHARED * calls &&
    row.prefix_tokens / row.shared_calls >= MIN_CACHE_PREFIX_TOKENS
  );
}

/** Cached by what the events report, or by what recorded costs below the list price imply, or not to be told: no advice then. */
function isCached(evidence: Evidence, row: PrefixRow): boolean {
  if (row.read_tokens >= CACHED_ENOUGH * row.prefix_tokens) return true;
  const profile = evidence.calls.find((p) => p.operation === row.operation);
  return profile !== undefined && hiddenCache(profile) !== 'none';
}

/** What recorded costs say where events report no cache reads: `cached`, `none`, or `unknown` (another price list, a discount). */
export function hiddenCache(profile: CallProfile): 'cached' | 'none' | 'unknown' {
  if (profile.reads_reported >= 0.5 * profile.calls || profile.hidden_known === 0) return 'none';
  if (profile.hidden_calls < 0.3 * profile.hidden_known) return 'none';
  return profile.hidden_stepped >= STEPPED * profile.hidden_calls ? 'cached' : 'unknown';
}

function prefixFinding(evidence: Evidence, row: PrefixRow): Finding {
  const tokens = row.prefix_tokens / row.shared_calls;
  const spoiled = row.exact_calls < MIN_EXACT * row.shared_calls;
  return toFinding(evidence, {
    kind: 'cacheable_prefix',
    operation: row.operation,
    model: row.model,
    title: spoiled
      ? `A changing line at the start keeps ${Math.round(tokens)} equal prompt tokens from being cached`
      : `Every call pays full price for the same ${Math.round(tokens)} leading prompt tokens`,
    traces: prefixTraces(evidence, row),
    seen: row.shared_calls,
    of: row.long_calls,
    unit: 'calls',
    metrics: {
      prefix_tokens_per_call: tokens,
      calls_equal_to_the_letter: row.exact_calls,
      changing_line: spoiled ? 'yes' : '',
      prefix_share_of_prompt: row.context_sum > 0 ? row.prefix_tokens / row.context_sum : null,
      read_from_cache_share: row.prefix_tokens > 0 ? row.read_tokens / row.prefix_tokens : null,
      reuse_within_5_min: row.within_5m / row.shared_calls,
      reuse_within_1_h: row.within_1h / row.shared_calls,
      prefix_cost_usd: row.prefix_usd,
    },
    savings: prefixSavings(evidence, row),
    rate: 0,
  });
}

function prefixTraces(evidence: Evidence, row: PrefixRow): string[] {
  const examples = evidence.examples
    .filter((e) => e.operation === row.operation && e.model === row.model)
    .map((e) => e.trace_id);
  return [...new Set([row.example_trace, ...examples])].filter((id) => id !== '').slice(0, 50);
}

/** What a cache of a given lifetime saves: its hits cost the read rate, its misses the write premium. */
interface CacheChoice {
  hits: number;
  premium: number;
}

/**
 * Methods C2: uncached prefix cost × (hit rate × discount − miss rate × write premium). Hit rates are the traffic's own: calls whose
 * predecessor with the same prefix lies within five minutes or an hour. Anthropic sells both lifetimes, and the better one is taken;
 * elsewhere five minutes are expected and an hour is the upper end.
 */
function prefixSavings(evidence: Evidence, row: PrefixRow): Savings | null {
  const uncached = row.prefix_usd * (1 - Math.min(1, row.read_tokens / row.prefix_tokens));
  const month = ({ hits, premium }: CacheChoice) => {
    const hit = hits / row.shared_calls;
    const usd = uncached * (hit * (1 - row.read_rate) - (1 - hit) * premium);
    return round(
      (Math.min(Math.max(0, usd), operationCost(evidence, row.operation)) * MONTH_DAYS) / evidence.observedDays,
      6,
    );
  };
  const anthropic = /anthropic|claude/iu.test(row.price_key);
  const short = { hits: row.within_5m, premium: anthropic ? WRITE_PREMIUM.short : 0 };
  const long = { hits: row.within_1h, premium: anthropic ? WRITE_PREMIUM.long : 0 };
  const best = anthropic && month(long) > month(short) ? long : short;
  const expected = month(best);
  const low = month({ ...best, hits: best.hits * ROUTING });
  return expected > 0 ? { low, expected, high: Math.max(expected, month(long)) } : null;
}

/** A prompt is large by any measure from here on, tokens. */
const LARGE_PROMPT = 8000;
/** … for an answer of at most this share of it. */
const TINY_ANSWER = 0.02;
/** … and this many times the usual prompt of the project's other operations. */
const OVER_OTHERS = 3;

/** Operations whose every call carries a huge prompt for a tiny answer. */
export function bloatedOperations(evidence: Evidence): Finding[] {
  return evidence.calls
    .filter((profile) => isBloated(evidence, profile))
    .map((profile) => {
      const trace = evidence.traces.find((t) => t.operation === profile.operation);
      const examples = evidence.examples
        .filter((e) => e.operation === profile.operation)
        .sort((a, b) => b.context_tokens - a.context_tokens);
      const traces = [...new Set(examples.map((e) => e.trace_id))];
      const p10 = trace?.first_p10 ?? null;
      const excess = p10 !== null && profile.context_p50 ? Math.max(0, 1 - p10 / profile.context_p50) : 0;
      const inputShare =
        profile.list_cost_usd > 0
          ? profile.list_input_cost_usd / profile.list_cost_usd
          : profile.context_sum / (profile.context_sum + 4 * profile.out_sum);
      return toFinding(evidence, {
        kind: 'prompt_bloat',
        operation: profile.operation,
        title: 'Every call carries a huge prompt for a tiny answer',
        traces,
        seen: profile.calls_with_tokens,
        of: profile.calls,
        unit: 'calls',
        metrics: {
          prompt_p50_tokens: profile.context_p50,
          answer_p50_tokens: profile.out_p50,
          smallest_usual_prompt_tokens: p10,
          traces: traceCount(evidence, profile.operation),
        },
        savings: inputSavings(evidence, profile.cost_usd * inputShare * excess, profile.cost_usd, 0.5),
        rate: 0.1,
      });
    });
}

function isBloated(evidence: Evidence, profile: CallProfile): boolean {
  const trace = evidence.traces.find((t) => t.operation === profile.operation);
  const { context_p50: context, out_p50: out } = profile;
  if (!trace || context === null || out === null || profile.calls_with_tokens < MIN_CALLS) return false;
  const others = evidence.calls
    .filter((p) => p !== profile && p.context_p50 !== null)
    .map((p) => p.context_p50 as number);
  const usual = others.length > 0 ? ([...others].sort((a, b) => a - b)[Math.floor(others.length / 2)] ?? 0) : 0;
  const prefix = evidence.prefixes
    .filter((row) => row.operation === profile.operation && isSharedPrefix(evidence, row))
    .some((row) => row.prefix_tokens >= 0.5 * row.context_sum);
  const cached = profile.read_sum >= 0.5 * profile.context_sum || hiddenCache(profile) === 'cached';
  return (
    context >= LARGE_PROMPT &&
    out <= TINY_ANSWER * context &&
    trace.calls_p50 <= 2 &&
    context >= OVER_OTHERS * usual &&
    !prefix &&
    !cached
  );
}
