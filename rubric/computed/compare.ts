import { oneLine, truncate } from '../../lib/format.ts';
import { contradiction, isSameCell } from './contradiction.ts';
import { type Line, linesOf } from './lines.ts';
import { cellsOf, plainKey } from './plain.ts';
import { isSameTerm, likeness, type Words, without, wordsOf } from './words.ts';

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
  /** Read where they are asked for first. */
  words?: Words;
  cells?: string[];
  taken: boolean;
}

/** A line of the report with the computed one that it stands for, and what it says otherwise. */
interface Judged {
  line: Line;
  data?: Computed | undefined;
  faults: Mismatch[];
}

/**
 * Compares a report with the text that its data files give through the report's template. A line in the words of a computed one must have
 * its figures, names and comparisons; a computed table its rows, each once and in order; a line of the data must stand where it belongs.
 * What an author words differently is no mismatch here: its claims are checked one by one.
 * @returns `same`: numbers of the lines that are computed ones, word for word and in their place
 */
export function compareWithComputed(report: string, computed: string): { mismatches: Mismatch[]; same: Set<number> } {
  const expected = linesOf(computed).map((line) => ({ ...line, taken: false }));
  const index = new Index(expected.filter((line) => !OWN_CODE.has(line.lang)));
  const own = linesOf(report)
    .filter((line) => !OWN_CODE.has(line.lang))
    .map((line) => ({ ...line, place: index.nearest(line.place) }));
  const same = own.map((line) => ({ line, data: index.takeSame(line), faults: [] }));
  const judged = same.map((pair) => (pair.data ? pair : { line: pair.line, ...differing(pair.line, index) }));
  const found = judged.flatMap(({ faults }) => faults);
  const mismatches = [...found, ...misordered(judged), ...lacking(judged, index)].sort((a, b) => a.line - b.line);
  return { mismatches, same: new Set(same.flatMap(({ line, data }) => (data ? [line.line] : []))) };
}

class Index {
  readonly #byPlace = new Map<string, Computed[]>();
  readonly #byKey = new Map<string, Computed[]>();

