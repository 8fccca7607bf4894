import { checkArity } from './arity.ts';
import type { CallNode, Node } from './ast.ts';
import { aggregateType, scalarType } from './call-types.ts';
import { type AggregateFunction, findFunction, functionNames, needsServer, type ScalarFunction } from './catalogue.ts';
import { comparison, isComparison } from './compare.ts';
import { asCondition, asNumber, branches, ranked } from './context.ts';
import { hogqlError, placeOf } from './errors.ts';
import { resolveLambdas } from './resolve-lambda.ts';
import { resolveAll, resolveExpr, type Scope } from './scope.ts';
import { nearest } from './suggest.ts';
import type { AggregateCall, Expr } from './tree.ts';
import { typeOf } from './types.ts';

type Call = Node & CallNode;

/** A call: a comparison in function form, a logical operator, an aggregation or a scalar function. */
export function resolveCall(node: Call, scope: Scope): Expr {
  const name = node.name;
  if (isComparison(name)) {
    if (node.args.length !== 2) throw hogqlError(`Comparison '${name}' requires exactly two arguments`, node);
    const [left, right] = resolveAll(node.args, scope);
    if (left && right) return comparison(isComparison(name) ?? name, left, right, scope, placeOf(node));
  }
  if (name === 'and' || name === 'or') {
    checkArity(node.args.length, { min: 2, max: Number.POSITIVE_INFINITY }, name, node, 'Function');
    return logic(name, resolveAll(node.args, scope), node);
  }
  if (name === '_caseWithExpression') return caseOf(node, scope);
  const meta = findFunction(name);
  if (!meta) throw unknownFunction(node);
  return meta.kind === 'aggregate' ? aggregation(node, meta, scope) : scalar(node, meta, scope);
}

export function logic(op: 'and' | 'or', operands: readonly Expr[], node: Node): Expr {
  const conditions = operands.map(asCondition);
  const nullable = conditions.some((operand) => operand.type.nullable);
  return { kind: 'logic', op, operands: conditions, type: typeOf('boolean', nullable), ...place(node) };
}

function place(node: Node) {
  const at = placeOf(node);
  return at ? { at } : {};
}

function unknownFunction(node: Call): Error {
  const { name } = node;
  if (/^percentile_(?:cont|disc)$/u.test(name))
    return hogqlError(
      node.within_group
        ? `Aggregation '${name}' with WITHIN GROUP is not supported in ClickHouse dialect`
        : `Aggregation '${name}' requires WITHIN GROUP`,
      node,
      'Write quantile(0.5)(x).',
    );
  if (needsServer(name))
    return hogqlError(
      `Unsupported function call '${name}(...)'`,
      node,
      'It needs PostHog’s servers and is not known for event files.',
    );
  const near = nearest(name, functionNames());
  return hogqlError(
    `Unsupported function call '${name}(...)'${near ? `. Perhaps you meant '${near}(...)'?` : ''}`,
    node,
    near ? `Did you mean ${near}?` : 'See PostHog’s list of HogQL functions.',
  );
}

/** `CASE x WHEN a THEN b … ELSE c END` is a look-up in two lists. */
function caseOf(node: Call, scope: Scope): Expr {
  const [subject, ...rest] = node.args;
  const fallback = rest.at(-1);
  if (!subject || !fallback) throw hogqlError('CASE needs WHEN and THEN.', node);
  const pairs = rest.slice(0, -1);
  const list = (from: number): Node => ({ node: 'Array', exprs: pairs.filter((_item, index) => index % 2 === from) });
  const { args: _args, ...plain } = node;
  return resolveCall({ ...plain, name: 'transform', args: [subject, list(0), list(1), fallback] }, scope);
}

function scalar(node: Call, meta: ScalarFunction, scope: Scope): Expr {
  const { name } = node;
  checkArity(node.args.length, meta.args, name, node, 'Function');
  if (node.params) throw hogqlError(`Function '${name}' takes no parameters.`, node);
  if (node.distinct || node.filter_expr || node.order_by)
    throw hogqlError(`DISTINCT, FILTER and ORDER BY belong to aggregations, not to '${name}'.`, node);
  // As in ON, nothing is wrapped where PostHog leaves a condition to the index.
  const inside = meta.name === 'indexHint' ? { ...scope, inJoin: true } : scope;
  const args = inContext(meta.name, resolveLambdas(node.args, inside));
  checkConstants(meta, args, node);
  if (meta.name === 'tuple') {
    const types = args.map((arg) => arg.type);
    return { kind: 'tuple', items: args, type: typeOf('tuple', false, types), ...place(node) };
  }
  return { kind: 'scalarCall', name, meta, args, type: scalarType(meta, args), ...place(node) };
}

/** Functions that only make sense of numbers. */
const NUMERIC = new Set(
  `abs round floor ceil trunc roundBankers roundDown sign negate sqrt cbrt exp exp2 exp10 log ln log2 log10 log1p pow power intDiv
  intDivOrZero modulo moduloOrZero positiveModulo plus minus multiply divide max2 min2 isFinite isNaN isInfinite width_bucket
  formatReadableQuantity formatReadableSize formatReadableTimeDelta`.split(/\s+/u),
);

