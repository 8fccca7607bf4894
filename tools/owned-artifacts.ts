/**
 * Files that a tool computes, by the tool's name. The grader checks the report against them, so nothing else may write them: no query that
 * saves its rows, and no model that writes a file of its own. The report's texts are not among them: those are what is checked.
 */
export const OWNED: Readonly<Record<string, readonly string[]>> = {
  probe_project: ['data/project.json'],
  fetch_litellm_pricing: ['data/model_pricing.json', 'data/model_pricing_meta.json'],
  match_prices: ['data/price_map.json'],
  cost_variance: ['data/cost_variance.json'],
  explain_outliers: ['data/outlier_traces.json'],
  profile_operations: ['data/profiles.json'],
  failure_modes: ['data/failure_modes.json'],
  profile_content: ['data/content_profile.json'],
  read_traces: ['data/qualitative_samples.json'],
  detect_findings: ['data/findings.json', 'data/finding_evidence.json'],
  rank_recommendations: ['data/recommendations.json'],
  review_history: ['data/history.json', 'data/recommendations.json'],
  compose_report: ['data/report_view.json'],
  validate_outputs: ['validation_report.json'],
};

/** Files that the run itself writes, whatever its tools. */
export const OF_THE_RUN: readonly string[] = ['grade.json', 'events.jsonl', 'data/facts.json', 'data/queries.json'];

/** The tool that computes a file. */
export function ownerOf(file: string): string | undefined {
  return Object.keys(OWNED).find((tool) => OWNED[tool]?.includes(file));
}
