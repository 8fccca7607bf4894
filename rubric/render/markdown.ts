import type { Grade } from '../grade.ts';

const SHOWN = 10;

/** A grade as Markdown, short enough for a comment on a pull request. Nothing of the report's text can act as Markdown in it. */
export function renderMarkdown(grade: Grade): string {
  const { claims, judge } = grade;
  const by = judge.kind === 'model' ? ` Judged by ${text(judge.model)}, never above what the checks allow.` : '';
  const failedGates = grade.gates.filter((gate) => !gate.passed);
  return [
    `### ${grade.passed ? '✅ Passed' : '❌ Failed'}: ${grade.average.toFixed(2)} of 5`,
    `${claims.verified} of ${claims.checked} figures and ids agree with the data.${by}`,
    ['| Criterion | Score | Why |', '|---|---|---|', ...grade.criteria.map(row)].join('\n'),
    ...section(
      'Gates that hold the verdict at failed',
      failedGates.map((gate) => `- ${text(gate.name)}: ${code(gate.detail)}`),
    ),
    ...section(
      'Claims that do not hold',
      claims.failed.map((c) => `- ${c.file}:${c.line}: ${code(c.text)}: ${text(c.reason)}`),
    ),
    ...grade.notes.map(text),
    '',
  ].join('\n\n');
}

function row({ name, score, reasons }: Grade['criteria'][number]): string {
  return `| ${text(name)} | ${score ?? '–'} | ${reasons.slice(0, 2).map(text).join('<br>')} |`;
}

function section(title: string, lines: string[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.length > SHOWN ? [`- and ${lines.length - SHOWN} more`] : [];
  return [`**${title}**`, [...lines.slice(0, SHOWN), ...more].join('\n')];
}

/** One line in which no character means anything to Markdown or HTML, and nobody is mentioned. */
function text(value: string): string {
  return plain(value)
    .replace(/[\\`*_{}[\]<>()#+!|~]/gu, (mark) => `\\${mark}`)
    .replaceAll('@', '@\u200B');
}

function code(value: string): string {
  return `\`${plain(value).replaceAll('`', 'ʼ').replaceAll('|', '¦')}\``;
}

function plain(value: string): string {
  const line = value.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
