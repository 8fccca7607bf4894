import { oneLine, truncate } from '../../lib/format.ts';
import type { Grade } from '../grade.ts';

const SHOWN = 10;

/** A grade as Markdown, short enough for a comment on a pull request. Nothing of the report's text can act as Markdown in it. */
export function renderMarkdown(grade: Grade): string {
  const { claims, judge } = grade;
  const by =
    judge.kind === 'model' && judge.criteria.some(({ votes }) => votes.length > 0)
      ? ` Judged by ${text(judge.model)}${grade.criteria.some(({ checks }) => checks !== null) ? ', never above what the checks allow' : ''}.`
      : '';
  const head = { passed: '✅ Passed', failed: '❌ Failed', not_judged: '❌ Not judged' }[grade.verdict];
  const worstFirst = [...grade.criteria].sort((a, b) => (a.score ?? 0) - (b.score ?? 0));
  const failedGates = grade.gates.filter((gate) => !gate.passed);
  return [
    `### ${head}: ${grade.average.toFixed(2)} of 5`,
    `${claims.verified} of ${claims.checked} figures and ids agree with the data.${by}`,
    ...section(
      'Gates that hold the verdict at failed',
      failedGates.map((gate) => `- ${text(gate.name)}: ${code(gate.detail)}`),
    ),
    ['| Criterion | Score | Why |', '|---|---|---|', ...worstFirst.map(row)].join('\n'),
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

/** One line in which no character means anything to Markdown or HTML, no address is a link, and nobody is mentioned. */
function text(value: string): string {
  return plain(value)
    .replace(/[\\`*_{}[\]<>()#+!|~&]/gu, (mark) => `\\${mark}`)
    .replace(/:(?=\/\/)|www(?=\.)|[@#]/giu, (mark) => `${mark}\u200B`);
}

function code(value: string): string {
  return `\`${plain(value).replaceAll('`', 'ʼ').replaceAll('|', '¦') || ' '}\``;
}

function plain(value: string): string {
  return truncate(oneLine(value.replaceAll('\n', '; ')).trim(), 300);
}
