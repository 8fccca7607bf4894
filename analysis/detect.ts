import { failureModes } from './detectors/failures.ts';
import { modelMisuse, unpricedModels } from './detectors/models.ts';
import { badOutputs, outputVariance, stoppedAtLimit } from './detectors/outputs.ts';
import { bloatedOperations, cacheablePrefixes } from './detectors/prompts.ts';
import { contextStuffing, duplicateCalls, promptOutliers, retryStorms, toolLoops } from './detectors/traces.ts';
import { costTrends } from './detectors/trend.ts';
import type { Evidence } from './evidence.ts';
import type { Finding } from './findings.ts';

const SEVERITY = { high: 0, medium: 1, low: 2 } as const;

/**
 * All findings of the evidence, most urgent first: severity, then expected savings. Each kind is reported once per operation
 * (and model); what one finding explains, another does not claim again.
 */
export function detectFindings(evidence: Evidence): Finding[] {
  const cited = (operation: string, model?: string) => [
    ...new Set(
      evidence.examples
        .filter((e) => e.operation === operation && (model === undefined || e.model === model))
        .map((e) => e.trace_id),
    ),
  ];
  const stuffing = contextStuffing(evidence);
  const outliers = promptOutliers(evidence);
  const truncated = badOutputs(evidence);
  const found = [
    ...stuffing,
    ...outliers,
    ...bloatedOperations(evidence).filter((f) => !names(outliers, f.operation)),
    ...retryStorms(evidence),
    ...toolLoops(evidence),
    ...duplicateCalls(evidence),
    ...cacheablePrefixes(evidence),
    ...modelMisuse(evidence, cited),
    ...unpricedModels(evidence, cited),
    ...truncated,
    ...stoppedAtLimit(evidence).filter((f) => !truncated.some((t) => t.kind === f.kind && t.operation === f.operation)),
    ...failureModes(evidence),
    ...outputVariance(evidence, cited).filter((f) => !names(truncated, f.operation)),
    ...costTrends(evidence).filter((f) => !names(stuffing, f.operation)),
  ];
  return found
    .filter((f) => f.trace_ids.length > 0 || f.kind === 'unpriced_model')
    .sort(
      (a, b) =>
        SEVERITY[a.severity] - SEVERITY[b.severity] ||
        (b.monthly_savings_usd?.expected ?? 0) - (a.monthly_savings_usd?.expected ?? 0) ||
        a.id.localeCompare(b.id),
    );
}

function names(findings: Finding[], operation: string): boolean {
  return findings.some((f) => f.operation === operation);
}
