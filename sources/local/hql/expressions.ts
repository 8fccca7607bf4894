import type { QueryValue } from '../../source.ts';
import type { Alias, Call, Constant, Field, Frame, Node, OrderBy, WindowSpec } from './ast.ts';
import { compileCall } from './calls.ts';
import { lookup } from './catalogue.ts';
import { compare } from './compare.ts';
import { hogqlError } from './errors.ts';
import { asCondition, asNumber, compileField, property, tupleAccess } from './fields.ts';
import { identifier, numberLiteral, stringLiteral } from './literals.ts';
import { combine, type Printed, printed } from './printed.ts';
import { compileAll, compileExpr, compileSet } from './recurse.ts';
import type { Column } from './schema.ts';
import type { Scope } from './scope.ts';

type Compile<T extends Node> = (node: T, scope: Scope) => Printed;

const COMPILERS: Record<string, Compile<never>> = {
  Constant: compileConstant as Compile<never>,
  Field: compileField as Compile<never>,
  Call: compileCall as Compile<never>,
  Alias: compileAlias as Compile<never>,
  And: compileLogic('and') as Compile<never>,
  Or: compileLogic('or') as Compile<never>,
  Not: compileNot as Compile<never>,
  CompareOperation: compileCompare as Compile<never>,
  ArithmeticOperation: compileArithmetic as Compile<never>,
  BetweenExpr: compileBetween as Compile<never>,
  Tuple: compileTuple as Compile<never>,
  Array: compileArray as Compile<never>,
  ArrayAccess: compileArrayAccess as Compile<never>,
  ArraySlice: compileArraySlice as Compile<never>,
  TupleAccess: compileTupleAccess as Compile<never>,
  Lambda: compileLambda as Compile<never>,
  WindowFunction: compileWindow as Compile<never>,
  TypeCast: compileTypeCast as Compile<never>,
  TryCast: compileTypeCast as Compile<never>,
  Placeholder: compilePlaceholder as Compile<never>,
  SelectQuery: compileSubquery as Compile<never>,
  SelectSetQuery: compileSubquery as Compile<never>,
};

/** Compiles a node of any kind. @throws RunbookError `hogql` with the position of what is wrong */
export function compileNode(node: Node, scope: Scope): Printed {
  const compile = Object.hasOwn(COMPILERS, node.node) ? COMPILERS[node.node] : undefined;
  if (!compile)
    throw hogqlError(
      `${node.node} is not supported here.`,
      node,
      'Rewrite this part with plain expressions and functions.',
    );
  return compile(node as never, scope);
}

function compileConstant(node: Constant): Printed {
  if (node.value_type === 'number') return constant(numberLiteral(String(node.value)), 'number', Number(node.value));
  return constantOf(node.value as QueryValue);
}

function constant(sql: string, type: Printed['type'], value: unknown, hq = sql): Printed {
  return { ...printed(sql, hq, type, value === null), constant: { value } };
}

/** A bound or literal value as a typed constant. */
export function constantOf(value: QueryValue): Printed {
  if (value === null) return constant('NULL', 'null', null);
  if (typeof value === 'boolean') return constant(value ? '1' : '0', 'boolean', value, String(value));
  if (typeof value === 'number') return constant(numberLiteral(value), 'number', value);
  if (typeof value === 'string') return constant(stringLiteral(value), 'string', value);
  const items = value.map(constantOf);
  return {
    ...combine(
      items,
      (parts) => `[${parts.join(', ')}]`,
      (parts) => `[${parts.join(', ')}]`,
    ),
    type: 'array',
    nullable: false,
  };
}

function compilePlaceholder(node: Node & { expr: Field }, scope: Scope): Printed {
  const name = node.expr.node === 'Field' ? node.expr.chain.join('.') : '';
  if (name === 'filters') return constantOf(true);
  const values = scope.options.values ?? {};
  if (!Object.hasOwn(values, name) || values[name] === undefined) {
    throw hogqlError(`Unresolved placeholder: {${name}}`, node, `Give it a value: {"values": {"${name}": …}}.`);
  }
  return constantOf(values[name]);
}

function compileAlias(node: Alias, scope: Scope): Printed {
  const value = compileExpr(node.expr, scope);
  declareAlias(node, value, scope);
  const name = identifier(node.alias);
  const { constant: _constant, property: _property, ...rest } = value;
  return { ...rest, ch: `(${value.ch} AS ${name})`, ex: `(${value.ex} AS ${name})`, hq: `(${value.hq} AS ${name})` };
}

