import type { QueryValue } from '../../source.ts';
import { COMPARISON_FUNCTIONS } from './compare.ts';
import { numberText } from './constants.ts';
import { hogqlString, hogqlIdentifier as id } from './literals.ts';
import type { Expr, Order, Query, SelectQuery, Source, WindowSpec } from './tree.ts';

/** Normalised HogQL, as PostHog writes it: operators in function form, constants in place. It can be parsed again. */
export function printHogql(expr: Expr): string {
  switch (expr.kind) {
    case 'constant':
      return expr.text ?? constantText(expr.value);
    case 'column':
      return expr.chain.map(id).join('.');
    case 'property':
      return expr.path.reduce<string>(
        (text, part) => `${text}.${typeof part === 'number' ? part : id(part)}`,
        printHogql(expr.json),
      );
    case 'typed':
      return printHogql(expr.property);
    case 'aliasRef':
    case 'lambdaArgument':
      return id(expr.name);
    case 'star':
      return '*';
    case 'alias':
      return `(${printHogql(expr.expr)} AS ${id(expr.name)})`;
    case 'scalarCall':
      return `${expr.name}(${list(expr.args)})`;
    case 'aggregateCall': {
      const params = expr.params ? `(${list(expr.params)})` : '';
      const filter = expr.filter ? ` FILTER (WHERE ${printHogql(expr.filter)})` : '';
      return `${expr.name}${params}(${expr.distinct ? 'DISTINCT ' : ''}${list(expr.args)})${filter}`;
    }
    case 'window':
      return `${printHogql(expr.call)} OVER ${expr.named === undefined ? `(${windowText(expr.over)})` : id(expr.named)}`;
    case 'comparison':
      return comparisonText(expr.op, expr.left, expr.right);
    case 'logic':
      return `${expr.op}(${list(expr.operands)})`;
    case 'arithmetic':
      return `${ARITHMETIC.get(expr.op) ?? expr.op}(${list([expr.left, expr.right])})`;
    case 'between':
      return `${operand(expr.value)}${expr.negated ? ' NOT' : ''} BETWEEN ${operand(expr.low)} AND ${operand(expr.high)}`;
    case 'tuple':
      return `tuple(${list(expr.items)})`;
    case 'array':
      return `[${list(expr.items)}]`;
    case 'element':
      return `${operand(expr.array)}[${printHogql(expr.index)}]`;
    case 'slice':
      return `${operand(expr.array)}[${expr.from ? printHogql(expr.from) : ''}:${expr.to ? printHogql(expr.to) : ''}]`;
    case 'tupleElement':
      return `${operand(expr.tuple)}.${expr.index}`;
    case 'lambda':
      return `${expr.args.length === 1 ? id(expr.args[0] ?? '') : `(${expr.args.map(id).join(', ')})`} -> ${printHogql(expr.body)}`;
    case 'subquery':
      return `(${printHogqlQuery(expr.query)})`;
  }
}

export const ARITHMETIC: ReadonlyMap<string, string> = new Map([
  ['+', 'plus'],
  ['-', 'minus'],
  ['*', 'multiply'],
  ['/', 'divide'],
  ['%', 'modulo'],
]);

function list(items: readonly Expr[]): string {
  return items.map(printHogql).join(', ');
}

/** In parentheses where it would run into what follows. */
function operand(expr: Expr): string {
  const text = printHogql(expr);
  return ['between', 'window', 'lambda', 'constant', 'comparison'].includes(expr.kind) && !/^['\d\w[]/u.test(text)
    ? `(${text})`
    : expr.kind === 'between' || expr.kind === 'window' || expr.kind === 'lambda'
      ? `(${text})`
      : text;
}

function comparisonText(op: string, left: Expr, right: Expr): string {
  const name = COMPARISON_FUNCTIONS.get(op);
  if (name) return `${name}(${list([left, right])})`;
  if (left.type.nullable || right.type.nullable) return `(${operand(left)} ${op} ${operand(right)})`;
  const pattern = op.endsWith('*') ? `concat('(?i)', ${printHogql(right)})` : printHogql(right);
  const match = `match(${printHogql(left)}, ${pattern})`;
  return op.startsWith('!') ? `not(${match})` : match;
}

function constantText(value: QueryValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return hogqlString(value);
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'boolean') return String(value);
  return `[${value.map(constantText).join(', ')}]`;
}

