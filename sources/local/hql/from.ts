import type { Field, Join, Node } from './ast.ts';
import { hogqlError, nearest } from './errors.ts';
import { identifier } from './literals.ts';
import { compileAll, compileExpr } from './recurse.ts';
import { AI_EVENTS, EVENTS } from './schema.ts';
import type { Scope, Table } from './scope.ts';

const TABLES = ['events', 'posthog.ai_events', 'numbers'];
const JOINS = new Set([
  'JOIN',
  'INNER JOIN',
  'LEFT JOIN',
  'LEFT OUTER JOIN',
  'RIGHT JOIN',
  'RIGHT OUTER JOIN',
  'FULL JOIN',
  'FULL OUTER JOIN',
  'CROSS JOIN',
  'LEFT ANY JOIN',
  'ANY LEFT JOIN',
  'LEFT SEMI JOIN',
  'LEFT ANTI JOIN',
  'INNER ANY JOIN',
  'ASOF JOIN',
  'ASOF LEFT JOIN',
  'LEFT ASOF JOIN',
  'INNER ASOF JOIN',
  'ANY JOIN',
]);

interface From {
  ch: string;
  ex: string;
  hq: string;
  guards: string[];
}

/** A FROM clause: tables and subqueries joined from left to right, each declared in the scope as it comes. */
export function compileFrom(join: Join, scope: Scope): From {
  const parts: From[] = [];
  for (let current: Join | null | undefined = join; current; current = current.next_join) {
    parts.push(compileJoin(current, scope, parts.length === 0));
  }
  const text = (form: 'ch' | 'ex' | 'hq') => parts.map((part) => part[form]).join(' ');
  return { ch: text('ch'), ex: text('ex'), hq: text('hq'), guards: parts.flatMap((part) => part.guards) };
}

function compileJoin(join: Join, scope: Scope, first: boolean): From {
  if (join.table_final) throw hogqlError('The FINAL keyword is not supported in HogQL as it causes slow queries', join);
  if (join.sample)
    throw hogqlError(
      'SAMPLE is not supported on local events.',
      join,
      'Filter by a hash instead: cityHash64(distinct_id) % 10 = 0.',
    );
  if (join.column_aliases && join.column_aliases.length > 0)
    throw hogqlError('Column aliases of a table are not supported.', join);
  const type = join.join_type ?? '';
  if (!first && !JOINS.has(type)) throw hogqlError(`${type || 'This join'} is not supported.`, join);
  const table = compileTable(join, scope);
  scope.tables.push(table.table);
  const guard =
    table.table.kind === 'events' || table.table.kind === 'ai_events'
      ? `equals(${identifier(table.table.prefix)}.team_id, ${scope.options.teamId})`
      : undefined;
  if (first) return { ...table, guards: guard ? [guard] : [] };
  const on = constraint(join, scope);
  const outer = type.includes('LEFT') && guard;
  return {
    ch: `${type} ${table.ch}${on ? ` ${on.keyword} ${outer ? `and(${guard}, ${on.ch})` : on.ch}` : ''}`,
    ex: `${type} ${table.ex}${on ? ` ${on.keyword} ${on.ex}` : ''}`,
    hq: `${type} ${table.hq}${on ? ` ${on.keyword} ${on.hq}` : ''}`,
    guards: guard && !outer ? [guard] : [],
  };
}

function constraint(join: Join, scope: Scope): { keyword: string; ch: string; ex: string; hq: string } | undefined {
  if (!join.constraint) return undefined;
  const { constraint_type, expr } = join.constraint;
  if (constraint_type === 'USING') return using(expr);
  const value = compileExpr(expr, { ...scope, inJoin: true });
  return { keyword: 'ON', ch: value.ch, ex: value.ex, hq: value.hq };
}

function using(expr: Node): { keyword: string; ch: string; ex: string; hq: string } {
  const fields = expr.node === 'Tuple' ? (expr as Node & { exprs: Node[] }).exprs : [expr];
  const names = fields.map((field) => {
    if (field.node !== 'Field') throw hogqlError('USING takes column names.', field);
    return identifier(String((field as Field).chain.at(-1)));
  });
  const text = `(${names.join(', ')})`;
  return { keyword: 'USING', ch: text, ex: text, hq: text };
}

function compileTable(join: Join, scope: Scope): { table: Table; ch: string; ex: string; hq: string } {
  const alias = join.alias ?? '';
  const suffix = alias === '' ? '' : ` AS ${identifier(alias)}`;
  if (join.table.node !== 'Field') {
    const query = scope.compileQuery(join.table, scope.ctes);
    return {
      table: { alias, prefix: alias, kind: 'subquery', columns: new Map(query.columns) },
      ch: `(${query.ch})${suffix}`,
      ex: `(${query.ex})${suffix}`,
      hq: `(${query.hq})${suffix}`,
    };
  }
  const name = (join.table as Field).chain.join('.');
  if (name === 'numbers') return numbers(join, scope, alias, suffix);
  if (join.table_args) throw hogqlError(`Unknown table function \`${name}\`.`, join.table.start ? join.table : join);
  const cte = scope.ctes.get(name);
  if (cte?.kind === 'query') {
    const as = identifier(alias || name);
    return {
      table: { alias: alias || name, prefix: alias || name, kind: 'subquery', columns: new Map(cte.query.columns) },
      ch: `(${cte.query.ch}) AS ${as}`,
      ex: `(${cte.query.ex}) AS ${as}`,
      hq: `${identifier(name)}${suffix}`,
    };
  }
  return stored(name, join, alias, suffix);
}

function stored(
  name: string,
  join: Join,
  alias: string,
  suffix: string,
): { table: Table; ch: string; ex: string; hq: string } {
  if (name === 'events' || name === 'posthog.events') {
    const table: Table = { alias: alias || 'events', prefix: alias || 'events', kind: 'events', columns: EVENTS };
    return { table, ch: `events${suffix}`, ex: `events${suffix}`, hq: `events${suffix}` };
  }
  if (name === 'posthog.ai_events') {
    const table: Table = {
      alias: alias || 'ai_events',
      prefix: alias || 'ai_events',
      kind: 'ai_events',
      columns: AI_EVENTS,
    };
    return { table, ch: `ai_events${suffix}`, ex: `ai_events${suffix}`, hq: `posthog.ai_events${suffix}` };
  }
  const near = nearest(name, TABLES);
  throw hogqlError(
    `Unknown table \`${name}\`.`,
    join.table,
    near ? `Did you mean ${near}?` : `Known tables: ${TABLES.join(', ')}.`,
  );
}

function numbers(
  join: Join,
  scope: Scope,
  alias: string,
  suffix: string,
): { table: Table; ch: string; ex: string; hq: string } {
  const args = compileAll(join.table_args ?? [], scope);
  if (args.length < 1 || args.length > 2)
    throw hogqlError("Table function 'numbers' expects 1 or 2 arguments.", join.table);
  const text = (form: 'ch' | 'ex' | 'hq') => `numbers(${args.map((arg) => arg[form]).join(', ')})${suffix}`;
  return {
    table: {
      alias: alias || 'numbers',
      prefix: alias,
      kind: 'numbers',
      columns: new Map([['number', { type: 'number', nullable: false }]]),
    },
    ch: text('ch'),
    ex: text('ex'),
    hq: text('hq'),
  };
}
