import { printHogql } from './print-hogql.ts';
import type { Columns } from './schema.ts';
import type { OutputColumn, Query } from './tree.ts';
import { merged, type Type } from './types.ts';

/** The name that PostHog gives a result column: its alias, the field's name, or its HogQL text. */
export function columnName(column: OutputColumn): string {
  return column.alias ?? column.hidden ?? printHogql(column.expr);
}

/** The columns that a query around this one sees. */
export function outputColumns(query: Query): Columns {
  if (query.kind === 'set') return ofSet([query.first, ...query.rest.map((part) => part.query)]);
  const columns = new Map<string, Type>();
  for (const column of query.columns) {
    const name = columnName(column);
    if (!columns.has(name) || column.alias !== undefined) columns.set(name, column.expr.type);
  }
  return columns;
}

/** A set has the names of its first part; a column's type is what all parts have in common. */
function ofSet(parts: readonly Query[]): Columns {
  const [first, ...rest] = parts.map((part) => [...outputColumns(part)]);
  return new Map(
    (first ?? []).map(([name, type], index) => [
      name,
      merged([type, ...rest.flatMap((part) => part[index]?.[1] ?? [])]),
    ]),
  );
}
