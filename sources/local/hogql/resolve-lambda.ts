import type { Node } from './ast.ts';
import { hogqlError, placeOf } from './errors.ts';
import { resolveExpr, type Scope } from './scope.ts';
import type { Expr } from './tree.ts';
import { asNullable, type Type, typeOf, UNKNOWN } from './types.ts';

type LambdaNode = Node & { node: 'Lambda' };

/** Resolves arguments; a lambda's own arguments have the types of the arrays beside it. */
export function resolveLambdas(nodes: readonly Node[], scope: Scope): Expr[] {
  const resolved = new Map<Node, Expr>();
  for (const node of nodes) if (node.node !== 'Lambda') resolved.set(node, resolveExpr(node, scope));
  const elements = [...resolved.values()].map((expr) =>
    expr.type.kind === 'array' ? (expr.type.items?.[0] ?? UNKNOWN) : UNKNOWN,
  );
  return nodes.map((node) => resolved.get(node) ?? resolveLambda(node as LambdaNode, scope, elements));
}

export function resolveLambda(node: LambdaNode, scope: Scope, elements: readonly Type[]): Expr {
  if (node.args.length === 0) throw hogqlError('Lambdas require at least one argument', node);
  const lambdas = new Map(scope.lambdas);
  node.args.forEach((name, index) => {
    lambdas.set(name, asNullable(elements[index] ?? UNKNOWN));
  });
  const at = placeOf(node);
  return {
    kind: 'lambda',
    args: node.args,
    body: resolveExpr(node.expr, { ...scope, lambdas }),
    type: typeOf('lambda'),
    ...(at ? { at } : {}),
  };
}
