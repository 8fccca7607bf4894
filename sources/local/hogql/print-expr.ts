import type { QueryValue } from '../../source.ts';
import { numberText } from './constants.ts';
import { stringLiteral } from './literals.ts';
import {
  numberColumn,
  printAggregate,
  printArithmetic,
  printScalarCall,
  printWindow,
  sideColumn,
} from './print-call.ts';
import { printComparison } from './print-compare.ts';
import type { Printer } from './printer.ts';
import type { Expr, ExprOf } from './tree.ts';

/** An expression in ClickHouse SQL. */
export function printExpr(expr: Expr, printer: Printer): string {
  switch (expr.kind) {
    case 'constant':
      return expr.text ?? constantText(expr.value);
    case 'column':
      return printColumn(expr, printer);
    case 'property':
      return printProperty(expr, printer);
    case 'typed':
      return printTyped(expr, printer);
    case 'aliasRef':
    case 'lambdaArgument':
      return printer.id(expr.name);
    case 'star':
      return '*';
    case 'alias': {
      const text = `${printer.expr(expr.expr)} AS ${printer.id(expr.name)}`;
      return printer.dialect === 'local' ? `(${text})` : text;
    }
    case 'scalarCall':
      return printScalarCall(expr, printer);
    case 'aggregateCall':
      return printAggregate(expr, printer);
    case 'window':
      return printWindow(expr, printer);
    case 'comparison':
      return printComparison(expr, printer);
    case 'logic':
      return printLogic(expr, printer);
    case 'arithmetic':
      return printArithmetic(expr, printer);
    case 'between':
      return printBetween(expr, printer);
    case 'tuple':
      return `tuple(${printer.all(expr.items)})`;
    case 'array':
      return `[${printer.all(expr.items)}]`;
    case 'element':
      return printer.dialect === 'local'
        ? `arrayElement(${printer.all([expr.array, expr.index])})`
        : `${printer.expr(expr.array)}[${printer.expr(expr.index)}]`;
    case 'slice':
      return printSlice(expr, printer);
    case 'tupleElement':
      return printTupleElement(expr, printer);
    case 'lambda':
      return printLambda(expr, printer);
    case 'subquery':
      return `(${printer.query(expr.query)})`;
  }
}

function constantText(value: QueryValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return stringLiteral(value);
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'number') return numberText(value);
  return `[${value.map(constantText).join(', ')}]`;
}

/** Times of stored tables are read in the project's zone; where that is UTC they are so already. */
function printColumn({ table, name, type, zoneless }: ExprOf<'column'>, printer: Printer): string {
  const owner = table.name ?? (printer.dialect === 'local' ? table.internal : undefined);
  const text = owner === undefined ? printer.id(name) : `${printer.id(owner)}.${printer.id(name)}`;
  const stored = table.kind === 'events' || table.kind === 'ai_events';
  const zone = printer.options.timezone;
  if (!stored || zoneless || type.kind !== 'datetime' || (printer.dialect === 'local' && zone === 'UTC')) return text;
  return `toTimeZone(${text}, ${stringLiteral(zone)})`;
}

/** PostHog's text of a JSON value: NULL where it is absent or null, without the quotes around a string. */
function printProperty(expr: ExprOf<'property'>, printer: Printer): string {
  const side = sideColumn(expr, printer, 'text');
  if (side !== undefined) return side;
  const keys = expr.path.map((part) => (typeof part === 'number' ? String(part) : stringLiteral(part)));
  const raw = `JSONExtractRaw(${[printer.expr(expr.json), ...keys].join(', ')})`;
  return `replaceRegexpAll(nullIf(nullIf(${raw}, ''), 'null'), '^"|"$', '')`;
}

function printTyped({ as, property }: ExprOf<'typed'>, printer: Printer): string {
  if (as === 'number')
    return numberColumn(property, printer) ?? `accurateCastOrNull(${printer.expr(property)}, 'Float64')`;
  return `accurateCastOrNull(transform(toString(${printer.expr(property)}), ['true', 'false'], [1, 0], NULL), 'Bool')`;
}

/** What is always true or false is left out, as PostHog does. */
function printLogic({ op, operands }: ExprOf<'logic'>, printer: Printer): string {
  const [neutral, deciding] = op === 'and' ? ['1', '0'] : ['0', '1'];
  const texts = operands.map((operand) => printer.expr(operand));
  if (texts.includes(deciding)) return deciding;
  const rest = texts.filter((text) => text !== neutral);
  const [only] = rest;
  if (only === undefined) return neutral;
  return rest.length === 1 ? only : `${op}(${rest.join(', ')})`;
}

function printBetween(expr: ExprOf<'between'>, printer: Printer): string {
  const [value, low, high] = [expr.value, expr.low, expr.high].map((part) => printer.expr(part));
  const bare = `${value} ${expr.negated ? 'NOT ' : ''}BETWEEN ${low} AND ${high}`;
  const nullable = [expr.value, expr.low, expr.high].some((part) => part.type.nullable);
  if (nullable && !expr.inJoin) return `ifNull(${bare}, 0)`;
  return printer.dialect === 'local' ? `(${bare})` : bare;
}

function printSlice({ array, from, to }: ExprOf<'slice'>, printer: Printer): string {
  const list = printer.expr(array);
  const start = from ? printer.expr(from) : '1';
  return to
    ? `arraySlice(${list}, ${start}, plus(minus(${printer.expr(to)}, ${start}), 1))`
    : `arraySlice(${list}, ${start})`;
}

function printTupleElement({ tuple, index }: ExprOf<'tupleElement'>, printer: Printer): string {
  const text = printer.expr(tuple);
  if (printer.dialect === 'local') return `tupleElement(${text}, ${index})`;
  const bare = ['column', 'aliasRef', 'lambdaArgument', 'tuple', 'scalarCall', 'aggregateCall'].includes(tuple.kind);
  return bare ? `${text}.${index}` : `(${text}).${index}`;
}

function printLambda({ args, body }: ExprOf<'lambda'>, printer: Printer): string {
  const names = args.map((name) => printer.id(name));
  const head = names.length === 1 && printer.dialect === 'canonical' ? String(names[0]) : `(${names.join(', ')})`;
  return `${head} -> ${printer.expr(body)}`;
}
