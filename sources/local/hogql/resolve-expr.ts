import type { Node } from './ast.ts';
import { comparison } from './compare.ts';
import { constant, literal, placeholder } from './constants.ts';
import { asNumber, beside } from './context.ts';
import { hogqlError, type Place, placeOf } from './errors.ts';
import { logic, resolveCall } from './resolve-call.ts';
import { INDEX_FROM_ONE, isJson, resolveField, step } from './resolve-field.ts';
import { resolveLambda } from './resolve-lambda.ts';
import { resolveWindow } from './resolve-window.ts';
import { resolveAll, type Scope, resolveExpr as visit } from './scope.ts';
import type { Expr } from './tree.ts';
import { arithmetic, asNullable, merged, typeOf, UNKNOWN } from './types.ts';

/** Binds names, checks functions and gives every value a type. @throws RunbookError `hogql` with the position of what is wrong */
export function resolveExpr(node: Node, scope: Scope): Expr {
  const at = placeOf(node);
  const place = at ? { at } : {};
  switch (node.node) {
    case 'Constant':
      return literal(node);
    case 'Placeholder':
      return placeholder(node, scope.options);
    case 'Field':
      return resolveField(node, scope);
    case 'Call':
      return resolveCall(node, scope);
    case 'WindowFunction':
      return resolveWindow(node, scope);
    case 'Alias':
      return resolveAlias(node, scope);
    case 'And':
    case 'Or':
      return logic(node.node === 'And' ? 'and' : 'or', resolveAll(node.exprs, scope), node);
    case 'Not':
      return resolveCall({ node: 'Call', name: 'not', args: [node.expr], ...positions(node) }, scope);
    case 'CompareOperation':
      return resolveComparison(node, scope);
    case 'IsDistinctFrom':
      return comparison(node.negated ? '==' : '!=', visit(node.left, scope), visit(node.right, scope), scope, at);
    case 'ArithmeticOperation': {
      const [left, right] = [asNumber(visit(node.left, scope)), asNumber(visit(node.right, scope))];
      return {
        kind: 'arithmetic',
        op: node.op,
        left,
        right,
        type: arithmetic(node.op, left.type, right.type),
        ...place,
      };
    }
    case 'BetweenExpr':
      return resolveBetween(node, scope, place);
    case 'Tuple':
      return { ...tupleOf(resolveAll(node.exprs, scope)), ...place };
    case 'Array': {
      const items = resolveAll(node.exprs, scope);
      return {
        kind: 'array',
        items,
        type: typeOf('array', false, items.length > 0 ? [merged(items.map((i) => i.type))] : []),
        ...place,
      };
    }
    case 'Dict': {
      const pairs = node.items.flatMap(([key, value]) => resolveAll([key, value], scope));
      return { ...tupleOf([constant('__hx_tag'), constant('__hx_obj'), ...pairs]), ...place };
    }
    case 'ArrayAccess':
      return resolveElement(node, scope);
    case 'ArraySlice': {
      const array = visit(node.array, scope);
      const from = node.start_expr ? visit(node.start_expr, scope) : undefined;
      const to = node.end_expr ? visit(node.end_expr, scope) : undefined;
      return { kind: 'slice', array, from, to, type: array.type, ...place };
    }
    case 'TupleAccess':
      return step(visit(node.tuple, scope), node.index, node);
    case 'Lambda':
      return resolveLambda(node, scope, []);
    case 'TypeCast':
      return resolveCast(node, scope);
    case 'SelectQuery':
    case 'SelectSetQuery': {
      const query = scope.resolver.query(node, scope.options, scope.ctes);
      return { kind: 'subquery', query, type: UNKNOWN, ...place };
    }
    default:
      throw refusal(node);
  }
}

function tupleOf(items: readonly Expr[]): Expr {
  const types = items.map((item) => item.type);
  return { kind: 'tuple', items, type: typeOf('tuple', false, types) };
}

function positions(node: Node) {
  return node.start && node.end ? { start: node.start, end: node.end } : {};
}

function refusal(node: Node): Error {
  switch (node.node) {
    case 'ExprCall':
      return hogqlError('You can only call simple functions in HogQL, not expressions', node);
    case 'TryCast':
      return hogqlError(
        'TRY_CAST is not allowed in clickhouse dialect',
        node,
        'toInt, toFloat and toDate give NULL where a cast fails.',
      );
    case 'HogQLXTag':
      return hogqlError('Printing HogQLX tags is only supported in HogQL queries', node);
    case 'ValuesQuery':
      return hogqlError('VALUES clause is not supported in ClickHouse dialect', node);
    default:
      return hogqlError(
        `${node.node} is not supported.`,
        node,
        'Write this part with plain expressions and functions.',
      );
  }
}

