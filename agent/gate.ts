import type { RunbookError } from '../lib/errors.ts';
import type { ResultsDir } from '../tools/results-dir.ts';
import type { Parameters } from './parameters.ts';
import type { Runbook } from './runbook/manifest.ts';

const STAGES = ['connect', 'pricing', 'metrics', 'variance', 'failures', 'qualitative', 'report'] as const;

/** What a run that could not read its data leaves: why, and what to do; no report and no figure. */
export async function writeGateReport(
  results: ResultsDir,
  runbook: Runbook,
  stop: { error: RunbookError; params: Parameters; source: string; backend: string; runDate: string },
): Promise<void> {
  const { error, params, source, backend, runDate } = stop;
  const lines = [
    `# ${runbook.manifest.title}: stopped before the analysis`,
    '',
    `The run could not read the data of ${source}, so there is no report and no figure.`,
    '',
    `- **What happened:** ${error.message}`,
    ...(error.hint ? [`- **What to do:** ${error.hint}`] : []),
    '',
  ];
  await results.write('summary.md', lines.join('\n'));
  await results.writeJson('validation_report.json', {
    version: '1.0.0',
    run_date: runDate,
    backend,
    parameters: params,
    stages: STAGES.map((name) => ({
      name,
      passed: false,
      message: name === 'connect' ? error.message : 'not reached',
    })),
    results: {
      generations_analyzed: 0,
      total_cost_usd: 0,
      recommendations: 0,
      qualitative_findings: 0,
      projected_monthly_savings_usd: 0,
    },
    overall_passed: false,
  });
}
