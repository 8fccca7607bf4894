import { oneLine, truncate } from '../../lib/format.ts';
import { cellsOf, type Line, linesOf } from './lines.ts';
import { isTurning, likeness, type Words, without, wordsOf } from './words.ts';

/** A line of a report that says something else than the data do. */
export interface Mismatch {
  line: number;
  /** As written. */
  text: string;
  reason: string;
  /** The figures and names in it that the data do not have there; empty where something else is wrong. */
  differs: readonly string[];
}

/** Lines of this likeness say the same thing in the same words. */
const ALIKE = 0.6;
/** Code that shows how to change a program is the author's own. */
const OWN_CODE = new Set(['python', 'py', 'javascript', 'js', 'typescript', 'ts', 'bash', 'sh', 'diff']);
/** Tables that hold rows of the data and nothing else. */
const DATA_TABLES = /^(?:Cost Analysis|High-Variance Investigation|Failure-Mode Analysis)\b/u;
const SHOWN = 160;

interface Computed extends Line {
  words: Words;
  cells: string[];
  taken: boolean;
}

/**
 * Compares a report with the text that its data files give through the report's template. A line in the words of a computed one must have
 * its figures, names and comparisons; a computed table its rows, each once and in order; a line of the data must stand where it belongs.
 * What an author words differently is no mismatch here: its claims are checked one by one.
 * @returns `same`: numbers of the lines that are computed ones, word for word and in their place
 */
export function compareWithComputed(report: string, computed: string): { mismatches: Mismatch[]; same: Set<number> } {
  const expected = linesOf(computed).map((line) => ({
    ...line,
    words: wordsOf(line.text),
    cells: cellsOf(line.text),
    taken: false,
  }));
  const own = linesOf(report).filter((line) => !OWN_CODE.has(line.lang));
  const index = new Index(expected.filter((line) => !OWN_CODE.has(line.lang)));
  const pairs = own.map((line) => ({ line, same: index.takeSame(line) }));
  const found = pairs.flatMap(({ line, same }) => (same ? [] : differing(line, index)));
  const mismatches = [...found, ...misordered(pairs), ...lacking(pairs, index)].sort((a, b) => a.line - b.line);
  return { mismatches, same: new Set(pairs.flatMap(({ line, same }) => (same ? [line.line] : []))) };
}

class Index {
  readonly #byPlace = new Map<string, Computed[]>();
  readonly #byText = new Map<string, Computed[]>();