const RESERVED = new Set(['team_id', 'true', 'false', 'null']);

function resolveAlias(node: Node & { node: 'Alias' }, scope: Scope): Expr {
  const { alias: name } = node;
  if (RESERVED.has(name.toLowerCase()))
    throw hogqlError(
      `"${name}" cannot be an alias or identifier, as it's a reserved keyword`,
      node,
      'Choose another alias.',
    );
  if (name.includes('%'))
    throw hogqlError(
      `The HogQL identifier "${name}" is not permitted as it contains the "%" character`,
      node,
      'Choose another alias.',
    );
  if (name === '') throw hogqlError('Alias cannot be empty', node);
  const expr = visit(node.expr, scope);
  if (expr.kind === 'star') throw hogqlError('"*" cannot have an alias.', node);
  if (scope.aliases.has(name)) throw hogqlError(`Cannot redefine an alias with the name: ${name}`, node);
  scope.aliases.set(name, expr.type);
  const at = placeOf(node);
  return { kind: 'alias', name, expr, type: expr.type, ...(at ? { at } : {}) };
}

function resolveComparison(node: Node & { node: 'CompareOperation' }, scope: Scope): Expr {
  if (node.op.includes('cohort'))
    throw hogqlError('Cohorts are not supported.', node, 'They need PostHog’s persons, which event files do not hold.');
  if (!OPERATORS.has(node.op)) throw hogqlError(`Unknown comparison operator: ${node.op}`, node);
  return comparison(node.op, visit(node.left, scope), visit(node.right, scope), scope, placeOf(node));
}

const OPERATORS = new Set([
  ...[
    '==',
    '!=',
    '<',
    '>',
    '<=',
    '>=',
    'like',
    'ilike',
    'not like',
    'not ilike',
    'in',
    'not in',
    'global in',
    'global not in',
  ],
  ...['=~', '!~', '=~*', '!~*'],
]);

function resolveBetween(node: Node & { node: 'BetweenExpr' }, scope: Scope, place: { at?: Place }): Expr {
  const [low, high] = [visit(node.low, scope), visit(node.high, scope)];
  const value = beside(beside(visit(node.expr, scope), low.type), high.type);
  return {
    kind: 'between',
    value,
    low,
    high,
    negated: node.negated,
    inJoin: scope.inJoin,
    type: typeOf('boolean', false),
    ...place,
  };
}

/** `x[1]`: an element of an array, or a key of a JSON text. */
function resolveElement(node: Node & { node: 'ArrayAccess' }, scope: Scope): Expr {
  const array = visit(node.array, scope);
  const index = visit(node.property, scope);
  const key = index.kind === 'constant' ? index.value : undefined;
  if (array.kind === 'property' || isJson(array)) {
    if (typeof key === 'string' || (typeof key === 'number' && Number.isSafeInteger(key)))
      return step(array, key, node);
    throw hogqlError(
      'A property is read by a constant name or position.',
      node,
      'JSONExtractString(properties, name) takes any expression.',
    );
  }
  if (key === 0) throw hogqlError(INDEX_FROM_ONE, node);
  const at = placeOf(node);
  const item = array.type.kind === 'array' ? array.type.items?.[0] : undefined;
  return { kind: 'element', array, index, type: asNullable(item ?? UNKNOWN), ...(at ? { at } : {}) };
}

/** `x::int` and CAST(x AS int) are the conversion functions. */
const CASTS = new Map(
  Object.entries({
    toInt: 'int integer bigint smallint tinyint int2 int4 int8 int16 int32 int64 uint8 uint16 uint32 uint64',
    toFloat: 'float float4 float8 float32 float64 double real numeric',
    toString: 'text string varchar char',
    toBool: 'bool boolean',
    toDate: 'date',
    toDateTime: 'datetime timestamp timestamptz',
    toUUID: 'uuid',
  }).flatMap(([name, types]) => types.split(' ').map((type): [string, string] => [type, name])),
);

function resolveCast(node: Node & { node: 'TypeCast' | 'TryCast' }, scope: Scope): Expr {
  const type = node.type_name.toLowerCase();
  const name = CASTS.get(type) ?? CASTS.get(/^nullable\((\w+)\)$/u.exec(type)?.[1] ?? '');
  if (!name)
    throw hogqlError(
      `Unsupported type cast to '${node.type_name}'`,
      node,
      'Known types: int, float, text, bool, date, datetime, uuid.',
    );
  return resolveCall({ node: 'Call', name, args: [node.expr], ...positions(node) }, scope);
}
