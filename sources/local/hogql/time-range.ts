import { findFunction } from './catalogue.ts';
import type { Expr, ExprOf } from './tree.ts';
import { typeOf } from './types.ts';

const RANGE = new Set(['<', '>', '<=', '>=']);

/**
 * A WHERE clause in which `timestamp` is compared as the instant that it is, so that the index serves it: the project's zone moves to the
 * other side. Only comparisons with `<`, `>`, `<=`, `>=` that are joined by AND and OR are meant, as in PostHog.
 */
export function instantRanges(where: Expr): Expr {
  if (where.kind === 'logic') return { ...where, operands: where.operands.map(instantRanges) };
  if (where.kind !== 'comparison' || !RANGE.has(where.op)) return where;
  const { left, right } = where;
  if (isStoredTime(left)) return { ...where, left: { ...left, zoneless: true }, right: asInstant(right) };
  if (isStoredTime(right)) return { ...where, left: asInstant(left), right: { ...right, zoneless: true } };
  return where;
}

function isStoredTime(expr: Expr): expr is Expr & ExprOf<'column'> {
  const stored = expr.kind === 'column' && (expr.table.kind === 'events' || expr.table.kind === 'ai_events');
  return stored && expr.type.kind === 'datetime';
}

/** A bare text is a time of the project's zone. */
function asInstant(expr: Expr): Expr {
  const meta = findFunction('toDateTime64');
  if (expr.kind !== 'constant' || typeof expr.value !== 'string' || meta?.kind !== 'scalar') return expr;
  return { kind: 'scalarCall', name: meta.name, meta, args: [expr], type: typeOf('datetime') };
}
