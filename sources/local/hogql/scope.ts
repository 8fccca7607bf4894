import type { QueryValue } from '../../source.ts';
import type { Node, QueryNode, WindowSpecNode } from './ast.ts';
import type { Expr, Query, Table } from './tree.ts';
import type { Type } from './types.ts';

/** Columns of the local `events` that hold a property: exactly the text of `properties.X`, and exactly `toFloat(properties.X)`. */
export interface SideColumn {
  text?: string;
  number?: string;
}

export interface CompileOptions {
  /** Bound to `{name}` placeholders as typed constants. */
  values?: Readonly<Record<string, QueryValue>>;
  /** What `now()` means when the query runs. */
  now: Date;
  /** The project's time zone, an IANA name. */
  timezone: string;
  weekStart: 'sunday' | 'monday';
  teamId: number;
  sideColumns: ReadonlyMap<string, SideColumn>;
}

/** `query` resolves the subquery when it is first asked for. */
export type Cte = { kind: 'query'; query(): Query } | { kind: 'scalar'; node: Node };

/** What names mean at one place of a query. A subquery sees the WITH clauses around it and nothing else. */
export interface Scope {
  readonly options: CompileOptions;
  readonly tables: Table[];
  /** Columns joined by USING: of several tables, the first one's is meant. */
  readonly joinedBy: Set<string>;
  readonly aliases: Map<string, Type>;
  readonly ctes: ReadonlyMap<string, Cte>;
  readonly windows: ReadonlyMap<string, WindowSpecNode>;
  readonly lambdas: ReadonlyMap<string, Type>;
  /** Inside JOIN … ON: nothing is wrapped against NULL. */
  readonly inJoin: boolean;
  /** The aggregation around this place. */
  readonly aggregate: string | undefined;
  readonly resolver: Resolver;
}

/** The parts of the resolver call each other through this, so that their files need not import each other. */
export interface Resolver {
  expr(node: Node, scope: Scope): Expr;
  query(node: QueryNode, options: CompileOptions, ctes: ReadonlyMap<string, Cte>): Query;
}

export function newScope(
  options: CompileOptions,
  ctes: ReadonlyMap<string, Cte>,
  resolver: Resolver,
  windows: ReadonlyMap<string, WindowSpecNode> = new Map(),
): Scope {
  return {
    options,
    tables: [],
    joinedBy: new Set(),
    aliases: new Map(),
    ctes,
    windows,
    lambdas: new Map(),
    inJoin: false,
    aggregate: undefined,
    resolver,
  };
}

/** Resolves one expression. @throws RunbookError `hogql` */
export function resolveExpr(node: Node, scope: Scope): Expr {
  return scope.resolver.expr(node, scope);
}

export function resolveAll(nodes: readonly Node[], scope: Scope): Expr[] {
  return nodes.map((node) => scope.resolver.expr(node, scope));
}