  constructor(lines: readonly Computed[]) {
    for (const line of lines) {
      push(this.#byPlace, line.place, line);
      push(this.#byKey, line.key, line);
    }
  }

  /** The computed line that is the same in the same place; each serves once. */
  takeSame({ key, place }: Line): Computed | undefined {
    const found = this.#byKey.get(key)?.find((line) => line.place === place && !line.taken);
    if (found) found.taken = true;
    return found;
  }

  inPlace(place: string): Computed[] {
    return this.#byPlace.get(place) ?? [];
  }

  /** A heading of the author's own divides what stands above it, and is no other place. */
  nearest(place: string): string {
    let known = place;
    while (!this.#byPlace.has(known) && known.includes(' / ')) known = known.slice(0, known.lastIndexOf(' / '));
    return known;
  }

  /** The same line, wherever it stands; one that the report lacks there before others. */
  anywhere(key: string): Computed | undefined {
    const all = this.#byKey.get(key);
    return all?.find((line) => !line.taken) ?? all?.[0];
  }
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

function differing(line: Line, index: Index): Omit<Judged, 'line'> {
  const there = index.inPlace(line.place);
  if (there.some(({ key }) => key === line.key))
    return { faults: line.kind === 'row' ? [says(line, 'the row stands twice')] : [] };
  const moved = movedFrom(line, index);
  if (moved) return { faults: [says(line, `in the data this stands under ${moved}`)] };
  if (line.kind === 'row' || line.kind === 'head') return tableLine(line, there);
  return textLine(line, there);
}

/** Something that can be false elsewhere: a figure, a name, or a quotation of some length. */
function movedFrom(line: Line, index: Index): string | undefined {
  const found = index.anywhere(line.key);
  if (!found || line.kind === 'head' || isRepeated(line, found)) return undefined;
  const isQuote = line.kind === 'code' && line.text.length >= 20;
  return isQuote || wordsOf(line.key).hard.length > 0 ? found.place : undefined;
}

/** A quotation that stands where it belongs, too: its claim holds it to the trace that is named above it. */
function isRepeated({ kind, lang }: Line, found: Computed): boolean {
  return kind === 'code' && found.taken && (lang === 'text' || lang === '');
}

function textLine(line: Line, there: readonly Computed[]): Omit<Judged, 'line'> {
  const words = wordsOf(line.key);
  const free = there.filter(({ taken, kind }) => !taken && kind === line.kind);
  const whole = free.find(({ key }) => isBeginning(line, key));
  const [best] = free
    .map((each) => ({ each, score: likeness(words, readWords(each)) }))
    .sort((a, b) => b.score - a.score);
  const data = whole ?? (best && best.score >= ALIKE ? best.each : undefined);
  if (!data) return { faults: [] };
  data.taken = true;
  const wrong = whole ? undefined : (contradiction(words, readWords(data)) ?? namedOtherwise(line, data));
  if (wrong === undefined) return { data, faults: [] };
  const differs = without(words.hard, readWords(data).hard, isSameTerm).map(({ text }) => text);
  return { data, faults: [says(line, `${wrong}: the data say ${quoted(data.text)}`, differs)] };
}

function readWords(line: Computed): Words {
  line.words ??= wordsOf(line.key);
  return line.words;
}

function readCells(line: Computed): string[] {
  line.cells ??= cellsOf(line.key);
  return line.cells;
}

const CUT = /\s*(?:…|\.{3})$/u;

/** A quotation that ends earlier, between two words, and says so. */
function isBeginning({ kind, key }: Line, whole: string): boolean {
  const shown = key.replace(CUT, '');
  return (
    kind === 'code' && shown !== key && whole.startsWith(shown) && !/^[\p{L}\p{N}]/u.test(whole.slice(shown.length))
  );
}

/** What a line sets in bold at its end, and the metric of a plan, are the data's own words. */
const VALUES = [/\S (\*\*[^*]+\*\*)\.?$/u, /^[-*] \*\*Metric(:\*\*.*)$/u];

function namedOtherwise(own: Line, data: Line): string | undefined {
  const value = VALUES.map((pattern) => pattern.exec(data.text)?.[1]).find((found) => found !== undefined);
  if (value === undefined || own.key.replace(/\.$/u, '').endsWith(plainKey(value))) return undefined;
  return 'it names something else';
}

function tableLine(line: Line, there: readonly Computed[]): Omit<Judged, 'line'> {
  const free = there.filter(({ taken, kind }) => !taken && kind === line.kind);
  const own = cellsOf(line.key);
  const ranked = free
    .map((each) => ({ each, score: equalCells(own, readCells(each)) }))
    .sort((a, b) => b.score - a.score);
  const best =
    ranked.find(({ each, score }) => score > 0 && (line.kind === 'head' || each.head === line.head)) ?? ranked[0];
  if (!best || best.score === 0)
    return { faults: isStranger(line, there) ? [says(line, 'the data have no such row')] : [] };
  best.each.taken = true;
  return { data: best.each, faults: wrongCells(line, best.each) };
}

function wrongCells(line: Line, data: Line): Mismatch[] {
  const [own, theirs, head] = [line.key, data.key, line.head].map(cellsOf) as [string[], string[], string[]];
  const columns = Array.from({ length: Math.max(own.length, theirs.length) }, (_unused, column) => column);
  return columns
    .filter((column) => !isSameCell(own[column] ?? '', theirs[column] ?? ''))
    .map((column) => {
      const name = line.kind === 'head' ? `column ${column + 1}` : head[column] || `column ${column + 1}`;
      const text = cellsOf(line.text)[column] ?? '';
      const said = cellsOf(data.text)[column] ?? 'nothing';
      return says({ ...line, text }, `${name}: the data say ${quoted(said)}`, [text]);
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
function misordered(judged: readonly Judged[]): Mismatch[] {
  const last = new Map<string, number>();
  return judged.flatMap(({ line, data }) => {
    if (!data || (line.kind !== 'row' && line.kind !== 'code')) return [];
    const key = `${line.place}\n${line.kind} ${line.head}`;
    const before = last.get(key) ?? 0;
    last.set(key, Math.max(before, data.line));
    return data.line < before ? [says(line, 'it stands in another order than in the data')] : [];
  });
}

/** Rows that a computed table has and the report's copy of it has not. */
function lacking(judged: readonly Judged[], index: Index): Mismatch[] {
  const heads = judged.flatMap(({ line, data }) => (line.kind === 'head' && data ? [{ line, data }] : []));
  return heads.flatMap(({ line, data }) =>
    index
      .inPlace(data.place)
      .filter((row) => row.kind === 'row' && row.head === data.key && !row.taken)
      .map((row) => says(line, `the table lacks the row ${quoted(row.text)}`)),
  );
}

function says({ line, text }: Pick<Line, 'line' | 'text'>, reason: string, differs: string[] = []): Mismatch {
  return { line, text: truncate(oneLine(text), SHOWN), reason, differs };
}

function quoted(text: string): string {
  return JSON.stringify(truncate(oneLine(text), SHOWN));
}
