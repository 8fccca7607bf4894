import { checkArity } from './arity.ts';
import type { JoinNode, Node, RatioNode } from './ast.ts';
import { writtenNumber } from './constants.ts';
import { asCondition } from './context.ts';
import { hogqlError } from './errors.ts';
import { outputColumns } from './output.ts';
import { AI_EVENTS, type Columns, EVENTS, NUMBERS } from './schema.ts';
import { resolveAll, resolveExpr, type Scope } from './scope.ts';
import { nearest } from './suggest.ts';
import type { Query, Ratio, Sample, Source, Table } from './tree.ts';

const JOINS = new Set(
  `JOIN,INNER JOIN,LEFT JOIN,LEFT OUTER JOIN,RIGHT JOIN,RIGHT OUTER JOIN,FULL JOIN,FULL OUTER JOIN,CROSS JOIN,ANY JOIN,INNER ANY JOIN,
  ANY INNER JOIN,LEFT ANY JOIN,ANY LEFT JOIN,LEFT SEMI JOIN,SEMI LEFT JOIN,LEFT ANTI JOIN,ANTI LEFT JOIN,ASOF JOIN,INNER ASOF JOIN,
  ASOF INNER JOIN,LEFT ASOF JOIN,ASOF LEFT JOIN,LEFT ALL JOIN,INNER ALL JOIN,ALL INNER JOIN,ALL LEFT JOIN`
    .split(',')
    .map((name) => name.trim()),
);

/** A FROM clause: tables and subqueries from left to right, each declared in the scope as it comes. */
export function resolveFrom(first: JoinNode, scope: Scope): Source[] {
  const sources: Source[] = [];
  for (let join: JoinNode | null | undefined = first; join; join = join.next_join)
    sources.push(resolveJoin(join, scope, sources.length));
  return sources;
}

function resolveJoin(join: JoinNode, scope: Scope, index: number): Source {
  if (join.column_aliases && join.column_aliases.length > 0)
    throw hogqlError(
      'Column aliases of a table are not supported.',
      join.table,
      'Name the columns inside a subquery: (SELECT x AS a …).',
    );
  const type = index === 0 ? undefined : joinType(join);
  const source = resolveTable(join, scope, index);
  if (join.table_final)
    throw hogqlError(
      'The FINAL keyword is not supported in HogQL as it causes slow queries',
      join.table,
      'Leave FINAL out.',
    );
  declare(source, scope, join.table);
  return { ...source, join: type, sample: sampleOf(join, source.table), on: constraint(join, scope) };
}

function joinType(join: JoinNode): string {
  const type = (join.join_type ?? 'JOIN').toUpperCase();
  if (!JOINS.has(type)) throw hogqlError(`${type} is not supported.`, join.table);
  if (!join.constraint && type !== 'CROSS JOIN')
    throw hogqlError(`${type} needs a condition.`, join.table, 'Write ON a.id = b.id, or CROSS JOIN.');
  return type;
}

function declare(source: Bare, scope: Scope, at: Node): void {
  const { name } = source.table;
  if (name !== undefined && scope.tables.some((table) => table.name === name))
    throw hogqlError(`Already have joined a table called "${name}". Can't redefine.`, at, 'Give it another alias.');
  scope.tables.push(source.table);
}

function constraint(join: JoinNode, scope: Scope): Source['on'] {
  if (!join.constraint) return undefined;
  const { constraint_type: type, expr } = join.constraint;
  if (type !== 'USING') return { kind: 'ON', condition: asCondition(resolveExpr(expr, { ...scope, inJoin: true })) };
  const fields = expr.node === 'Tuple' ? expr.exprs : [expr];
  const columns = fields.map((field) => {
    const name = field.node === 'Field' && field.chain.length === 1 ? String(field.chain[0]) : undefined;
    if (name === undefined) throw hogqlError('USING takes names of columns.', field);
    if (scope.tables.filter((table) => table.columns.has(name)).length < 2)
      throw hogqlError(`Unable to resolve field: ${name}`, field, 'USING needs a column of both tables.');
    return name;
  });
  for (const name of columns) scope.joinedBy.add(name);
  return { kind: 'USING', columns };
}

