import type { Alias, Constant, Field, Join, Node, Select, SelectSet } from './ast.ts';
import { hogqlError } from './errors.ts';
import { compileNode, compileOrder, declareAlias, windowSpec } from './expressions.ts';
import { asCondition, columnOf } from './fields.ts';
import { compileFrom } from './from.ts';
import { identifier } from './literals.ts';
import { type Printed, printed } from './printed.ts';
import { compileAll, compileExpr } from './recurse.ts';
import type { Column } from './schema.ts';
import type { CompileOptions, CteEntry, PrintedQuery, Scope } from './scope.ts';

/** Most rows that an answer holds, and those that come without a LIMIT (PostHog's limits for personal API keys). */
export const MAX_LIMIT = 50_000;
export const DEFAULT_LIMIT = 100;

const OFFSET_REFUSED =
  'OFFSET is not supported on queries made with a personal API key. Page by a key instead: WHERE key > {last} ORDER BY key LIMIT n.';

/** What the outermost SELECT prints as its limit; inner ones print only their own. */
export interface TopLimit {
  ch: string;
  /** Rows to ask for where the query has no LIMIT of its own. */
  ex: number;
}

export function compileQuery(
  node: Node,
  options: CompileOptions,
  ctes: ReadonlyMap<string, CteEntry>,
  top?: TopLimit,
): PrintedQuery {
  if (node.node === 'SelectSetQuery') return compileSet(node as SelectSet, options, ctes, top);
  if (node.node !== 'SelectQuery') throw hogqlError('Expected a SELECT query.', node);
  return compileSelect(node as Select, options, ctes, top);
}

const SET_OPERATORS = new Set(['UNION ALL', 'UNION DISTINCT', 'INTERSECT', 'INTERSECT DISTINCT', 'EXCEPT']);

function compileSet(
  node: SelectSet,
  options: CompileOptions,
  ctes: ReadonlyMap<string, CteEntry>,
  top?: TopLimit,
): PrintedQuery {
  const shared =
    node.initial_select_query.node === 'SelectQuery' ? withCtes(node.initial_select_query, options, ctes) : ctes;
  const first = compileQuery(node.initial_select_query, options, ctes, top);
  const rest = node.subsequent_select_queries.map(({ set_operator, select_query }) => {
    if (!SET_OPERATORS.has(set_operator)) throw hogqlError(`${set_operator} is not supported.`, select_query);
    return { operator: set_operator, query: compileQuery(select_query, options, shared, top) };
  });
  for (const { query } of rest) {
    if (query.columns.length !== first.columns.length)
      throw hogqlError('The parts of a UNION must have the same number of columns.', node);
  }
  const join = (form: 'ch' | 'ex' | 'hq') =>
    [first[form], ...rest.map(({ operator, query }) => `${operator} ${query[form]}`)].join(' ');
  return { ch: join('ch'), ex: join('ex'), hq: join('hq'), columns: first.columns };
}

function withCtes(
  node: Select,
  options: CompileOptions,
  outer: ReadonlyMap<string, CteEntry>,
): ReadonlyMap<string, CteEntry> {
  const ctes = new Map(outer);
  for (const cte of node.ctes ?? []) {
    ctes.set(
      cte.name,
      cte.cte_type === 'column'
        ? { kind: 'scalar', expr: cte.expr }
        : { kind: 'query', query: compileQuery(cte.expr, options, ctes) },
    );
  }
  return ctes;
}

interface Forms {
  ch: string;
  ex: string;
  hq: string;
}

