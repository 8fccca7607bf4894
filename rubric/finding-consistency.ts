import type { Artifacts, Finding } from './artifacts.ts';
import { ROUNDING, SPANS, tracedTexts } from './data-files.ts';
import { monthFactor } from './expected.ts';

const FINDINGS = 'data/findings.json';
const RECOMMENDATIONS = 'data/recommendations.json';

/** The kinds of the contract (docs/results.md). */
const KINDS = new Set([
  'prompt_bloat',
  'model_misuse',
  'retry_storm',
  'context_stuffing',
  'cacheable_prefix',
  'duplicate_calls',
  'response_truncation',
  'empty_output',
  'model_confusion',
  'tool_abuse',
  'rate_limited',
  'timeouts',
  'server_errors',
  'malformed_output',
  'output_variance',
  'cost_trend',
  'unpriced_model',
  'regression',
]);

/** What findings and recommendations say against the metrics, and against each other. */
export function findingFaults(artifacts: Artifacts): string[] {
  const models = artifacts.models.value && new Set(artifacts.models.value.map((row) => row.model));
  const input: Input = { artifacts, models, costs: monthlyCosts(artifacts), traced: tracedTexts(artifacts) };
  const findings = artifacts.findings.value?.findings ?? [];
  return [
    ...doubles(findings).map((id) => `${FINDINGS}: ${id} is there twice`),
    ...findings.flatMap((finding) => ofFinding(finding, input).map((fault) => `${FINDINGS}: ${finding.id}: ${fault}`)),
    ...recommendationFaults(input),
  ];
}

interface Input {
  artifacts: Artifacts;
  models: ReadonlySet<string> | undefined;
  /** What each operation costs in thirty days. */
  costs: ReadonlyMap<string, number>;
  traced: ReadonlySet<string> | null;
}

function monthlyCosts(artifacts: Artifacts): Map<string, number> {
  const factor = monthFactor(artifacts);
  return new Map((artifacts.spans.value ?? []).map((row) => [row.operation, row.total_cost_usd * factor]));
}

function doubles(list: readonly { id: string }[]): string[] {
  const seen = new Set<string>();
  return list.flatMap(({ id }) => {
    const again = seen.has(id);
    seen.add(id);
    return again ? [id] : [];
  });
}

function ofFinding(finding: Finding, { models, costs, traced }: Input): string[] {
  const { kind, operation, model, frequency, monthly_savings_usd: savings, trace_ids: traces } = finding;
  const faults: string[] = [];
  if (!KINDS.has(kind)) faults.push(`there is no kind ${kind}`);
  if (!costs.has(operation)) faults.push(`${operation} is not in ${SPANS}`);
  if (typeof model === 'string' && models && !models.has(model)) faults.push(`${model} is not in the metrics`);
  if (frequency.seen < 0 || frequency.seen > frequency.of)
    faults.push(`seen in ${frequency.seen} of ${frequency.of} cannot be`);
  const unknown = traces.filter((id) => traced && !traced.has(id));
  if (unknown.length > 0) faults.push(`trace ${unknown[0]} is in no other file`);
  if (savings) faults.push(...savingFaults(savings, operation, costs));
  return faults;
}

interface Savings {
  low: number;
  expected: number;
  high: number;
}

/** Savings may be rounded, not larger than what there is to save. */
const TOLERANCE = 1.001;

function savingFaults({ low, expected, high }: Savings, operation: string, costs: Input['costs']): string[] {
  const cost = costs.get(operation) ?? 0;
  if (low < 0 || low > expected + ROUNDING || expected > high + ROUNDING)
    return [`savings of ${low}, ${expected} and ${high} are not in order`];
  if (high <= cost * TOLERANCE + ROUNDING) return [];
  return [`savings of up to ${high.toFixed(2)} USD a month, but ${operation} costs ${cost.toFixed(2)}`];
}

function recommendationFaults({ artifacts, costs }: Input): string[] {
  const list = artifacts.recommendations.value?.recommendations ?? [];
  const findings = new Map((artifacts.findings.value?.findings ?? []).map((finding) => [finding.id, finding]));
  const saved = new Map<string, number>();
  const faults = list.flatMap((item, index) => {
    const { priority, operation, savings, id, kind } = item;
    const own: string[] = priority === index + 1 ? [] : [`stands where ${index + 1} is next`];
    if (!costs.has(operation)) own.push(`${operation} is not in ${SPANS}`);
    const finding = typeof id === 'string' ? findings.get(id) : undefined;
    // A guard rail is measured, but stands for no finding and claims nothing.
    if (kind === 'guard' && savings) own.push('a guard rail claims no savings');
    if (typeof id === 'string' && !finding && kind !== 'guard') own.push(`there is no finding ${id}`);
    if (finding && (finding.operation !== operation || (kind !== undefined && finding.kind !== kind)))
      own.push(`${id} is about ${finding.kind} in ${finding.operation}`);
    if (savings) {
      own.push(...savingFaults(savings, operation, costs));
      saved.set(operation, (saved.get(operation) ?? 0) + savings.expected);
      const most = finding?.monthly_savings_usd?.expected ?? (finding ? 0 : savings.expected);
      if (savings.expected > most * TOLERANCE + ROUNDING) own.push('it saves more than its finding');
    }
    return own.map((fault) => `${RECOMMENDATIONS}: priority ${priority}: ${fault}`);
  });
  for (const [operation, total] of saved) {
    if (total > (costs.get(operation) ?? 0) * TOLERANCE + ROUNDING)
      faults.push(`${RECOMMENDATIONS}: all savings of ${operation} together are above its cost`);
  }
  return faults;
}
