import type { Constant, Node, Select } from './ast.ts';
import { compileNode } from './expressions.ts';
import { parseExpr, parseSelect } from './parse.ts';
import { compileExpr } from './recurse.ts';
import { EVENTS } from './schema.ts';
import type { CompileOptions, Scope } from './scope.ts';
import { compileQuery, DEFAULT_LIMIT, MAX_LIMIT } from './select.ts';

export interface CompiledQuery {
  /** PostHog's own ClickHouse print, with the team's guard and the largest limit. */
  clickhouse: string;
  /** What runs on the local tables. */
  executable: string;
  /** The query as normalised HogQL. */
  hogql: string;
  /** Names of the result's columns, as PostHog gives them. */
  columns: string[];
  /** `value` rows belong to the answer; without an own limit one row more is asked for, so that the caller can tell `hasMore`. */
  limit: { value: number; ownLimit: boolean };
}

/**
 * Compiles HogQL for the local tables: parsed by PostHog's parser, resolved against allow-listed tables and functions, printed from the
 * tree. No part of the text reaches the engine as it is.
 * @throws RunbookError `hogql` with message, position and a hint
 */
export async function compileHogQL(sql: string, options: CompileOptions): Promise<CompiledQuery> {
  const tree = await parseSelect(sql);
  const single = tree.node === 'SelectQuery';
  const top = { ch: `LIMIT ${MAX_LIMIT}`, ex: single ? DEFAULT_LIMIT + 1 : DEFAULT_LIMIT };
  const query = compileQuery(tree, options, new Map(), top);
  return {
    clickhouse: query.ch,
    executable: query.ex,
    hogql: query.hq,
    columns: query.columns.map(([name]) => name),
    limit: ownLimit(tree, options),
  };
}

function ownLimit(tree: Node, options: CompileOptions): CompiledQuery['limit'] {
  if (tree.node !== 'SelectQuery') return { value: MAX_LIMIT, ownLimit: true };
  const limit = (tree as Select).limit;
  if (!limit) return { value: DEFAULT_LIMIT, ownLimit: false };
  const value =
    limit.node === 'Constant' ? (limit as Constant).value : compileExpr(limit, emptyScope(options)).constant?.value;
  return { value: Math.min(Number(value), MAX_LIMIT), ownLimit: true };
}

function emptyScope(options: CompileOptions): Scope {
  return {
    options,
    tables: [],
    aliases: new Map(),
    ctes: new Map(),
    lambdas: new Map(),
    inJoin: false,
    compile: compileNode,
    compileQuery: (query, ctes) => compileQuery(query, options, ctes),
  };
}

/** Compiles one expression over `events`. @throws RunbookError `hogql` */
export async function compileHogQLExpr(text: string, options: CompileOptions): Promise<{ clickhouse: string }> {
  const scope: Scope = {
    ...emptyScope(options),
    tables: [{ alias: 'events', prefix: 'events', kind: 'events', columns: EVENTS }],
  };
  return { clickhouse: compileExpr(await parseExpr(text), scope).ch };
}
