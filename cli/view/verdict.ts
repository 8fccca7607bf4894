import type { RunEvent } from '../../agent/events.ts';
import { count } from '../../lib/format.ts';
import type { Palette } from '../colors.ts';
import { wrap } from '../wrap.ts';

type Graded = Pick<
  Extract<RunEvent, { type: 'graded' }>,
  'average' | 'passed' | 'scores' | 'failed_gates' | 'claims' | 'judge'
>;

const INDENT = '    ';

/** Score per criterion, with the reason where points are missing, and the gates that failed. */
export function verdictLines(graded: Graded, colors: Palette, width = 100): string[] {
  const { average, passed, scores, failed_gates, claims, judge } = graded;
  const mark = passed ? colors.green(colors.bold('PASSED')) : colors.red(colors.bold('NOT PASSED'));
  const names = Math.max(0, ...scores.map(({ name }) => name.length));
  const criteria = scores.flatMap(({ name, score, reasons }) => {
    const shown = score ?? 0;
    const color = shown >= 4 ? colors.green : shown >= 3 ? colors.yellow : colors.red;
    const line = `  ${name.padEnd(names)}  ${color(bar(shown))} ${score ?? '–'} of 5`;
    return shown < 5 ? [line, ...reasons.slice(0, 2).flatMap((reason) => dimmed(reason, width, colors))] : [line];
  });
  const gates = failed_gates.flatMap((gate) =>
    wrap(gate, width - INDENT.length).map((line, index) => `  ${index === 0 ? colors.red('✖') : ' '} ${line}`),
  );
  const judged = judge ? `; judged by ${judge}` : '';
  const known = `${count(claims.verified)} of ${count(claims.checked)} figures and ids verified${judged}`;
  const [first = '', ...rest] = wrap(`${average} of 5 on average; ${known}`, width - 'NOT PASSED  '.length);
  return [`${mark}  ${first}`, ...rest.map((line) => `  ${line}`), ...criteria, ...gates];
}

function bar(score: number): string {
  const filled = Math.max(0, Math.min(5, Math.round(score)));
  return '●'.repeat(filled) + '○'.repeat(5 - filled);
}

function dimmed(text: string, width: number, colors: Palette): string[] {
  return wrap(text, width - INDENT.length).map((line) => colors.dim(INDENT + line));
}

/** The lines that end a run, whatever its view: why it stopped, or what it found. Most events end nothing. */
export function endLines(event: RunEvent, colors: Palette, width?: number): string[] {
  switch (event.type) {
    case 'graded':
      return verdictLines(event, colors, width);
    case 'round_finished':
      return event.note ? [colors.dim(event.note)] : [];
    case 'step_failed':
      if (event.code === 'interrupted')
        return [colors.yellow('Interrupted.'), 'What was done stays in the results dir.'];
      return failure(colors.red(`Step ${event.number} failed.`), event);
    case 'gate_stopped':
      return [
        ...failure(colors.yellow(`Stopped at step ${event.number}.`), event),
        'summary.md says the same; there is no report.',
      ];
    case 'grade_failed':
      return failure(colors.red('The results could not be graded.'), event);
    default:
      return [];
  }
}

function failure(what: string, { message, hint }: { message: string; hint: string | null }): string[] {
  return [`${what} ${message}`, ...(hint ? [` hint: ${hint}`] : [])];
}
