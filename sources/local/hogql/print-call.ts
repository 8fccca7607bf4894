import { stringLiteral } from './literals.ts';
import { ARITHMETIC } from './print-hogql.ts';
import type { Printer } from './printer.ts';
import type { Expr, ExprOf, Order, WindowSpec } from './tree.ts';
import { isNumeric, isPlainNumber, isTemporal } from './types.ts';

type ScalarCall = ExprOf<'scalarCall'>;
type AggregateCall = ExprOf<'aggregateCall'>;

/** A scalar function with PostHog's own forms: time zones, safe casts, text that is never NULL. */
export function printScalarCall(call: ScalarCall, printer: Printer): string {
  const { meta, args } = call;
  const special = SPECIAL.get(meta.name);
  const form = special?.(call, printer);
  if (form !== undefined) return form;
  const texts = args.map((arg) => printer.expr(arg));
  if (meta.zoned) return zoned(call, texts, printer);
  return fill(meta.clickhouse, texts);
}

/** `{n}` in a template stands for an argument; a plain name takes them all. */
function fill(template: string, texts: readonly string[]): string {
  if (!template.includes('{')) return `${template}(${texts.join(', ')})`;
  return template.replace(/\{(\d)\}|,/gu, (match, index: string | undefined) =>
    index === undefined ? `${match} ` : (texts[Number(index)] ?? ''),
  );
}

type Form = (call: ScalarCall, printer: Printer) => string | undefined;

const SPECIAL: ReadonlyMap<string, Form> = new Map<string, Form>([
  ['concat', concat],
  ['toFloat', toFloat],
  ['toDate', toDate],
  ['to_date', toDate],
  [
    'toDecimal',
    ({ args: [value, scale] }, printer) =>
      value && `accurateCastOrNull(${printer.expr(value)}, 'Decimal64(${scaleOf(scale)})')`,
  ],
  ['trim', trimmed('BOTH')],
  ['trimLeft', trimmed('LEADING')],
  ['trimRight', trimmed('TRAILING')],
  ['toStartOfWeek', toStartOfWeek],
  ['now', (call, printer) => (call.args.length === 0 ? pinnedNow(printer) : undefined)],
  ['current_timestamp', (_call, printer) => pinnedNow(printer)],
  ['today', (_call, printer) => pinnedDay(printer, 0)],
  ['current_date', (_call, printer) => pinnedDay(printer, 0)],
  ['yesterday', (_call, printer) => pinnedDay(printer, 1)],
]);

function scaleOf(scale: Expr | undefined): string {
  return scale?.kind === 'constant' ? String(scale.value) : '0';
}

/** Every part that may be NULL counts as empty text. */
function concat({ args }: ScalarCall, printer: Printer): string {
  const part = (arg: Expr): string => {
    const text = printer.expr(arg);
    if (arg.kind === 'constant')
      return arg.value === null ? "''" : typeof arg.value === 'string' ? text : `toString(${text})`;
    if (arg.kind !== 'scalarCall' || arg.name !== 'toString') return `ifNull(toString(${text}), '')`;
    const [inner] = arg.args;
    if (inner?.kind === 'constant' && arg.args.length === 1) return inner.value === null ? "''" : text;
    return `ifNull(${text}, '')`;
  };
  return `concat(${args.map(part).join(', ')})`;
}

/** `toFloat(properties.x)` is what a number column holds. */
function toFloat({ args: [arg] }: ScalarCall, printer: Printer): string | undefined {
  return arg ? numberColumn(arg, printer) : undefined;
}

export function numberColumn(expr: Expr, printer: Printer): string | undefined {
  return sideColumn(expr, printer, 'number');
}

/** The local column that holds a property of an event. */
export function sideColumn(expr: Expr, printer: Printer, kind: 'text' | 'number'): string | undefined {
  if (printer.dialect !== 'local' || expr.kind !== 'property' || expr.path.length !== 1) return undefined;
  const { json, path } = expr;
  if (json.kind !== 'column' || json.table.kind !== 'events' || typeof path[0] !== 'string') return undefined;
  const name = printer.options.sideColumns.get(path[0])?.[kind];
  return name === undefined ? undefined : `${printer.id(json.table.name ?? json.table.internal)}.${printer.id(name)}`;
}

/** Texts that are no date give NULL; anything else converts. */
function toDate({ args: [arg] }: ScalarCall, printer: Printer): string | undefined {
  if (!arg) return undefined;
  const converts = isTemporal(arg.type) || isNumeric(arg.type);
  return `${converts ? 'toDate' : 'toDateOrNull'}(${printer.expr(arg)})`;
}

function trimmed(side: string): Form {
  return ({ meta, args: [value, chars] }, printer) => {
    if (!value) return undefined;
    if (chars) return `trim(${side} ${printer.expr(chars)} FROM ${printer.expr(value)})`;
    return meta.name === 'trim' ? `trimBoth(${printer.expr(value)})` : undefined;
  };
}

/** The project's first day of the week: mode 0 is Sunday, 3 is ISO. */
function toStartOfWeek({ args: [value, mode] }: ScalarCall, printer: Printer): string | undefined {
  if (!value || mode) return undefined;
  return `toStartOfWeek(${printer.expr(value)}, ${printer.options.weekStart === 'monday' ? 3 : 0})`;
}

/** `now()` is the run's instant here, so that the same query gives the same answer. */
function pinnedNow(printer: Printer): string | undefined {
  if (printer.dialect !== 'local') return undefined;
  const text = printer.options.now.toISOString().replace('T', ' ').replace('Z', '');
  const instant = `toDateTime64(${stringLiteral(text)}, 6, 'UTC')`;
  const zone = printer.options.timezone;
  return zone === 'UTC' ? instant : `toTimeZone(${instant}, ${stringLiteral(zone)})`;
}

