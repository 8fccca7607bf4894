import type { QueryValue } from '../../source.ts';
import type { AggregateFunction, ScalarFunction } from './catalogue.ts';
import type { Place } from './errors.ts';
import type { Columns } from './schema.ts';
import type { Type } from './types.ts';

/** The resolved tree: every name is bound to what it means, every value has a type. It is what gets printed, in any dialect. */
export type Expr = { type: Type; at?: Place } & (
  | { kind: 'constant'; value: QueryValue; text?: string }
  /** `chain`: how the query wrote it. `zoneless`: a time that is compared as an instant, not read in the project's zone. */
  | { kind: 'column'; table: Table; name: string; chain: readonly string[]; zoneless?: true }
  | { kind: 'property'; json: Expr; path: readonly (string | number)[] }
  /** A property as the type that its context asks for. */
  | { kind: 'typed'; as: 'number' | 'boolean'; property: Expr }
  | { kind: 'aliasRef'; name: string }
  | { kind: 'lambdaArgument'; name: string }
  | { kind: 'star' }
  | { kind: 'alias'; name: string; expr: Expr }
  | { kind: 'scalarCall'; name: string; meta: ScalarFunction; args: readonly Expr[] }
  | AggregateCall
  /** `over` is absent where a named window stands for it. */
  | { kind: 'window'; call: Expr; over: WindowSpec | undefined; named: string | undefined; shifted: boolean }
  | { kind: 'comparison'; op: string; left: Expr; right: Expr; inJoin: boolean }
  | { kind: 'logic'; op: 'and' | 'or'; operands: readonly Expr[] }
  | { kind: 'arithmetic'; op: string; left: Expr; right: Expr }
  | { kind: 'between'; value: Expr; low: Expr; high: Expr; negated: boolean; inJoin: boolean }
  | { kind: 'tuple' | 'array'; items: readonly Expr[] }
  | { kind: 'element'; array: Expr; index: Expr }
  | { kind: 'slice'; array: Expr; from: Expr | undefined; to: Expr | undefined }
  | { kind: 'tupleElement'; tuple: Expr; index: number }
  | { kind: 'lambda'; args: readonly string[]; body: Expr }
  | { kind: 'subquery'; query: Query }
);

export interface AggregateCall {
  kind: 'aggregateCall';
  name: string;
  meta: AggregateFunction;
  params: readonly Expr[] | undefined;
  args: readonly Expr[];
  distinct: boolean;
  filter: Expr | undefined;
}

export type ExprOf<K extends Expr['kind']> = Extract<Expr, { kind: K }>;

export interface WindowSpec {
  partitionBy: readonly Expr[];
  orderBy: readonly Order[];
  frame: string | undefined;
}

export interface Order {
  expr: Expr;
  descending: boolean;
  fill?: { from: Expr | undefined; to: Expr | undefined; step: Expr | undefined };
}

/** A table of a FROM clause. */
export interface Table {
  kind: 'events' | 'ai_events' | 'numbers' | 'query';
  /** What its columns are qualified with; undefined for a subquery without alias. */
  name: string | undefined;
  /** A name that no query can give it, for what runs here: a subquery without alias has one too. */
  internal: string;
  columns: Columns;
}

export interface Source {
  table: Table;
  alias: string | undefined;
  /** The subquery, where it is one. */
  query?: Query;
  /** The WITH clause it comes from. */
  cte?: string;
  args: readonly Expr[];
  join: string | undefined;
  sample: Sample | undefined;
  on: { kind: 'ON'; condition: Expr } | { kind: 'USING'; columns: readonly string[] } | undefined;
}

/** `SAMPLE a/b OFFSET c/d`, as written. */
export interface Sample {
  size: Ratio;
  offset: Ratio | undefined;
}
export interface Ratio {
  left: string;
  right: string | undefined;
}

export interface OutputColumn {
  expr: Expr;
  /** The alias that the query gave it. */
  alias: string | undefined;
  /** The name that a field passes on to its column. */
  hidden: string | undefined;
}

export interface SelectQuery {
  kind: 'select';
  at?: Place;
  ctes: readonly { name: string; query: Query }[];
  distinct: boolean;
  columns: readonly OutputColumn[];
  from: readonly Source[];
  arrayJoin: { op: string; items: readonly Expr[] } | undefined;
  prewhere: Expr | undefined;
  where: Expr | undefined;
  groupBy: readonly Expr[];
  groupMode: 'ROLLUP' | 'CUBE' | 'GROUPING SETS' | 'ALL' | undefined;
  having: Expr | undefined;
  windows: readonly { name: string; spec: WindowSpec }[];
  orderBy: readonly Order[];
  limitBy: { n: Expr; by: readonly Expr[] } | undefined;
  limit: Expr | undefined;
  withTies: boolean;
}

export interface SetQuery {
  kind: 'set';
  at?: Place;
  first: Query;
  rest: readonly { op: string; query: Query }[];
  limit: Expr | undefined;
}

export type Query = SelectQuery | SetQuery;
