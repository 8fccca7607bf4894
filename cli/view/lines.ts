import type { RunEvent } from '../../agent/events.ts';
import type { RunOutcome } from '../../agent/run.ts';
import { bytes, count } from '../../lib/format.ts';

/** What an event that stops a run says, in lines. */
export function failureLines(event: RunEvent): string[] {
  if (event.type !== 'step_failed' && event.type !== 'gate_stopped') return [];
  const what = event.type === 'gate_stopped' ? 'stopped at the gate' : 'failed';
  return [`Step ${event.number} (${event.id}) ${what}: ${event.message}`, ...(event.hint ? [`  ${event.hint}`] : [])];
}

export function seconds(value: number): string {
  return value < 10 ? `${value.toFixed(1)} s` : `${Math.round(value)} s`;
}

/** What a finished tool call has to show, in a few words. */
export function outputSummary(output: unknown): string {
  if (typeof output !== 'object' || output === null) return '';
  return Object.entries(output)
    .filter(([, value]) => typeof value === 'number' && Number.isFinite(value))
    .slice(0, 3)
    .map(
      ([name, value]) =>
        `${name.replaceAll('_', ' ')} ${Number.isInteger(value) ? count(value as number) : (value as number).toFixed(2)}`,
    )
    .join(', ');
}

export function totals(event: Extract<RunEvent, { type: 'run_finished' }>): string {
  return `${event.queries} queries, ${bytes(event.response_bytes)} fetched, ${seconds(event.elapsed_s)}`;
}

/** The last lines of a run: verdict, scores, where the report is. */
export function verdictLines(outcome: RunOutcome): string[] {
  const { grade, report } = outcome;
  if (!grade) return report ? [`Report: ${report}`] : [`Results: ${outcome.resultsDir}`];
  const scores = grade.criteria.map((criterion) => `  ${criterion.score}/5  ${criterion.name}`);
  const gates = grade.gates
    .filter((gate) => !gate.passed)
    .map((gate) => `  gate failed: ${gate.name} (${gate.detail})`);
  const claims = `${grade.claims.verified} of ${grade.claims.checked} claims verified`;
  return [
    `${grade.passed ? 'Passed' : 'Not passed'}: ${grade.average.toFixed(1)} of 5, ${claims}`,
    ...scores,
    ...gates,
  ];
}
