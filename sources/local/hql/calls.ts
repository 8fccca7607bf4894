import type { Call, Node } from './ast.ts';
import { castCall } from './casts.ts';
import { type AggregateFunction, functionNames, lookup, type ScalarFunction } from './catalogue.ts';
import { compare } from './compare.ts';
import { hogqlError, nearest } from './errors.ts';
import { asCondition, asNumber } from './fields.ts';
import { combine, type Printed, printed } from './printed.ts';
import { compileAll, compileExpr, compileSet } from './recurse.ts';
import type { Scope } from './scope.ts';

const COMPARISONS: Record<string, string> = {
  equals: '==',
  notEquals: '!=',
  less: '<',
  lessOrEquals: '<=',
  greater: '>',
  greaterOrEquals: '>=',
  like: 'like',
  ilike: 'ilike',
  notLike: 'not like',
  notILike: 'not ilike',
  in: 'in',
  notIn: 'not in',
};

export function compileCall(node: Call, scope: Scope): Printed {
  if (Object.hasOwn(COMPARISONS, node.name) && node.args.length === 2) return comparisonCall(node, scope);
  if (node.name === '_caseWithExpression') return caseWithExpression(node, scope);
  if (node.name.toLowerCase() === 'not' && node.args.length === 1)
    return compileExpr({ node: 'Not', expr: node.args[0] } as Node, scope);
  const info = lookup(node.name);
  if (!info) throw unknownFunction(node);
  if (info.kind === 'aggregate') return aggregateCall(node, info, scope);
  if (node.filter_expr || (node.params && node.params.length > 0))
    throw hogqlError(`Function '${node.name}' takes no parameters or FILTER.`, node);
  return castCall(node, info, scope) ?? scalarCall(node, info, scope);
}

function unknownFunction(node: Call): Error {
  const near = nearest(node.name, functionNames());
  const hint = near ? `Perhaps you meant '${near}(...)'?` : 'See the list of HogQL functions in the documentation.';
  return hogqlError(`Unsupported function call '${node.name}(...)'.${near ? ` ${hint}` : ''}`, node, hint);
}

function comparisonCall(node: Call, scope: Scope): Printed {
  const [left, right] = node.args as [Node, Node];
  const op = COMPARISONS[node.name] ?? '==';
  const l = compileExpr(left, scope);
  const r = op.endsWith('in') ? compileSet(right, scope) : compileExpr(right, scope);
  return { ...compare(op, l, r, node, scope), hq: `${node.name}(${l.hq}, ${r.hq})` };
}

/** `CASE x WHEN a THEN b … ELSE z END` → `transform(x, [a …], [b …], z)`. */
function caseWithExpression(node: Call, scope: Scope): Printed {
  const parts = compileAll(node.args, scope);
  const pairs = (forms: string[], odd: number) =>
    forms
      .slice(1, -1)
      .filter((_, index) => index % 2 === odd)
      .join(', ');
  return {
    ...combine(
      parts,
      (p) => `transform(${p[0]}, [${pairs(p, 0)}], [${pairs(p, 1)}], ${p.at(-1)})`,
      (p) =>
        `CASE ${p[0]} ${p
          .slice(1, -1)
          .map((text, index) => `${index % 2 === 0 ? 'WHEN' : 'THEN'} ${text}`)
          .join(' ')} ELSE ${p.at(-1)} END`,
    ),
    type: parts.at(-1)?.type ?? 'unknown',
    nullable: true,
  };
}

const CONDITION_AT: Record<string, (index: number, count: number) => boolean> = {
  if: (index) => index === 0,
  multiIf: (index, count) => index % 2 === 0 && index < count - 1,
  and: () => true,
  or: () => true,
  xor: () => true,
};
/** Functions over numbers: AI number properties are cast for them. */
const NUMERIC_ARGUMENTS = new Set([
  'plus',
  'minus',
  'multiply',
  'divide',
  'modulo',
  'intDiv',
  'round',
  'floor',
  'ceil',
  'abs',
  'sqrt',
  'log',
  'ln',
  'exp',
  'pow',
  'greatest',
  'least',
  'negate',
  'trunc',
  'log2',
  'log10',
]);
const NEVER_NULL = new Set([
  'isNull',
  'isNotNull',
  'assumeNotNull',
  'count',
  'concat',
  'toTypeName',
  'array',
  'tuple',
  'now',
  'today',
  'rand',
  'isValidJSON',
]);
const ALWAYS_NULLABLE = new Set(['nullIf', 'toNullable', 'JSONExtract']);
const SAME_TYPE: Record<string, number[]> = {
  if: [1, 2],
  ifNull: [0, 1],
  nullIf: [0],
  coalesce: [0, 1],
  greatest: [0],
  least: [0],
  toNullable: [0],
  assumeNotNull: [0],
  multiIf: [1],
  arrayElement: [],
  min: [0],
  max: [0],
  any: [0],
  anyLast: [0],
  argMin: [0],
  argMax: [0],
  lagInFrame: [0],
  leadInFrame: [0],
  first_value: [0],
  last_value: [0],
  transform: [3],
};

