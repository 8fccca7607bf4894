import type { Node } from './ast.ts';
import type { Printed } from './printed.ts';
import type { Scope } from './scope.ts';

/** Compiles one expression. @throws RunbookError `hogql` with the position of what is wrong */
export function compileExpr(node: Node, scope: Scope): Printed {
  return scope.compile(node, scope);
}

export function compileAll(nodes: Node[], scope: Scope): Printed[] {
  return nodes.map((node) => scope.compile(node, scope));
}

/** The right side of IN: a bound list becomes a tuple, as PostHog writes it. */
export function compileSet(node: Node, scope: Scope): Printed {
  const value = compileExpr(node, scope);
  if (node.node !== 'Placeholder' || value.type !== 'array') return value;
  const tuple = (text: string) => `tuple(${text.slice(1, -1)})`;
  return { ...value, ch: tuple(value.ch), ex: tuple(value.ex), type: 'tuple' };
}
