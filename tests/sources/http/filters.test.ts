import { describe, expect, it } from 'vitest';
import { applyFilters } from '../../../sources/http/filters.ts';
import { readRequest } from '../../../sources/http/request.ts';

const now = new Date('2026-03-10T12:34:56.789Z');
const sql = 'SELECT 1 FROM events WHERE {filters}';
const where = (filters: Parameters<typeof applyFilters>[1]) => {
  const bound = applyFilters({ sql, values: {} }, filters, now);
  return [bound.sql.slice('SELECT 1 FROM events WHERE '.length), bound.values];
};

describe('filters', () => {
  it.each([
    [undefined],
    [{}],
    [{ filterTestAccounts: true }],
    [{ dateRange: { date_from: 'all', date_to: null } }],
    [{ properties: [] }],
  ])('without conditions stay as they are: %j', (filters) => {
    expect(where(filters ?? {})).toEqual(['{filters}', {}]);
  });

  it.each([
    ['-7d', '2026-03-03 00:00:00'],
    ['-2w', '2026-02-24 00:00:00'],
    ['-24h', '2026-03-09 12:34:56'],
    ['2026-03-01', '2026-03-01 00:00:00'],
    ['2026-03-01 10:00', '2026-03-01 10:00:00'],
    ['2026-03-01T10:00:00.5', '2026-03-01 10:00:00'],
    ['2026-03-01T10:00:00+02:00', '2026-03-01 08:00:00'],
  ])('bind the time %s', (given, instant) => {
    expect(where({ dateRange: { date_from: given, date_to: given } })).toEqual([
      '(timestamp >= toDateTime({filters_0}) AND timestamp < toDateTime({filters_1}))',
      { filters_0: instant, filters_1: instant },
    ]);
  });

  it.each([
    ['exact', 'a', 'toString(properties.`$k x`) IN {filters_0}', ['a']],
    [undefined, ['a', 2, true], 'toString(properties.`$k x`) IN {filters_0}', ['a', '2', 'true']],
    ['is_not', 'a', '(isNull(properties.`$k x`) OR toString(properties.`$k x`) NOT IN {filters_0})', ['a']],
    ['icontains', '5%_\\', 'toString(properties.`$k x`) ILIKE {filters_0}', '%5\\%\\_\\\\%'],
    ['not_icontains', 'a', 'toString(properties.`$k x`) NOT ILIKE {filters_0}', '%a%'],
    ['regex', '^a', 'toString(properties.`$k x`) =~ {filters_0}', '^a'],
    ['not_regex', '^a', 'toString(properties.`$k x`) !~ {filters_0}', '^a'],
    ['gt', '5', 'toFloat(properties.`$k x`) > {filters_0}', 5],
    ['lte', 5.5, 'toFloat(properties.`$k x`) <= {filters_0}', 5.5],
  ])('compare a property: %s %j', (operator, value, condition, bound) => {
    expect(where({ properties: [{ key: '$k x', value, operator, type: 'event' }] })).toEqual([
      `(${condition})`,
      { filters_0: bound },
    ]);
  });

  it('know whether a property is there', () => {
    expect(
      where({
        properties: [
          { key: 'a', operator: 'is_set' },
          { key: 'b', operator: 'is_not_set' },
        ],
      }),
    ).toEqual(['(isNotNull(properties.`a`) AND isNull(properties.`b`))', {}]);
  });

  it('are put where the query says so, not into text, names or comments', () => {
    const text = `SELECT '{filters} it''s \\' {filters}', "{filters}" -- {filters}\n/* {filters} */ WHERE { filters } OR {filters}`;
    const { sql: done } = applyFilters(
      { sql: text, values: {} },
      { properties: [{ key: 'a', operator: 'is_set' }] },
      now,
    );
    expect(done).toBe(
      text.replace('{ filters } OR {filters}', '(isNotNull(properties.`a`)) OR (isNotNull(properties.`a`))'),
    );
  });

  it.each([
    [{ dateRange: { date_from: 'yesterday' } }, /yesterday is neither a date/u],
    [{ dateRange: { date_from: '-1mStart' } }, /neither a date/u],
    [{ dateRange: { date_to: '2026-13-45' } }, /neither a date/u],
    [{ dateRange: { date_from: '-9999999999999999d' } }, /neither a date/u],
    [{ properties: [{ key: 'a', value: 'x', operator: 'gt' }] }, /compared with x, which is no number/u],
    [{ properties: [{ key: 'a', value: 1, operator: 'between' }] }, /operator between is not known/u],
    [{ properties: [{ key: 'a', value: 1, operator: 'constructor' }] }, /operator constructor is not known/u],
    [{ properties: [{ key: 'a', value: 1, type: 'cohort' }] }, /type cohort is not in event files/u],
    [{ properties: [{ key: 'a`) OR (1', value: 1 }] }, /cannot be the name/u],
    [{ properties: [{ key: 'a' }] }, /a has no value/u],
    [{ properties: [{ key: 'a', value: {} }] }, /query\.filters\.properties\.0\.value/u],
    [{ dateRange: 7 }, /query\.filters\.dateRange/u],
  ])('that files cannot answer are refused: %j', (filters, message) => {
    const body = JSON.stringify({ query: { kind: 'HogQLQuery', query: sql, filters } });
    expect(() => readRequest(body, now)).toThrow(message);
  });

  it('given twice are refused', () => {
    const filters = { dateRange: { date_from: '-7d' } };
    const body = JSON.stringify({ query: { kind: 'HogQLQuery', query: sql, filters, values: { filters: true } } });
    expect(() => readRequest(body, now)).toThrow(/both as filter and placeholder/u);
  });
});
