/** Numbers in words, where they count or measure something: `twelve thousand calls`, `three quarters of`. */

const ONES =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen';
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety';
const VALUES = new Map<string, number>([
  ...ONES.split(' ').map((word, value): [string, number] => [word, value]),
  ...TENS.split(' ').map((word, at): [string, number] => [word, (at + 2) * 10]),
]);
const SCALES = new Map([
  ['dozen', 12],
  ['hundred', 100],
  ['thousand', 1_000],
  ['million', 1_000_000],
]);

const WORD = `(?:${[...VALUES.keys(), ...SCALES.keys()].join('|')})`;
/** What a number in words must stand before: in other places (`the two versions`, `five times its median or more`) it is no measurement. */
const COUNTED = String.raw`(?=\s(?:of (?:the|its|all)\s)?(?:(?:failed|successful|distinct|sampled|input|output|prompt|identical|repeated) )?(?:calls?|traces?|tokens|requests|generations|operations|models|sessions|users|dollars|cents|bucks|percent|per cent|percentage|times(?! its median)|hours|days|grand)\b)`;
const NUMBER = new RegExp(`\\b(?:an? )?(${WORD}(?:[ -](?:and )?${WORD})*)${COUNTED}`, 'giu');
const FRACTIONS: [RegExp, string][] = [
  [/\bthree[ -]quarters(?= of\b)/giu, '75%'],
  [/\btwo[ -]thirds(?= of\b)/giu, '67%'],
  [/\b(?:a|one)[ -]third(?= of\b)/giu, '33%'],
  [/\b(?:a|one)[ -]quarter(?= of\b)/giu, '25%'],
  [/\b(?<!send )(?<!a )half(?= of (?:all|the|its)\b)/giu, '50%'],
  [/\b(?<!send )half (?=(?:the|its|all) (?:traffic|calls|traces|spend|bill|costs?|tokens|requests)\b)/giu, '50% of '],
];

/** The text with such numbers in digits; a `thousand` stays a rounded one. */
export function wordsAsDigits(text: string): string {
  let plain = text;
  for (const [pattern, digits] of FRACTIONS) plain = plain.replace(pattern, digits);
  return plain.replace(NUMBER, (written: string, words: string) => {
    const value = numberOf(words.toLowerCase());
    if (value <= 1) return written;
    if (value >= 1_000_000 && value % 100_000 === 0) return `${value / 1_000_000} million`;
    return value >= 1_000 && value % 1_000 === 0 ? `${value / 1_000}k` : String(value);
  });
}

function numberOf(words: string): number {
  let total = 0;
  let current = 0;
  for (const word of words.split(/[ -]/u)) {
    const scale = SCALES.get(word);
    if (scale === undefined) current += VALUES.get(word) ?? 0;
    else if (scale < 1_000) current = Math.max(1, current) * scale;
    else {
      total += Math.max(1, current) * scale;
      current = 0;
    }
  }
  return total + current;
}
