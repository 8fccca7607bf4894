import { monthFactor, projectedSavings, totalCost } from './expected.ts';
import { frameOf, rowOf, shown } from './measures.ts';
import { NUMBER, numberOf, says } from './ratios.ts';
import { type Check, type Groups, ITSELF, type Place, type Rule, rule, SUBJECT } from './statements.ts';

/** `a was called thousands of times`, `b costs hundreds of dollars`, `the bill runs to five figures`. */

const SIZES: [string, (value: number) => boolean][] = [
  ['hundreds of thousands of', (n) => n >= 100_000 && n < 2_000_000],
  ['tens of thousands of', (n) => n >= 10_000 && n < 200_000],
  ['(?:many |several |a few )?thousands of|(?:several|a few|many) thousand', (n) => n >= 1_500 && n < 100_000],
  ['(?:many |several |a few )?hundreds of|(?:several|a few|many) hundred', (n) => n >= 150 && n < 2_000],
  ['(?:many |several )?dozens of|scores of', (n) => n >= 24 && n < 400],
  ['tens of', (n) => n >= 15 && n < 200],
  ['(?:many |several )?millions of', (n) => n >= 1_500_000],
  ['a couple of', (n) => n >= 1 && n < 4],
  ['a handful of|a few|very few', (n) => n <= 12],
  ['a score of', (n) => n >= 15 && n <= 25],
];

const SIZE = `(?<size>${SIZES.map(([source]) => source).join('|')})`;

/** Whether a value has this size; null where the words give none. */
function isSize({ size, n, times, money, unit }: Groups, value: number): boolean | null {
  if (times !== undefined) return value === { once: 1, twice: 2, thrice: 3 }[times];
  const own = money === ' cents' ? value * 100 : unit === ' grand' ? value / 1000 : value;
  if (unit === ' figures') return Math.floor(Math.log10(value)) + 1 === numberOf(n ?? '');
  if (size !== undefined)
    return SIZES.find(([source]) => new RegExp(`^(?:${source})$`, 'u').test(size))?.[1](own) ?? null;
  return n === undefined || Number.isNaN(numberOf(n)) ? null : says(n, own);
}

const ABOUT = '(?:only |just |about |some |well over |over |more than )?';
const SUM = `${ABOUT}(?:(?:${SIZE})(?<money> dollars| cents| bucks)|(?<n>${NUMBER})(?<unit> figures| grand))`;
const ONE = `${ITSELF}(?<subject>${SUBJECT})`;
const CALLED = '(?:is|was|has been) (?:called|run|invoked|used)';
const TIMES = 'times(?! (?:as|a|per|in|with|by|over|for|more|less|the)\\b)';

export const SIZES_SAID: Rule[] = [
  rule(`${ONE} ${CALLED} ${ABOUT}(?:${SIZE}|(?<n>${NUMBER})) ${TIMES}`, sized('calls')),
  rule(`${ONE} ${CALLED} (?:only |just )?(?<times>once|twice|thrice)(?= in (?:all|total)|,|$)`, sized('calls')),
  rule(
    `${ONE} (?:makes|made|gets|got|sees|saw|has|had|receives|received|handles|handled) ${ABOUT}(?:${SIZE}) (?:calls|requests)`,
    sized('calls'),
  ),
  rule(`${ONE} (?:costs?|spends?|eats|burns) (?:us )?${SUM}`, sized('cost')),
  rule(
    `(?:bill|spend|costs?|savings?|recommendations) (?:is|are|runs? to|amounts? to|comes? to|reach(?:es)?|saves?|exceeds?) (?:in |into )?(?:the )?${SUM}`,
    sized('total'),
  ),
  rule(`we (?:spend|spent|save|waste|lose) ${SUM}`, sized('total')),
];

/** Where only a part of the calls or of the spend is meant. */
const PART =
  /\b(?:traces?|sessions?|conversations?|users?|seconds?|minutes?|hours?|days?|daily|batch|burst|of (?:a|an|one))\b/u;

/** Sums of money may be meant for the window or for a month, unless a year is named. */
function sized(what: 'calls' | 'cost' | 'total'): Check {
  return (groups, { clause, ground }) => {
    const frame = frameOf(clause.text);
    if (!frame || frame.days !== null || frame.perCall || PART.test(clause.text)) return null;
    const values =
      what === 'total'
        ? totals({ clause, ground })
        : amounts(rowOf(groups.subject ?? '', null, ground)?.[what], what, { clause, ground });
    const verdicts = values.map((value) => isSize(groups, value));
    if (values.length === 0 || verdicts.includes(null)) return null;
    return { holds: verdicts.includes(true), says: `the data say ${values.map(shown).join(' or ')}` };
  };
}

function amounts(value: number | null | undefined, what: 'calls' | 'cost', place: Place): number[] {
  if (value === null || value === undefined) return [];
  return what === 'calls' ? [value] : spread(value, place);
}

const A_YEAR = /\b(?:years?|yearly|annual(?:ly)?)\b/u;

function spread(cost: number, { clause, ground }: Place): number[] {
  const monthly = cost * monthFactor(ground.artifacts);
  return A_YEAR.test(clause.text) ? [12 * monthly] : [cost, monthly];
}

function totals({ clause, ground }: Place): number[] {
  if (!ground.artifacts.spans.value) return [];
  if (!/sav|waste|lose/u.test(clause.text)) return spread(totalCost(ground.artifacts), { clause, ground });
  return [(projectedSavings(ground.artifacts)?.expected ?? 0) * (A_YEAR.test(clause.text) ? 12 : 1)];
}
