import type { Finding, Savings } from './findings.ts';
import { MONTH_DAYS, round } from './findings.ts';

/** A finding to act on, with what it saves after all that comes before it. */
export interface Ranked {
  finding: Finding;
  /** Savings that remain when the recommendations before it were carried out. */
  savings: Savings | null;
}

const SEVERITY_WEIGHT = { high: 1, medium: 0.5, low: 0.2 } as const;

/**
 * Findings by impact × ease, the most worthwhile first. Impact is the expected savings as a share of spend plus the severity, so that a
 * quality problem without a price still ranks. Savings of one operation are applied in sequence, each to what the former leave of
 * its cost; they are never added as percentages (methods C6a).
 */
export function rank(
  findings: Finding[],
  ease: (finding: Finding) => number,
  scale: { observedDays: number; totalCost: number },
): Ranked[] {
  const monthly = (scale.totalCost * MONTH_DAYS) / scale.observedDays;
  const impact = (f: Finding) =>
    (monthly > 0 ? (f.monthly_savings_usd?.expected ?? 0) / monthly : 0) + 0.1 * SEVERITY_WEIGHT[f.severity];
  const ordered = [...findings].sort((a, b) => impact(b) * ease(b) - impact(a) * ease(a) || a.id.localeCompare(b.id));
  const left = new Map<string, number>();
  return ordered.map((finding) => {
    const cost = monthOf(finding, scale.observedDays);
    const remaining = left.get(finding.operation) ?? 1;
    const own = finding.monthly_savings_usd;
    if (!own || cost <= 0) return { finding, savings: own };
    left.set(finding.operation, remaining * (1 - Math.min(1, own.expected / cost)));
    return { finding, savings: scaled(own, remaining) };
  });
}

function monthOf(finding: Finding, observedDays: number): number {
  const cost = finding.metrics.operation_cost_usd;
  return typeof cost === 'number' ? (cost * MONTH_DAYS) / observedDays : 0;
}

function scaled(savings: Savings, factor: number): Savings {
  return {
    low: round(savings.low * factor, 6),
    expected: round(savings.expected * factor, 6),
    high: round(savings.high * factor, 6),
  };
}

/** Effect that a validation should be able to see: a fifth less. */
const DETECTABLE_DROP = 0.2;
/** Spread of ln(cost) per trace where the operation's own is unknown (methods C6d: coefficient of variation 1.28 in practice). */
const DEFAULT_SIGMA = 1;
const MAX_DAYS = 56;

/**
 * How long a fix must run before its effect can be told from chance: `n = 16·s² / ln(1−d)²` traces per arm (80 % power, 5 % level; van Belle,
 * Kohavi et al. 2020, on the log scale), rounded up to whole weeks, since weekdays and weekends differ.
 *
 * @param perDay traces of the operation a day
 * @param sigma standard deviation of ln(cost per trace), null where unknown
 */
export function validationPeriod(
  perDay: number,
  sigma: number | null,
): { days: number; traces: number; capped: boolean } {
  const s = sigma !== null && sigma > 0 ? sigma : DEFAULT_SIGMA;
  const traces = Math.ceil((16 * s * s) / Math.log(1 - DETECTABLE_DROP) ** 2);
  const days = perDay > 0 ? Math.max(7, Math.ceil(traces / perDay / 7) * 7) : MAX_DAYS;
  return { days: Math.min(days, MAX_DAYS), traces, capped: days > MAX_DAYS };
}
