/**
 * Files that tools and the runbook's queries write (tools/owned-artifacts.ts names the tools'); nothing else in `data/` is evidence, or an
 * author could write the proof of a claim beside it.
 */
const EVIDENCE: ReadonlySet<string> = new Set([
  'data/project.json',
  'data/facts.json',
  'data/metrics_by_span.csv',
  'data/metrics_by_span_3d.csv',
  'data/metrics_by_span_7d.csv',
  'data/metrics_by_model.csv',
  'data/daily_cost_by_model.csv',
  'data/cost_variance.json',
  'data/outlier_traces.json',
  'data/profiles.json',
  'data/failure_modes.json',
  'data/content_profile.json',
  'data/qualitative_samples.json',
  'data/findings.json',
  'data/finding_evidence.json',
  'data/recommendations.json',
  'data/history.json',
  'data/report_view.json',
]);

/** What earlier reports said and what this one is made of: their trace ids are not from a query of this run. */
const NO_TRACES: ReadonlySet<string> = new Set([
  'data/recommendations.json',
  'data/history.json',
  'data/report_view.json',
]);

/** Price tables and query texts hold thousands of numbers that are no results. */
const NO_RESULTS = /^data\/(?:model_pricing|price_map|queries)/u;

/** @param outputs data files that the runbook declares, where it is not the trace optimizer */
export function isEvidence(file: string, outputs: readonly string[] = []): boolean {
  return !NO_RESULTS.test(file) && (EVIDENCE.has(file) || outputs.includes(file));
}

/** Whether it is a file of the trace optimizer, whose keys are known. */
export function isOfContract(file: string): boolean {
  return EVIDENCE.has(file);
}

/** Whether a file's trace ids are those of events that a query returned. */
export function provesTraces(file: string): boolean {
  return !NO_TRACES.has(file);
}

/** Titles and notes of earlier analyses are repeated, and prove nothing. */
export function isHearsay(file: string): boolean {
  return file === 'data/history.json';
}

const CHARTS = ['cost_by_operation', 'cost_variance', 'daily_cost_by_model'];
const CONTRACT = [
  'validation_report.json',
  'report.html',
  'data/model_pricing.json',
  'data/price_map.json',
  'data/queries.json',
  ...CHARTS.flatMap((name) => [`figures/${name}.svg`, `figures/${name}.png`]),
];

/** Files beside the evidence that only the run writes. @param outputs what another runbook than the trace optimizer declares */
export function mustBeLogged(outputs?: readonly string[]): readonly string[] {
  return outputs ?? CONTRACT;
}
