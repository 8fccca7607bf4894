import type { Evidence } from '../evidence.ts';
import { type Finding, monthlySavings, wilsonLow } from '../findings.ts';
import { citedTraces, type Group, groups, MIN_SEEN, number, operationCost, toFinding, traceCount } from './shared.ts';

/** A share of answers is a problem when even the sample's lower bound is above this. */
const MIN_RATE = 0.015;
/** … and when its best estimate is above this. */
const MIN_SHARE = 0.03;

function frequent(seen: number, of: number): boolean {
  return seen >= MIN_SEEN && seen >= MIN_SHARE * of && wilsonLow(seen, of) >= MIN_RATE;
}

const TITLES = {
  empty_output: 'Calls are paid for and answer with nothing',
  response_truncation: 'Answers are cut off by the output limit',
  model_confusion: 'Answers are none of the labels that the prompt names',
  malformed_output: 'Answers that should be JSON do not parse',
} as const;

/** Empty, truncated, malformed answers and such that miss the asked-for labels, judged where completions are stored. */
export function badOutputs(evidence: Evidence): Finding[] {
  return groups(evidence.outputs)
    .filter((group) => frequent(group.first.seen, number(group.first, 'of')))
    .map((group) => outputFinding(evidence, group));
}

function outputFinding(evidence: Evidence, group: Group): Finding {
  const kind = group.kind as keyof typeof TITLES;
  const of = number(group.first, 'of');
  return toFinding(evidence, {
    kind,
    operation: group.operation,
    title: TITLES[kind],
    traces: citedTraces(group.rows),
    seen: group.first.seen,
    of,
    unit: 'calls',
    metrics: {
      affected_cost_usd: group.first.waste_total,
      ...(kind === 'response_truncation' ? { output_limit_tokens: number(group.first, 'out_max') } : {}),
    },
    savings: kind === 'response_truncation' ? null : wasted(evidence, group),
  });
}

/** A call without a usable answer is bought for nothing; a retry buys it again, so the low end is half. */
function wasted(evidence: Evidence, group: Group): Finding['monthly_savings_usd'] {
  return monthlySavings(
    { total: group.first.waste_total, squares: group.first.waste_squares },
    {
      operationCost: operationCost(evidence, group.operation),
      scale: { observedDays: evidence.observedDays, totalCost: evidence.totalCost },
      lowFactor: 0.5,
    },
  );
}

/** Truncation by the stop reason alone, where completions cannot be read. */
export function stoppedAtLimit(evidence: Evidence): Finding[] {
  return groups(evidence.traceEvidence.filter((row) => row.kind === 'response_truncation'))
    .filter((group) => frequent(group.first.seen, traceCount(evidence, group.operation)))
    .map((group) =>
      toFinding(evidence, {
        kind: 'response_truncation',
        operation: group.operation,
        title: TITLES.response_truncation,
        traces: citedTraces(group.rows),
        seen: group.first.seen,
        of: traceCount(evidence, group.operation),
        unit: 'traces',
        metrics: {
          affected_cost_usd: number(group.first, 'cost_total'),
          output_limit_tokens: evidence.calls.find((profile) => profile.operation === group.operation)?.out_max ?? null,
        },
        savings: null,
      }),
    );
}

/** p95 / p50 of output tokens from which on an operation's answers are inconsistent rather than just varied. */
const VARIANCE_RATIO = 8;
const VARIANCE_MIN_CALLS = 50;
const VARIANCE_MIN_TOKENS = 400;

/** Output length that swings far beyond what varied questions explain. */
export function outputVariance(evidence: Evidence, cited: (operation: string) => string[]): Finding[] {
  return evidence.calls
    .filter((profile) => {
      const { out_p50: p50, out_p95: p95 } = profile;
      return (
        profile.calls_with_tokens >= VARIANCE_MIN_CALLS &&
        p50 !== null &&
        p95 !== null &&
        p50 >= 10 &&
        p95 >= VARIANCE_MIN_TOKENS &&
        p95 / p50 >= VARIANCE_RATIO
      );
    })
    .map((profile) => {
      const traces = cited(profile.operation);
      return toFinding(evidence, {
        kind: 'output_variance',
        operation: profile.operation,
        title: 'The length of answers swings widely',
        traces,
        seen: traces.length,
        of: traceCount(evidence, profile.operation),
        unit: 'traces',
        metrics: { out_p50_tokens: profile.out_p50, out_p95_tokens: profile.out_p95, out_max_tokens: profile.out_max },
        savings: null,
        rate: 0,
      });
    });
}
