/**
 * Rows as the JSON text that PostHog writes: a Float column keeps its point (`2.0`), so that a client in Python reads floats, and integers
 * beyond 2^53, which are text in a `QueryResult`, are numbers.
 *
 * @param types ClickHouse types of the columns
 */
export function rowsJson(rows: readonly unknown[][], types: readonly string[]): string {
  const writers = types.map(writerOf);
  const cells = (row: unknown[]) => row.map((cell, index) => (writers[index] ?? plain)(cell)).join(',');
  return `[${rows.map((row) => `[${cells(row)}]`).join(',')}]`;
}

type Writer = (value: unknown) => string;

const plain: Writer = (value) => JSON.stringify(value) ?? 'null';

function writerOf(type: string): Writer {
  const [, outer = type, inside = ''] = /^(\w+)\((.*)\)$/su.exec(type) ?? [];
  if (outer === 'Nullable' || outer === 'LowCardinality') return writerOf(inside);
  if (/^Float(?:32|64)$/u.test(outer)) return float;
  if (/^U?Int(?:64|128|256)$/u.test(outer)) return integer;
  if (outer === 'Array') return listOf([], writerOf(inside));
  if (outer === 'Tuple') return listOf(splitTypes(inside).map(writerOf), plain);
  return plain;
}

const float: Writer = (value) =>
  typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : plain(value);

const integer: Writer = (value) => (typeof value === 'string' && /^-?\d+$/u.test(value) ? value : plain(value));

function listOf(writers: readonly Writer[], rest: Writer): Writer {
  return (value) =>
    Array.isArray(value) ? `[${value.map((item, at) => (writers[at] ?? rest)(item)).join(',')}]` : plain(value);
}

/** Splits `a Int64, Array(Tuple(x, y))` at its outer commas; names of elements are dropped. */
function splitTypes(list: string): string[] {
  let depth = 0;
  const parts = [''];
  for (const char of list) {
    if (char === '(') depth += 1;
    if (char === ')') depth -= 1;
    if (char === ',' && depth === 0) parts.push('');
    else parts.push(`${parts.pop() ?? ''}${char}`);
  }
  return parts.map((part) => part.trim().replace(/^(?:`[^`]+`|\w+) (?=\w)/u, ''));
}
