import { AGGREGATES, COMBINATORS } from './aggregates.ts';
import { SCALARS, SERVER_ONLY } from './scalars.ts';

export interface Arity {
  min: number;
  /** `Infinity` where there is no bound. */
  max: number;
}

export interface ScalarFunction {
  kind: 'scalar';
  name: string;
  /** Name in ClickHouse, a template with `{0}`, or `@rule` for a form of its own. */
  clickhouse: string;
  args: Arity;
  /** What it gives, in the words of `SCALARS`. */
  gives: string;
  /** Takes the project's time zone as its last argument. */
  zoned: boolean;
}

export interface AggregateFunction {
  kind: 'aggregate';
  name: string;
  clickhouse: string;
  /** Name without combinators, in ClickHouse. */
  base: string;
  combinators: readonly string[];
  args: Arity;
  params: Arity | undefined;
  gives: string;
  /** Makes sense only with OVER. */
  windowOnly: boolean;
}

export type HogqlFunction = ScalarFunction | AggregateFunction;

const scalars = new Map<string, ScalarFunction>();
const aggregates = new Map<string, AggregateFunction & { everyCombinator: boolean; stateful: boolean }>();
/** HogQL is case-sensitive, but for a few names that every SQL writes as it likes. */
const anyCase = new Map<string, string>();

for (const [gives, list] of Object.entries(SCALARS)) {
  for (const entry of list.trim().split(/\s+/u)) {
    const [, name = '', range = '', clickhouse, flags = ''] =
      /^(\w+)\/([\d-]+)(?:=([^~]+))?((?:~\w+)*)$/u.exec(entry) ?? [];
    scalars.set(name, {
      kind: 'scalar',
      name,
      clickhouse: clickhouse ?? name,
      args: arity(range),
      gives,
      zoned: flags.includes('~tz'),
    });
    if (flags.includes('~ci')) anyCase.set(name.toLowerCase(), name);
  }
}

for (const entry of AGGREGATES.trim().split(/\s+/u)) {
  const [, name = '', mark = '', range = '', params, gives = 'unknown', clickhouse] =
    /^(\w+)([+^!]?)\/([\d-]+)(?:\(([\d-]+)\))?:(\w+)(?:=(.+))?$/u.exec(entry) ?? [];
  aggregates.set(name, {
    kind: 'aggregate',
    name,
    clickhouse: clickhouse ?? name,
    base: clickhouse ?? name,
    combinators: [],
    args: arity(range),
    params: params === undefined ? undefined : arity(params),
    gives,
    windowOnly: mark === '!',
    everyCombinator: mark === '+',
    stateful: mark === '^',
  });
}
for (const name of ['count', 'sum', 'avg', 'min', 'max']) anyCase.set(name, name);

function arity(range: string): Arity {
  const [min = '0', max] = range.split('-');
  return {
    min: Number(min),
    max: max === undefined ? Number(min) : max === '' ? Number.POSITIVE_INFINITY : Number(max),
  };
}

/** The function that HogQL knows by this name; undefined where it knows none. Nothing outside this list can reach the engine. */
export function findFunction(written: string): HogqlFunction | undefined {
  const name =
    scalars.has(written) || aggregates.has(written) ? written : (anyCase.get(written.toLowerCase()) ?? written);
  return aggregates.get(name) ?? scalars.get(name) ?? combined(name);
}

/** `sumIf`, `avgOrNullIf`, `uniqStateIf` …: an aggregation with combinators behind it. */
function combined(name: string): AggregateFunction | undefined {
  for (const [base, meta] of aggregates) {
    if (!name.startsWith(base) || meta.windowOnly || meta.clickhouse.includes('{')) continue;
    const suffixes = suffixesOf(name.slice(base.length));
    if (!suffixes || !allowed(suffixes, meta)) continue;
    const adds = suffixes.reduce((sum, suffix) => sum + (COMBINATORS.get(suffix)?.adds ?? 0), 0);
    const free = base === 'count' && suffixes.includes('If');
    return {
      ...meta,
      name,
      clickhouse: meta.clickhouse + suffixes.join(''),
      combinators: suffixes,
      args: { min: free ? 1 : meta.args.min + adds, max: meta.args.max + adds },
    };
  }
  return undefined;
}

function suffixesOf(tail: string): string[] | undefined {
  if (tail === '') return [];
  for (const suffix of COMBINATORS.keys()) {
    const rest = tail.startsWith(suffix) ? suffixesOf(tail.slice(suffix.length)) : undefined;
    if (rest) return [suffix, ...rest];
  }
  return undefined;
}

function allowed(suffixes: string[], meta: { everyCombinator: boolean; stateful: boolean }): boolean {
  const [first = '', ...rest] = suffixes;
  const opens = meta.everyCombinator || first === 'If' || (meta.stateful && (first === 'State' || first === 'Merge'));
  let before = first;
  for (const suffix of rest) {
    if (!COMBINATORS.get(before)?.next.includes(suffix)) return false;
    before = suffix;
  }
  return opens;
}

/** Known to PostHog, but not here. */
export function needsServer(name: string): boolean {
  return SERVER_ONLY.has(name) || /^(?:h3|geoToH3|stringToH3|dictGet)/u.test(name);
}

/** Names for "Perhaps you meant". */
export function functionNames(): Iterable<string> {
  return [...scalars.keys(), ...aggregates.keys(), ...[...aggregates.keys()].map((name) => `${name}If`)];
}