  constructor(lines: readonly Computed[]) {
    for (const line of lines) {
      push(this.#byPlace, line.place, line);
      push(this.#byText, line.text, line);
    }
  }

  /** The computed line that is the same in the same place; each serves once. */
  takeSame({ text, place }: Line): Computed | undefined {
    const found = this.#byText.get(text)?.find((line) => line.place === place && !line.taken);
    if (found) found.taken = true;
    return found;
  }

  inPlace(place: string): Computed[] {
    return this.#byPlace.get(place) ?? [];
  }

  /** The same line, wherever it stands. */
  anywhere(text: string): Computed | undefined {
    return this.#byText.get(text)?.[0];
  }
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

function differing(line: Line, index: Index): Mismatch[] {
  const there = index.inPlace(line.place);
  if (there.some(({ text }) => text === line.text))
    return line.kind === 'row' ? [says(line, 'the row stands twice')] : [];
  const moved = movedFrom(line, index);
  if (moved) return [says(line, `in the data this stands under ${moved}`)];
  if (line.kind === 'row' || line.kind === 'head') return tableLine(line, there);
  return textLine(line, there);
}

/** Something that can be false elsewhere: a figure, a name, or a quotation of some length. */
function movedFrom(line: Line, index: Index): string | undefined {
  const found = index.anywhere(line.text);
  if (!found || line.kind === 'head') return undefined;
  const isQuote = line.kind === 'code' && line.text.length >= 20;
  return isQuote || wordsOf(line.text).hard.length > 0 ? found.place : undefined;
}

function textLine(line: Line, there: readonly Computed[]): Mismatch[] {
  const words = wordsOf(line.text);
  const free = there.filter(({ taken, kind }) => !taken && kind === line.kind);
  const [best] = free.map((each) => ({ each, score: likeness(words, each.words) })).sort((a, b) => b.score - a.score);
  if (!best || best.score < ALIKE) return [];
  best.each.taken = true;
  const wrong = contradiction(words, best.each.words) ?? namedOtherwise(line.text, best.each.text);
  if (wrong === undefined) return [];
  return [says(line, `${wrong}: the data say ${quoted(best.each.text)}`, without(words.hard, best.each.words.hard))];
}

/** How a line in the same words says something else; undefined where it only says less, more, or the same. */
function contradiction(own: Words, data: Words): string | undefined {
  const added = without(own.hard, data.hard);
  const dropped = without(data.hard, own.hard);
  const [first] = added;
  if (first !== undefined && dropped.length > 0) return `${first} in the place of ${dropped[0]}`;
  const turning = added.find(isTurning) ?? dropped.find(isTurning);
  if (turning !== undefined) return `${JSON.stringify(turning)} turns it round`;
  if (added.length === 0 && dropped.length === 0 && own.hard.join(' ') !== data.hard.join(' '))
    return 'its figures or names have changed places';
  const counted = added.length === 0 ? without(own.counted, data.counted) : [];
  return counted[0] === undefined ? undefined : `${JSON.stringify(counted[0])} is not what was counted`;
}

/** What a line sets in bold at its end, and the metric of a plan, are the data's own words. */
const VALUES = [/\*\*([^*]+)\*\*\.?$/u, /^[-*] \*\*Metric:\*\*(.*)$/u];

function namedOtherwise(own: string, data: string): string | undefined {
  const pattern = VALUES.find((each) => each.test(data));
  if (!pattern || pattern.exec(own)?.[1] === pattern.exec(data)?.[1]) return undefined;
  return 'it names something else';
}

function tableLine(line: Line, there: readonly Computed[]): Mismatch[] {
  const free = there.filter(({ taken, kind }) => !taken && kind === line.kind);
  const own = cellsOf(line.text);
  const ranked = free.map((each) => ({ each, score: equalCells(own, each.cells) })).sort((a, b) => b.score - a.score);
  const best =
    ranked.find(({ each, score }) => score > 0 && (line.kind === 'head' || each.head === line.head)) ?? ranked[0];
  if (!best || best.score === 0) return isStranger(line, there) ? [says(line, 'the data have no such row')] : [];
  best.each.taken = true;
  const data = best.each.cells;
  const head = cellsOf(line.head);
  const columns = Array.from({ length: Math.max(own.length, data.length) }, (_unused, column) => column);
  return columns
    .filter((column) => own[column] !== data[column])
    .map((column) => {
      const name = line.kind === 'head' ? `column ${column + 1}` : head[column] || `column ${column + 1}`;
      const text = own[column] ?? '';
      return says({ ...line, text }, `${name}: the data say ${quoted(data[column] ?? 'nothing')}`, [text]);
    });
}

function equalCells(a: readonly string[], b: readonly string[]): number {
  return (
    a.filter((cell, column) => cell !== '' && cell === b[column]).length + (a[0] !== '' && a[0] === b[0] ? a.length : 0)
  );
}

/** A row in a table of the data that is in no file. */
function isStranger({ kind, head, place }: Line, there: readonly Computed[]): boolean {
  return kind === 'row' && DATA_TABLES.test(place) && there.some((each) => each.head === head);
}

/** Rows and quotations keep the order of the data: another one is another ranking, or another trace's words. */
function misordered(pairs: readonly { line: Line; same: Computed | undefined }[]): Mismatch[] {
  const last = new Map<string, number>();
  return pairs.flatMap(({ line, same }) => {
    if (!same || (line.kind !== 'row' && line.kind !== 'code')) return [];
    const key = `${line.place}\n${line.kind} ${line.head}`;
    const before = last.get(key) ?? 0;
    last.set(key, Math.max(before, same.line));
    return same.line < before ? [says(line, 'it stands in another order than in the data')] : [];
  });
}

/** Rows that a computed table has and the report's copy of it has not. */
function lacking(pairs: readonly { line: Line; same: Computed | undefined }[], index: Index): Mismatch[] {
  const heads = pairs.flatMap(({ line, same }) => (line.kind === 'head' && same ? [{ line, same }] : []));
  return heads.flatMap(({ line, same }) =>
    index
      .inPlace(same.place)
      .filter((row) => row.kind === 'row' && row.head === same.text && !row.taken)
      .map((row) => says(line, `the table lacks the row ${quoted(row.text)}`)),
  );
}

function says({ line, text }: Pick<Line, 'line' | 'text'>, reason: string, differs: string[] = []): Mismatch {
  return { line, text: truncate(oneLine(text), SHOWN), reason, differs };
}

function quoted(text: string): string {
  return JSON.stringify(truncate(oneLine(text), SHOWN));
}
