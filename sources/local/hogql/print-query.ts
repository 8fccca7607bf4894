import { clickhouseIdentifier, quotedIdentifier } from './literals.ts';
import { columnName } from './output.ts';
import { printOrder, printWindowSpec } from './print-call.ts';
import { printExpr } from './print-expr.ts';
import { sampleCondition, sampleText } from './print-sample.ts';
import type { Printer } from './printer.ts';
import type { CompileOptions } from './scope.ts';
import type { Expr, OutputColumn, Query, SelectQuery, Source } from './tree.ts';

/** Most rows of an answer, and those of one whose query has no LIMIT: what PostHog gives personal API keys. */
export const MAX_LIMIT = 50_000;
export const DEFAULT_LIMIT = 100;

export function newPrinter(dialect: Printer['dialect'], options: CompileOptions): Printer {
  const printer: Printer = {
    dialect,
    options,
    id: dialect === 'local' ? quotedIdentifier : clickhouseIdentifier,
    expr: (expr) => printExpr(expr, printer),
    all: (items) => items.map((item) => printExpr(item, printer)).join(', '),
    query: (query) => printQuery(query, printer, undefined),
  };
  return printer;
}

/**
 * A query in ClickHouse SQL.
 * @param top LIMIT of an outermost SELECT that has none; undefined inside another query, where nothing is added
 */
export function printQuery(query: Query, printer: Printer, top: number | undefined): string {
  if (query.kind === 'select') return printSelect(query, printer, top);
  const part = (item: Query) =>
    item.kind === 'set' ? `(${printQuery(item, printer, undefined)})` : printSelect(item, printer, top);
  const text = [part(query.first), ...query.rest.map(({ op, query: next }) => `${op} ${part(next)}`)].join(' ');
  if (!query.limit) return text;
  const limit = `LIMIT ${limitText(query.limit, printer, top)}`;
  return printer.dialect === 'local' ? `SELECT * FROM (${text}) ${limit}` : `${text} ${limit}`;
}

