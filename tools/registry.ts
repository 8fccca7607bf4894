import { RunbookError } from '../lib/errors.ts';
import type { Tool } from './tool.ts';

/** Every tool by name, loaded when it is first used: charts and parsers are heavy. */
const LOADERS: Record<string, () => Promise<unknown>> = {
  hogql_query: async () => (await import('./hogql-query.ts')).hogqlQuery,
  fetch_litellm_pricing: async () => (await import('./fetch-litellm-pricing.ts')).fetchLitellmPricing,
  write_artifact: async () => (await import('./write-artifact.ts')).writeArtifact,
  read_artifact: async () => (await import('./read-artifact.ts')).readArtifact,
  render_chart: async () => (await import('./render-chart.ts')).renderChart,
  probe_project: async () => (await import('./probe-project.ts')).probeProject,
  match_prices: async () => (await import('./match-prices.ts')).matchPrices,
  cost_variance: async () => (await import('./cost-variance.ts')).costVariance,
  explain_outliers: async () => (await import('./explain-outliers.ts')).explainOutliers,
  profile_operations: async () => (await import('./profile-operations.ts')).profileOperations,
  failure_modes: async () => (await import('./failure-modes.ts')).failureModes,
  profile_content: async () => (await import('./profile-content.ts')).profileContent,
  read_traces: async () => (await import('./read-traces.ts')).readTraces,
  detect_findings: async () => (await import('./detect-findings.ts')).detectFindings,
  rank_recommendations: async () => (await import('./rank-recommendations.ts')).rankRecommendations,
  review_history: async () => (await import('./review-history.ts')).reviewHistory,
  draw_report_charts: async () => (await import('./draw-report-charts.ts')).drawReportCharts,
  compose_report: async () => (await import('./compose-report.ts')).composeReport,
  render_report_page: async () => (await import('./render-report-page.ts')).renderReportPage,
  validate_outputs: async () => (await import('./validate-outputs.ts')).validateOutputs,
};

export const toolNames: readonly string[] = Object.keys(LOADERS);

/** @throws RunbookError `runbook_invalid` naming the nearest tool where there is none of that name */
export async function loadTool(name: string): Promise<Tool> {
  const load = Object.hasOwn(LOADERS, name) ? LOADERS[name] : undefined;
  if (!load) {
    throw new RunbookError('runbook_invalid', `There is no tool called "${name}".`, {
      at: name,
      hint: `Known tools: ${toolNames.join(', ')}.`,
    });
  }
  return (await load()) as Tool;
}

/** Name and the first sentence of each tool's description. */
export async function toolSummaries(): Promise<{ name: string; summary: string }[]> {
  const tools = await Promise.all(toolNames.map(loadTool));
  return tools.map(({ name, description }) => ({
    name,
    summary: description.split(/(?<=\.)\s/u)[0] ?? description,
  }));
}
