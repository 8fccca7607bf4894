import { propertyKind } from './schema.ts';
import type { Expr } from './tree.ts';
import { isNumeric, type Type, typeOf } from './types.ts';

/**
 * Property types. Properties are text, but projects give AI properties a type; where the context asks for a number or a condition, an AI
 * property of that type is read as such.
 */
export function asNumber(expr: Expr): Expr {
  const kind = kindOf(expr);
  return kind ? typed(expr, kind) : expr;
}

/** As a condition, where it is a flag. */
export function asCondition(expr: Expr): Expr {
  return kindOf(expr) === 'boolean' ? typed(expr, 'boolean') : expr;
}

/** Whether it is a numeric or boolean AI property read as text. */
function kindOf(expr: Expr): 'number' | 'boolean' | undefined {
  if (expr.kind !== 'property' || expr.path.length !== 1 || typeof expr.path[0] !== 'string') return undefined;
  return propertyKind(expr.path[0]);
}

function typed(expr: Expr, as: 'number' | 'boolean'): Expr {
  return {
    kind: 'typed',
    as,
    property: expr,
    type: typeOf(as === 'number' ? 'float' : 'boolean', true),
    ...(expr.at ? { at: expr.at } : {}),
  };
}

/** Both sides of a comparison: a property beside a number is a number, beside true or false a flag. */
export function comparable(left: Expr, right: Expr): [Expr, Expr] {
  return [beside(left, right.type), beside(right, left.type)];
}

/** `expr` read as what it stands beside. */
export function beside(expr: Expr, other: Type): Expr {
  if (other.kind === 'boolean') return asCondition(expr);
  return isNumeric(other) || ofNumbers(other) ? asNumber(expr) : expr;
}

function ofNumbers(type: Type): boolean {
  const items = type.kind === 'array' || type.kind === 'tuple' ? (type.items ?? []) : [];
  return items.length > 0 && items.every(isNumeric);
}

/** Branches of `if`, `coalesce` …: where one is a number, properties among them are numbers. */
export function branches(items: readonly Expr[]): Expr[] {
  const number = items.some((item) => isNumeric(item.type));
  return items.map((item) => (number ? asNumber(item) : item));
}
