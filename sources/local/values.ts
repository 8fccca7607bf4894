/**
 * ClickHouse's JSON values as PostHog's API gives them: 64-bit integers as numbers where they are exact, dates as `YYYY-MM-DD`, times in ISO
 * 8601 with `Z`, Bool as true or false; NaN and infinities are null already.
 *
 * @param type the column's ClickHouse type
 */
export function toPostHog(value: unknown, type: string): unknown {
  if (value === null || value === undefined) return null;
  const bare = unwrap(type);
  if (Array.isArray(value)) return fromList(value, bare);
  if (typeof value === 'string') {
    if (/^(?:U?Int(?:64|128|256))$/u.test(bare)) return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    if (bare.startsWith('Decimal')) return Number(value);
    if (bare.startsWith('DateTime')) return isoTime(value);
    return value;
  }
  if (bare === 'Bool') return Boolean(value);
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toPostHog(item, mapValueType(bare))]));
  return value;
}

function unwrap(type: string): string {
  const match = /^(?:Nullable|LowCardinality|SimpleAggregateFunction)\((.*)\)$/u.exec(type);
  return match?.[1] === undefined ? type : unwrap(match[1]);
}

function fromList(values: unknown[], type: string): unknown[] {
  const inner = /^Array\((.*)\)$/u.exec(type)?.[1];
  if (inner !== undefined) return values.map((item) => toPostHog(item, inner));
  const parts = /^Tuple\((.*)\)$/u.exec(type)?.[1];
  const types = parts === undefined ? [] : splitTypes(parts);
  return values.map((item, index) => toPostHog(item, types[index] ?? ''));
}

/** Splits `a Int64, Array(Tuple(x, y))` at the outer commas; names of tuple elements are dropped. */
function splitTypes(list: string): string[] {
  const types: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= list.length; at += 1) {
    const char = list[at];
    if (char === '(') depth += 1;
    else if (char === ')') depth -= 1;
    else if ((char === ',' && depth === 0) || at === list.length) {
      types.push(list.slice(start, at).trim());
      start = at + 1;
    }
  }
  return types.map((type) => (/^(?:`[^`]+`|[a-z_]\w*) /u.test(type) ? type.slice(type.indexOf(' ') + 1) : type));
}

function mapValueType(type: string): string {
  const parts = /^Map\((.*)\)$/u.exec(type)?.[1];
  return parts === undefined ? '' : (splitTypes(parts)[1] ?? '');
}

/** `2026-10-01T10:00:00.000000Z` → `2026-10-01T10:00:00Z`; a fraction other than zero has six digits, as Python prints it. */
function isoTime(value: string): string {
  return value.replace(/\.(\d+)(?=Z|$)/u, (_fraction, digits: string) =>
    /^0+$/u.test(digits) ? '' : `.${digits.slice(0, 6).padEnd(6, '0')}`,
  );
}
