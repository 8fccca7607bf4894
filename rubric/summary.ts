import type { Artifacts } from './artifacts.ts';
import { projectedSavings, totalCost } from './expected.ts';
import { moneyIn, numbersIn, shows } from './figures.ts';
import { names } from './passage.ts';
import { plainFigures } from './plain-text.ts';
import { otherPeriods, topTitles } from './section-gaps.ts';
import { SECTIONS } from './structure.ts';

/**
 * What a summary must say (the contract of summary.md) and does not: generations, total cost, calls without a price, projected savings and top
 * findings, with the values of the data. Where the data do not have one, nothing is asked for it.
 */
export function summaryGaps(artifacts: Artifacts): string[] {
  const text = artifacts.summary.value;
  if (text === undefined) return [];
  if (SECTIONS.filter((name) => text.includes(`\n## ${name}`)).length > 1) return ['summary.md is a whole report'];
  const bare = plainFigures(text.replaceAll('`', ' '));
  const [amounts, counts] = [moneyIn(bare), numbersIn(bare)];
  const savings = projectedSavings(artifacts)?.expected;
  const unpriced = artifacts.spans.value?.reduce((sum, row) => sum + row.unpriced_calls, 0);
  const wanted = [
    { what: 'the generations analyzed', value: artifacts.project.value?.generations, figures: counts },
    { what: 'the total cost', value: artifacts.spans.value && totalCost(artifacts), figures: amounts },
    { what: 'how many calls have no price', value: unpriced || undefined, figures: counts },
    { what: 'the projected monthly savings', value: savings, figures: amounts },
  ];
  return [
    ...wanted.flatMap(({ what, value, figures }) =>
      value === undefined || figures.some((figure) => shows(figure, value)) ? [] : [`summary.md does not say ${what}`],
    ),
    ...topTitles(artifacts)
      .filter((either) => !either.some((title) => names(text, title)))
      .map(([title]) => `summary.md does not list the top finding ${JSON.stringify(title)}`),
    ...(savings === undefined ? [] : otherPeriods(text, savings).map((gap) => `summary.md ${gap}`)),
  ];
}
