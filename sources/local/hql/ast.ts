/** The parser's tree, as far as the compiler reads it. Offsets are characters into the query text. */
export interface Node {
  node: string;
  start?: { offset: number };
  end?: { offset: number };
}
export interface Constant extends Node {
  node: 'Constant';
  value: unknown;
  value_type?: string;
}
export interface Field extends Node {
  node: 'Field';
  chain: (string | number)[];
}
export interface Call extends Node {
  node: 'Call';
  name: string;
  args: Node[];
  params?: Node[] | null;
  distinct?: boolean;
  filter_expr?: Node | null;
  order_by?: Node[] | null;
  within_group?: Node[] | null;
}
export interface Alias extends Node {
  node: 'Alias';
  alias: string;
  expr: Node;
}
export interface Select extends Node {
  node: 'SelectQuery';
  ctes?: Cte[] | null;
  select: Node[];
  distinct?: boolean | null;
  select_from?: Join | null;
  array_join_op?: string;
  array_join_list?: Node[];
  window_exprs?: Record<string, WindowSpec>;
  prewhere?: Node | null;
  where?: Node | null;
  group_by?: Node[] | null;
  group_by_mode?: string;
  having?: Node | null;
  qualify?: Node | null;
  order_by?: OrderBy[] | null;
  limit?: Node | null;
  offset?: Node | null;
  limit_with_ties?: boolean;
  limit_by?: { n: Node; exprs: Node[]; offset_value?: Node | null } | null;
}
export interface SelectSet extends Node {
  node: 'SelectSetQuery';
  initial_select_query: Query;
  subsequent_select_queries: { set_operator: string; select_query: Query }[];
}
export type Query = Select | SelectSet;
export interface Cte {
  name: string;
  expr: Node;
  cte_type: 'subquery' | 'column';
  columns?: string[] | null;
}
export interface Join extends Node {
  table: Node;
  alias?: string | null;
  column_aliases?: string[] | null;
  table_args?: Node[] | null;
  table_final?: boolean | null;
  sample?: { sample_value: Ratio; offset_value?: Ratio | null } | null;
  join_type?: string;
  constraint?: { constraint_type: string; expr: Node } | null;
  next_join?: Join | null;
}
interface Ratio {
  left: Node;
  right?: Node | null;
}
export interface OrderBy extends Node {
  expr: Node;
  order?: string;
  with_fill?: unknown;
}
export interface WindowSpec {
  partition_by?: Node[] | null;
  order_by?: OrderBy[] | null;
  frame_method?: string;
  frame_start?: Frame | null;
  frame_end?: Frame | null;
}
export interface Frame {
  frame_type: string | null;
  frame_value: number | null;
}