function windowText(spec: WindowSpec | undefined): string {
  if (!spec) return '';
  return [
    spec.partitionBy.length > 0 ? `PARTITION BY ${list(spec.partitionBy)}` : '',
    spec.orderBy.length > 0 ? `ORDER BY ${spec.orderBy.map(orderText).join(', ')}` : '',
    spec.frame ?? '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function orderText({ expr, descending, fill }: Order): string {
  const bound = (word: string, at: Expr | undefined) => (at ? ` ${word} ${printHogql(at)}` : '');
  const filled = fill ? ` WITH FILL${bound('FROM', fill.from)}${bound('TO', fill.to)}${bound('STEP', fill.step)}` : '';
  return `${printHogql(expr)} ${descending ? 'DESC' : 'ASC'}${filled}`;
}

export function printHogqlQuery(query: Query): string {
  if (query.kind === 'select') return selectText(query);
  const parts = [query.first, ...query.rest.map((part) => part.query)].map((part) =>
    part.kind === 'set' ? `(${printHogqlQuery(part)})` : selectText(part),
  );
  const text = parts.map((part, index) => (index === 0 ? part : ` ${query.rest[index - 1]?.op} ${part}`)).join('');
  return query.limit ? `${text} LIMIT ${printHogql(query.limit)}` : text;
}

function selectText(query: SelectQuery): string {
  const when = (word: string, expr: Expr | undefined) => (expr ? `${word} ${printHogql(expr)}` : '');
  const each = (word: string, items: readonly string[]) => (items.length > 0 ? `${word} ${items.join(', ')}` : '');
  const columns = query.columns.map(({ expr, alias }) =>
    alias === undefined ? printHogql(expr) : `${printHogql(expr)} AS ${id(alias)}`,
  );
  const arrays = query.arrayJoin?.items.map((item) =>
    item.kind === 'alias' ? `${printHogql(item.expr)} AS ${id(item.name)}` : printHogql(item),
  );
  return [
    each(
      'WITH',
      query.ctes.map((cte) => `${id(cte.name)} AS (${printHogqlQuery(cte.query)})`),
    ),
    `SELECT ${query.distinct ? 'DISTINCT ' : ''}${columns.join(', ')}`,
    query.from.length > 0 ? `FROM ${query.from.map(sourceText).join(' ')}` : '',
    arrays ? `${query.arrayJoin?.op} ${arrays.join(', ')}` : '',
    when('PREWHERE', query.prewhere),
    when('WHERE', query.where),
    groupText(query),
    when('HAVING', query.having),
    each(
      'WINDOW',
      query.windows.map(({ name, spec }) => `${id(name)} AS (${windowText(spec)})`),
    ),
    each('ORDER BY', query.orderBy.map(orderText)),
    query.limitBy ? `LIMIT ${printHogql(query.limitBy.n)} BY ${list(query.limitBy.by)}` : '',
    query.limit ? `LIMIT ${printHogql(query.limit)}${query.withTies ? ' WITH TIES' : ''}` : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function groupText({ groupBy, groupMode }: SelectQuery): string {
  if (groupMode === 'ALL') return 'GROUP BY ALL';
  if (groupBy.length === 0) return '';
  if (groupMode === 'GROUPING SETS') {
    const sets = groupBy.map((set) => `(${set.kind === 'tuple' ? list(set.items) : printHogql(set)})`);
    return `GROUP BY GROUPING SETS (${sets.join(', ')})`;
  }
  return groupMode ? `GROUP BY ${groupMode}(${list(groupBy)})` : `GROUP BY ${list(groupBy)}`;
}

const STORED = { events: 'events', ai_events: 'posthog.ai_events' };

function sourceText(source: Source): string {
  const { table, query, cte } = source;
  const base =
    cte !== undefined
      ? id(cte)
      : query
        ? `(${printHogqlQuery(query)})`
        : table.kind === 'numbers'
          ? `numbers(${list(source.args)})`
          : STORED[table.kind as keyof typeof STORED];
  const alias = source.alias === undefined ? '' : ` AS ${id(source.alias)}`;
  const { sample, on } = source;
  const ratio = (part: { left: string; right: string | undefined }) => part.left + (part.right ? `/${part.right}` : '');
  const sampled = sample
    ? ` SAMPLE ${ratio(sample.size)}${sample.offset ? ` OFFSET ${ratio(sample.offset)}` : ''}`
    : '';
  const condition = !on
    ? ''
    : on.kind === 'ON'
      ? ` ON ${printHogql(on.condition)}`
      : ` USING (${on.columns.map(id).join(', ')})`;
  return `${source.join ? `${source.join} ` : ''}${base}${alias}${sampled}${condition}`;
}
