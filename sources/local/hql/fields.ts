import type { Field, Node } from './ast.ts';
import { hogqlError, nearest } from './errors.ts';
import { identifier, stringLiteral } from './literals.ts';
import { type Printed, printed } from './printed.ts';
import { compileExpr } from './recurse.ts';
import { type Column, propertyKind } from './schema.ts';
import type { Scope, Table } from './scope.ts';

/** Resolves a dotted name: lambda argument, table column, alias, column of any table, scalar CTE; the rest is a path inside. */
export function compileField(node: Field, scope: Scope): Printed {
  const [head, ...rest] = node.chain;
  const name = String(head);
  const lambda = scope.lambdas.get(name);
  if (lambda) return access(printed(identifier(name), identifier(name), lambda.type, lambda.nullable), rest, node);
  const qualified = rest.length > 0 ? scope.tables.find((table) => table.alias === name) : undefined;
  const [column, ...path] = rest;
  if (qualified) return tableColumn(qualified, String(column), path, node, scope);
  const alias = scope.aliases.get(name);
  if (alias) return access({ ...printed(identifier(name), identifier(name), alias.type, alias.nullable) }, rest, node);
  const owners = scope.tables.filter((table) => table.columns.has(name));
  if (owners.length > 1)
    throw hogqlError(
      `Ambiguous query. Found multiple sources for field: ${name}`,
      node,
      `Write one of ${owners.map((t) => `${t.alias || 'subquery'}.${name}`).join(', ')}.`,
    );
  const [owner] = owners;
  if (owner) return tableColumn(owner, name, rest, node, scope);
  const cte = scope.ctes.get(name);
  if (cte?.kind === 'scalar') return compileExpr(cte.expr, { ...scope, tables: [], aliases: new Map() });
  throw unresolved(name, node, scope);
}

function unresolved(name: string, node: Node, scope: Scope): Error {
  const known = [...scope.aliases.keys(), ...scope.tables.flatMap((table) => [...table.columns.keys()])];
  const near = nearest(name, known);
  return hogqlError(
    `Unable to resolve field: ${name}`,
    node,
    near
      ? `Did you mean ${near}? Event properties are written properties.${name}.`
      : `Event properties are written properties.${name}.`,
  );
}

function tableColumn(table: Table, name: string, path: (string | number)[], node: Field, scope: Scope): Printed {
  const column = table.columns.get(name);
  if (!column) throw unresolved(name, node, { ...scope, tables: [table], aliases: new Map() });
  const sql = table.prefix === '' ? identifier(name) : `${identifier(table.prefix)}.${identifier(name)}`;
  const hq =
    table.alias !== '' && node.chain[0] === table.alias
      ? `${identifier(table.alias)}.${identifier(name)}`
      : identifier(name);
  const stored = table.kind === 'events' || table.kind === 'ai_events';
  if (stored && name === 'properties' && path.length > 0) return property(table, hq, path, node, scope);
  if (stored && column.type === 'datetime') {
    return access(
      printed(`toTimeZone(${sql}, ${stringLiteral(scope.options.timezone)})`, hq, 'datetime', column.nullable),
      path,
      node,
    );
  }
  return access(printed(sql, hq, column.type, column.nullable), path, node);
}

/** `properties.a.b`: PostHog's text of a JSON value, from a side column where there is one that holds exactly this text. */
export function property(
  table: Pick<Table, 'prefix' | 'kind'>,
  hqTable: string,
  path: (string | number)[],
  node: Node,
  scope: Scope,
): Printed {
  for (const part of path)
    if (part === 0) throw hogqlError('SQL indexes start from one, not from zero. E.g: array.1', node);
  const keys = path.map((part) => (typeof part === 'number' ? String(part) : stringLiteral(part))).join(', ');
  const ch = `replaceRegexpAll(nullIf(nullIf(JSONExtractRaw(${identifier(table.prefix)}.properties, ${keys}), ''), 'null'), '^"|"$', '')`;
  const side =
    path.length === 1 && table.kind === 'events' ? scope.options.sideColumns.get(String(path[0]))?.text : undefined;
  return {
    ch,
    ex: side ? `${identifier(table.prefix)}.${identifier(side)}` : ch,
    hq: `${hqTable}.${path.map((part) => (typeof part === 'number' ? part : identifier(part))).join('.')}`,
    type: 'string',
    nullable: true,
    property: { table: table.prefix, path },
  };
}

/** Numbers after a name read a tuple's element. */
function access(base: Printed, path: (string | number)[], node: Node): Printed {
  return path.reduce<Printed>((value, part) => tupleAccess(value, part, node), base);
}

export function tupleAccess(value: Printed, part: string | number, node: Node): Printed {
  const index = Number(part);
  if (!Number.isInteger(index))
    throw hogqlError(`Unable to resolve field: ${part}`, node, 'Only properties have named parts.');
  if (index === 0) throw hogqlError('SQL indexes start from one, not from zero. E.g: array.1', node);
  const { aggregate } = value;
  return {
    ch: `${value.ch}.${index}`,
    ex: `tupleElement(${value.ex}, ${index})`,
    hq: `${value.hq}.${index}`,
    type: 'unknown',
    nullable: true,
    ...(aggregate ? { aggregate } : {}),
  };
}

/** A property as its project type where the context asks for a number: `accurateCastOrNull(x, 'Float64')`. */
export function asNumber(value: Printed, scope: Scope): Printed {
  const name = value.property?.path.length === 1 ? String(value.property.path[0]) : undefined;
  if (name === undefined || propertyKind(name) !== 'number') return value;
  return floatOf(value, scope);
}

/** `toFloat(x)`, from the number side column where there is one. */
export function floatOf(value: Printed, scope: Scope): Printed {
  const name = value.property?.path.length === 1 ? String(value.property.path[0]) : undefined;
  const side = name !== undefined && value.ex !== value.ch ? scope.options.sideColumns.get(name)?.number : undefined;
  return {
    ch: `accurateCastOrNull(${value.ch}, 'Float64')`,
    ex:
      side && value.property
        ? `${identifier(value.property.table)}.${identifier(side)}`
        : `accurateCastOrNull(${value.ex}, 'Float64')`,
    hq: value.hq,
    type: 'number',
    nullable: true,
    ...(value.aggregate ? { aggregate: value.aggregate } : {}),
  };
}

/** A boolean AI property where the context asks for a condition. */
export function asCondition(value: Printed): Printed {
  const name = value.property?.path.length === 1 ? String(value.property.path[0]) : undefined;
  if (name === undefined || propertyKind(name) !== 'boolean') return value;
  const cast = (x: string) => `accurateCastOrNull(transform(toString(${x}), ['true', 'false'], [1, 0], NULL), 'Bool')`;
  return { ch: cast(value.ch), ex: cast(value.ex), hq: value.hq, type: 'boolean', nullable: true };
}

export function columnOf(value: Printed): Column {
  return { type: value.type, nullable: value.nullable };
}
