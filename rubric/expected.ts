import type { Artifacts, Sample } from './artifacts.ts';

/** The values that headline figures, savings and sample counts must have, from the data files. */

/** The values that a figure may stand for, and where they are from. */
export interface Expected {
  values: readonly number[];
  what: string;
}

interface Savings {
  low: number;
  expected: number;
  high: number;
}

/** Monthly savings of all recommendations, each after those before it; of the findings where there are no recommendations. */
export function projectedSavings(artifacts: Artifacts): Savings | null {
  const list =
    artifacts.recommendations.value?.recommendations.map((r) => r.savings) ??
    artifacts.findings.value?.findings.map((f) => f.monthly_savings_usd);
  if (!list) return null;
  const sum = (pick: keyof Savings) => list.reduce((total, s) => total + (s?.[pick] ?? 0), 0);
  return { low: sum('low'), expected: sum('expected'), high: sum('high') };
}

/** The savings that a recommendation may claim, the expected one first; null where the data do not say. */
export function savingsOf(artifacts: Artifacts, priority: number | null): Expected | null {
  const own = artifacts.recommendations.value?.recommendations.find((item) => item.priority === priority);
  const list = own ? [own.savings] : artifacts.findings.value?.findings.map((f) => f.monthly_savings_usd);
  const values = (list ?? []).flatMap((s) => (s ? [s.expected, s.low, s.high] : []));
  return values.length > 0 ? { values, what: own ? 'data/recommendations.json' : 'data/findings.json' } : null;
}

/** From the window's sums to thirty days. */
export function monthFactor(artifacts: Artifacts): number {
  const project = artifacts.project.value;
  return 30 / (project?.observed_days ?? Math.max(1, project?.window.days ?? 30));
}

export function totalCost(artifacts: Artifacts): number {
  return (artifacts.spans.value ?? []).reduce((sum, row) => sum + row.total_cost_usd, 0);
}

/** What a headline such as `Total cost: …` must say; null for other lines. */
export function headline(text: string, artifacts: Artifacts): (Expected & { unit: 'usd' | 'plain' }) | null {
  const { project, spans } = artifacts;
  if (/^generations analy[sz]ed\b/iu.test(text) && project.value) {
    return { unit: 'plain', values: [project.value.generations], what: 'data/project.json' };
  }
  if (/^total cost\b/iu.test(text) && spans.value) {
    return { unit: 'usd', values: [totalCost(artifacts)], what: 'the sum of data/metrics_by_span.csv' };
  }
  const savings = projectedSavings(artifacts);
  if (/^(?:total )?(?:projected )?monthly savings\b/iu.test(text) && savings) {
    return { unit: 'usd', values: [savings.expected], what: 'the sum of the recommended savings' };
  }
  return null;
}

/** `seen/of` for each way in which the samples can be counted: by tag, overall and per operation. */
export function sampleCounts(samples: readonly Sample[]): Set<string> {
  const groups = new Map<string | null, Map<string, number>>();
  for (const { operation, abnormality } of samples) {
    for (const key of [null, operation]) {
      const tags = groups.get(key) ?? new Map<string, number>();
      groups.set(key, tags.set(abnormality, (tags.get(abnormality) ?? 0) + 1));
    }
  }
  const valid = new Set<string>();
  for (const tags of groups.values()) {
    const total = [...tags.values()].reduce((sum, count) => sum + count, 0);
    for (const seen of [0, total - (tags.get('clean') ?? 0), ...tags.values()]) {
      valid.add(`${seen}/${total}`);
      valid.add(`${seen}/${samples.length}`);
    }
  }
  return valid;
}
