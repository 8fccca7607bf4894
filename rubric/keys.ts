import { oneLine } from '../lib/format.ts';

/** Most ids and names have no other characters, and stand as they are. */
const PLAIN = /^[!-_a-{}~]*$/u;

/** Ids and names as they stand in a code span of a report: one line, without characters that would end it. */
export function traceKey(id: string): string {
  return PLAIN.test(id) ? id : squeezed(id).replaceAll('`', 'ʼ').replaceAll('|', '¦');
}

/** On one line, as reports write it; broken characters as a Markdown file holds them. */
export function squeezed(text: string): string {
  return oneLine(text)
    .replace(/\p{Surrogate}/gu, '\uFFFD')
    .trim();
}

const indexes = new WeakMap<readonly object[], Map<string, Map<string, object[]>>>();

/** The rows of a table that have this key in a column; a table is indexed once. */
export function rowsOf<T extends object>(rows: readonly T[], column: keyof T & string, key: string): readonly T[] {
  const columns = indexes.get(rows) ?? new Map<string, Map<string, object[]>>();
  indexes.set(rows, columns);
  let index = columns.get(column);
  if (!index) {
    index = new Map();
    for (const row of rows) {
      const name = traceKey(String(row[column]));
      const known = index.get(name);
      if (known) known.push(row);
      else index.set(name, [row]);
    }
    columns.set(column, index);
  }
  return (index.get(key) ?? []) as T[];
}