function scalarCall(node: Call, info: ScalarFunction, scope: Scope): Printed {
  if (info.name === 'cityHash64' && node.args.length !== 1) {
    throw hogqlError(
      `Function 'cityHash64' expects exactly 1 argument, found ${node.args.length}`,
      node,
      'Hash concat(a, b) instead.',
    );
  }
  const isCondition = Object.hasOwn(CONDITION_AT, info.name) ? CONDITION_AT[info.name] : undefined;
  const args = compileAll(node.args, scope).map((arg, index) => {
    if (isCondition?.(index, node.args.length)) return asCondition(arg);
    return NUMERIC_ARGUMENTS.has(info.name) ? asNumber(arg, scope) : arg;
  });
  if (info.name === 'multiIf' || info.name === 'if') assertArity(node, args.length, 3, info.name === 'if' ? 3 : 999);
  return {
    ...combine(
      args,
      (p) => `${info.clickhouse}(${p.join(', ')})`,
      (p) => `${info.name}(${p.join(', ')})`,
    ),
    type: typeOf(info.name, info.type, args),
    nullable: nullability(info.name, args),
  };
}

function assertArity(node: Call, found: number, min: number, max: number): void {
  if (found < min || found > max)
    throw hogqlError(
      `Function '${node.name}' expects ${min === max ? min : `at least ${min}`} arguments, found ${found}`,
      node,
    );
}

function typeOf(name: string, type: Printed['type'], args: Printed[]): Printed['type'] {
  const positions = Object.hasOwn(SAME_TYPE, name) ? SAME_TYPE[name] : undefined;
  if (!positions) return type;
  const types = positions.map((index) => args[index]?.type).filter((t) => t !== undefined && t !== 'null');
  return types.length > 0 && types.every((t) => t === types[0]) ? (types[0] ?? 'unknown') : 'unknown';
}

function nullability(name: string, args: Printed[]): boolean {
  if (NEVER_NULL.has(name)) return false;
  if (ALWAYS_NULLABLE.has(name)) return true;
  if (name === 'coalesce' || name === 'ifNull') return args.every((arg) => arg.nullable);
  if (name === 'if') return args.slice(1).some((arg) => arg.nullable);
  if (name === 'multiIf')
    return args.some((arg, index) => arg.nullable && (index % 2 === 1 || index === args.length - 1));
  return args.some((arg) => arg.nullable);
}

/** Aggregates whose argument is a number: AI number properties are cast for them. */
const NUMERIC_AGGREGATES =
  /^(?:sum|avg|quantile|quantiles|quantileExact|median|medianExact|stddev|var|min|max|corr|covar|skew|kurt)/u;

