import type { ResultsDir } from '../tools/results-dir.ts';
import type { Parameters } from './parameters.ts';
import { REPORT } from './results.ts';
import type { Runbook } from './runbook/manifest.ts';

/** The stages of `validation_report.json`; a step with a stage's name as its id performs it. */
const STAGES = ['connect', 'pricing', 'metrics', 'variance', 'failures', 'qualitative', 'report'] as const;

interface Stop {
  runbook: Runbook;
  params: Parameters;
  /** What was read; names no secret. */
  source: string;
  backend: string;
  runDate: string;
  /** Ids of the steps that were done. */
  done: readonly string[];
  /** Number of the step that stopped the run. */
  step: number;
  message: string;
  hint: string | null;
}

/**
 * What a run leaves that could not be finished: why, what to do, and a validation report whose failed stage says the same. No figure.
 * A summary that the run had written beside its report stays.
 * @throws RunbookError `io`
 */
export async function writeStopReport(results: ResultsDir, stop: Stop): Promise<void> {
  if (!results.exists(REPORT)) await results.write('summary.md', summary(stop));
  await results.writeJson('validation_report.json', {
    version: '1.0.0',
    run_date: stop.runDate,
    backend: stop.backend,
    parameters: stop.params,
    stages: stages(stop),
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

function summary({ runbook, source, done, step, message, hint }: Stop): string {
  const title = runbook.steps[step - 1]?.title ?? '';
  const read =
    done.length === 0 ? `The data of ${source} could not be read` : `The run stopped at step ${step}, ${title}`;
  const lines = [
    `# ${runbook.manifest.title}: stopped${done.length === 0 ? ' before the analysis' : ''}`,
    '',
    `${read}, so there is no report and no figure.`,
    '',
    `- **What happened:** ${oneLine(message)}`,
    ...(hint ? [`- **What to do:** ${oneLine(hint)}`] : []),
    '',
  ];
  return lines.join('\n');
}

/** Messages may quote what a server answered: they stay one line of a list. */
function oneLine(text: string): string {
  return text.replace(/\s+/gu, ' ').trim();
}

/** Stages whose step was done passed; the first other one says why the run stopped, and the rest were not reached. */
function stages({ runbook, done, message }: Stop): { name: string; passed: boolean; message: string }[] {
  const titles = new Map(runbook.steps.map((step) => [step.id, step.title]));
  const failed = STAGES.find((name) => !done.includes(name)) ?? 'report';
  return STAGES.map((name) => {
    if (done.includes(name) && name !== failed) return { name, passed: true, message: titles.get(name) ?? name };
    return { name, passed: false, message: name === failed ? message : 'not reached' };
  });
}
