/** The tree that PostHog's parser gives, as far as the compiler reads it. Offsets are UTF-16 positions in the query text. */
interface Placed {
  start?: { offset: number };
  end?: { offset: number };
}

export type Node = Placed &
  (
    | ConstantNode
    | { node: 'Field'; chain: (string | number)[] }
    | CallNode
    | { node: 'ExprCall'; expr: Node; args: Node[] }
    | { node: 'Alias'; alias: string; expr: Node }
    | { node: 'And' | 'Or' | 'Tuple' | 'Array' | 'GroupingSet'; exprs: Node[] }
    | { node: 'Not'; expr: Node }
    | { node: 'CompareOperation'; op: string; left: Node; right: Node; is_null_comparison_style?: boolean }
    | { node: 'IsDistinctFrom'; left: Node; right: Node; negated: boolean }
    | { node: 'ArithmeticOperation'; op: string; left: Node; right: Node }
    | { node: 'BetweenExpr'; expr: Node; low: Node; high: Node; negated: boolean }
    | { node: 'ArrayAccess'; array: Node; property: Node; nullish?: boolean }
    | { node: 'ArraySlice'; array: Node; start_expr?: Node | null; end_expr?: Node | null }
    | { node: 'TupleAccess'; tuple: Node; index: number; nullish?: boolean }
    | { node: 'Dict'; items: [Node, Node][] }
    | { node: 'Lambda'; args: string[]; expr: Node }
    | { node: 'TypeCast' | 'TryCast'; expr: Node; type_name: string }
    | { node: 'Placeholder'; expr: Node }
    | WindowNode
    | SelectNode
    | SetNode
    | { node: 'ValuesQuery' | 'ColumnsExpr' | 'PivotExpr' | 'HogQLXTag' | 'Block' | 'SpreadExpr' }
  );

export interface ConstantNode {
  node: 'Constant';
  value: unknown;
  value_type?: string;
  /** The number as the parser wrote it: JavaScript would turn `1.0` into `1` and round what is beyond 2^53. */
  text?: string;
}

export interface CallNode {
  node: 'Call';
  name: string;
  args: Node[];
  params?: Node[] | null;
  distinct?: boolean;
  filter_expr?: Node | null;
  order_by?: OrderNode[] | null;
  within_group?: OrderNode[] | null;
}

export interface WindowNode {
  node: 'WindowFunction';
  name: string;
  /** The arguments; where `args` is not empty, the parameters. */
  exprs: Node[];
  args: Node[];
  over_expr?: WindowSpecNode | null;
  over_identifier?: string | null;
}

export interface WindowSpecNode {
  partition_by?: Node[] | null;
  order_by?: OrderNode[] | null;
  frame_method?: string | null;
  frame_start?: FrameNode | null;
  frame_end?: FrameNode | null;
}

export interface FrameNode {
  frame_type?: string | null;
  frame_value?: number | null;
}

export interface OrderNode extends Placed {
  expr: Node;
  order?: string;
  with_fill?: { from_value?: Node | null; to_value?: Node | null; step_value?: Node | null } | null;
}

export type QueryNode = Placed & (SelectNode | SetNode);

export interface SelectNode {
  node: 'SelectQuery';
  ctes?: CteNode[] | null;
  select: Node[];
  distinct?: boolean | null;
  select_from?: JoinNode | null;
  array_join_op?: string | null;
  array_join_list?: Node[] | null;
  window_exprs?: Record<string, WindowSpecNode> | null;
  prewhere?: Node | null;
  where?: Node | null;
  group_by?: Node[] | null;
  group_by_mode?: string | null;
  having?: Node | null;
  qualify?: Node | null;
  order_by?: OrderNode[] | null;
  limit?: Node | null;
  limit_percent?: boolean | null;
  limit_with_ties?: boolean | null;
  limit_by?: { n: Node; exprs: Node[]; offset_value?: Node | null } | null;
  offset?: Node | null;
}

export interface SetNode {
  node: 'SelectSetQuery';
  initial_select_query: QueryNode;
  subsequent_select_queries: { set_operator: string; select_query: QueryNode }[];
  order_by?: OrderNode[] | null;
  limit?: Node | null;
  offset?: Node | null;
}

export interface CteNode extends Placed {
  name: string;
  expr: Node;
  cte_type: 'subquery' | 'column';
  columns?: string[] | null;
  recursive?: boolean | null;
}

export interface JoinNode extends Placed {
  table: Node;
  alias?: string | null;
  column_aliases?: string[] | null;
  table_args?: Node[] | null;
  table_final?: boolean | null;
  sample?: { sample_value: RatioNode; offset_value?: RatioNode | null } | null;
  join_type?: string | null;
  constraint?: { constraint_type: string; expr: Node } | null;
  next_join?: JoinNode | null;
}

export interface RatioNode {
  left: ConstantNode;
  right?: ConstantNode | null;
}
