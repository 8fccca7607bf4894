import type { AggregateFunction, ScalarFunction } from './catalogue.ts';
import type { Expr } from './tree.ts';
import { arithmetic, asNullable, type Kind, merged, type Type, typeOf, UNKNOWN } from './types.ts';

/** What a scalar function gives for these arguments. The words are explained in `scalars.ts`. */
export function scalarType(meta: ScalarFunction, args: readonly Expr[]): Type {
  const word = meta.gives.replace(/[?!]+$/u, '');
  const types = args.map((arg) => arg.type);
  const given = RULES.get(word)?.(types, meta, args) ?? typeOf(word as Kind);
  if (meta.gives.endsWith('!')) return { ...given, nullable: false };
  if (meta.gives.endsWith('?')) return asNullable(given);
  if (word === 'parsed') return given;
  return given.kind === 'unknown' ? UNKNOWN : { ...given, nullable: types.some((type) => type.nullable) };
}

type Rule = (types: readonly Type[], meta: ScalarFunction, args: readonly Expr[]) => Type;

const first: Rule = ([type]) => type ?? UNKNOWN;
const elementOf = (type: Type | undefined): Type => (type?.kind === 'array' && type.items?.[0]) || UNKNOWN;
const arrayOf = (item: Type): Type => typeOf('array', false, [item]);

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['first', first],
  ['either', (types) => merged(types)],
  ['coalesced', (types) => merged(types)],
  ['branches', (types) => merged(types.filter((_type, index) => index % 2 === 1 || index === types.length - 1))],
  ['transform', (types) => merged([elementOf(types[2]), ...types.slice(3)])],
  [
    'arithmetic',
    (types, meta) => arithmetic(OPERATORS.get(meta.name) ?? '+', types[0] ?? UNKNOWN, types[1] ?? UNKNOWN),
  ],
  ['moved', ([type], meta) => moved(type ?? UNKNOWN, meta.name)],
  ['shifted', (types) => moved(types.find((type) => type.kind === 'date' || type.kind === 'datetime') ?? UNKNOWN, '')],
  ['truncated', (_types, _meta, [unit]) => typeOf(truncatesToDate(unit) ? 'date' : 'datetime')],
  ['array', () => arrayOf(UNKNOWN)],
  ['parsed', ([type]) => typeOf('datetime', type?.kind !== 'string' || type.nullable)],
  ['strings', () => arrayOf(typeOf('string'))],
  ['element', ([type]) => elementOf(type)],
  ['lambdaElement', (types) => elementOf(types[1])],
  ['filtered', (types) => types.find((type) => type.kind === 'array') ?? arrayOf(UNKNOWN)],
  ['body', (_types, _meta, [lambda]) => arrayOf(lambda?.kind === 'lambda' ? lambda.body.type : UNKNOWN)],
  ['nullableString', () => typeOf('string', true)],
  ['unknown', () => UNKNOWN],
]);

const OPERATORS = new Map([
  ['plus', '+'],
  ['minus', '-'],
  ['multiply', '*'],
  ['divide', '/'],
]);

/** A date moved by less than a day becomes a time. */
function moved(type: Type, name: string): Type {
  return type.kind === 'datetime' || (type.kind === 'date' && /(?:Years|Quarters|Months|Weeks|Days)$/u.test(name))
    ? type
    : { kind: 'unknown', nullable: type.nullable };
}

function truncatesToDate(unit: Expr | undefined): boolean {
  return unit?.kind === 'constant' && ['year', 'quarter', 'month', 'week'].includes(String(unit.value).toLowerCase());
}

/** What an aggregation gives. PostHog takes every one as possibly NULL. */
export function aggregateType(meta: AggregateFunction, args: readonly Expr[]): Type {
  const [arg] = args;
  const [suffix] = meta.combinators;
  if (suffix && !['If', 'OrNull', 'OrDefault', 'ArgMin', 'ArgMax'].includes(suffix)) return UNKNOWN;
  switch (meta.gives) {
    case 'first':
      return asNullable(arg?.type ?? UNKNOWN);
    case 'sum':
      return arg && ['integer', 'float', 'decimal', 'boolean'].includes(arg.type.kind)
        ? typeOf(arg.type.kind === 'boolean' ? 'integer' : arg.type.kind, true)
        : UNKNOWN;
    case 'arrayOfFirst':
      return asNullable(arrayOf(arg ? { ...arg.type, nullable: false } : UNKNOWN));
    case 'floats':
      return asNullable(arrayOf(typeOf('float')));
    case 'array':
      return asNullable(arrayOf(UNKNOWN));
    default:
      return typeOf(meta.gives as Kind, true);
  }
}
