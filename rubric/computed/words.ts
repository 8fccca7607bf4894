/** What of a line can be true or false (figures, names, comparisons), and what is mere wording. */

export interface Words {
  /** Figures with their signs and units, code spans, names of months, number words, comparisons: in order. */
  hard: string[];
  /** The other words, in lower case. */
  soft: string[];
  /** Each figure with the word that follows it: what it counts. */
  counted: string[];
}

const COMPARISONS = [
  ...[
    'above',
    'below',
    'over',
    'under',
    'more',
    'less',
    'fewer',
    'least',
    'most',
    'no',
    'not',
    'never',
    'none',
    'nobody',
  ],
  ...[
    'all',
    'every',
    'half',
    'twice',
    'double',
    'triple',
    'up',
    'down',
    'rise',
    'rises',
    'fall',
    'falls',
    'grows',
    'shrinks',
  ],
  ...[
    'high',
    'medium',
    'low',
    'cheapest',
    'dearest',
    'slowest',
    'longest',
    'shortest',
    'before',
    'after',
    'failed',
    'successful',
  ],
];
const MONTHS = [
  ...['january', 'february', 'march', 'april', 'june', 'july', 'august'],
  ...['september', 'october', 'november', 'december'],
];
const NUMBERS = [
  ...[
    'zero',
    'one',
    'two',
    'three',
    'four',
    'five',
    'six',
    'seven',
    'eight',
    'nine',
    'ten',
    'eleven',
    'twelve',
    'dozen',
  ],
  ...[
    'thirteen',
    'fourteen',
    'fifteen',
    'sixteen',
    'seventeen',
    'eighteen',
    'nineteen',
    'twenty',
    'thirty',
    'forty',
    'fifty',
  ],
  ...[
    'sixty',
    'seventy',
    'eighty',
    'ninety',
    'hundred',
    'thousand',
    'million',
    'billion',
    'third',
    'quarter',
    'quarters',
  ],
];
/** What figures count, and in which units. */
const UNITS = [
  ...['calls', 'traces', 'tokens', 'generations', 'requests', 'operations', 'models', 'users', 'sessions', 'answers'],
  ...['second', 'seconds', 'minutes', 'hours', 'day', 'days', 'week', 'weeks', 'month', 'months', 'year', 'years'],
];
const HARD_WORDS = new Set([...COMPARISONS, ...MONTHS, ...NUMBERS, ...UNITS]);
/** Words that turn a sentence round where they are put in. */
const TURNING = new Set(COMPARISONS);

const JOINTS = new Set(['a', 'an', 'per', 'of', 'each']);

const TOKEN = /`[^`]*`|[^\s|`]+/gu;
const EDGE = /^[("'“‘[*_]+|[)"'”’\],.;:!?*_]+$/gu;

export function wordsOf(text: string): Words {
  const words: Words = { hard: [], soft: [], counted: [] };
  let figure: string | undefined;
  for (const [token] of text.matchAll(TOKEN)) {
    const bare = token.startsWith('`') ? token : token.replace(EDGE, '');
    const lower = bare.toLowerCase();
    if (bare === '') {
      figure = undefined;
      continue;
    }
    if (figure !== undefined) words.counted.push(`${figure} ${lower}`);
    // `$5.57 a month`, `4.02 per day`
    figure = figure !== undefined && JOINTS.has(lower) ? `${figure} ${lower}` : undefined;
    if (token.startsWith('`') || /[\p{N}$€£¥¢]/u.test(bare) || HARD_WORDS.has(lower)) {
      words.hard.push(token.startsWith('`') ? bare : lower);
      // A token that ends a clause counts nothing.
      if (/\p{N}/u.test(bare) && !token.startsWith('`') && !/[.,;:)]$/u.test(token)) figure = lower;
    } else if (/[\p{L}]/u.test(bare)) words.soft.push(lower);
  }
  return words;
}

export function isTurning(word: string): boolean {
  return TURNING.has(word);
}

/** What is in the first list and not in the second, repetitions counted. */
export function without(list: readonly string[], other: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const word of other) left.set(word, (left.get(word) ?? 0) + 1);
  return list.filter((word) => {
    const count = left.get(word) ?? 0;
    left.set(word, count - 1);
    return count <= 0;
  });
}

/** The share of wording that two lines have in common, 0 to 1. */
export function likeness(a: Words, b: Words): number {
  const longest = Math.max(a.soft.length, b.soft.length);
  if (longest === 0) return a.hard.length > 0 && a.hard.length === b.hard.length ? 1 : 0;
  return (a.soft.length - without(a.soft, b.soft).length) / longest;
}