/** PostHog's `today()` is the server's, in UTC. */
function pinnedDay(printer: Printer, back: number): string | undefined {
  if (printer.dialect !== 'local') return undefined;
  const day = new Date(printer.options.now.getTime() - back * 86_400_000).toISOString().slice(0, 10);
  return `toDate(${stringLiteral(day)})`;
}

const WITH_PRECISION = new Set([
  'now64',
  'toDateTime64',
  'parseDateTime64BestEffort',
  'parseDateTime64BestEffortOrNull',
  'parseDateTime64BestEffortUSOrNull',
]);

/** The project's time zone comes last, and before it the precision where the function wants one. */
function zoned(call: ScalarCall, texts: readonly string[], printer: Printer): string {
  const { meta, args } = call;
  const given = args.length === meta.args.max && meta.args.max > 0;
  const name = zonedName(call);
  const zone = given ? texts.at(-1) : stringLiteral(printer.options.timezone);
  const rest = given ? texts.slice(0, -1) : texts;
  const bare = meta.clickhouse === 'now64' ? 0 : 1;
  const precision = WITH_PRECISION.has(name) && rest.length === bare ? ['6'] : [];
  return `${name}(${[...rest, ...precision, zone].join(', ')})`;
}

/** Literals in the usual form are read strictly, others by best effort; a value that is a time already only converts. */
function zonedName({ meta, args }: ScalarCall): string {
  const [arg] = args;
  if (meta.clickhouse !== 'parseDateTime64BestEffortOrNull' || !arg) return meta.clickhouse;
  if (meta.name === 'toDateTime' && (isTemporal(arg.type) || isNumeric(arg.type))) return 'toDateTime';
  if (args.length !== 1 || arg.kind !== 'constant' || typeof arg.value !== 'string') return meta.clickhouse;
  if (/^\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}:\d{2})?$/u.test(arg.value)) return 'toDateTime';
  return /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{1,6}$/u.test(arg.value)
    ? 'toDateTime64'
    : 'parseDateTime64BestEffort';
}

/** An aggregation. Sampled quantiles of numbers run as exact ones: they change from run to run beyond 8,192 rows. */
export function printAggregate(call: AggregateCall, printer: Printer): string {
  const { meta } = call;
  const texts = call.args.map((arg) => printer.expr(arg));
  if (meta.clickhouse.includes('{')) return fill(meta.clickhouse, texts);
  const exact = printer.dialect === 'local' ? exactQuantile(call) : undefined;
  const params = exact?.params ?? (call.params ? `(${printer.all(call.params)})` : '');
  const filter = call.filter ? ` FILTER (WHERE ${printer.expr(call.filter)})` : '';
  return `${exact?.name ?? meta.clickhouse}${params}(${call.distinct ? 'DISTINCT ' : ''}${texts.join(', ')})${filter}`;
}

const SAMPLED = new Map([
  ['quantile', 'quantileExactInclusive'],
  ['quantiles', 'quantilesExactInclusive'],
  ['median', 'quantileExactInclusive'],
]);

function exactQuantile({ meta, args, params }: AggregateCall): { name: string; params?: string } | undefined {
  const name = SAMPLED.get(meta.base);
  const [value] = args;
  const plain = meta.combinators.every((suffix) => ['If', 'OrNull', 'OrDefault'].includes(suffix));
  if (!name || !plain || !value || !isPlainNumber(value.type)) return undefined;
  const full = name + meta.combinators.join('');
  return params ? { name: full } : { name: full, params: '(0.5)' };
}

const WHOLE_PARTITION = 'ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING';

/** `lag` and `lead` look over the whole partition and give NULL beyond its ends. */
export function printWindow({ call, over, named, shifted }: ExprOf<'window'>, printer: Printer): string {
  const text = shifted && call.kind === 'aggregateCall' ? shiftedCall(call, printer) : printer.expr(call);
  if (!over) return `${text} OVER ${printer.id(named ?? '')}`;
  const spec = shifted && over.frame === undefined ? { ...over, frame: WHOLE_PARTITION } : over;
  return `${text} OVER (${printWindowSpec(spec, printer)})`;
}

function shiftedCall(call: AggregateCall, printer: Printer): string {
  const [value, ...rest] = call.args.map((arg) => printer.expr(arg));
  return `${call.name}InFrame(${[`toNullable(${value})`, ...rest].join(', ')})`;
}

export function printWindowSpec({ partitionBy, orderBy, frame }: WindowSpec, printer: Printer): string {
  return [
    partitionBy.length > 0 ? `PARTITION BY ${printer.all(partitionBy)}` : '',
    orderBy.length > 0 ? `ORDER BY ${orderBy.map((order) => printOrder(order, printer)).join(', ')}` : '',
    frame ?? '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

export function printOrder({ expr, descending, fill: filled }: Order, printer: Printer): string {
  const bound = (word: string, at: Expr | undefined) => (at ? ` ${word} ${printer.expr(at)}` : '');
  const fillText = filled
    ? ` WITH FILL${bound('FROM', filled.from)}${bound('TO', filled.to)}${bound('STEP', filled.step)}`
    : '';
  return `${printer.expr(expr)} ${descending ? 'DESC' : 'ASC'}${fillText}`;
}

export function printArithmetic(expr: ExprOf<'arithmetic'>, printer: Printer): string {
  return `${ARITHMETIC.get(expr.op) ?? 'plus'}(${printer.all([expr.left, expr.right])})`;
}
