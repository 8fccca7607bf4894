import type { CallProfile, Evidence, ModelUse } from '../evidence.ts';
import { type Finding, MONTH_DAYS, monthlySavings, round, type Savings } from '../findings.ts';
import { isPremium } from '../pricing/downgrade.ts';
import { toFinding, traceCount } from './shared.ts';

/** A step is trivial when nearly all its answers are labels … */
const TRIVIAL_OUT_P95 = 60;
/** … to prompts that a small model reads as well. */
const TRIVIAL_CONTEXT_P50 = 4000;
const MIN_CALLS = 20;
/** Share of the operation's cost that the premium model must have. */
const MIN_COST_SHARE = 0.3;
/** Tokenizers of two models count the same text up to this differently (methods C3). */
const TOKENIZER_RANGE = { low: 1.3, high: 0.9 } as const;

/** A premium model on a step whose answers are labels. */
export function modelMisuse(evidence: Evidence, cited: (operation: string) => string[]): Finding[] {
  return evidence.calls
    .filter((profile) => isTrivial(evidence, profile))
    .flatMap((profile) => misuse(evidence, profile, cited));
}

function isTrivial(evidence: Evidence, profile: CallProfile): boolean {
  const trace = evidence.traces.find((t) => t.operation === profile.operation);
  const { out_p50: p50, out_p95: p95, context_p50: context } = profile;
  if (profile.calls_with_tokens < MIN_CALLS || p50 === null || p95 === null || context === null) return false;
  return (
    p95 <= TRIVIAL_OUT_P95 &&
    context <= TRIVIAL_CONTEXT_P50 &&
    (trace?.calls_p50 ?? 1) <= 2 &&
    profile.tool_calls <= 0.1 * profile.calls
  );
}

function misuse(evidence: Evidence, profile: CallProfile, cited: (operation: string) => string[]): Finding[] {
  const uses = evidence.models.filter((use) => use.operation === profile.operation);
  const total = uses.reduce((sum, use) => sum + costOf(evidence, use), 0);
  return uses.flatMap((use) => {
    const price = evidence.prices.find((p) => p.model === use.model && p.provider === use.provider);
    const target = evidence.downgrades.find((d) => d.model === use.model && d.provider === use.provider);
    const premium = price && isPremium({ input: price.input ?? 0, output: price.output ?? 0 });
    const cost = costOf(evidence, use);
    if (!premium || !target || use.calls < MIN_CALLS || (total > 0 && cost < MIN_COST_SHARE * total)) return [];
    const repriced = (factor: number) =>
      factor *
      (use.fresh_tokens * target.input +
        use.read_tokens * target.read +
        use.write_tokens * target.input +
        use.out_tokens * target.output);
    const traces = cited(profile.operation);
    return [
      toFinding(evidence, {
        kind: 'model_misuse',
        operation: profile.operation,
        model: use.model,
        title: `A premium model (${use.model}) answers a step that needs a few words`,
        traces,
        seen: use.calls,
        of: profile.calls,
        unit: 'calls',
        metrics: {
          target_model: target.target,
          out_p95_tokens: profile.out_p95,
          prompt_p50_tokens: profile.context_p50,
          cost_usd: cost,
          repriced_usd: repriced(1),
        },
        savings: difference(evidence, cost, repriced),
        rate: 0,
      }),
    ];
  });
}

/** Arithmetic of the swap, with the tokenizers' difference as the range. It prices the swap; it says nothing about quality. */
function difference(evidence: Evidence, cost: number, repriced: (factor: number) => number): Savings | null {
  const month = (value: number) => round((Math.max(0, value) * MONTH_DAYS) / evidence.observedDays, 6);
  const expected = month(cost - repriced(1));
  return expected > 0
    ? { low: month(cost - repriced(TOKENIZER_RANGE.low)), expected, high: month(cost - repriced(TOKENIZER_RANGE.high)) }
    : null;
}

/** Recorded cost plus what the price table makes of the rest, USD. */
function costOf(evidence: Evidence, use: ModelUse): number {
  const price = evidence.prices.find((p) => p.model === use.model && p.provider === use.provider);
  if (price?.input == null || price.output == null || use.calls_without_cost === 0) return use.recorded_cost_usd;
  const list =
    use.fresh_tokens * price.input +
    use.read_tokens * (price.read ?? price.input) +
    use.write_tokens * price.input +
    use.out_tokens * price.output;
  return use.recorded_cost_usd + (list * use.calls_without_cost) / use.calls;
}

/** Models that neither PostHog nor the price table can price: their spend is unknown, not zero. */
export function unpricedModels(evidence: Evidence, cited: (operation: string, model: string) => string[]): Finding[] {
  const found: Finding[] = [];
  for (const price of evidence.prices.filter((p) => p.priced_as === null)) {
    const uses = evidence.models.filter(
      (use) => use.model === price.model && use.provider === price.provider && use.calls_without_cost > use.errors,
    );
    for (const use of uses) {
      found.push(
        toFinding(evidence, {
          kind: 'unpriced_model',
          operation: use.operation,
          model: use.model,
          title: `Calls of ${use.model} have no cost and no known price`,
          traces: cited(use.operation, use.model),
          seen: use.calls_without_cost,
          of: evidence.calls.find((profile) => profile.operation === use.operation)?.calls ?? use.calls,
          unit: 'calls',
          metrics: {
            provider: use.provider || 'not set',
            reason: price.reason,
            tokens: use.fresh_tokens + use.read_tokens + use.write_tokens + use.out_tokens,
            traces_of_operation: traceCount(evidence, use.operation),
          },
          savings: null,
          rate: 0,
        }),
      );
    }
  }
  return found;
}

/** Savings of a waste that lies on input tokens only, for detectors that know the USD already. */
export function inputSavings(
  evidence: Evidence,
  usd: number,
  operationCost: number,
  lowFactor: number,
): Savings | null {
  return monthlySavings(
    { total: usd, squares: 0 },
    { operationCost, scale: { observedDays: evidence.observedDays, totalCost: evidence.totalCost }, lowFactor },
  );
}
