import { parse } from 'csv-parse/sync';

/** Files that the source is asked for again, and by which columns their rows are known. */
export const COMPARED: Readonly<Record<string, readonly string[]>> = {
  'data/project.json': [],
  'data/metrics_by_span.csv': ['operation'],
  'data/metrics_by_span_7d.csv': ['operation'],
  'data/metrics_by_span_3d.csv': ['operation'],
  'data/metrics_by_model.csv': ['model'],
  'data/daily_cost_by_model.csv': ['day', 'model'],
};

/** Where and how it was read, and what was noticed on the way: no figures. */
const NOT_DATA = new Set(['label', 'backend', 'notices']);
/** Sums of floats depend on the order in which an engine adds; a live project's quantiles are sampled. */
const TOLERANCE = { sum: 1e-6, quantile: 0.05 };

/**
 * How a file of a results dir differs from what the source says now, a phrase each; rows are matched by their key, so that their order does
 * not matter.
 * @param isExact false where the engine samples for quantiles
 */
export function differences(file: string, texts: { kept: string; now: string }, isExact: boolean): string[] {
  const [kept, now] = [cellsOf(file, texts.kept), cellsOf(file, texts.now)];
  const found: string[] = [];
  for (const [place, cell] of kept.cells) {
    const other = now.cells.get(place);
    const tolerance = !isExact && /p\d\d/u.test(place) ? TOLERANCE.quantile : TOLERANCE.sum;
    if (other === undefined) found.push(`${file}: ${place} is ${quoted(cell)}, the source has no such value`);
    else if (!isSame(cell, other, tolerance))
      found.push(`${file}: ${place} is ${quoted(cell)}, the source says ${quoted(other)}`);
  }
  for (const [place, cell] of now.cells)
    if (!kept.cells.has(place)) found.push(`${file}: ${place} is missing, the source says ${quoted(cell)}`);
  return [...kept.twice.map((key) => `${file}: ${quoted(key)} has two rows`), ...found];
}

interface Cells {
  /** By `row key → column`. */
  cells: Map<string, string>;
  /** Keys that more than one row has. */
  twice: string[];
}

function cellsOf(file: string, text: string): Cells {
  return file.endsWith('.json') ? jsonCells(text) : csvCells(text, COMPARED[file] ?? []);
}

function csvCells(text: string, keys: readonly string[]): Cells {
  const rows = readRows(text);
  const seen = new Set<string>();
  const twice: string[] = [];
  const cells = new Map<string, string>();
  for (const row of rows) {
    const key = keys.map((column) => row[column] ?? '').join(' ');
    if (seen.has(key)) twice.push(key);
    seen.add(key);
    for (const [column, cell] of Object.entries(row)) cells.set(`${quoted(key)} ${column}`, cell);
  }
  return { cells, twice };
}

/** A file that is no CSV has no cells: then every value of the source is missing in it. */
function readRows(text: string): Record<string, string>[] {
  try {
    return parse(text, { columns: true });
  } catch {
    return [];
  }
}

function jsonCells(text: string): Cells {
  const cells = new Map<string, string>();
  const walk = (value: unknown, place: string) => {
    if (typeof value === 'object' && value !== null)
      for (const [key, item] of Object.entries(value)) walk(item, place === '' ? key : `${place}.${key}`);
    else cells.set(place, String(value));
  };
  try {
    const entries = Object.entries(JSON.parse(text) as object).filter(([key]) => !NOT_DATA.has(key));
    walk(Object.fromEntries(entries), '');
  } catch {
    // As with CSV.
  }
  return { cells, twice: [] };
}

function isSame(a: string, b: string, tolerance: number): boolean {
  if (a === b) return true;
  const [x, y] = [Number(a), Number(b)];
  if (a.trim() === '' || b.trim() === '' || !Number.isFinite(x) || !Number.isFinite(y)) return false;
  return Math.abs(x - y) <= tolerance * Math.max(Math.abs(x), Math.abs(y));
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
}
