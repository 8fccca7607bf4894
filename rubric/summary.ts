import type { Artifacts } from './artifacts.ts';
import { projectedSavings, totalCost } from './expected.ts';
import { moneyIn, numbersIn, shows } from './figures.ts';

/**
 * What a summary must say (the contract of summary.md) and does not: generations, total cost and projected savings, with the values of the
 * data. Where the data do not have one, nothing is asked for it.
 */
export function summaryGaps(artifacts: Artifacts): string[] {
  const text = artifacts.summary.value;
  if (text === undefined) return [];
  const bare = text.replaceAll('`', ' ');
  const [amounts, counts] = [moneyIn(bare), numbersIn(bare)];
  const savings = projectedSavings(artifacts);
  const wanted = [
    { what: 'the generations analyzed', value: artifacts.project.value?.generations, figures: counts },
    { what: 'the total cost', value: artifacts.spans.value && totalCost(artifacts), figures: amounts },
    { what: 'the projected monthly savings', value: savings?.expected, figures: amounts },
  ];
  return wanted.flatMap(({ what, value, figures }) =>
    value === undefined || figures.some((figure) => shows(figure, value)) ? [] : [`summary.md does not say ${what}`],
  );
}
