import type { CteNode, Node, QueryNode, SelectNode, SetNode } from './ast.ts';
import { asCondition } from './context.ts';
import { hogqlError, placeOf } from './errors.ts';
import { column } from './resolve-field.ts';
import { resolveFrom } from './resolve-from.ts';
import { resolveOrder, resolveWindowSpec } from './resolve-window.ts';
import {
  type CompileOptions,
  type Cte,
  newScope,
  type Resolver,
  resolveAll,
  resolveExpr,
  type Scope,
} from './scope.ts';
import { instantRanges } from './time-range.ts';
import type { Expr, OutputColumn, Query, SelectQuery, Table } from './tree.ts';
import { typeOf, UNKNOWN } from './types.ts';

type Ctes = ReadonlyMap<string, Cte>;

const OFFSET_REFUSED = 'OFFSET is not supported on queries made with a personal API key.';
const OFFSET_HINT = 'Page by a key instead: WHERE key > {last} ORDER BY key LIMIT n.';

/** Resolves a query or a set of queries. @throws RunbookError `hogql` */
export function resolveQuery(node: QueryNode, options: CompileOptions, ctes: Ctes, resolver: Resolver): Query {
  return node.node === 'SelectQuery'
    ? resolveSelect(node, options, ctes, resolver)
    : resolveSet(node, options, ctes, resolver);
}

const SET_OPERATORS = new Set([
  'UNION ALL',
  'UNION DISTINCT',
  'INTERSECT',
  'INTERSECT DISTINCT',
  'EXCEPT',
  'EXCEPT DISTINCT',
]);

function resolveSet(node: QueryNode & SetNode, options: CompileOptions, outer: Ctes, resolver: Resolver): Query {
  if (node.offset) throw hogqlError(OFFSET_REFUSED, node.offset, OFFSET_HINT);
  if (node.order_by)
    throw hogqlError(
      'ORDER BY of a whole UNION is not supported.',
      node,
      'Wrap it: SELECT * FROM (… UNION ALL …) ORDER BY x.',
    );
  const ctes = withClause(leading(node).ctes ?? [], outer, options, resolver);
  const first = resolveQuery(node.initial_select_query, options, outer, resolver);
  const rest = node.subsequent_select_queries.map(({ set_operator: op, select_query: part }) => {
    if (!SET_OPERATORS.has(op)) throw hogqlError(`${op} is not supported`, part);
    return { op, query: resolveQuery(part, options, ctes, resolver) };
  });
  const width = outputWidth(first);
  for (const [index, part] of rest.entries())
    if (outputWidth(part.query) !== width)
      throw hogqlError(
        'The parts of a UNION must have the same number of columns.',
        node.subsequent_select_queries[index]?.select_query ?? node,
      );
  const at = placeOf(node);
  const limit = node.limit ? resolveLimit(node.limit, newScope(options, ctes, resolver)) : undefined;
  return { kind: 'set', first, rest, limit, ...(at ? { at } : {}) };
}

/** WITH in front of a set stands, in the parser's tree, in front of its first SELECT; all parts see it. */
function leading(node: QueryNode): SelectNode {
  return node.node === 'SelectQuery' ? node : leading(node.initial_select_query);
}

function outputWidth(query: Query): number {
  return query.kind === 'set' ? outputWidth(query.first) : query.columns.length;
}

function withClause(nodes: readonly CteNode[], outer: Ctes, options: CompileOptions, resolver: Resolver): Ctes {
  const ctes = new Map(outer);
  for (const node of nodes) {
    if (node.recursive) throw hogqlError('WITH RECURSIVE is not supported.', node);
    if (node.columns && node.columns.length > 0)
      throw hogqlError(
        `Column aliases of WITH ${node.name} are not supported.`,
        node,
        'Name the columns in its SELECT.',
      );
    const visible = new Map(ctes);
    ctes.set(
      node.name,
      cteOf(node, (query) => resolveQuery(query, options, visible, resolver)),
    );
  }
  return ctes;
}

