import { isMild } from './vocabulary.ts';
import { isSameTerm, type Term, type Words, without, wordsOf } from './words.ts';

/** How a line in the words of another says something else; undefined where it only says less, more, or the same. */
export function contradiction(own: Words, data: Words): string | undefined {
  const values = apart(own, data, false);
  const comparisons = apart(own, data, true);
  const turning = [...comparisons.added, ...comparisons.dropped.filter(({ key }) => !isMild(key))][0];
  return (
    replaced(values) ??
    replaced(comparisons) ??
    replaced({ added: values.added, dropped: comparisons.dropped }) ??
    (turning && `${JSON.stringify(turning.text)} turns it round`) ??
    (values.added.length + values.dropped.length === 0 ? misplaced(own, data) : undefined) ??
    miscounted(own, data)
  );
}

interface Apart {
  added: Term[];
  dropped: Term[];
}

function apart(own: Words, data: Words, comparisons: boolean): Apart {
  const of = ({ hard }: Words) => hard.filter(({ isComparison }) => isComparison === comparisons);
  return { added: without(of(own), of(data), isSameTerm), dropped: without(of(data), of(own), isSameTerm) };
}

function replaced({ added: [added], dropped: [dropped] }: Apart): string | undefined {
  return added && dropped && `${added.text} in the place of ${dropped.text}`;
}

/** Where figures and names stand, they and the comparisons keep their order. */
function misplaced(own: Words, data: Words): string | undefined {
  const orderOf = ({ hard }: Words) => hard.filter(({ key, isComparison }) => !isComparison || !isMild(key));
  const [mine, theirs] = [orderOf(own), orderOf(data)];
  const isWording = mine.every(({ isComparison }) => isComparison);
  const isSame = mine.every((term, at) => theirs[at] !== undefined && isSameTerm(term, theirs[at]));
  return isWording || isSame ? undefined : 'its figures or names have changed places';
}

/** A unit in the place of another, or one that the data do not give a figure. */
function miscounted(own: Words, data: Words): string | undefined {
  const [added] = without(own.units, data.units);
  const [dropped] = without(data.units, own.units);
  if (added !== undefined && dropped !== undefined) return `${added}s in the place of ${dropped}s`;
  for (const figure of own.hard) {
    const others = data.hard.filter(
      ({ measure }) => measure && figure.measure && isSameTerm(figure, { ...figure, measure }),
    );
    const noun = others.length > 0 ? strangeNoun(figure, others, { own, data }) : null;
    if (noun !== null) return `${JSON.stringify(`${figure.text} ${noun}`)} is not what was counted`;
  }
  return undefined;
}

const PLURAL = /[^s]s$/u;

/** What a figure is said to count, where the data say otherwise. */
function strangeNoun({ counts, next }: Term, others: readonly Term[], { own, data }: { own: Words; data: Words }) {
  if (others.some((other) => other.counts === counts)) return null;
  if (counts === null) {
    const isLost = others.every((other) => other.counts !== null && !own.units.includes(other.counts));
    return isLost && next !== null && PLURAL.test(next) ? next : null;
  }
  return others.every((other) => other.counts === null) && data.units.includes(counts) ? null : counts;
}

/** Whether two cells say the same: the same words, and figures that differ in their digits at most. */
export function isSameCell(own: string, data: string): boolean {
  if (own === data) return true;
  const [a, b] = [wordsOf(own), wordsOf(data)];
  const isAlike = a.hard.length === b.hard.length && a.soft.join(' ') === b.soft.join(' ');
  return (
    isAlike &&
    a.units.join(' ') === b.units.join(' ') &&
    a.hard.every((term, at) => isSameTerm(term, b.hard[at] ?? term))
  );
}
