import { oneLine, truncate } from '../../lib/format.ts';
import type { Judged, Judgement } from './judge.ts';

const short = (text: string) => truncate(oneLine(text), 300);

/** A judgement as reasons of its criterion. */
export function judgeReasons({ votes, median, spread, void: lost }: Judgement): string[] {
  if (median === null) return [`judge: no valid vote (${short(lost[0] ?? 'none was given')})`];
  const typical = votes.find(({ score }) => score === median);
  const scores = votes.map(({ score }) => score).join(', ');
  const without = lost.length > 0 ? `; ${lost.length} void: ${short(lost[0] ?? '')}` : '';
  return [
    `judge: ${median} of 5 (votes ${scores}; spread ${spread}${without}): ${short(typical?.reasoning ?? '')}`,
    ...(typical?.missing ?? []).slice(0, 5).map((missing) => `judge: missing: ${short(missing)}`),
  ];
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
