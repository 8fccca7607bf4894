import { z } from 'zod';
import type { QueryValue } from '../source.ts';
import { invalid } from './api-error.ts';

const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** PostHog's `filters` of a HogQL query, as far as event files can answer them. */
export const filters = z.looseObject({
  dateRange: z.looseObject({ date_from: z.string().nullish(), date_to: z.string().nullish() }).nullish(),
  properties: z
    .array(
      z.looseObject({
        key: z.string(),
        value: z.union([scalar, z.array(scalar)]).nullish(),
        operator: z.string().nullish(),
        type: z.string().nullish(),
      }),
    )
    .nullish(),
});

type Filters = z.infer<typeof filters>;
type Property = NonNullable<Filters['properties']>[number];

interface Bound {
  sql: string;
  values: Readonly<Record<string, QueryValue>>;
}

/** Text, names and comments are passed over: a placeholder within them is none. */
const PLACEHOLDER = /'(?:[^'\\]|\\.|'')*'|"[^"]*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\/|\{\s*filters\s*\}/gu;

/**
 * Puts the conditions of `filters` where the query says `{filters}`; without conditions it stays, and means true. `filterTestAccounts` filters
 * nothing: files know no test accounts.
 * @throws ApiError 400 for a filter that event files cannot answer, or one given twice
 */
export function applyFilters({ sql, values }: Bound, given: Filters, now: Date): Bound {
  const bound: Record<string, QueryValue> = {};
  const bind = (value: QueryValue) => {
    const name = `filters_${Object.keys(bound).length}`;
    bound[name] = value;
    return `{${name}}`;
  };
  const { date_from, date_to } = given.dateRange ?? {};
  const conditions = [
    ...(date_from && date_from !== 'all' ? [`timestamp >= toDateTime(${bind(instant(date_from, now))})`] : []),
    ...(date_to ? [`timestamp < toDateTime(${bind(instant(date_to, now))})`] : []),
    ...(given.properties ?? []).map((property) => condition(property, bind)),
  ];
  if (conditions.length === 0) return { sql, values };
  if (Object.hasOwn(values, 'filters')) throw invalid("Query contains 'filters' both as filter and placeholder");
  const all = `(${conditions.join(' AND ')})`;
  return {
    sql: sql.replaceAll(PLACEHOLDER, (part) => (part.startsWith('{') ? all : part)),
    values: { ...values, ...bound },
  };
}

const UNITS: Record<string, number> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const RELATIVE = /^-(\d{1,4})([hdw])$/u;
const ABSOLUTE = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/u;

/** `2026-01-31[T10:00:00[Z]]`, or `-7d` from now: hours to the second, days and weeks from midnight. Without a zone it is UTC. */
function instant(text: string, now: Date): string {
  const [, count, unit = ''] = RELATIVE.exec(text) ?? [];
  const [, day, time = '00:00', zone = 'Z'] = ABSOLUTE.exec(text) ?? [];
  const ms = count ? now.getTime() - Number(count) * (UNITS[unit] ?? 0) : Date.parse(`${day}T${time}${zone}`);
  if (!Number.isFinite(ms))
    throw invalid(`filters.dateRange: ${text} is neither a date nor like -7d.`, 'filters.dateRange');
  const iso = new Date(ms).toISOString();
  return count && unit !== 'h' ? `${iso.slice(0, 10)} 00:00:00` : iso.slice(0, 19).replace('T', ' ');
}

type Bind = (value: QueryValue) => string;

/** One condition on an event's property; the operators are PostHog's. A missing value is none of those that are asked for. */
function condition({ key, value, operator, type }: Property, bind: Bind): string {
  if ((type ?? 'event') !== 'event') throw invalid(`filters.properties: type ${type} is not in event files.`);
  if (/[`\\%]/u.test(key)) throw invalid(`filters.properties: ${key} cannot be the name of a property here.`);
  const field = `properties.\`${key}\``;
  const name = operator ?? 'exact';
  if (name === 'is_set') return `isNotNull(${field})`;
  if (name === 'is_not_set') return `isNull(${field})`;
  if (value === null || value === undefined) throw invalid(`filters.properties: ${key} has no value.`);
  const any = (Array.isArray(value) ? value : [value]).map(String);
  if (name === 'exact') return `toString(${field}) IN ${bind(any)}`;
  if (name === 'is_not') return `(isNull(${field}) OR toString(${field}) NOT IN ${bind(any)})`;
  const compare: Record<string, string> = { gt: '>', gte: '>=', lt: '<', lte: '<=' };
  const sign = Object.hasOwn(compare, name) ? compare[name] : undefined;
  if (sign) {
    const number = Number(any[0]);
    if (!Number.isFinite(number))
      throw invalid(`filters.properties: ${key} is compared with ${any[0]}, which is no number.`);
    return `toFloat(${field}) ${sign} ${bind(number)}`;
  }
  const match: Record<string, string> = {
    icontains: 'ILIKE',
    not_icontains: 'NOT ILIKE',
    regex: '=~',
    not_regex: '!~',
  };
  const word = Object.hasOwn(match, name) ? match[name] : undefined;
  if (!word) throw invalid(`filters.properties: operator ${name} is not known here.`);
  const pattern = word.endsWith('LIKE') ? `%${(any[0] ?? '').replaceAll(/[\\%_]/gu, '\\$&')}%` : (any[0] ?? '');
  return `toString(${field}) ${word} ${bind(pattern)}`;
}
