import { cellFigure } from '../figures.ts';

/** A figure with its unit, to be compared with another way of writing it. */
export interface Measure {
  value: number;
  /** What rounding may have taken away. */
  half: number;
  unit: 'usd' | 'percent' | 'plain' | 'seconds' | 'times';
}

const SECONDS: [RegExp, number][] = [
  [/^(?:ms|milliseconds?)$/iu, 0.001],
  [/^(?:s|secs?|seconds?)$/iu, 1],
  [/^(?:mins?|minutes?)$/iu, 60],
  [/^(?:h|hrs?|hours?)$/iu, 3600],
];
const PARTS = /^([~≈]?)([-+]?)([$\d].*?)(ms|milliseconds?|s|secs?|seconds?|mins?|h|×|x)?$/u;

/** The measure that a token is; null for dates, names and everything else. */
export function measureOf(token: string): Measure | null {
  const [, , sign, digits = '', suffix] = PARTS.exec(token) ?? [];
  const figure = cellFigure(digits);
  if (!figure || figure.text !== digits) return null;
  const { unit, half } = figure;
  const plain: Measure = { value: sign === '-' ? -figure.value : figure.value, half, unit };
  if (suffix === undefined) return plain;
  return /^[×x]$/u.test(suffix) ? { ...plain, unit: 'times' } : inUnit(plain, suffix);
}

/** A bare number with the word behind it as its unit; null where the word is no unit of time. */
export function inUnit(measure: Measure, word: string): Measure | null {
  const scale = SECONDS.find(([pattern]) => pattern.test(word))?.[1];
  if (scale === undefined || measure.unit !== 'plain') return null;
  return { value: measure.value * scale, half: measure.half * scale, unit: 'seconds' };
}

/** A coarser figure may be off by this share of the finer one: `$4.61` is about `$5`, but `0.5%` is not `1%`. */
const MOST_LOST = 0.25;
const EPSILON = 1e-9;

/** Whether one of two figures is the other, or the other in fewer digits. */
export function isSameMeasure(a: Measure, b: Measure): boolean {
  if (a.unit !== b.unit || Math.sign(a.value) !== Math.sign(b.value)) return false;
  const finer = a.half < b.half ? a : b;
  const off = Math.abs(a.value - b.value) - EPSILON * Math.abs(finer.value);
  return off <= Math.max(a.half, b.half) && off <= MOST_LOST * Math.abs(finer.value);
}