type Bare = Pick<Source, 'table' | 'alias' | 'query' | 'cte' | 'args'>;

function resolveTable(join: JoinNode, scope: Scope, index: number): Bare {
  const alias = join.alias ?? undefined;
  refuseAlias(alias, join.table);
  const internal = `_t${index}`;
  const { table: node } = join;
  if (node.node === 'SelectQuery' || node.node === 'SelectSetQuery')
    return subquery(scope.resolver.query(node, scope.options, scope.ctes), { alias, name: alias, internal });
  if (node.node === 'ValuesQuery') throw hogqlError('VALUES clause is not supported in ClickHouse dialect', node);
  if (node.node !== 'Field') throw hogqlError(`A ${node.node} cannot be used as a SELECT source`, node);
  const name = node.chain.join('.');
  if (name === 'numbers') return numbers(join, scope, alias, internal);
  if (join.table_args)
    throw hogqlError(`Unknown table function \`${name}\`.`, join, 'The only table function is numbers(n).');
  const cte = node.chain.length === 1 ? scope.ctes.get(name) : undefined;
  if (cte?.kind === 'query') {
    return { ...subquery(cte.query(), { alias, name: alias ?? name, internal }), cte: name };
  }
  return stored(name, node, alias, internal);
}

function refuseAlias(alias: string | undefined, node: Node): void {
  if (alias === undefined) return;
  if (alias.includes('%'))
    throw hogqlError(`The HogQL identifier "${alias}" is not permitted as it contains the "%" character`, node);
  if (['team_id', 'true', 'false', 'null'].includes(alias.toLowerCase()))
    throw hogqlError(`"${alias}" cannot be an alias or identifier, as it's a reserved keyword`, node);
}

function subquery(
  query: Query,
  { alias, name, internal }: { alias: string | undefined; name: string | undefined; internal: string },
): Bare {
  return { table: { kind: 'query', name, internal, columns: outputColumns(query) }, alias, query, args: [] };
}

const STORED = new Map<string, { kind: 'events' | 'ai_events'; columns: Columns }>([
  ['events', { kind: 'events', columns: EVENTS }],
  ['posthog.events', { kind: 'events', columns: EVENTS }],
  ['posthog.ai_events', { kind: 'ai_events', columns: AI_EVENTS }],
]);

function stored(name: string, node: Node, alias: string | undefined, internal: string): Bare {
  const found = STORED.get(name);
  if (!found) {
    const near = nearest(name, [...STORED.keys(), 'numbers']);
    throw hogqlError(
      `Unknown table \`${name}\`.`,
      node,
      near ? `Did you mean ${near}?` : `Known tables: events, posthog.ai_events, numbers(n).`,
    );
  }
  const table: Table = { ...found, name: alias ?? found.kind, internal };
  return { table, alias: alias === found.kind ? undefined : alias, args: [] };
}

function numbers(join: JoinNode, scope: Scope, alias: string | undefined, internal: string): Bare {
  if (!join.table_args)
    throw hogqlError("Table function 'numbers' requires arguments", join.table, 'Write numbers(10).');
  checkArity(join.table_args.length, { min: 1, max: 2 }, 'numbers', join, 'Function');
  const args = resolveAll(join.table_args, { ...scope, tables: [], aliases: new Map() });
  const name = alias ?? 'numbers';
  return { table: { kind: 'numbers', name, internal, columns: NUMBERS }, alias: name, args };
}

function sampleOf(join: JoinNode, table: Table): Sample | undefined {
  if (!join.sample) return undefined;
  if (table.kind !== 'events') throw hogqlError('SAMPLE works on events only.', join.table);
  const { sample_value: size, offset_value: offset } = join.sample;
  return { size: ratio(size), offset: offset ? ratio(offset) : undefined };
}

function ratio({ left, right }: RatioNode): Ratio {
  const text = (node: RatioNode['left']) => {
    const written = writtenNumber(Number(node.value), node.text);
    if (!/^\d+(?:\.\d+)?$/u.test(written)) throw hogqlError('SAMPLE takes a plain number or a fraction.');
    return written;
  };
  return { left: text(left), right: right ? text(right) : undefined };
}