function compileSelect(
  node: Select,
  options: CompileOptions,
  outer: ReadonlyMap<string, CteEntry>,
  top?: TopLimit,
): PrintedQuery {
  refuse(node);
  const ctes = withCtes(node, options, outer);
  const scope: Scope = {
    options,
    tables: [],
    aliases: new Map(),
    ctes,
    lambdas: new Map(),
    inJoin: false,
    compile: compileNode,
    compileQuery: (query, known) => compileQuery(query, options, known),
  };
  const from = node.select_from ? compileFrom(node.select_from as Join, scope) : undefined;
  const arrays = (node.array_join_list ?? []).map((item) => arrayJoin(item, scope));
  const select = node.select.flatMap((item) => compileColumn(item, scope));
  const guard = from?.guards.length ? from.guards : [];
  const parts: Forms[] = [
    clause(
      `SELECT${node.distinct ? ' DISTINCT' : ''}`,
      select.map((item) => item.forms),
    ),
  ];
  if (from) parts.push({ ch: `FROM ${from.ch}`, ex: `FROM ${from.ex}`, hq: `FROM ${from.hq}` });
  if (arrays.length > 0) parts.push(clause(node.array_join_op ?? 'ARRAY JOIN', arrays));
  const windows = Object.entries(node.window_exprs ?? {});
  if (node.prewhere) parts.push(clause('PREWHERE', [asCondition(compileExpr(node.prewhere, scope))]));
  const where = whereClause(node.where ? asCondition(compileExpr(node.where, scope)) : undefined, guard);
  if (where) parts.push(where);
  if (node.group_by && node.group_by.length > 0) parts.push(clause('GROUP BY', compileAll(node.group_by, scope)));
  if (node.having) parts.push(clause('HAVING', [asCondition(compileExpr(node.having, scope))]));
  if (windows.length > 0)
    parts.push(
      clause(
        'WINDOW',
        windows.map(([name, spec]) => named(name, windowSpec(spec, scope))),
      ),
    );
  if (node.qualify) parts.push(clause('QUALIFY', [asCondition(compileExpr(node.qualify, scope))]));
  if (node.order_by && node.order_by.length > 0)
    parts.push(
      clause(
        'ORDER BY',
        node.order_by.map((item) => compileOrder(item, scope)),
      ),
    );
  parts.push(...limits(node, scope, top));
  const join = (form: keyof Forms) =>
    parts
      .map((part) => part[form])
      .filter((text) => text !== '')
      .join(' ');
  return { ch: join('ch'), ex: join('ex'), hq: join('hq'), columns: select.map((item) => [item.name, item.column]) };
}

function refuse(node: Select): void {
  if (node.offset || node.limit_by?.offset_value) throw hogqlError(OFFSET_REFUSED, node.offset ?? node);
  if (node.limit_with_ties) throw hogqlError('WITH TIES is not supported.', node);
  if (node.group_by_mode)
    throw hogqlError(
      `GROUP BY ${node.group_by_mode.toUpperCase()} is not supported.`,
      node,
      'Name the columns to group by.',
    );
}

function clause(keyword: string, items: Forms[]): Forms {
  const build = (form: keyof Forms) => `${keyword} ${items.map((item) => item[form]).join(', ')}`;
  return { ch: build('ch'), ex: build('ex'), hq: build('hq') };
}

function named(name: string, spec: Forms): Forms {
  const id = identifier(name);
  return { ch: `${id} AS (${spec.ch})`, ex: `${id} AS (${spec.ex})`, hq: `${id} AS (${spec.hq})` };
}

/** The team's guard stands first, as PostHog prints it; the local tables hold one team, so it is not run. */
function whereClause(where: Printed | undefined, guards: string[]): Forms | undefined {
  if (!where && guards.length === 0) return undefined;
  const all = [...guards, ...(where ? [where.ch] : [])];
  return {
    ch: `WHERE ${all.length > 1 ? `and(${all.join(', ')})` : all[0]}`,
    ex: where ? `WHERE ${where.ex}` : '',
    hq: where ? `WHERE ${where.hq}` : '',
  };
}

