import { comparable } from './context.ts';
import type { Place } from './errors.ts';
import type { Scope } from './scope.ts';
import type { Expr } from './tree.ts';
import { typeOf } from './types.ts';

/** Function forms of the comparison operators: they follow the same rules. */
const FUNCTIONS = new Map([
  ['equals', '=='],
  ['notEquals', '!='],
  ['less', '<'],
  ['greater', '>'],
  ['lessOrEquals', '<='],
  ['greaterOrEquals', '>='],
  ['like', 'like'],
  ['ilike', 'ilike'],
  ['notLike', 'not like'],
  ['notILike', 'not ilike'],
  ['in', 'in'],
  ['notIn', 'not in'],
  ['globalIn', 'global in'],
  ['globalNotIn', 'global not in'],
]);

/** The operator that a function stands for. */
export function isComparison(name: string): string | undefined {
  return FUNCTIONS.get(name);
}

export const COMPARISON_FUNCTIONS: ReadonlyMap<string, string> = new Map(
  [...FUNCTIONS].map(([name, op]) => [op, name]),
);

/** `left op right`; it is never NULL itself, but in JOIN … ON. */
export function comparison(op: string, left: Expr, right: Expr, scope: Scope, at?: Place): Expr {
  const [l, r] = comparable(op, left, right);
  return {
    kind: 'comparison',
    op,
    left: l,
    right: r,
    inJoin: scope.inJoin,
    type: typeOf('boolean', scope.inJoin && (l.type.nullable || r.type.nullable)),
    ...(at ? { at } : {}),
  };
}