const RESERVED_ALIASES = new Set(['team_id', 'true', 'false', 'null']);

export function declareAlias(node: Alias, value: Printed, scope: Scope): void {
  if (RESERVED_ALIASES.has(node.alias.toLowerCase()))
    throw hogqlError(`Alias '${node.alias}' is a reserved keyword.`, node);
  if (node.alias.includes('%'))
    throw hogqlError(`The HogQL identifier "${node.alias}" is not permitted as it contains the "%" character`, node);
  scope.aliases.set(node.alias, value);
}

function compileLogic(name: 'and' | 'or'): Compile<Node & { exprs: Node[] }> {
  return (node, scope) => {
    const parts = compileAll(node.exprs, scope).map(asCondition);
    return {
      ...combine(
        parts,
        (p) => `${name}(${p.join(', ')})`,
        (p) => `${name}(${p.join(', ')})`,
      ),
      type: 'boolean',
      nullable: parts.some((p) => p.nullable),
    };
  };
}

function compileNot(node: Node & { expr: Node }, scope: Scope): Printed {
  const part = asCondition(compileExpr(node.expr, scope));
  return {
    ...combine(
      [part],
      ([p]) => `not(${p})`,
      ([p]) => `not(${p})`,
    ),
    type: 'boolean',
    nullable: part.nullable,
  };
}

function compileCompare(node: Node & { op: string; left: Node; right: Node }, scope: Scope): Printed {
  const left = compileExpr(node.left, scope);
  const isIn = node.op.endsWith('in');
  const right = isIn ? compileSet(node.right, scope) : compileExpr(node.right, scope);
  return compare(node.op, left, right, node, scope);
}

const ARITHMETIC: Record<string, string> = { '+': 'plus', '-': 'minus', '*': 'multiply', '/': 'divide', '%': 'modulo' };

function compileArithmetic(node: Node & { op: string; left: Node; right: Node }, scope: Scope): Printed {
  const name = Object.hasOwn(ARITHMETIC, node.op) ? ARITHMETIC[node.op] : undefined;
  if (!name) throw hogqlError(`Unknown arithmetic operator: ${node.op}`, node);
  const parts = [asNumber(compileExpr(node.left, scope), scope), asNumber(compileExpr(node.right, scope), scope)];
  const dated = parts.find((part) => part.type === 'datetime' || part.type === 'date');
  return {
    ...combine(
      parts,
      (p) => `${name}(${p.join(', ')})`,
      (p) => p.join(` ${node.op} `),
    ),
    type: dated ? dated.type : 'number',
    nullable: parts.some((part) => part.nullable),
  };
}

function compileBetween(node: Node & { expr: Node; low: Node; high: Node; negated: boolean }, scope: Scope): Printed {
  const [value, low, high] = compileAll([node.expr, node.low, node.high], scope) as [Printed, Printed, Printed];
  const typed = low.type === 'number' || high.type === 'number' ? asNumber(value, scope) : value;
  const nullable = typed.nullable || low.nullable || high.nullable;
  const build = ([v, l, h]: string[]) => {
    const bare = `${v} ${node.negated ? 'NOT ' : ''}BETWEEN ${l} AND ${h}`;
    return nullable && !scope.inJoin ? `ifNull(${bare}, 0)` : bare;
  };
  return {
    ...combine([typed, low, high], build, ([v, l, h]) => `${v} ${node.negated ? 'NOT ' : ''}BETWEEN ${l} AND ${h}`),
    type: 'boolean',
    nullable: false,
  };
}

function compileTuple(node: Node & { exprs: Node[] }, scope: Scope): Printed {
  const parts = compileAll(node.exprs, scope);
  return {
    ...combine(
      parts,
      (p) => `tuple(${p.join(', ')})`,
      (p) => `(${p.join(', ')})`,
    ),
    type: 'tuple',
    nullable: false,
  };
}

function compileArray(node: Node & { exprs: Node[] }, scope: Scope): Printed {
  const parts = compileAll(node.exprs, scope);
  return {
    ...combine(
      parts,
      (p) => `[${p.join(', ')}]`,
      (p) => `[${p.join(', ')}]`,
    ),
    type: 'array',
    nullable: false,
  };
}

