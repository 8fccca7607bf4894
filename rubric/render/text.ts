import type { Grade } from '../grade.ts';

/** A grade for a terminal: the verdict, each criterion with its reasons, failed gates, claims that do not hold. */
export function renderGrade(grade: Grade): string {
  const { claims, judge } = grade;
  const by = judge.kind === 'model' ? `  judged by ${judge.model}` : '';
  const lines = [`${grade.passed ? 'PASSED' : 'FAILED'}  average ${grade.average.toFixed(2)} of 5${by}`, ''];
  for (const { name, score, reasons } of grade.criteria) {
    lines.push(`${score ?? '-'}/5  ${safe(name)}`, ...reasons.map((reason) => `     ${safe(reason)}`));
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

/** Report text may hold control sequences that a terminal would obey. */
function safe(text: string): string {
  return text.replace(/\p{Cc}/gu, '�');
}
