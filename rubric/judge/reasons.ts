import { oneLine, truncate } from '../../lib/format.ts';
import type { Judged, Judgement } from './judge.ts';

const short = (text: string) => truncate(oneLine(text), 300);

/** Scores from here on praise. */
const GOOD = 4;

/** A judgement as reasons of its criterion: what keeps the score down, and what is well. */
export function judgeReasons({ votes, median, spread, void: lost }: Judgement): { faults: string[]; merits: string[] } {
  if (median === null) return { faults: [`judge: no valid vote (${short(lost[0] ?? 'none was given')})`], merits: [] };
  const typical = votes.find(({ score }) => score === median);
  const scores = votes.map(({ score }) => score).join(', ');
  const without = lost.length > 0 ? `; ${lost.length} void: ${short(lost[0] ?? '')}` : '';
  const said = `judge: ${median} of 5 (votes ${scores}; spread ${spread}${without}): ${short(typical?.reasoning ?? '')}`;
  const missing = (typical?.missing ?? []).slice(0, 5).map((part) => `judge: missing: ${short(part)}`);
  return median >= GOOD ? { faults: missing, merits: [said] } : { faults: [said, ...missing], merits: [] };
}

/** Votes so far apart say that the judge does not know. */
const SPLIT = 2;

/** What a reader must know of how it was judged. @param isChecked whether any check speaks to a criterion */
export function judgeNotes(judged: Judged, isChecked: boolean): string[] {
  if (judged.kind === 'checks')
    return [`${isChecked ? 'The checks alone decided' : 'Nothing judged it'}: ${judged.note}`];
  const { model, authors, criteria, cut, stopped } = judged;
  const split = criteria.filter(({ spread }) => (spread ?? 0) >= SPLIT).map(({ id }) => id);
  return [
    ...(stopped ? [`Not every vote of the judge was given: ${stopped.reason}`] : []),
    ...(cut
      ? [`The judge read the first ${cut.read} of ${cut.of} characters: what it says can only lower the scores.`]
      : []),
    ...(authors.includes(model) ? [`Author and judge are the same model, ${model}.`] : []),
    ...(split.length > 0
      ? [`The judge's votes on ${split.join(', ')} lie ${SPLIT} or more apart: let a person look.`]
      : []),
  ];
}