function compileArrayAccess(node: Node & { array: Node; property: Node }, scope: Scope): Printed {
  const path = propertyPath(node, scope);
  if (path && path.path.length > 0) return property(path.table, path.hq, path.path, node, scope);
  const array = compileExpr(node.array, scope);
  const index = compileExpr(node.property, scope);
  if (index.constant?.value === 0) throw hogqlError('SQL indexes start from one, not from zero. E.g: array[1]', node);
  return {
    ...combine(
      [array, index],
      ([a, i]) => `${a}[${i}]`,
      ([a, i]) => `${a}[${i}]`,
    ),
    type: 'unknown',
    nullable: true,
  };
}

interface PropertyPath {
  table: { prefix: string; kind: 'events' | 'ai_events' };
  hq: string;
  path: (string | number)[];
}

/** `properties['a'][1].b` is one path into the JSON text. */
function propertyPath(node: Node, scope: Scope): PropertyPath | undefined {
  if (node.node === 'ArrayAccess') {
    const { array, property: key } = node as Node & { array: Node; property: Node };
    if (key.node === 'Placeholder') {
      const bound = compileExpr(key, scope).constant?.value;
      const inner = typeof bound === 'string' ? propertyPath(array, scope) : undefined;
      return inner && { ...inner, path: [...inner.path, bound as string] };
    }
    if (key.node !== 'Constant') return undefined;
    const inner = propertyPath(array, scope);
    const value = (key as Constant).value;
    return inner && (typeof value === 'string' || typeof value === 'number')
      ? { ...inner, path: [...inner.path, value] }
      : undefined;
  }
  if (node.node === 'TupleAccess') {
    const { tuple, index } = node as Node & { tuple: Node; index: number };
    const inner = propertyPath(tuple, scope);
    return inner && inner.path.length > 0 ? { ...inner, path: [...inner.path, index] } : undefined;
  }
  if (node.node !== 'Field') return undefined;
  const { chain } = node as Field;
  const at = chain.indexOf('properties');
  const table = scope.tables.find((t) =>
    at === 0 ? t.kind === 'events' || t.kind === 'ai_events' : at === 1 && t.alias === chain[0],
  );
  if (!table || (table.kind !== 'events' && table.kind !== 'ai_events')) return undefined;
  return {
    table: { prefix: table.prefix, kind: table.kind },
    hq: chain.slice(0, at + 1).join('.'),
    path: chain.slice(at + 1),
  };
}

function compileArraySlice(node: Node & { array: Node; start_expr: Node; end_expr: Node }, scope: Scope): Printed {
  const parts = compileAll([node.array, node.start_expr, node.end_expr], scope);
  return {
    ...combine(
      parts,
      ([a, s, e]) => `arraySlice(${a}, ${s}, plus(minus(${e}, ${s}), 1))`,
      ([a, s, e]) => `${a}[${s}:${e}]`,
    ),
    type: 'array',
    nullable: false,
  };
}

function compileTupleAccess(node: Node & { tuple: Node; index: number }, scope: Scope): Printed {
  const path = propertyPath(node, scope);
  if (path) return property(path.table, path.hq, path.path, node, scope);
  return tupleAccess(compileExpr(node.tuple, scope), node.index, node);
}

function compileLambda(node: Node & { args: string[]; expr: Node }, scope: Scope): Printed {
  const unknown: Column = { type: 'unknown', nullable: true };
  const lambdas = new Map([...scope.lambdas, ...node.args.map((name) => [name, unknown] as const)]);
  const body = compileExpr(node.expr, { ...scope, lambdas });
  const names = node.args.map(identifier);
  const head = names.length === 1 ? String(names[0]) : `(${names.join(', ')})`;
  return {
    ...combine(
      [body],
      ([b]) => `${head} -> ${b}`,
      ([b]) => `${head} -> ${b}`,
    ),
    type: 'unknown',
    nullable: false,
  };
}

const CASTS: Record<string, string> = {
  int: 'toInt',
  integer: 'toInt',
  int64: 'toInt',
  bigint: 'toInt',
  float: 'toFloat',
  float64: 'toFloat',
  double: 'toFloat',
  real: 'toFloat',
  string: 'toString',
  text: 'toString',
  varchar: 'toString',
  bool: 'toBool',
  boolean: 'toBool',
  date: 'toDate',
  datetime: 'toDateTime',
  timestamp: 'toDateTime',
  uuid: 'toUUID',
};