function aggregateCall(node: Call, info: AggregateFunction, scope: Scope): Printed {
  checkAggregate(node, info);
  if (isStar(node.args[0])) return { ...printed('count(*)', 'count(*)', 'number', false), aggregate: node.name };
  const compiled = compileAll(node.args, scope);
  for (const [index, arg] of compiled.entries()) {
    if (arg.aggregate)
      throw hogqlError(
        `Aggregation '${node.name}' cannot be nested inside another aggregation '${arg.aggregate}'.`,
        node.args[index],
      );
  }
  const conditional = /If$/u.test(info.name);
  const args = compiled.map((arg, index) => {
    if (conditional && index === compiled.length - 1) return asCondition(arg);
    return NUMERIC_AGGREGATES.test(info.name) ? asNumber(arg, scope) : arg;
  });
  const params = compileAll(node.params ?? [], scope);
  const filter = node.filter_expr ? asCondition(compileExpr(node.filter_expr, scope)) : undefined;
  const name = filter ? `${info.clickhouse}If` : info.clickhouse;
  const all = filter ? [...args, filter] : args;
  const special = specialAggregate(node, args);
  if (special) return special;
  const exact = exactQuantile(name, params, args);
  const print = (form: 'ch' | 'ex' | 'hq', fn: string, ps: string[]) =>
    `${fn}${ps.length > 0 ? `(${ps.join(', ')})` : ''}(${node.distinct ? 'DISTINCT ' : ''}${all.map((arg) => arg[form]).join(', ')})`;
  return {
    ch: print(
      'ch',
      name,
      params.map((p) => p.ch),
    ),
    ex: exact
      ? print('ex', exact.name, exact.params)
      : print(
          'ex',
          name,
          params.map((p) => p.ex),
        ),
    hq: print(
      'hq',
      node.name,
      params.map((p) => p.hq),
    ),
    type: typeOf(info.name.replace(/If$/u, ''), info.type, args),
    nullable: /^(?:count|uniq|groupArray|groupUniqArray|topK|row_number|rank|dense_rank)/u.test(info.name)
      ? false
      : args.some((arg) => arg.nullable),
    aggregate: node.name,
  };
}

function isStar(node: Node | undefined): boolean {
  return node?.node === 'Field' && (node as Node & { chain: unknown[] }).chain[0] === '*';
}

/** PostHog's own words for too few or too many arguments or parameters. */
function checkCount(node: Call, found: number, min: number, max: number, term: 'argument' | 'parameter'): void {
  const expects = (how: string, n: number) =>
    hogqlError(`Aggregation '${node.name}' expects ${how}${n} ${term}${n === 1 ? '' : 's'}, found ${found}`, node);
  if (min === max && found !== min) throw expects('', min);
  if (found < min) throw expects('at least ', min);
  if (found > max) throw expects('at most ', max);
}

const PARAMETERS: Record<string, [min: number, max: number]> = { '?': [0, 1], '+': [1, 99], '1-2': [1, 2] };

function checkAggregate(node: Call, info: AggregateFunction): void {
  checkCount(node, node.args.length, info.min, info.max, 'argument');
  const [min, max] = PARAMETERS[info.params] ?? [Number(info.params), Number(info.params)];
  if (min > 0 && !node.params)
    throw hogqlError(`Aggregation '${node.name}' requires parameters in addition to arguments`, node);
  checkCount(node, node.params?.length ?? 0, min, max, 'parameter');
}

function specialAggregate(node: Call, args: Printed[]): Printed | undefined {
  const [first, second] = args;
  if (!first) return undefined;
  const rest = { aggregate: node.name, nullable: false };
  if (node.name === 'countDistinct')
    return {
      ...combine(
        [first],
        ([a]) => `count(DISTINCT ${a})`,
        ([a]) => `countDistinct(${a})`,
      ),
      type: 'number',
      ...rest,
    };
  if (node.name === 'array_agg')
    return {
      ...combine(
        [first],
        ([a]) => `groupArray(${a})`,
        ([a]) => `array_agg(${a})`,
      ),
      type: 'array',
      ...rest,
    };
  if (node.name === 'string_agg' && second) {
    return {
      ...combine(
        [first, second],
        ([a, s]) => `arrayStringConcat(groupArray(${a}), ${s})`,
        ([a, s]) => `string_agg(${a}, ${s})`,
      ),
      type: 'string',
      ...rest,
    };
  }
  return undefined;
}

/**
 * ClickHouse samples for `quantile` beyond 8,192 rows, so the same query gives other figures each time; over numbers the exact, interpolating
 * form equals it below that and is repeatable above.
 */
function exactQuantile(
  name: string,
  params: Printed[],
  args: Printed[],
): { name: string; params: string[] } | undefined {
  const match = /^(quantile|quantiles|median)(If)?$/u.exec(name);
  if (!match || args[0]?.type !== 'number') return undefined;
  const levels = match[1] === 'median' ? ['0.5'] : params.map((p) => p.ex);
  return {
    name: `${match[1] === 'quantiles' ? 'quantilesExactInclusive' : 'quantileExactInclusive'}${match[2] ?? ''}`,
    params: levels,
  };
}
