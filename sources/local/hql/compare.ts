import type { Node } from './ast.ts';
import { hogqlError } from './errors.ts';
import { asCondition, asNumber } from './fields.ts';
import type { Printed } from './printed.ts';
import type { Scope } from './scope.ts';

type Operator = {
  build: (l: string, r: string) => string;
  whenNull: 0 | 1 | 'equal' | 'differ' | 'bare';
  fold?: (l: number, r: number) => boolean;
};

const call = (name: string) => (l: string, r: string) => `${name}(${l}, ${r})`;

/** How each comparison prints, and what it is worth where a side is NULL (PostHog's two-valued rules). */
const OPERATORS: Record<string, Operator> = {
  '==': { build: call('equals'), whenNull: 'equal', fold: (l, r) => l === r },
  '!=': { build: call('notEquals'), whenNull: 'differ', fold: (l, r) => l !== r },
  '<': { build: call('less'), whenNull: 0, fold: (l, r) => l < r },
  '>': { build: call('greater'), whenNull: 0, fold: (l, r) => l > r },
  '<=': { build: call('lessOrEquals'), whenNull: 0, fold: (l, r) => l <= r },
  '>=': { build: call('greaterOrEquals'), whenNull: 0, fold: (l, r) => l >= r },
  like: { build: call('like'), whenNull: 'equal' },
  ilike: { build: call('ilike'), whenNull: 'equal' },
  'not like': { build: call('notLike'), whenNull: 'differ' },
  'not ilike': { build: call('notILike'), whenNull: 'differ' },
  in: { build: call('in'), whenNull: 'bare' },
  'not in': { build: call('notIn'), whenNull: 1 },
  'global in': { build: call('globalIn'), whenNull: 'bare' },
  'global not in': { build: call('globalNotIn'), whenNull: 1 },
  '=~': { build: call('match'), whenNull: 'equal' },
  '!~': { build: (l, r) => `not(match(${l}, ${r}))`, whenNull: 'differ' },
  '=~*': { build: (l, r) => `match(${l}, concat('(?i)', ${r}))`, whenNull: 'equal' },
  '!~*': { build: (l, r) => `not(match(${l}, concat('(?i)', ${r})))`, whenNull: 'differ' },
};

const HOGQL: Record<string, string> = {
  '==': '=',
  in: 'IN',
  'not in': 'NOT IN',
  like: 'LIKE',
  ilike: 'ILIKE',
  'not like': 'NOT LIKE',
  'not ilike': 'NOT ILIKE',
};

/** Prints `left op right` with PostHog's null rules; a comparison is never NULL itself. */
export function compare(op: string, left0: Printed, right0: Printed, node: Node, scope: Scope): Printed {
  const operator = Object.hasOwn(OPERATORS, op) ? OPERATORS[op] : undefined;
  if (!operator) throw hogqlError(`Unknown comparison operator: ${op}`, node);
  const [left, right] = typedSides(left0, right0, scope);
  const folded = fold(operator, left, right);
  const form = (l: string, r: string) =>
    folded ?? (scope.inJoin ? operator.build(l, r) : wrap(operator, op, left, right, l, r));
  const aggregate = left.aggregate ?? right.aggregate;
  return {
    ch: form(left.ch, right.ch),
    ex: form(left.ex, right.ex),
    hq: `${left.hq} ${HOGQL[op] ?? op} ${right.hq}`,
    type: 'boolean',
    nullable: false,
    ...(aggregate ? { aggregate } : {}),
  };
}

function typedSides(left: Printed, right: Printed, scope: Scope): [Printed, Printed] {
  if (right.constant && typeof right.constant.value === 'boolean') return [asCondition(left), right];
  if (left.constant && typeof left.constant.value === 'boolean') return [left, asCondition(right)];
  return [
    right.type === 'number' ? asNumber(left, scope) : left,
    left.type === 'number' ? asNumber(right, scope) : right,
  ];
}

function fold(operator: Operator, left: Printed, right: Printed): string | undefined {
  if (!operator.fold || !left.constant || !right.constant) return undefined;
  const [l, r] = [left.constant.value, right.constant.value];
  if (l === null || r === null) return undefined;
  if (typeof l !== typeof r || (typeof l !== 'number' && typeof l !== 'string')) return undefined;
  return operator.fold(l as number, r as number) ? '1' : '0';
}

function wrap(operator: Operator, op: string, left: Printed, right: Printed, l: string, r: string): string {
  const bare = operator.build(l, r);
  if (op === '==' || op === '!=') {
    const test = op === '==' ? 'isNull' : 'isNotNull';
    if (right.constant && right.constant.value === null)
      return left.constant?.value === null ? (op === '==' ? '1' : '0') : `${test}(${l})`;
    if (left.constant && left.constant.value === null) return `${test}(${r})`;
  }
  if (!left.nullable && !right.nullable) return bare;
  if (operator.whenNull === 'bare') return bare;
  if (typeof operator.whenNull === 'number') return `ifNull(${bare}, ${operator.whenNull})`;
  const oneSided = left.constant !== undefined || right.constant !== undefined;
  if (operator.whenNull === 'equal')
    return oneSided ? `ifNull(${bare}, 0)` : `ifNull(${bare}, isNull(${l}) and isNull(${r}))`;
  return oneSided ? `ifNull(${bare}, 1)` : `ifNull(${bare}, isNotNull(${l}) or isNotNull(${r}))`;
}
