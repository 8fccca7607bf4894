import { columnName } from './output.ts';
import { parseExpr, parseSelect } from './parse.ts';
import { printHogqlQuery } from './print-hogql.ts';
import { DEFAULT_LIMIT, MAX_LIMIT, newPrinter, printQuery } from './print-query.ts';
import { resolveExpr } from './resolve-expr.ts';
import { resolveQuery } from './resolve-query.ts';
import { EVENTS } from './schema.ts';
import { type CompileOptions, newScope, type Resolver } from './scope.ts';
import type { OutputColumn, Query } from './tree.ts';

export interface CompiledQuery {
  /** PostHog's own ClickHouse print, with the team's guard and the largest limit. */
  clickhouse: string;
  /** What runs on the local tables; it means the same. */
  executable: string;
  /** The query as normalised HogQL. */
  hogql: string;
  /** Names of the result's columns, as PostHog gives them. */
  columns: string[];
  /** `value` rows belong to the answer. Without an own limit one row more is asked for, so that the caller can tell whether there are more. */
  limit: { value: number; ownLimit: boolean };
}

const resolver: Resolver = {
  expr: resolveExpr,
  query: (node, options, ctes) => resolveQuery(node, options, ctes, resolver),
};

/**
 * Compiles HogQL for the local tables. The text is parsed by PostHog's own parser, resolved against allow-listed tables and functions, and
 * printed from the resolved tree: no part of it reaches the engine as it is.
 * @throws RunbookError `hogql` with message, position and a hint
 */
export async function compileHogQL(sql: string, options: CompileOptions): Promise<CompiledQuery> {
  const query = resolver.query(await parseSelect(sql), options, new Map());
  const single = query.kind === 'select';
  return {
    clickhouse: printQuery(query, newPrinter('canonical', options), MAX_LIMIT),
    executable: printQuery(query, newPrinter('local', options), single ? DEFAULT_LIMIT + 1 : DEFAULT_LIMIT),
    hogql: printHogqlQuery(query),
    columns: columnsOf(query).map(columnName),
    limit: limitOf(query),
  };
}

function columnsOf(query: Query): readonly OutputColumn[] {
  return query.kind === 'set' ? columnsOf(query.first) : query.columns;
}

/** Of several SELECTs each has its own limit, and PostHog does not say whether there are more. */
function limitOf(query: Query): CompiledQuery['limit'] {
  if (query.kind === 'set') return { value: MAX_LIMIT, ownLimit: true };
  const { limit } = query;
  if (!limit) return { value: DEFAULT_LIMIT, ownLimit: false };
  const value = limit.kind === 'constant' ? Number(limit.value) : MAX_LIMIT;
  return { value: Math.min(value, MAX_LIMIT), ownLimit: true };
}

/** Compiles one expression over `events`. @throws RunbookError `hogql` */
export async function compileHogQLExpr(expr: string, options: CompileOptions): Promise<{ clickhouse: string }> {
  const scope = newScope(options, new Map(), resolver);
  scope.tables.push({ kind: 'events', name: 'events', internal: '_t0', columns: EVENTS });
  const resolved = resolver.expr(await parseExpr(expr), scope);
  return { clickhouse: newPrinter('canonical', options).expr(resolved) };
}
