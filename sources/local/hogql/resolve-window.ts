import type { FrameNode, Node, OrderNode, WindowNode, WindowSpecNode } from './ast.ts';
import { findFunction, functionNames } from './catalogue.ts';
import { asNumber } from './context.ts';
import { hogqlError, placeOf } from './errors.ts';
import { aggregation } from './resolve-call.ts';
import { resolveAll, resolveExpr, type Scope } from './scope.ts';
import { nearest } from './suggest.ts';
import type { Expr, Order, WindowSpec } from './tree.ts';
import { asNullable } from './types.ts';

/** `f(x) OVER (…)`. `lag` and `lead` look over the whole partition, as in PostgreSQL. */
export function resolveWindow(node: Node & WindowNode, scope: Scope): Expr {
  const { name } = node;
  const meta = findFunction(name);
  if (meta?.kind !== 'aggregate') {
    const near = nearest(name, functionNames());
    throw hogqlError(
      `Unsupported function call '${name}(...)'`,
      node,
      near ? `Did you mean ${near}?` : 'It cannot be used with OVER.',
    );
  }
  const withParams = node.args.length > 0;
  const call = aggregation(
    {
      node: 'Call',
      name,
      args: withParams ? node.args : node.exprs,
      params: withParams ? node.exprs : null,
      ...(node.start && node.end ? { start: node.start, end: node.end } : {}),
    },
    meta,
    scope,
    true,
  );
  const shifted = name === 'lag' || name === 'lead';
  const named = node.over_identifier ?? undefined;
  const spec = named === undefined ? (node.over_expr ?? {}) : scope.windows.get(named);
  if (!spec) throw hogqlError(`Unknown window: ${named}`, node, 'Define it: WINDOW name AS (…).');
  const over = named === undefined || shifted ? resolveWindowSpec(spec, scope) : undefined;
  const at = placeOf(node);
  return { kind: 'window', call, over, named, shifted, type: asNullable(call.type), ...(at ? { at } : {}) };
}

/** What stands between the parentheses of OVER (…) and WINDOW w AS (…). */
export function resolveWindowSpec(spec: WindowSpecNode, scope: Scope): WindowSpec {
  return {
    partitionBy: resolveAll(spec.partition_by ?? [], scope),
    orderBy: (spec.order_by ?? []).map((order) => resolveOrder(order, scope)),
    frame: frameOf(spec),
  };
}

function frameOf(spec: WindowSpecNode): string | undefined {
  const { frame_method: method, frame_start: start, frame_end: end } = spec;
  if (!method || !start) return undefined;
  const kind = method.toUpperCase() === 'RANGE' ? 'RANGE' : 'ROWS';
  return end ? `${kind} BETWEEN ${edge(start)} AND ${edge(end)}` : `${kind} ${edge(start)}`;
}

const EDGES = new Map([
  ['CURRENT ROW', ''],
  ['PRECEDING', ' PRECEDING'],
  ['FOLLOWING', ' FOLLOWING'],
]);

function edge(frame: FrameNode): string {
  const suffix = EDGES.get(String(frame.frame_type).toUpperCase());
  if (suffix === undefined) throw hogqlError('This window frame is not supported.');
  if (suffix === '') return 'CURRENT ROW';
  const value = frame.frame_value;
  if (value === null || value === undefined) return `UNBOUNDED${suffix}`;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw hogqlError('A window frame is counted in whole rows.');
  return `${value}${suffix}`;
}

export function resolveOrder(order: OrderNode, scope: Scope): Order {
  const fill = order.with_fill;
  const optional = (node: Node | null | undefined) => (node ? resolveExpr(node, scope) : undefined);
  return {
    expr: asNumber(resolveExpr(order.expr, scope)),
    descending: order.order === 'DESC',
    ...(fill
      ? { fill: { from: optional(fill.from_value), to: optional(fill.to_value), step: optional(fill.step_value) } }
      : {}),
  };
}
