/** Words that can make a sentence false, and words that cannot. */

/** Comparisons and negations; those of one line mean the same. */
const MEANINGS = [
  'not no never none nobody nothing neither nor cannot unknown',
  'all every each',
  'above',
  'below',
  'over',
  'under',
  'more higher larger greater bigger',
  'less fewer lower smaller',
  'most',
  'least',
  'highest largest greatest biggest',
  'lowest smallest',
  'longer slower',
  'shorter faster',
  'longest slowest',
  'shortest fastest',
  'dearer',
  'cheaper',
  'dearest',
  'cheapest',
  'better',
  'worse',
  'best',
  'worst',
  'rise rises rose risen rising grow grows grew grown growing increase increases increased increasing',
  'fall falls fell fallen falling shrink shrinks shrank drop drops dropped decrease decreases decreased decreasing',
  'up',
  'down',
  'half halves halved',
  'twice double doubles doubled',
  'triple triples tripled',
  'high',
  'medium',
  'low',
  'before',
  'after',
  'failed',
  'successful',
];

const COMPARISONS: ReadonlyMap<string, string> = new Map(
  MEANINGS.flatMap((line) => {
    const words = line.split(' ');
    return words.map((word): [string, string] => [word, words[0] ?? word]);
  }),
);

/** The first word of those that mean the same as a comparison; undefined for other words. */
export function meaningOf(word: string): string | undefined {
  return /n['’]t$/u.test(word) ? 'not' : COMPARISONS.get(word);
}

/** A line without them says less, and nothing else. */
const MILD = new Set(['all', 'up', 'down', 'before', 'after']);
/** They compare with a figure; before other words they are prepositions. */
const PREPOSITIONS = new Set(['over', 'under']);

export function isMild(meaning: string): boolean {
  return MILD.has(meaning);
}

export function isPreposition(word: string): boolean {
  return PREPOSITIONS.has(word);
}

const NUMBERS = new Set(
  [
    'january february march april june july august september october november december',
    'zero one two three four five six seven eight nine ten eleven twelve dozen thirteen fourteen fifteen sixteen seventeen',
    'eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion third',
  ].flatMap((line) => line.split(' ')),
);

/** Months, and numbers in words. */
export function isNumberWord(word: string): boolean {
  return NUMBERS.has(word);
}

const UNITS = new Set(
  'call trace token generation request operation model user session answer second minute hour day week fortnight month quarter year'.split(
    ' ',
  ),
);
const RATES = new Map([
  ['hourly', 'hour'],
  ['daily', 'day'],
  ['weekly', 'week'],
  ['monthly', 'month'],
  ['quarterly', 'quarter'],
  ['yearly', 'year'],
  ['annual', 'year'],
]);

/** What figures count, and in which unit, in the singular; undefined for other words. */
export function unitOf(word: string): string | undefined {
  const singular = RATES.get(word) ?? word.replace(/s$/u, '');
  return UNITS.has(singular) ? singular : undefined;
}

const APPROXIMATE = new Set('about around roughly approximately approx circa ca nearly almost some'.split(' '));

export function isApproximate(word: string): boolean {
  return APPROXIMATE.has(word);
}