function printSelect(query: SelectQuery, printer: Printer, top: number | undefined): string {
  const when = (word: string, text: string | undefined) => (text === undefined || text === '' ? '' : `${word} ${text}`);
  const each = (word: string, texts: readonly string[]) => when(word, texts.join(', '));
  const optional = (expr: Expr | undefined) => (expr ? printer.expr(expr) : undefined);
  const ctes = printer.dialect === 'canonical' ? query.ctes : [];
  return [
    each(
      'WITH',
      ctes.map((cte) => `${printer.id(cte.name)} AS (${printer.query(cte.query)})`),
    ),
    `SELECT ${query.distinct ? 'DISTINCT ' : ''}${printColumns(query.columns, printer).join(', ')}`,
    when('FROM', query.from.map((source) => printSource(source, printer)).join(' ')),
    query.arrayJoin
      ? each(
          query.arrayJoin.op,
          query.arrayJoin.items.map((item) => printArrayItem(item, printer)),
        )
      : '',
    when('PREWHERE', optional(query.prewhere)),
    when('WHERE', printWhere(query, printer)),
    printGroups(query, printer),
    when('HAVING', optional(query.having)),
    each(
      'WINDOW',
      query.windows.map(({ name, spec }) => `${printer.id(name)} AS (${printWindowSpec(spec, printer)})`),
    ),
    each(
      'ORDER BY',
      query.orderBy.map((order) => printOrder(order, printer)),
    ),
    // PostHog leaves the place of an OFFSET empty.
    query.limitBy
      ? `LIMIT ${printer.expr(query.limitBy.n)} ${printer.dialect === 'canonical' ? ' ' : ''}BY ${printer.all(query.limitBy.by)}`
      : '',
    query.limit ? `LIMIT ${limitText(query.limit, printer, top)}` : when('LIMIT', top?.toString()),
    query.withTies ? 'WITH TIES' : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function limitText(limit: Expr, printer: Printer, top: number | undefined): string {
  if (limit.kind !== 'constant')
    return top === undefined ? printer.expr(limit) : `min2(${MAX_LIMIT}, ${printer.expr(limit)})`;
  return String(top === undefined ? limit.value : Math.min(Number(limit.value), MAX_LIMIT));
}

/**
 * SELECT columns with their names. A field hands on its name unless another column has it; a call has its HogQL text, so that a query around
 * this one can tell the columns apart.
 */
function printColumns(columns: readonly OutputColumn[], printer: Printer): string[] {
  const owners = new Map<string, OutputColumn>();
  for (const column of columns) {
    const name = column.alias ?? column.hidden;
    if (name !== undefined && (column.alias !== undefined || owners.get(name)?.alias === undefined))
      owners.set(name, column);
  }
  const used = new Set<string>();
  return columns.map((column) => {
    const text = printer.expr(column.expr);
    const name = printedName(column, owners, used, printer);
    if (name === undefined) return text;
    used.add(name);
    return `${text} AS ${printer.id(name)}`;
  });
}

function printedName(
  column: OutputColumn,
  owners: ReadonlyMap<string, OutputColumn>,
  used: ReadonlySet<string>,
  printer: Printer,
): string | undefined {
  if (column.expr.kind === 'aliasRef' && column.alias === undefined) return undefined;
  const name = column.alias ?? column.hidden;
  if (name !== undefined) return owners.get(name) === column ? name : undefined;
  const { kind } = column.expr;
  const isCall = kind === 'scalarCall' || kind === 'aggregateCall';
  if (!isCall && printer.dialect === 'canonical') return undefined;
  const text = columnName(column).replaceAll('%', '');
  return text === '' || used.has(text) || owners.has(text) ? undefined : text;
}

/** Team guards stand first, the last table's before the others', as PostHog puts them. Local tables hold one team. */
function printWhere(query: SelectQuery, printer: Printer): string | undefined {
  const guards =
    printer.dialect === 'canonical'
      ? query.from.filter((source) => !guardedInJoin(source)).flatMap((source) => guardOf(source, printer))
      : query.from.flatMap((source) => sampleCondition(source, printer));
  const where =
    query.where?.kind === 'logic' && query.where.op === 'and' ? query.where.operands : query.where ? [query.where] : [];
  const texts = [...guards.reverse(), ...where.map((part) => printer.expr(part))];
  if (texts.includes('0')) return '0';
  const rest = texts.filter((text) => text !== '1');
  if (rest.length === 0) return texts.length > 0 && printer.dialect === 'canonical' ? '1' : undefined;
  return rest.length === 1 ? rest[0] : `and(${rest.join(', ')})`;
}

function guardOf({ table }: Source, printer: Printer): string[] {
  if (table.kind !== 'events' && table.kind !== 'ai_events') return [];
  return [`equals(${printer.id(table.name ?? table.kind)}.team_id, ${Math.trunc(printer.options.teamId)})`];
}

/** The guard of a LEFT JOIN's right side belongs into ON: in WHERE it would drop the rows without a match. */
function guardedInJoin(source: Source): boolean {
  return source.join?.includes('LEFT') === true && source.on?.kind === 'ON';
}

function printSource(source: Source, printer: Printer): string {
  const { table, on } = source;
  const name = printer.dialect === 'local' ? (table.name ?? table.internal) : source.alias;
  const base = sourceText(source, printer);
  const alias = name === undefined || base === printer.id(name) ? '' : ` AS ${printer.id(name)}`;
  const sample = printer.dialect === 'canonical' ? sampleText(source) : '';
  return `${source.join ? `${source.join} ` : ''}${base}${alias}${sample}${on ? ` ${printConstraint(source, on, printer)}` : ''}`;
}

function sourceText(source: Source, printer: Printer): string {
  if (source.cte !== undefined && printer.dialect === 'canonical') return printer.id(source.cte);
  if (source.query) return `(${printer.query(source.query)})`;
  return source.table.kind === 'numbers' ? `numbers(${printer.all(source.args)})` : printer.id(source.table.kind);
}

function printConstraint(source: Source, on: NonNullable<Source['on']>, printer: Printer): string {
  if (on.kind === 'USING') return `USING (${on.columns.map((name) => printer.id(name)).join(', ')})`;
  const guards = printer.dialect === 'canonical' && guardedInJoin(source) ? guardOf(source, printer) : [];
  const condition = printer.expr(on.condition);
  return `ON ${guards.length > 0 ? `and(${[...guards, condition].join(', ')})` : condition}`;
}

function printArrayItem(item: Expr, printer: Printer): string {
  return item.kind === 'alias' ? `${printer.expr(item.expr)} AS ${printer.id(item.name)}` : printer.expr(item);
}

function printGroups({ groupBy, groupMode }: SelectQuery, printer: Printer): string {
  if (groupMode === 'ALL') return 'GROUP BY ALL';
  if (groupBy.length === 0) return '';
  if (groupMode === 'GROUPING SETS') {
    const sets = groupBy.map((set) => `(${set.kind === 'tuple' ? printer.all(set.items) : printer.expr(set)})`);
    return `GROUP BY GROUPING SETS (${sets.join(', ')})`;
  }
  return groupMode ? `GROUP BY ${groupMode}(${printer.all(groupBy)})` : `GROUP BY ${printer.all(groupBy)}`;
}
