import { numbersIn, shows } from './figures.ts';
import { wordsAsDigits } from './number-words.ts';

/** Numbers, fractions and bounds in words, as patterns and as what they allow. */

/** A number as clauses hold it, in digits. */
export const NUMBER = '(?:\\d[\\d,]*(?:\\.\\d+)?(?: ?(?:k|m|million|thousand))?|one)';

const SMALL =
  'two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety';
const SCALE = 'dozen|hundred|thousand|million';
const IN_WORDS = new RegExp(
  `(?<![\\p{L}-])(?:${SMALL}|(?:an?|one) (?=(?:${SCALE})(?![\\p{L}-]))(?:${SCALE}))(?:[ -](?:and )?(?:${SMALL}|${SCALE}|one)(?![\\p{L}]))*(?![\\p{L}]|-fold)`,
  'gu',
);

/** Numbers in digits; `one` stays, since it counts nothing in most places. */
export function inDigits(text: string): string {
  return text.replace(IN_WORDS, (written) => {
    const digits = wordsAsDigits(`${written} calls`).replace(/ calls$/u, '');
    return /^[\d.]+(?:k| million)?$/u.test(digits) ? digits : written;
  });
}

/** Whether a written number is this value as it is rounded. */
export function says(written: string, value: number): boolean {
  const [figure] = numbersIn(digitsOf(written));
  return figure !== undefined && shows(figure, value);
}

/** A written number's value; NaN where it is none. */
export function numberOf(written: string): number {
  return numbersIn(digitsOf(written))[0]?.value ?? Number.NaN;
}

function digitsOf(written: string): string {
  return written
    .trim()
    .replace(/^one$/u, '1')
    .replace(/(?<=\d) ?thousand$/u, 'k')
    .replace(/(?<=\d) ?m$/u, 'M');
}

const FRACTIONS: [string, number][] = [
  ['(?:three|3)[ -]quarters', 3 / 4],
  ['(?:two|2)[ -]thirds', 2 / 3],
  ['every (?:second|other)|(?:a |one[ -])?half', 1 / 2],
  ['every third', 1 / 3],
  ['every fourth', 1 / 4],
  ['every tenth', 1 / 10],
  ['(?:a|one)[ -]third', 1 / 3],
  ['(?:a|one)[ -]quarter', 1 / 4],
  ['(?:a|one)[ -]fifth', 1 / 5],
  ['(?:a|one)[ -]sixth', 1 / 6],
  ['(?:a|one)[ -]tenth', 1 / 10],
  ['(?:a|one)[ -]twentieth', 1 / 20],
  ['(?:a|one)[ -]hundredth', 1 / 100],
];
export const FRACTION = FRACTIONS.map(([source]) => source).join('|');

function fractionOf(written: string): number | null {
  return FRACTIONS.find(([source]) => new RegExp(`^(?:${source})$`, 'u').test(written))?.[1] ?? null;
}

/** `twice`, `half`, `N times`: how many times the other value. */
export const MULTIPLE = `twice|double|triple|thrice|${FRACTION}|${NUMBER} times`;
export const BOUND =
  'more than|over|at least|less than|under|below|fewer than|at most|up to|nearly|almost|about|roughly|around|exactly|only|just|not quite';

/** How far a rounded statement may be from the value, as a share of it. */
const NEAR = 0.12;
const ABOUT = 0.2;

/** Whether a value is the multiple that a text gives it, with its bound. */
export function isMultiple(bound: string | undefined, written: string, value: number): boolean | null {
  const times = written.replace(/ times$/u, '');
  const known = { twice: 2, double: 2, triple: 3, thrice: 3 }[times] ?? fractionOf(times);
  const target = known ?? numberOf(times);
  if (!Number.isFinite(target)) return null;
  return within(bound, target, value, known === null && bound === undefined && says(times, value));
}

/** Whether a share is the fraction that a text gives it; null where it gives none. */
export function isFraction(bound: string | undefined, written: string, share: number): boolean | null {
  const target = fractionOf(written) ?? outOf(written);
  return target === null ? null : within(bound, target, share, false);
}

/** `one in twenty`, `1 out of 4`, `nine in ten`. */
export const OUT_OF = `${NUMBER} (?:in|out of)(?: every)? ${NUMBER}`;

function outOf(written: string): number | null {
  const [seen = '', of = ''] = written.split(/ (?:calls? |requests? )?(?:in|out of)(?: every)? /u);
  const share = numberOf(seen) / numberOf(of);
  return Number.isFinite(share) && share <= 1 ? share : null;
}

function within(bound: string | undefined, target: number, value: number, isWritten: boolean): boolean {
  if (/^(?:more than|over|at least)$/u.test(bound ?? '')) return value >= target;
  if (/^(?:less than|under|below|fewer than|at most|up to)$/u.test(bound ?? '')) return value <= target;
  const reach = /^(?:nearly|almost|about|roughly|around|not quite)$/u.test(bound ?? '') ? ABOUT : NEAR;
  return isWritten || Math.abs(value - target) <= reach * target;
}
