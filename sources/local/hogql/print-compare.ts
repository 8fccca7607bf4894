import type { Printer } from './printer.ts';
import type { Expr, ExprOf } from './tree.ts';

type Comparison = ExprOf<'comparison'>;

interface Operator {
  build(left: string, right: string): string;
  /** What the comparison is worth where one side is NULL, and where both are; `bare` is never wrapped. */
  oneNull: boolean;
  bothNull: boolean;
  bare?: true;
  fold?(order: number): boolean;
}

const call = (name: string) => (left: string, right: string) => `${name}(${left}, ${right})`;
const equal = { oneNull: false, bothNull: true };
const differ = { oneNull: true, bothNull: false };
const ordered = { oneNull: false, bothNull: false };

const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['==', { build: call('equals'), ...equal, fold: (order) => order === 0 }],
  ['!=', { build: call('notEquals'), ...differ, fold: (order) => order !== 0 }],
  ['<', { build: call('less'), ...ordered, fold: (order) => order < 0 }],
  ['>', { build: call('greater'), ...ordered, fold: (order) => order > 0 }],
  ['<=', { build: call('lessOrEquals'), ...ordered, fold: (order) => order <= 0 }],
  ['>=', { build: call('greaterOrEquals'), ...ordered, fold: (order) => order >= 0 }],
  ['like', { build: call('like'), ...equal }],
  ['ilike', { build: call('ilike'), ...equal }],
  ['not like', { build: call('notLike'), ...differ }],
  ['not ilike', { build: call('notILike'), ...differ }],
  ['in', { build: call('in'), ...equal, bare: true }],
  ['not in', { build: call('notIn'), oneNull: true, bothNull: true }],
  ['global in', { build: call('globalIn'), ...ordered }],
  ['global not in', { build: call('globalNotIn'), oneNull: true, bothNull: true }],
  ['=~', { build: call('match'), ...equal }],
  ['!~', { build: (left, right) => `not(match(${left}, ${right}))`, ...differ }],
  ['=~*', { build: (left, right) => `match(${left}, concat('(?i)', ${right}))`, ...equal }],
  ['!~*', { build: (left, right) => `not(match(${left}, concat('(?i)', ${right})))`, ...differ }],
]);

const NULL_AWARE = new Set(['==', '!=', 'like', 'ilike', 'not like', 'not ilike']);

/** A comparison with PostHog's two-valued rules: a side that is NULL makes it true or false, never NULL. */
export function printComparison(expr: Comparison, printer: Printer): string {
  const operator = OPERATORS.get(expr.op);
  if (!operator) throw new Error(`unknown operator ${expr.op}`);
  const folded = fold(expr, operator);
  if (folded !== undefined) return folded ? '1' : '0';
  const empty = emptySet(expr, printer);
  if (empty !== undefined) return empty;
  const left = printer.expr(expr.left);
  const right = expr.op.endsWith('in') ? printSet(expr.right, printer) : printer.expr(expr.right);
  const bare = operator.build(left, right);
  return expr.inJoin ? bare : wrap(expr, operator, bare, left, right);
}

function wrap(expr: Comparison, operator: Operator, bare: string, left: string, right: string): string {
  const { left: l, right: r } = expr;
  const [nullLeft, nullRight] = [isNull(l), isNull(r)];
  if (operator.bare) return bare;
  if (expr.op.endsWith('not in')) return l.type.nullable ? `ifNull(${bare}, 1)` : bare;
  if (!l.type.nullable && !r.type.nullable) return bare;
  const isTest = NULL_AWARE.has(expr.op) && (nullRight || (nullLeft && r.kind !== 'constant'));
  if (isTest) return `${operator.bothNull ? 'isNull' : 'isNotNull'}(${nullRight ? left : right})`;
  if (readsTimestamp(l) || readsTimestamp(r)) return bare;
  if (NULL_AWARE.has(expr.op) && (l.kind === 'constant' || r.kind === 'constant'))
    return `ifNull(${bare}, ${operator.oneNull ? 1 : 0})`;
  if ((nullLeft || nullRight) && operator.oneNull === operator.bothNull) return operator.oneNull ? '1' : '0';
  if (operator.bothNull) return `ifNull(${bare}, isNull(${left}) and isNull(${right}))`;
  if (operator.oneNull) return `ifNull(${bare}, isNotNull(${left}) or isNotNull(${right}))`;
  return `ifNull(${bare}, 0)`;
}

function isNull(expr: Expr): boolean {
  return expr.kind === 'constant' && expr.value === null;
}

/** Two literals are compared here, as PostHog does. */
function fold({ left, right }: Comparison, operator: Operator): boolean | undefined {
  if (!operator.fold || left.kind !== 'constant' || right.kind !== 'constant') return undefined;
  const [l, r] = [left.value, right.value];
  if (l === null || r === null) {
    if (l !== r) return operator.oneNull;
    return operator.bothNull;
  }
  if (typeof l === 'string' && typeof r === 'string')
    return operator.fold(Buffer.compare(Buffer.from(l), Buffer.from(r)));
  const [x, y] = [asNumber(l), asNumber(r)];
  if (x !== undefined && y !== undefined) return operator.fold(Math.sign(x - y));
  const mixed = (typeof l === 'string') !== (typeof r === 'string');
  return mixed && operator.oneNull !== operator.bothNull && !Array.isArray(l) && !Array.isArray(r)
    ? operator.fold(1)
    : undefined;
}

/** Numbers that JavaScript holds exactly. */
function asNumber(value: unknown): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'number' && Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER
    ? value
    : undefined;
}

/** Nothing is in an empty list; the engine would refuse one. */
function emptySet({ op, right }: Comparison, printer: Printer): string | undefined {
  if (printer.dialect !== 'local' || !op.endsWith('in')) return undefined;
  const items = right.kind === 'array' || right.kind === 'tuple' ? right.items : undefined;
  const bound = right.kind === 'constant' && Array.isArray(right.value) ? right.value : undefined;
  return (items ?? bound)?.length === 0 ? (op.includes('not') ? '1' : '0') : undefined;
}

/** The right side of IN: a list is a set here, never one value that is an array. */
function printSet(expr: Expr, printer: Printer): string {
  const text = printer.expr(expr);
  const isList = expr.kind === 'array' || (expr.kind === 'constant' && Array.isArray(expr.value));
  return printer.dialect === 'local' && isList ? `tuple(${text.slice(1, -1)})` : text;
}

/** PostHog never wraps comparisons of an event's time, so that its index is used; the column is never NULL. */
function readsTimestamp(expr: Expr): boolean {
  switch (expr.kind) {
    case 'column':
      return expr.table.kind === 'events' && (expr.name === 'timestamp' || expr.name.endsWith('_timestamp'));
    case 'alias':
      return readsTimestamp(expr.expr);
    case 'scalarCall':
      return expr.args.some(readsTimestamp);
    case 'aggregateCall':
      return expr.args.some(readsTimestamp);
    case 'arithmetic':
      return readsTimestamp(expr.left) || readsTimestamp(expr.right);
    default:
      return false;
  }
}
