import type { Ground } from './claim.ts';
import { type Figure, shows } from './figures.ts';
import type { Prose } from './markdown.ts';
import { type Quantity, quantityOf } from './quantities.ts';
import { isTelling, type Subject } from './subjects.ts';

/** What the figures of a line may be values of. */
export interface About {
  prose: Prose;
  subjects: readonly Subject[];
}

const A_YEAR = /^\s?(?:a|per|each|\/)\s?year/iu;

/**
 * Whether what the line is about has such a value: of the quantity that the words beside the figure name, and of the subjects that the line
 * names. Totals of the run may stand in any line, there with three digits at least; so may, under any words, what a declared file holds.
 */
export function isBacked(
  figure: Figure,
  { prose, subjects }: About,
  ground: Ground,
  unit: 'seconds' | 'ratio' | null = null,
): boolean {
  const { known } = ground;
  if (isTelling(figure) && known.isDeclared(figure)) return true;
  const quantity = quantityOf(figure, prose.text, unit);
  const yearly = figure.unit === 'usd' && A_YEAR.test(prose.text.slice(figure.index + figure.text.length));
  const one = yearly ? { ...figure, value: figure.value / 12, half: figure.half / 12 } : figure;
  if (subjects.some(({ own }) => holds(own, one, quantity))) return true;
  return (subjects.length === 0 || isTelling(figure)) && holds(known.run, one, quantity);
}

/** A figure that nothing names must have three digits, and then may be any value of its unit. */
function holds(own: Subject['own'], figure: Figure, quantity: Quantity | null): boolean {
  if (quantity && own.matching(quantity.keys).some((value) => shows(figure, value))) return true;
  return !quantity?.said && figure.unit !== 'percent' && isTelling(figure) && own.has(figure);
}