function inContext(name: string, args: Expr[]): Expr[] {
  if (name === 'not' || name === 'xor') return args.map(asCondition);
  if (NUMERIC.has(name)) return args.map(asNumber);
  if (name === 'greatest' || name === 'least') return ranked(args);
  if (name === 'coalesce' || name === 'ifNull' || name === 'nullIf') return branches(args);
  if (name === 'if' || name === 'multiIf') return conditional(args);
  return args;
}

function conditional(args: Expr[]): Expr[] {
  const isCondition = (index: number) => index % 2 === 0 && index !== args.length - 1;
  const typed = branches(args.filter((_arg, index) => !isCondition(index)));
  return args.map((arg, index) => (isCondition(index) ? asCondition(arg) : (typed.shift() ?? arg)));
}

/** Some arguments steer the engine and are therefore only taken as literals that are known to be safe. */
function checkConstants(meta: ScalarFunction, args: readonly Expr[], node: Call): void {
  if (meta.name === 'arrayReduce') checkReducer(args[0], node);
  if (meta.clickhouse === '@decimal') {
    const scale = args[1]?.kind === 'constant' ? args[1].value : undefined;
    if (typeof scale !== 'number' || !Number.isInteger(scale) || scale < 0 || scale > 18)
      throw hogqlError(`Function '${node.name}' expects a scale from 0 to 18.`, node);
  }
}

function checkReducer(arg: Expr | undefined, node: Call): void {
  if (arg?.kind !== 'constant' || typeof arg.value !== 'string')
    throw hogqlError(`Expected constant string as first arg in function '${node.name}'`, node);
  const reducer = findFunction(arg.value);
  if (reducer?.kind !== 'aggregate' || reducer.windowOnly || reducer.params || reducer.clickhouse !== arg.value)
    throw hogqlError(`Invalid parametric function in '${node.name}', '${arg.value}' is not supported.`, node);
}

/** Aggregations that only make sense of numbers. */
const OVER_NUMBERS =
  /^(?:sum|avg|min|max|median|quantile|stddev|var|covar|corr|skew|kurt|deltaSum|groupArrayMoving|simpleLinearRegression)/u;
const FREE_PARAMETERS = /^(?:groupArray|groupUniqArray)/u;

/** An aggregation, also as a window function: over one of those, other aggregations may stand inside. */
export function aggregation(node: Call, meta: AggregateFunction, scope: Scope, asWindow = false): Expr & AggregateCall {
  const { name } = node;
  if (meta.windowOnly && !asWindow)
    throw hogqlError(`'${name}' is a window function.`, node, `Write ${name}(…) OVER (ORDER BY …).`);
  checkArity(node.args.length, meta.args, name, node, 'Aggregation');
  const params = parameters(node, meta, scope);
  if (scope.aggregate !== undefined)
    throw hogqlError(`Aggregation '${name}' cannot be nested inside another aggregation '${scope.aggregate}'.`, node);
  if (node.order_by || node.within_group)
    throw hogqlError(`ORDER BY inside '${name}' is not supported.`, node, 'Sort the array: arraySort(groupArray(x)).');
  const inside: Scope = { ...scope, aggregate: asWindow ? undefined : name };
  const args = aggregateContext(meta, resolveAll(node.args, inside));
  if (args.some((arg) => arg.kind === 'star') && meta.base !== 'count')
    throw hogqlError(`Aggregation '${name}' does not take "*".`, node);
  return {
    kind: 'aggregateCall',
    name,
    meta,
    params,
    args,
    distinct: node.distinct === true,
    filter: node.filter_expr ? asCondition(resolveExpr(node.filter_expr, inside)) : undefined,
    type: aggregateType(meta, args),
    ...place(node),
  };
}

function aggregateContext(meta: AggregateFunction, args: Expr[]): Expr[] {
  const conditional = meta.combinators.includes('If');
  const ranked = /^arg(?:Min|Max)$/u.test(meta.base);
  return args.map((arg, index) => {
    if (conditional && index === args.length - 1) return asCondition(arg);
    return ranked ? (index === 1 ? asNumber(arg) : arg) : OVER_NUMBERS.test(meta.base) ? asNumber(arg) : arg;
  });
}

function parameters(node: Call, meta: AggregateFunction, scope: Scope): Expr[] | undefined {
  if (meta.params) {
    if (!node.params)
      throw hogqlError(
        `Aggregation '${node.name}' requires parameters in addition to arguments`,
        node,
        `Write ${node.name}(0.95)(x).`,
      );
    checkArity(node.params.length, meta.params, node.name, node, 'Aggregation', 'parameter');
  } else if (node.params && !FREE_PARAMETERS.test(meta.base))
    throw hogqlError(`Aggregation '${node.name}' takes no parameters.`, node);
  if (!node.params) return undefined;
  const params = resolveAll(node.params, scope);
  for (const param of params)
    if (param.kind !== 'constant') throw hogqlError(`Parameters of '${node.name}' must be constants.`, node);
  return params;
}