function arrayJoin(item: Node, scope: Scope): Forms {
  if (item.node !== 'Alias')
    throw hogqlError('ARRAY JOIN arrays must have an alias', item, 'Write ARRAY JOIN list AS item.');
  const { alias, expr } = item as Alias;
  const value = compileExpr(expr, scope);
  const name = identifier(alias);
  scope.aliases.set(alias, printed(name, name, 'unknown', true));
  return { ch: `${value.ch} AS ${name}`, ex: `${value.ex} AS ${name}`, hq: `${value.hq} AS ${name}` };
}

interface Item {
  name: string;
  column: Column;
  forms: Forms;
}

/** A SELECT column: stars are spelled out, fields keep their name and calls their text, as PostHog names them. */
function compileColumn(node: Node, scope: Scope): Item[] {
  if (node.node === 'Field' && (node as Field).chain.at(-1) === '*') return star(node as Field, scope);
  if (node.node === 'Alias') {
    const { alias, expr } = node as Alias;
    const value = compileExpr(expr, scope);
    declareAlias(node as Alias, value, scope);
    return [item(alias, value, alias)];
  }
  const value = compileExpr(node, scope);
  if (node.node === 'Field') {
    const chain = (node as Field).chain;
    const path = value.property?.path;
    const name = String(chain.at(-1));
    if (path) return [path.length === 1 ? item(name, value, name) : item(value.hq, value)];
    return [item(name, value, value.ch === identifier(name) ? undefined : name)];
  }
  return [item(value.hq, value, node.node === 'Call' ? value.hq : undefined)];
}

function item(name: string, value: Printed, alias?: string): Item {
  const suffix = alias === undefined ? '' : ` AS ${identifier(alias)}`;
  return {
    name,
    column: columnOf(value),
    forms: { ch: value.ch + suffix, ex: value.ex + suffix, hq: aliasedHogql(value.hq, alias, name) },
  };
}

function aliasedHogql(hq: string, alias: string | undefined, name: string): string {
  return alias !== undefined && alias !== hq && !hq.endsWith(`.${identifier(name)}`)
    ? `${hq} AS ${identifier(alias)}`
    : hq;
}

function star(node: Field, scope: Scope): Item[] {
  const [owner] = node.chain;
  const tables = node.chain.length > 1 ? scope.tables.filter((table) => table.alias === owner) : scope.tables;
  if (tables.length === 0)
    throw hogqlError(
      node.chain.length > 1 ? `Unknown table \`${String(owner)}\`.` : 'SELECT * needs a FROM clause.',
      node,
    );
  return tables.flatMap((table) =>
    [...table.columns.keys()].map((name) => {
      const field: Field = { node: 'Field', chain: table.alias === '' ? [name] : [table.alias, name] };
      const value = compileExpr(field, {
        ...scope,
        aliases: new Map(),
        tables: table.alias === '' ? [table] : scope.tables,
      });
      return item(name, value, value.ex === identifier(name) ? undefined : name);
    }),
  );
}

function limits(node: Select, scope: Scope, top: TopLimit | undefined): Forms[] {
  const parts: Forms[] = [];
  if (node.limit_by) {
    const by = compileAll(node.limit_by.exprs, scope);
    const n = compileExpr(node.limit_by.n, scope);
    const build = (form: keyof Forms) => `LIMIT ${n[form]} BY ${by.map((item) => item[form]).join(', ')}`;
    parts.push({ ch: build('ch'), ex: build('ex'), hq: build('hq') });
  }
  if (node.limit) {
    const own = compileExpr(node.limit, scope);
    const value = (node.limit as Constant).value ?? own.constant?.value;
    if (typeof value !== 'number') throw hogqlError('LIMIT must be a number.', node.limit);
    const text = `LIMIT ${top ? Math.min(value, MAX_LIMIT) : value}`;
    parts.push({ ch: text, ex: text, hq: `LIMIT ${value}` });
  } else if (top) {
    parts.push({ ch: top.ch, ex: `LIMIT ${top.ex}`, hq: '' });
  }
  return parts;
}
