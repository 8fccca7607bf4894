import type { Artifacts } from './artifacts.ts';
import { dataFile, near, numberOf, objectsOf, ROUNDING, SPANS, sum, tracedTexts } from './data-files.ts';
import { monthFactor, projectedSavings } from './expected.ts';
import { findingFaults } from './finding-consistency.ts';
import { metricFaults } from './metric-consistency.ts';
import { priceMapFaults } from './price-consistency.ts';
import { traceFaults } from './trace-consistency.ts';

/**
 * What the data files say against each other: metrics, their shorter windows, days, prices, failures, facts, traces that were read,
 * findings and recommendations. Files that the contract does not ask for are compared where they are there.
 */
export function consistencyFaults(artifacts: Artifacts): string[] {
  return [
    ...metricFaults(artifacts),
    ...varianceFaults(artifacts),
    ...failureFaults(artifacts),
    ...priceFaults(artifacts),
    ...priceMapFaults(artifacts),
    ...factFaults(artifacts),
    ...traceFaults(artifacts),
    ...sampleFaults(artifacts),
    ...findingFaults(artifacts),
  ];
}

function varianceFaults(artifacts: Artifacts): string[] {
  const file = 'data/cost_variance.json';
  const spans = new Map((artifacts.spans.value ?? []).map((row) => [row.operation, row]));
  const outliers = new Set(objectsOf(dataFile(artifacts, 'data/outlier_traces.json')).map((row) => row.trace_id));
  return Object.entries(artifacts.variance.value ?? {}).flatMap(([operation, v]) => {
    const span = spans.get(operation);
    if (!span) return [`${file}: ${operation} is not in ${SPANS}`];
    const faults: string[] = [];
    const order = [v.min, v.median, v.p95, v.max];
    if (order.some((value, index) => value < (order[index - 1] ?? value) - ROUNDING) || v.mean > v.max + ROUNDING)
      faults.push(`${file}: minimum, median, p95 and maximum of ${operation} are not in order`);
    if (v.n > span.calls) faults.push(`${file}: ${operation} has more traces than calls`);
    const unknown = v.outlier_trace_ids.filter((id) => !outliers.has(id));
    if (outliers.size > 0 && unknown.length > 0)
      faults.push(`${file}: outlier ${unknown[0]} of ${operation} is not in data/outlier_traces.json`);
    return faults;
  });
}

function failureFaults(artifacts: Artifacts): string[] {
  const file = 'data/failure_modes.json';
  const value = artifacts.failures.value;
  if (!value || Array.isArray(value) || typeof value.failed_calls !== 'number') return [];
  const groups = sum(objectsOf(value.groups), (group) => numberOf(group.errors));
  const faults =
    groups === value.failed_calls
      ? []
      : [`${file}: groups of ${groups} errors, but ${value.failed_calls} failed calls`];
  const profiles = dataFile(artifacts, 'data/profiles.json') as { calls?: unknown } | undefined;
  const calls = objectsOf(profiles?.calls);
  const errors = sum(calls, (row) => numberOf(row.errors));
  if (calls.length > 0 && errors !== value.failed_calls)
    faults.push(`${file}: ${value.failed_calls} failed calls, but data/profiles.json has ${errors}`);
  return faults;
}

/** No model costs a dollar a token: such a price is one for a thousand tokens or more. */
const MAX_PRICE = 1;

function priceFaults({ pricing }: Artifacts): string[] {
  const plausible = (price: number) => price >= 0 && price < MAX_PRICE;
  return Object.entries(pricing.value ?? {}).flatMap(([model, price]) =>
    plausible(price.input_cost_per_token) && plausible(price.output_cost_per_token)
      ? []
      : [`data/model_pricing.json: a price of ${model} is none for one token`],
  );
}

/** The facts that repeat a total, and what they must equal. */
function factFaults(artifacts: Artifacts): string[] {
  const { facts, spans, models, samples, findings, project } = artifacts;
  if (facts.problem) return [facts.problem.message];
  const rows = spans.value ?? [];
  const savings = artifacts.recommendations.value ? projectedSavings(artifacts) : null;
  const expected: Record<string, number | undefined> = {
    'totals.calls': sum(rows, (row) => row.calls),
    'totals.cost_usd': sum(rows, (row) => row.total_cost_usd),
    'totals.recorded_usd': sum(rows, (row) => row.recorded_cost_usd),
    'totals.backfilled_usd': sum(rows, (row) => row.backfilled_cost_usd),
    'totals.tokens': sum(rows, (row) => row.total_tokens),
    'totals.unpriced_calls': sum(rows, (row) => row.unpriced_calls),
    'totals.operations': rows.length,
    'totals.models': models.value?.length,
    'calls.total': project.value?.generations,
    'traces.total': count(project.value?.traces),
    'embeddings.cost': count(project.value?.embedding_cost_usd),
    'window.days': project.value?.window.days,
    'window.observed_days': project.value?.observed_days,
    'embeddings.total': count(project.value?.embeddings),
    'calls.without_cost': count(project.value?.calls_without_cost),
    'calls.without_tokens': count(project.value?.calls_without_tokens),
    'samples.read': samples.value?.length,
    'findings.total': findings.value?.findings.length,
    'totals.monthly_spend_usd': project.value && sum(rows, (row) => row.total_cost_usd) * monthFactor(artifacts),
    'totals.savings_low': savings?.low,
    'totals.savings_expected': savings?.expected,
    'totals.savings_high': savings?.high,
  };
  return Object.entries(expected).flatMap(([id, value]) => {
    const said = facts.value[id]?.value;
    if (value === undefined || typeof said !== 'number' || near(said, value)) return [];
    return [`data/facts.json: ${id} is ${said}, the files say ${value}`];
  });
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** Kinds of samples that are chosen from the traces that other files name; the other kinds are chosen from all. */
const CHOSEN = new Set(['flagged', 'dearest']);

function sampleFaults(artifacts: Artifacts): string[] {
  const file = 'data/qualitative_samples.json';
  const operations = new Set((artifacts.spans.value ?? []).map((row) => row.operation));
  const traced = tracedTexts(artifacts);
  const seen = new Set<string>();
  return (artifacts.samples.value ?? []).flatMap(({ trace_id: id, operation, percentile_bucket: bucket }) => {
    const faults: string[] = [];
    if (seen.has(id)) faults.push(`${file}: trace ${id} is there twice`);
    seen.add(id);
    if (!operations.has(operation)) faults.push(`${file}: ${operation} is not in ${SPANS}`);
    if (traced && CHOSEN.has(bucket) && !traced.has(id))
      faults.push(`${file}: trace ${id} (${bucket}) is in no other file`);
    return faults;
  });
}