function cteOf(node: CteNode, resolve: (query: QueryNode) => Query): Cte {
  const { expr } = node;
  if (node.cte_type === 'column') return { kind: 'scalar', node: expr };
  if (expr.node !== 'SelectQuery' && expr.node !== 'SelectSetQuery')
    throw hogqlError(`WITH ${node.name} AS takes a SELECT in parentheses.`, node);
  let query: Query | undefined;
  return {
    kind: 'query',
    query: () => {
      query ??= resolve(expr);
      return query;
    },
  };
}

function resolveSelect(
  node: QueryNode & SelectNode,
  options: CompileOptions,
  outer: Ctes,
  resolver: Resolver,
): SelectQuery {
  refuse(node);
  const ctes = withClause(node.ctes ?? [], outer, options, resolver);
  const windows = Object.entries(node.window_exprs ?? {});
  const scope = newScope(options, ctes, resolver, new Map(windows));
  const from = node.select_from ? resolveFrom(node.select_from, scope) : [];
  declareArrayJoin(node, scope);
  const columns = node.select.flatMap((item) => resolveColumn(item, scope));
  const arrayJoin = resolveArrayJoin(node, scope);
  const condition = (part: Node | null | undefined) => (part ? asCondition(resolveExpr(part, scope)) : undefined);
  const filter = (part: Node | null | undefined) => {
    const resolved = condition(part);
    return resolved ? instantRanges(resolved) : undefined;
  };
  const at = placeOf(node);
  return {
    kind: 'select',
    ctes: (node.ctes ?? []).flatMap(({ name }) => {
      const cte = ctes.get(name);
      return cte?.kind === 'query' ? [{ name, query: cte.query() }] : [];
    }),
    distinct: node.distinct === true,
    columns,
    from,
    arrayJoin,
    prewhere: filter(node.prewhere),
    where: filter(node.where),
    groupBy: (node.group_by ?? []).map((item) => resolveGroup(item, scope)),
    groupMode: groupMode(node),
    having: condition(node.having),
    windows: windows.map(([name, spec]) => ({ name, spec: resolveWindowSpec(spec, scope) })),
    orderBy: (node.order_by ?? []).map((order) => resolveOrder(order, scope)),
    limitBy: node.limit_by
      ? { n: resolveExpr(node.limit_by.n, scope), by: resolveAll(node.limit_by.exprs, scope) }
      : undefined,
    limit: node.limit ? resolveLimit(node.limit, scope) : undefined,
    withTies: node.limit_with_ties === true,
    ...(at ? { at } : {}),
  };
}

function refuse(node: QueryNode & SelectNode): void {
  const offset = node.offset ?? node.limit_by?.offset_value;
  if (offset) throw hogqlError(OFFSET_REFUSED, offset, OFFSET_HINT);
  if (node.qualify)
    throw hogqlError(
      "QUALIFY is not supported in the 'clickhouse' dialect",
      node.qualify,
      'Filter in a query around this one.',
    );
  if (node.limit_percent) throw hogqlError('LIMIT with a percentage is not supported.', node.limit ?? node);
}

const GROUP_MODES = new Map([
  ['rollup', 'ROLLUP'],
  ['cube', 'CUBE'],
  ['grouping_sets', 'GROUPING SETS'],
  ['all', 'ALL'],
] as const);

function groupMode(node: QueryNode & SelectNode): SelectQuery['groupMode'] {
  if (!node.group_by_mode) return undefined;
  const mode = (GROUP_MODES as ReadonlyMap<string, NonNullable<SelectQuery['groupMode']>>).get(node.group_by_mode);
  if (!mode) throw hogqlError(`GROUP BY ${node.group_by_mode} is not supported.`, node);
  return mode;
}

/** A key of GROUP BY, or a set of them. */
function resolveGroup(node: Node, scope: Scope): Expr {
  if (node.node !== 'GroupingSet') return resolveExpr(node, scope);
  const items = resolveAll(node.exprs, scope);
  return { kind: 'tuple', items, type: typeOf('tuple') };
}

