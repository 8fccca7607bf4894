import type { Grade } from '../grade.ts';
import { faultsFirst } from './reasons.ts';

/** A grade for a terminal: the verdict, each criterion with its reasons, failed gates, claims that do not hold. */
export function renderGrade(grade: Grade): string {
  const { claims, judge } = grade;
  const by =
    judge.kind === 'model' && judge.criteria.some(({ votes }) => votes.length > 0) ? `  judged by ${judge.model}` : '';
  const head = { passed: 'PASSED', failed: 'FAILED', not_judged: 'NOT JUDGED (does not pass)' }[grade.verdict];
  const lines = [`${head}  average ${grade.average.toFixed(2)} of 5${by}`, ''];
  for (const { id, name, score, reasons, checks } of grade.criteria) {
    lines.push(`${score ?? '-'}/5  ${safe(name)}${votesOf(judge, { id, checks })}`);
    lines.push(...faultsFirst(reasons).map((reason) => `     ${safe(reason)}`));
  }
  lines.push('', 'Gates');
  for (const gate of grade.gates) {
    lines.push(`${gate.passed ? 'ok  ' : 'FAIL'} ${gate.name}${gate.passed ? '' : `: ${safe(gate.detail)}`}`);
  }
  lines.push('', `Claims: ${claims.verified} of ${claims.checked} agree with the data`);
  const shown = claims.failed.slice(0, 20);
  lines.push(...shown.map((c) => `  ${c.file}:${c.line}: ${safe(JSON.stringify(c.text))}: ${safe(c.reason)}`));
  if (claims.failed.length > shown.length) lines.push(`  and ${claims.failed.length - shown.length} more`);
  lines.push(...grade.notes.map((note) => `Note: ${safe(note)}`));
  return `${lines.join('\n')}\n`;
}

/** Beside a score: that it is not the judge's, or that only a part of the votes is behind it. */
function votesOf(judge: Grade['judge'], { id, checks }: Pick<Grade['criteria'][number], 'id' | 'checks'>): string {
  const judgement = judge.kind === 'model' && 'criteria' in judge ? judge.criteria.find((one) => one.id === id) : null;
  if (!judgement) return '';
  const { votes, void: lost } = judgement;
  if (votes.length === 0) return `  (${checks === null ? '' : 'by the checks alone: '}no valid vote)`;
  return lost.length > 0 ? `  (${lost.length} of ${votes.length + lost.length} votes void)` : '';
}

/** Report text may hold control sequences that a terminal would obey. */
function safe(text: string): string {
  return text.replace(/\p{Cc}/gu, '�');
}
