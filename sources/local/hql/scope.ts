import type { QueryValue } from '../../source.ts';
import type { Node } from './ast.ts';
import type { Printed } from './printed.ts';
import type { Column } from './schema.ts';

export interface SideColumn {
  text?: string;
  number?: string;
}

export interface CompileOptions {
  values?: Readonly<Record<string, QueryValue>>;
  /** What `now()` means when the query runs. */
  now: Date;
  timezone: string;
  weekStart: 'sunday' | 'monday';
  teamId: number;
  sideColumns: ReadonlyMap<string, SideColumn>;
}

/** A table of a FROM clause. `prefix` stands before its columns; empty for a subquery without alias. */
export interface Table {
  alias: string;
  prefix: string;
  kind: 'events' | 'ai_events' | 'numbers' | 'subquery';
  columns: ReadonlyMap<string, Column>;
}

/** A finished query: its three forms and the columns that a query around it sees. */
export interface PrintedQuery {
  ch: string;
  ex: string;
  hq: string;
  columns: [string, Column][];
}

export type CteEntry = { kind: 'query'; query: PrintedQuery } | { kind: 'scalar'; expr: Node };

/** What names mean at one place of a query. */
export interface Scope {
  options: CompileOptions;
  tables: Table[];
  aliases: Map<string, Printed>;
  ctes: ReadonlyMap<string, CteEntry>;
  lambdas: ReadonlyMap<string, Column>;
  /** Inside JOIN … ON nothing is wrapped against NULL. */
  inJoin: boolean;
  /** Compiles a part of an expression; handed in, so that its parts need not import the whole. */
  compile(node: Node, scope: Scope): Printed;
  compileQuery(query: Node, ctes: ReadonlyMap<string, CteEntry>): PrintedQuery;
}
