import { withoutUnseen } from '../lib/unseen.ts';
import { wordsAsDigits } from './number-words.ts';

/**
 * A line with its figures in one form, so that no way of writing one escapes: ASCII digits, `,` for thousands, `.` for decimals, `%`, `$`.
 * Hidden characters are gone. Words around the figures stay; offsets do not.
 */
export function plainFigures(text: string): string {
  if (!FIGURES.test(text)) return text;
  let plain = withoutUnseen(ungrouped(text).normalize('NFKC')).replace(OTHER_DIGIT, asciiDigit);
  plain = ungrouped(plain).replace(MINUS, '-');
  for (const [pattern, write] of REWRITES) plain = plain.replace(pattern, write);
  return plain;
}

/** Digits, anything beyond ASCII, and words of numbers. */
const FIGURES =
  /[^ -~\s\uFFFC]|\d|(?:hundred|thousand|million|dozen|half|third|quarter|teen|ty)s?\b|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b/iu;
const OTHER_DIGIT = /(?![0-9])\p{Nd}/gu;
const MINUS = /[\u2212\u2013](?=\s?[$\d])(?<![\d\s]\s?.)/gu;

/** Digits of a script are ten characters in a row, and such rows stand in blocks of their own. */
function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  let before = 0;
  while (before < 100 && /\p{Nd}/u.test(String.fromCodePoint(code - before - 1))) before += 1;
  return String(before % 10);
}

const GROUPS =
  /(?<![\p{L}\p{N}_.,-])\p{Nd}{1,3}(?:[\u00A0\u2000-\u200A\u202F\u205F '’_٬]\p{Nd}{3})+(?![\p{L}\p{N}_])/gu;

function ungrouped(text: string): string {
  return text.replace(GROUPS, (number) => number.replace(/[^\p{Nd}]/gu, ','));
}

type Write = (...match: string[]) => string;
const FIGURE = String.raw`(?<!\d,?)(\d[\d,]*(?:\.\d+)?)`;
const share = (part: string, of: string) => `${Number(((100 * Number(part)) / Number(of)).toFixed(1))}%`;
const hundredth = (figure: string) => String(Number((Number(figure.replaceAll(',', '')) / 100).toPrecision(12)));

const REWRITES: [RegExp, Write][] = [
  [/(?<![\d/])(\d{1,3})\s?⁄\s?(\d{1,3})/gu, (_, part = '', of = '') => share(part, of)],
  [/(?<![\d/.])([1-9]\d?)\/([1-9]\d?)(?= of\b)/gu, (_, part = '', of = '') => share(part, of)],
  [
    /(?<![\d.,])([1-9]\d?) (?:in|out of) (?:every )?([1-9]\d?)(?= (?:of\b|calls|traces|requests|generations|prompts))/gu,
    (_, part = '', of = '') => share(part, of),
  ],
  [/(?<![\p{L}\p{N}_.-])(\d+(?:\.\d+)?)e\+?(\d{1,2})(?![\p{L}\p{N}_-])/giu, (_, m, e) => String(Number(`${m}e${e}`))],
  [/\b.*\b/gu, wordsAsDigits],
  [new RegExp(`(?<![$\\d.,])${FIGURE} grand\\b`, 'gu'), (_, figure) => `$${figure}k`],
  [/(?<![\d.])(\d+),(\d{1,2})(?=\s?(?:%|percent\b|per cent\b))/gu, (_, whole, cents) => `${whole}.${cents}`],
  [new RegExp(`${FIGURE}\\s?(?:percentage points?|percent|per cent|pct|pp)\\b`, 'gu'), (_, figure) => `${figure}%`],
  [new RegExp(`${FIGURE}\\s?(?:bps?|basis points?)\\b`, 'gu'), (_, figure = '') => `${hundredth(figure)}%`],
  [/\$\s?-\s?(?=\d)/gu, () => '-$'],
  [new RegExp(`\\$\\$\\s?${FIGURE}\\s?\\$\\$`, 'gu'), (_, figure) => `$${figure}`],
  [new RegExp(`\\b(?:USD|US-?Dollars?)\\s?\\$?\\s?${FIGURE}`, 'gu'), (_, figure) => `$${figure}`],
  [
    new RegExp(`(?<![$\\d.,-])${FIGURE}\\s?([kKmM]?)\\s?(?:USD|US[ -]dollars|dollars)\\b(?!\\s?[$\\d])`, 'gu'),
    (_, figure, scale) => `$${figure}${scale}`,
  ],
  [new RegExp(`(?<![$\\d.,])${FIGURE}\\s?([kKmM]?)\\$(?!\\d)`, 'gu'), (_, figure, scale) => `$${figure}${scale}`],
  [new RegExp(`(?<![$\\d.,])${FIGURE} bucks\\b`, 'gu'), (_, figure) => `$${figure}`],
  [new RegExp(`(?<![$\\d.,])${FIGURE}\\s?(?:¢|(?:US )?cents?\\b)`, 'gu'), (_, figure = '') => `$${hundredth(figure)}`],
];