function compileTypeCast(node: Node & { expr: Node; type_name: string }, scope: Scope): Printed {
  const name = Object.hasOwn(CASTS, node.type_name) ? CASTS[node.type_name] : undefined;
  if (!name)
    throw hogqlError(
      `Unsupported type cast to '${node.type_name}'`,
      node,
      `Known types: ${Object.keys(CASTS).join(', ')}.`,
    );
  const call: Call = {
    node: 'Call',
    name,
    args: [node.expr],
    ...(node.start ? { start: node.start } : {}),
    ...(node.end ? { end: node.end } : {}),
  };
  return compileCall(call, scope);
}

function compileWindow(
  node: Node & { name: string; exprs: Node[]; args: Node[]; over_expr?: WindowSpec; over_identifier?: string },
  scope: Scope,
): Printed {
  const shifted = node.name === 'lag' || node.name === 'lead';
  const info = lookup(node.name);
  if (info?.kind !== 'aggregate') throw hogqlError(`Unsupported window function '${node.name}(...)'`, node);
  const call: Call = {
    node: 'Call',
    name: shifted ? `${node.name}InFrame` : node.name,
    args: node.exprs,
    params: null,
  };
  if (node.args.length > 0) {
    call.args = node.args;
    call.params = node.exprs;
  }
  if (shifted && call.args[0])
    call.args = [{ node: 'Call', name: 'toNullable', args: [call.args[0]] } as Call, ...call.args.slice(1)];
  const value = compileCall(call, scope);
  const frame =
    shifted && !node.over_expr?.frame_method ? ' ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING' : '';
  const over =
    node.over_identifier === undefined
      ? windowSpec(node.over_expr ?? {}, scope, frame)
      : same(identifier(node.over_identifier));
  const spec = node.over_identifier === undefined ? (text: string) => `(${text})` : (text: string) => text;
  return {
    ch: `${value.ch} OVER ${spec(over.ch)}`,
    ex: `${value.ex} OVER ${spec(over.ex)}`,
    hq: `${value.hq} OVER ${spec(over.hq)}`,
    type: value.type,
    nullable: shifted || value.nullable,
  };
}

function same(text: string): Pick<Printed, 'ch' | 'ex' | 'hq'> {
  return { ch: text, ex: text, hq: text };
}

/** What stands between the parentheses of OVER (…) and WINDOW w AS (…). */
export function windowSpec(spec: WindowSpec, scope: Scope, defaultFrame = ''): Pick<Printed, 'ch' | 'ex' | 'hq'> {
  const by = compileAll(spec.partition_by ?? [], scope);
  const order = (spec.order_by ?? []).map((item) => compileOrder(item, scope));
  const frame = spec.frame_method ? ` ${frameText(spec)}` : defaultFrame;
  const build = (form: 'ch' | 'ex' | 'hq') =>
    [
      by.length > 0 ? `PARTITION BY ${by.map((p) => p[form]).join(', ')}` : '',
      order.length > 0 ? `ORDER BY ${order.map((o) => o[form]).join(', ')}` : '',
    ]
      .filter((text) => text !== '')
      .join(' ') + frame;
  return { ch: build('ch').trim(), ex: build('ex').trim(), hq: build('hq').trim() };
}

function frameText(spec: WindowSpec): string {
  const edge = (frame: Frame) =>
    frame.frame_type === 'CURRENT ROW' ? 'CURRENT ROW' : `${frame.frame_value ?? 'UNBOUNDED'} ${frame.frame_type}`;
  const method = spec.frame_method === 'RANGE' ? 'RANGE' : 'ROWS';
  if (spec.frame_start && spec.frame_end)
    return `${method} BETWEEN ${edge(spec.frame_start)} AND ${edge(spec.frame_end)}`;
  return spec.frame_start ? `${method} ${edge(spec.frame_start)}` : '';
}

export function compileOrder(item: OrderBy, scope: Scope): Pick<Printed, 'ch' | 'ex' | 'hq'> {
  if (item.with_fill) throw hogqlError('WITH FILL is not supported.', item);
  const value = compileExpr(item.expr, scope);
  const direction = item.order === 'DESC' ? 'DESC' : 'ASC';
  return { ch: `${value.ch} ${direction}`, ex: `${value.ex} ${direction}`, hq: `${value.hq} ${direction}` };
}

function compileSubquery(node: Node, scope: Scope): Printed {
  const query = scope.compileQuery(node, scope.ctes);
  const [first] = query.columns;
  return {
    ch: `(${query.ch})`,
    ex: `(${query.ex})`,
    hq: `(${query.hq})`,
    type: first?.[1].type ?? 'unknown',
    nullable: true,
  };
}
