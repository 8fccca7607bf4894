import type { Call } from './ast.ts';
import type { ScalarFunction } from './catalogue.ts';
import { hogqlError } from './errors.ts';
import { floatOf } from './fields.ts';
import { stringLiteral } from './literals.ts';
import { combine, type Printed, printed } from './printed.ts';
import { compileAll, compileExpr } from './recurse.ts';
import type { Scope } from './scope.ts';

type Build = (node: Call, scope: Scope) => Printed;

/** Functions that HogQL prints in a way of its own: casts that never throw, dates in the project's zone, null-safe concat. */
const SPECIAL: Record<string, Build> = {
  toInt: (node, scope) => cast(node, scope, "'Int64'", 'number'),
  toBool: (node, scope) => cast(node, scope, "'Bool'", 'boolean'),
  toUUID: (node, scope) => cast(node, scope, "'UUID'", 'uuid'),
  toFloat: (node, scope) => {
    const value = only(node, scope);
    return { ...floatOf(value, scope), hq: `toFloat(${value.hq})` };
  },
  toDecimal: (node, scope) => {
    const [value, scale] = compileAll(node.args, scope);
    const digits = scale?.constant?.value;
    if (!value || typeof digits !== 'number')
      throw hogqlError("Function 'toDecimal' expects a value and a number of digits.", node);
    return {
      ...combine(
        [value],
        ([v]) => `accurateCastOrNull(${v}, 'Decimal64(${Math.trunc(digits)})')`,
        ([v]) => `toDecimal(${v}, ${digits})`,
      ),
      type: 'number',
      nullable: true,
    };
  },
  toIntOrZero: (node, scope) => rename(node, scope, 'toInt64OrZero', 'number'),
  toFloatOrZero: (node, scope) => rename(node, scope, 'toFloat64OrZero', 'number'),
  toFloatOrDefault: (node, scope) => rename(node, scope, 'toFloat64OrDefault', 'number'),
  toDate: (node, scope) => {
    const value = only(node, scope);
    const name = value.type === 'string' && !value.constant ? 'toDateOrNull' : 'toDate';
    return {
      ...combine(
        [value],
        ([v]) => `${name}(${v})`,
        ([v]) => `toDate(${v})`,
      ),
      type: 'date',
      nullable: value.nullable || name === 'toDateOrNull',
    };
  },
  toDateTime: toDateTime,
  toDateTimeUS: toDateTime,
  now: (_node, scope) => instant(scope, `now64(6, ${zone(scope)})`, 'now()'),
  today: (_node, scope) => day(scope, 'today()', 0),
  yesterday: (_node, scope) => day(scope, 'yesterday()', 1),
  toStartOfWeek: (node, scope) => {
    const value = only(node, scope);
    const mode = scope.options.weekStart === 'monday' ? 3 : 0;
    return {
      ...combine(
        [value],
        ([v]) => `toStartOfWeek(${v}, ${mode})`,
        ([v]) => `toStartOfWeek(${v})`,
      ),
      type: 'date',
      nullable: value.nullable,
    };
  },
  concat: concat,
};

/** The special print of a function, or undefined where it prints as any other. */
export function castCall(node: Call, info: ScalarFunction, scope: Scope): Printed | undefined {
  const build = Object.hasOwn(SPECIAL, info.name) ? SPECIAL[info.name] : undefined;
  if (info.name === 'toStartOfWeek' && node.args.length !== 1) return undefined;
  return build?.(node, scope);
}

function only(node: Call, scope: Scope): Printed {
  const [arg] = node.args;
  if (!arg || node.args.length > 2)
    throw hogqlError(`Function '${node.name}' expects 1 argument, found ${node.args.length}`, node);
  return compileExpr(arg, scope);
}

function cast(node: Call, scope: Scope, type: string, kind: Printed['type']): Printed {
  const value = only(node, scope);
  return {
    ...combine(
      [value],
      ([v]) => `accurateCastOrNull(${v}, ${type})`,
      ([v]) => `${node.name}(${v})`,
    ),
    type: kind,
    nullable: true,
  };
}

function rename(node: Call, scope: Scope, name: string, type: Printed['type']): Printed {
  const args = compileAll(node.args, scope);
  return {
    ...combine(
      args,
      (p) => `${name}(${p.join(', ')})`,
      (p) => `${node.name}(${p.join(', ')})`,
    ),
    type,
    nullable: args.some((arg) => arg.nullable),
  };
}

function zone(scope: Scope): string {
  return stringLiteral(scope.options.timezone);
}

/** Date-like literals are read strictly, other texts by best effort, both in the project's zone. */
function toDateTime(node: Call, scope: Scope): Printed {
  const value = only(node, scope);
  const hq = `${node.name}(${value.hq})`;
  const tz = zone(scope);
  if (typeof value.constant?.value === 'string') {
    const text = value.constant.value;
    if (/^\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d)?$/u.test(text))
      return printed(`toDateTime(${value.ch}, ${tz})`, hq, 'datetime', false);
    if (/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{1,6}$/u.test(text))
      return printed(`toDateTime64(${value.ch}, 6, ${tz})`, hq, 'datetime', false);
    return printed(`parseDateTime64BestEffort(${value.ch}, 6, ${tz})`, hq, 'datetime', false);
  }
  const textual = value.type === 'string' || value.type === 'unknown';
  const build = ([v]: string[]) =>
    textual ? `parseDateTime64BestEffortOrNull(${v}, 6, ${tz})` : `toDateTime(${v}, ${tz})`;
  return { ...combine([value], build, () => hq), type: 'datetime', nullable: textual || value.nullable };
}

/** `now()` runs as the run's pinned instant, so that the same query gives the same answer. */
function instant(scope: Scope, ch: string, hq: string): Printed {
  const text = scope.options.now.toISOString().replace('T', ' ').replace('Z', '');
  return {
    ch,
    ex: `toTimeZone(toDateTime64(${stringLiteral(text)}, 6, 'UTC'), ${zone(scope)})`,
    hq,
    type: 'datetime',
    nullable: false,
  };
}

function day(scope: Scope, ch: string, back: number): Printed {
  const moment = instant(scope, ch, ch);
  return { ch, ex: `subtractDays(toDate(${moment.ex}), ${back})`, hq: ch, type: 'date', nullable: false };
}

/** Every part that may be NULL counts as empty text. */
function concat(node: Call, scope: Scope): Printed {
  const args = compileAll(node.args, scope);
  const wrap = (arg: Printed, index: number) => (text: string) => {
    if (arg.constant) return arg.constant.value === null ? "''" : arg.type === 'string' ? text : `toString(${text})`;
    const source = node.args[index] as Call | undefined;
    if (source?.node === 'Call' && source.name === 'toString') {
      const inner = source.args[0];
      if (inner?.node === 'Constant') return (inner as { value?: unknown }).value === null ? "''" : text;
      return `ifNull(${text}, '')`;
    }
    return `ifNull(toString(${text}), '')`;
  };
  return {
    ...combine(
      args,
      (parts) => `concat(${parts.map((part, index) => wrap(args[index] as Printed, index)(part)).join(', ')})`,
      (parts) => `concat(${parts.join(', ')})`,
    ),
    type: 'string',
    nullable: false,
  };
}
