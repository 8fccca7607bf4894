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

/** What a text stands for that is an AI property, or is handed on from one by an alias, a subquery, a branch. */
function kindOf({ kind, type }: Expr): 'number' | 'boolean' | undefined {
  return kind !== 'typed' && type.kind === 'string' ? type.holds : undefined;
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

const ORDERED = new Set(['<', '>', '<=', '>=']);
const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/u;

/**
 * Both sides of a comparison: a property beside a number is a number, beside true or false a flag. Two properties of one type are both
 * read so, and which of two numbers is larger is no matter of text, even where one is written in quotes.
 */
export function comparable(op: string, left: Expr, right: Expr): [Expr, Expr] {
  const kind = kindOf(left);
  if (kind && kind === kindOf(right)) return [typed(left, kind), typed(right, kind)];
  if (ORDERED.has(op) && isWrittenNumber(right)) return [asNumber(left), right];
  if (ORDERED.has(op) && isWrittenNumber(left)) return [left, asNumber(right)];
  return [beside(left, right.type), beside(right, left.type)];
}

function isWrittenNumber(expr: Expr): boolean {
  return expr.kind === 'constant' && typeof expr.value === 'string' && NUMBER.test(expr.value);
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

/** Branches of `if`, `coalesce` …: where one is a number or a flag, properties among them are read so. */
export function branches(items: readonly Expr[]): Expr[] {
  if (items.some((item) => isNumeric(item.type))) return items.map(asNumber);
  return items.some((item) => item.type.kind === 'boolean') ? items.map(asCondition) : [...items];
}

/** Values that are put in order: the greatest of two numbers is no matter of text. */
export function ranked(items: readonly Expr[]): Expr[] {
  const numbers = items.every((item) => kindOf(item) === 'number' || item.type.kind === 'null');
  return numbers ? items.map(asNumber) : branches(items);
}
