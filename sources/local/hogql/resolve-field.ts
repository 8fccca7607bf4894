import type { Node } from './ast.ts';
import { hogqlError, type Place, placeOf } from './errors.ts';
import { HIDDEN_COLUMNS, NOT_IN_FILES, propertyKind } from './schema.ts';
import { resolveExpr, type Scope } from './scope.ts';
import { nearest } from './suggest.ts';
import type { Expr, Table } from './tree.ts';
import { asNullable, type Type, typeOf, UNKNOWN } from './types.ts';

type FieldNode = Node & { node: 'Field' };

export const INDEX_FROM_ONE = 'SQL indexes start from one, not from zero. E.g: array.1';

/** Binds a dotted name: lambda argument, table, alias, column, WITH expression; the rest of the chain is a path inside. */
export function resolveField(node: FieldNode, scope: Scope): Expr {
  const [head, ...rest] = node.chain.map(String);
  const name = head ?? '';
  if (name === '*' && rest.length === 0) return { kind: 'star', type: UNKNOWN };
  const found = bind(name, rest, node, scope);
  return within(found.expr, node.chain.slice(found.used), node);
}

/** What the first one or two names mean, and how many they are. */
function bind(name: string, rest: string[], node: FieldNode, scope: Scope): { expr: Expr; used: number } {
  const at = placeOf(node);
  const place = at ? { at } : {};
  const argument = scope.lambdas.get(name);
  if (argument) return { expr: { kind: 'lambdaArgument', name, type: argument, ...place }, used: 1 };
  const qualifier = rest.length > 0 ? scope.tables.find((table) => table.name === name) : undefined;
  if (qualifier) return { expr: qualified(qualifier, rest[0] ?? '', [name, rest[0] ?? ''], node), used: 2 };
  const alias = scope.aliases.get(name);
  if (alias) return { expr: { kind: 'aliasRef', name, type: alias, ...place }, used: 1 };
  const table = owner(name, node, scope);
  if (table) return { expr: column(table, name, [name], at), used: 1 };
  const cte = scope.ctes.get(name);
  if (cte?.kind === 'scalar') {
    if (rest.length > 0) throw hogqlError(`Cannot access fields on CTE ${name} yet`, node);
    const visible = new Map([...scope.ctes].filter(([other]) => other !== name));
    return { expr: resolveExpr(cte.node, { ...scope, ctes: visible }), used: 1 };
  }
  if (name === 'current_date' || name === 'current_timestamp') {
    const call: Node = { node: 'Call', name, args: [], ...span(node) };
    return { expr: resolveExpr(call, scope), used: 1 };
  }
  throw unresolved(name, node, scope);
}

function span(node: Node) {
  return node.start && node.end ? { start: node.start, end: node.end } : {};
}

function owner(name: string, node: FieldNode, scope: Scope): Table | undefined {
  const owners = scope.tables.filter((table) => typeIn(table, name));
  if (owners.length > 1 && !scope.joinedBy.has(name))
    throw hogqlError(
      `Ambiguous query. Found multiple sources for field: ${name}`,
      node,
      `Write ${owners.map((table) => `${table.name ?? 'alias'}.${name}`).join(' or ')}.`,
    );
  return owners[0];
}

function typeIn(table: Table, name: string): Type | undefined {
  const stored = table.kind === 'events' || table.kind === 'ai_events';
  return table.columns.get(name) ?? (stored ? HIDDEN_COLUMNS.get(name) : undefined);
}

function qualified(table: Table, name: string, chain: string[], node: FieldNode): Expr {
  if (name === '*') return { kind: 'star', type: UNKNOWN };
  if (!typeIn(table, name)) {
    refuseServerData(table, name, node);
    throw hogqlError(`Field not found: ${name}`, node, hintFor(name, [...table.columns.keys()], table));
  }
  return column(table, name, chain, placeOf(node));
}

/** A column of a table, or what a subquery gives. */
export function column(table: Table, name: string, chain: readonly string[], at?: Place): Expr {
  const type = typeIn(table, name) ?? UNKNOWN;
  return { kind: 'column', table, name, chain, type, ...(at ? { at } : {}) };
}

function unresolved(name: string, node: FieldNode, scope: Scope): Error {
  for (const table of scope.tables) refuseServerData(table, name, node);
  if (scope.ctes.get(name)?.kind === 'query')
    return hogqlError(
      `Cannot use the subquery "${name}" as a value.`,
      node,
      `Select from it: (SELECT … FROM ${name}).`,
    );
  const stored = scope.tables.find((table) => table.kind === 'events');
  const known = [...scope.aliases.keys(), ...scope.tables.flatMap((table) => [...table.columns.keys()])];
  return hogqlError(`Unable to resolve field: ${name}`, node, hintFor(name, known, stored));
}

function hintFor(name: string, known: string[], table: Table | undefined): string {
  const near = nearest(name, known);
  const property = table && table.kind !== 'query' ? `Event properties are written properties.${name}.` : '';
  return `${near ? `Did you mean ${near}?` : `Known here: ${known.slice(0, 12).join(', ')}.`} ${property}`.trim();
}

function refuseServerData(table: Table, name: string, node: FieldNode): void {
  const needs =
    table.kind === 'events'
      ? (NOT_IN_FILES.get(name) ?? (name.startsWith('$virt_') ? 'session data' : undefined))
      : undefined;
  if (needs)
    throw hogqlError(`Unable to resolve field: ${name}`, node, `It needs ${needs}, which event files do not hold.`);
}

/** The rest of a chain: keys of a JSON text, or elements of a tuple. */
export function within(base: Expr, path: readonly (string | number)[], node: Node): Expr {
  let expr = base;
  for (const part of path) expr = part === '*' ? unsupportedStar(node) : step(expr, part, node);
  return expr;
}

function unsupportedStar(node: Node): never {
  throw hogqlError('Cannot use "*" here.', node);
}

/** One key or index further into a JSON text; an index into a tuple. */
export function step(base: Expr, part: string | number, node: Node): Expr {
  const at = placeOf(node);
  const place = at ? { at } : {};
  const index = typeof part === 'number' ? part : undefined;
  if (index === 0) throw hogqlError(INDEX_FROM_ONE, node);
  if (base.kind === 'property')
    return { kind: 'property', json: base.json, path: [...base.path, part], type: typeOf('string', true), ...place };
  if (isJson(base)) return { kind: 'property', json: base, path: [part], type: propertyType(part), ...place };
  if (index === undefined)
    throw hogqlError(
      `Cannot resolve type ${base.kind === 'column' ? base.chain.join('.') : 'of this value'}. Unable to resolve ${part}.`,
      node,
      'Only properties have named parts.',
    );
  const type = base.type.items?.[index - 1] ?? UNKNOWN;
  return { kind: 'tupleElement', tuple: base, index, type: asNullable(type), ...place };
}

function propertyType(name: string | number): Type {
  const holds = typeof name === 'string' ? propertyKind(name) : undefined;
  return holds ? { ...typeOf('string', true), holds } : typeOf('string', true);
}

/** A column that holds `properties`, of a table or handed on by a subquery. */
export function isJson(expr: Expr): boolean {
  return expr.type.kind === 'json' && (expr.kind === 'column' || expr.kind === 'aliasRef');
}
