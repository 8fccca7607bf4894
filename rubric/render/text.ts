import { withoutUnseen } from '../../lib/unseen.ts';
import { claimLine } from '../claim.ts';
import type { Gate } from '../gates.ts';
import type { Grade } from '../grade.ts';

/** A grade for a terminal: the verdict, each criterion with its reasons, failed gates, the other claims that do not hold. */
export function renderGrade(grade: Grade): string {
  const { claims, judge } = grade;
  const by =
    judge.kind === 'model' && judge.criteria.some(({ votes }) => votes.length > 0) ? `  judged by ${judge.model}` : '';
  const head = { passed: 'PASSED', failed: 'FAILED', not_judged: 'NOT JUDGED (does not pass)' }[grade.verdict];
  const lines = [`${head}  average ${grade.average.toFixed(2)} of 5${by}`, ''];
  for (const { id, name, score, reasons, checks } of grade.criteria) {
    lines.push(`${score ?? '-'}/5  ${name}${votesOf(judge, { id, checks })}`);
    lines.push(...reasons.map((reason) => `     ${reason}`));
  }
  lines.push('', 'Gates', ...grade.gates.flatMap(gateLines));
  lines.push('', `Claims: ${claims.verified} of ${claims.checked} agree with the data`);
  lines.push(...otherClaims(grade), ...grade.notes.map((note) => `Note: ${note}`));
  return `${lines.map(safe).join('\n')}\n`;
}

function gateLines({ name, passed, detail }: Gate): string[] {
  return passed ? [`ok   ${name}`] : [`FAIL ${name}`, ...detail.split('\n').map((fault) => `     ${fault}`)];
}

const SHOWN = 20;

/** Claims that do not hold and are no reason of a criterion. */
function otherClaims({ criteria, claims }: Grade): string[] {
  const said = new Set(criteria.flatMap(({ reasons }) => reasons));
  const others = claims.failed.map(claimLine).filter((line) => !said.has(line));
  const more = others.length > SHOWN ? [`  and ${others.length - SHOWN} more`] : [];
  return [...others.slice(0, SHOWN).map((line) => `  ${line}`), ...more];
}

/** Beside a score: that it is not the judge's, or that only a part of the votes is behind it. */
function votesOf(judge: Grade['judge'], { id, checks }: Pick<Grade['criteria'][number], 'id' | 'checks'>): string {
  const judgement = judge.kind === 'model' && 'criteria' in judge ? judge.criteria.find((one) => one.id === id) : null;
  if (!judgement) return '';
  const { votes, void: lost } = judgement;
  if (votes.length === 0) return `  (${checks === null ? '' : 'by the checks alone: '}no valid vote)`;
  return lost.length > 0 ? `  (${lost.length} of ${votes.length + lost.length} votes void)` : '';
}

/** Report text may hold control sequences that a terminal would obey, and characters that reorder what it shows. */
function safe(text: string): string {
  return withoutUnseen(text).replace(/\p{Cc}/gu, '�');
}
