import type { CompileOptions } from './scope.ts';
import type { Expr, Query } from './tree.ts';

/**
 * How the resolved tree becomes ClickHouse SQL. `canonical` is PostHog's own print. `local` means the same and runs on the local tables: side
 * columns, exact quantiles, a pinned `now()`, no team guard.
 */
export interface Printer {
  readonly dialect: 'canonical' | 'local';
  readonly options: CompileOptions;
  id(name: string): string;
  expr(expr: Expr): string;
  all(items: readonly Expr[]): string;
  /** A query inside another one. */
  query(query: Query): string;
}
