import { type Finding, findingId } from '../analysis/findings.ts';
import type { Project } from './probe-project.ts';
import type { ProfilesFile } from './profile-operations.ts';

/**
 * Measured next steps for data that hold fewer problems than the report must recommend. They are no findings: they claim no
 * savings and are not written to findings.json.
 */
export function guardFindings(profiles: ProfilesFile, project: Project): Finding[] {
  const [dearest] = profiles.calls;
  if (!dearest) return [];
  const longest = [...profiles.calls].sort((a, b) => b.out_max - a.out_max)[0] ?? dearest;
  const guard = (template: string, operation: string, metrics: Finding['metrics']): Finding => ({
    id: findingId('guard', operation, template),
    kind: 'cost_trend',
    operation,
    severity: 'low',
    title: template,
    trace_ids: [...new Set(profiles.examples.filter((e) => e.operation === operation).map((e) => e.trace_id))].slice(
      0,
      10,
    ),
    frequency: { seen: 0, of: 0 },
    metrics: { template, unit: 'calls', ...metrics },
    monthly_savings_usd: null,
  });
  const second = profiles.calls[1] ?? dearest;
  return [
    guard('guard_dearest', dearest.operation, { operation_cost_usd: dearest.cost_usd }),
    guard('guard_output', longest.operation, {
      operation_cost_usd: longest.cost_usd,
      out_max_tokens: longest.out_max,
      out_p50_tokens: longest.out_p50,
    }),
    guard('guard_names', second.operation, {
      operation_cost_usd: second.cost_usd,
      unnamed_calls: project.unnamed_calls,
      calls: project.generations,
      calls_without_trace: project.calls_without_trace,
    }),
  ];
}
