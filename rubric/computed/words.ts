import { inUnit, isSameMeasure, type Measure, measureOf } from './measures.ts';
import { isApproximate, isNumberWord, isPreposition, meaningOf, unitOf } from './vocabulary.ts';

/** What of a line can be true or false (figures, names, comparisons), and what is mere wording. */

/** A figure, a name, a month, a number word or a comparison. */
export interface Term {
  /** As written. */
  text: string;
  /** The same for comparisons of one meaning, and for a name in and outside a code span. */
  key: string;
  isComparison: boolean;
  measure: Measure | null;
  /** The unit that a figure counts, in the singular. */
  counts: string | null;
  /** The word behind a figure. */
  next: string | null;
}

export interface Words {
  /** In order. */
  hard: Term[];
  /** Units, whatever stands before them. */
  units: string[];
  /** The other words, in lower case. */
  soft: string[];
}

const TOKEN = /`[^`]*`|[^\s|`]+/gu;
const EDGE = /^[("'“‘[*_]+|[)"'”’\],.;:!?*_]+$/gu;
/** What is no plain word: amounts that are not dollars, dates, versions, names with digits or underscores. */
const NAME = /[\p{N}$€£¥¢]|\p{L}_\p{L}/u;
/** How many words behind a figure may name what it counts: `15 of the sampled traces`. */
const REACH = 3;

interface Token {
  /** In lower case, but for code. */
  text: string;
  raw: string;
  isCode: boolean;
  /** Whether a clause ends here. */
  ends: boolean;
}

/** @param key a line in the form of `plain.ts` */
export function wordsOf(key: string): Words {
  const tokens = [...key.matchAll(TOKEN)].map(([token]) => tokenOf(token));
  const words: Words = { hard: [], units: [], soft: [] };
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (!token || token.text === '') continue;
    const figure = figureAt(tokens, at);
    if (figure) {
      words.hard.push(figure.term);
      at += figure.length - 1;
    } else addWord(words, token, tokens[at + 1]);
  }
  return words;
}

function tokenOf(token: string): Token {
  const isCode = token.startsWith('`');
  const raw = isCode ? token : token.replace(EDGE, '');
  return { text: isCode ? raw : raw.toLowerCase(), raw, isCode, ends: !isCode && /[.,;:)]$/u.test(token) };
}

/** A figure, with the unit of time behind it. */
function figureAt(tokens: readonly Token[], at: number): { term: Term; length: number } | null {
  const token = tokens[at];
  const measure = !token || token.isCode ? null : measureOf(token.raw);
  if (!token || !measure) return null;
  const word = token.ends ? undefined : tokens[at + 1];
  const timed = word ? inUnit(measure, word.text) : null;
  if (word && timed) return { term: term(`${token.text} ${word.text}`, { measure: timed }), length: 2 };
  const counts = token.ends ? null : countedFrom(tokens.slice(at + 1, at + 1 + REACH));
  const next = word && !word.isCode && /\p{L}/u.test(word.text) ? word.text : null;
  return { term: term(token.text, { measure, counts, next }), length: 1 };
}

function countedFrom(tokens: readonly Token[]): string | null {
  for (const { text, isCode, ends } of tokens) {
    if (isCode || /\p{N}/u.test(text)) return null;
    const unit = unitOf(text);
    if (unit !== undefined || ends) return unit ?? null;
  }
  return null;
}

function addWord(words: Words, { text, isCode }: Token, next: Token | undefined): void {
  const unit = unitOf(text);
  const comparison = meaningOf(text);
  if (isCode || NAME.test(text) || isNumberWord(text)) words.hard.push(term(text, { key: text.replaceAll('`', '') }));
  else if (unit !== undefined) words.units.push(unit);
  else if (comparison !== undefined && !(isPreposition(text) && !/^\W*\d/u.test(next?.text ?? '')))
    words.hard.push(term(text, { key: comparison, isComparison: true }));
  else if (/\p{L}/u.test(text) && !isApproximate(text)) words.soft.push(text);
}

function term(text: string, rest: Partial<Term> = {}): Term {
  return { text, key: text, isComparison: false, measure: null, counts: null, next: null, ...rest };
}

export function isSameTerm(a: Term, b: Term): boolean {
  return a.measure && b.measure ? isSameMeasure(a.measure, b.measure) : a.key === b.key;
}

/** What is in the first list and not in the second, repetitions counted. */
export function without<T>(list: readonly T[], other: readonly T[], isSame = (a: T, b: T) => a === b): T[] {
  const left = [...other];
  return list.filter((item) => {
    const at = left.findIndex((each) => isSame(item, each));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** The share of wording that two lines have in common, 0 to 1. */
export function likeness(a: Words, b: Words): number {
  const longest = Math.max(a.soft.length, b.soft.length);
  if (longest === 0) return a.hard.length > 0 && a.hard.length === b.hard.length ? 1 : 0;
  return (a.soft.length - without(a.soft, b.soft).length) / longest;
}