function resolveLimit(node: Node, scope: Scope): Expr {
  const limit = resolveExpr(node, scope);
  if (limit.kind === 'subquery' || isSum(limit)) return limit;
  const value = limit.kind === 'constant' ? limit.value : undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
    throw hogqlError('LIMIT must be a whole number.', node, 'LIMIT 50000 is the most that PostHog gives.');
  return limit;
}

/** `1 + 1`: computed by the engine. */
function isSum(expr: Expr): boolean {
  const whole = (part: Expr) => part.kind === 'constant' && Number.isInteger(part.value);
  return expr.kind === 'arithmetic' && [expr.left, expr.right].every((part) => whole(part) || isSum(part));
}

/** Aliases of ARRAY JOIN can be used in SELECT, and those of SELECT in ARRAY JOIN. */
function declareArrayJoin(node: SelectNode, scope: Scope): void {
  for (const item of node.array_join_list ?? []) {
    if (item.node !== 'Alias')
      throw hogqlError('ARRAY JOIN arrays must have an alias', item, 'Write ARRAY JOIN list AS item.');
    if (scope.aliases.has(item.alias)) throw hogqlError(`Cannot redefine an alias with the name: ${item.alias}`, item);
    scope.aliases.set(item.alias, UNKNOWN);
  }
}

function resolveArrayJoin(node: SelectNode, scope: Scope): SelectQuery['arrayJoin'] {
  const list = node.array_join_list ?? [];
  if (list.length === 0) return undefined;
  const op = node.array_join_op ?? 'ARRAY JOIN';
  if (!['ARRAY JOIN', 'LEFT ARRAY JOIN', 'INNER ARRAY JOIN'].includes(op)) throw hogqlError(`${op} is not supported.`);
  for (const item of list) if (item.node === 'Alias') scope.aliases.delete(item.alias);
  return { op, items: list.map((item) => resolveExpr(item, scope)) };
}

/** A SELECT column; a star becomes the columns it stands for. */
function resolveColumn(node: Node, scope: Scope): OutputColumn[] {
  if (node.node === 'Field' && node.chain.at(-1) === '*') return star(node, scope);
  const expr = resolveExpr(node, scope);
  if (expr.kind === 'alias') return [{ expr: expr.expr, alias: expr.name, hidden: undefined }];
  const hidden = node.node === 'Field' ? hiddenName(expr) : undefined;
  return [{ expr, alias: undefined, hidden }];
}

/** A field hands its name on to its column; a nested property its path. */
function hiddenName(expr: Expr): string | undefined {
  if (expr.kind === 'column') return expr.name;
  if (expr.kind === 'aliasRef') return expr.name;
  return expr.kind === 'property' && expr.path.every((part) => typeof part === 'string')
    ? expr.path.join('__')
    : undefined;
}

function star(node: Node & { node: 'Field' }, scope: Scope): OutputColumn[] {
  const table = starTable(node, scope);
  return [...table.columns.keys()].map((name) => {
    const chain = node.chain.length > 1 && table.name !== undefined ? [table.name, name] : [name];
    return { expr: column(table, name, chain, placeOf(node)), alias: undefined, hidden: name };
  });
}

function starTable(node: Node & { node: 'Field' }, scope: Scope): Table {
  const [owner] = node.chain;
  if (node.chain.length > 1) {
    const table = scope.tables.find((candidate) => candidate.name === owner);
    if (!table)
      throw hogqlError(
        `Unable to resolve field: ${owner}`,
        node,
        `Known tables: ${scope.tables.map((t) => t.name).join(', ')}.`,
      );
    return table;
  }
  const [table] = scope.tables;
  if (!table) throw hogqlError("Cannot use '*' when there are no tables in the query", node);
  if (scope.tables.length > 1)
    throw hogqlError(
      "Cannot use '*' without table name when there are multiple tables in the query",
      node,
      'Write t.*.',
    );
  return table;
}
