import { describe, expect, it } from 'vitest';
import { compileHogQL, compileHogQLExpr } from '../../../../sources/local/hogql/compile.ts';
import { optionsWith, SIDE_COLUMNS } from './engine.ts';

const options = optionsWith();
const property = (...keys: string[]) =>
  `replaceRegexpAll(nullIf(nullIf(JSONExtractRaw(events.properties, ${keys.join(', ')}), ''), 'null'), '^"|"$', '')`;
const guard = 'equals(events.team_id, 42)';

describe('expressions as PostHog prints them', () => {
  it.each([
    ["event == 'E'", "equals(events.event, 'E')"],
    ["event != 'E'", "notEquals(events.event, 'E')"],
    ["event not in 'E'", "notIn(events.event, 'E')"],
    ["event not ilike 'E'", "notILike(events.event, 'E')"],
    ["event ~* 'E'", "match(events.event, concat('(?i)', 'E'))"],
    ["event =~* 'E'", "match(events.event, concat('(?i)', 'E'))"],
    ["event !~ 'E'", "not(match(events.event, 'E'))"],
    ['event -- something', 'events.event'],
    ["coalesce(4.2, 5, 'lol', 'hoo')", "coalesce(4.2, 5, 'lol', 'hoo')"],
    ['case when 1 then 2 else 3 end', 'if(1, 2, 3)'],
    ['case 0 when 1 then 2 when 3 then 4 else 5 end', 'transform(0, [1, 3], [2, 4], 5)'],
    ["team_id=1 AND 1 AND event='name'", "and(equals(events.team_id, 1), equals(events.event, 'name'))"],
    ['team_id=1 AND 0', '0'],
    ["team_id=1 OR (0=1 OR event='name')", "or(equals(events.team_id, 1), equals(events.event, 'name'))"],
    ["team_id=1 OR (1=1 OR event='name')", '1'],
    ['event or timestamp', "or(events.event, toTimeZone(events.timestamp, 'UTC'))"],
    ['event or not timestamp', "or(events.event, not(toTimeZone(events.timestamp, 'UTC')))"],
    ['properties.bla and properties.bla2', `and(${property("'bla'")}, ${property("'bla2'")})`],
    ['groupArraySample(5, 123456)(event)', 'groupArraySample(5, 123456)(events.event)'],
    ['groupArraySampleIf(5)(event, event is not null)', 'groupArraySampleIf(5)(events.event, isNotNull(events.event))'],
    ['quantiles(0.0, 0.25, 1.0)(event)', 'quantiles(0.0, 0.25, 1.0)(events.event)'],
    [
      "toUUID('470f9b15-ff43-402a-af9f-2ed7c526a6cf')",
      "accurateCastOrNull('470f9b15-ff43-402a-af9f-2ed7c526a6cf', 'UUID')",
    ],
    ["toDecimal('3.14', 2)", "accurateCastOrNull('3.14', 'Decimal64(2)')"],
    ["toDateTime('2020-02-02 12:25:01.5')", "toDateTime64('2020-02-02 12:25:01.5', 6, 'UTC')"],
    ['toDateTime(event)', "parseDateTime64BestEffortOrNull(events.event, 6, 'UTC')"],
    ['toDateTime(timestamp)', "toDateTime(toTimeZone(events.timestamp, 'UTC'), 'UTC')"],
    ['toDate(timestamp)', "toDate(toTimeZone(events.timestamp, 'UTC'))"],
    ['toDate(event)', 'toDateOrNull(events.event)'],
    ['now()', "now64(6, 'UTC')"],
    ['now() - interval 7 day', "minus(now64(6, 'UTC'), toIntervalDay(7))"],
    ["trim(leading 'x' from event)", "trim(LEADING 'x' FROM events.event)"],
    ["event = assumeNotNull(base64Encode('test'))", "equals(events.event, assumeNotNull(base64Encode('test')))"],
    ["'a' like null", "isNull('a')"],
    ["null like 'a'", "ifNull(like(NULL, 'a'), 0)"],
    ['null = null', '1'],
    ['1 != 1', '0'],
    ['event is null', 'isNull(events.event)'],
    ["arrayFilter(x -> x = 'a', ['a', 'b'])", "arrayFilter(x -> ifNull(equals(x, 'a'), 0), ['a', 'b'])"],
    ["indexHint(properties.a = 'x')", `indexHint(equals(${property("'a'")}, 'x'))`],
    ["toDateTime('2020-02-02') = now()", "equals(toDateTime('2020-02-02', 'UTC'), now64(6, 'UTC'))"],
    [
      'properties.$ai_input_tokens > properties.$ai_output_tokens',
      `ifNull(greater(accurateCastOrNull(${property("'$ai_input_tokens'")}, 'Float64'), accurateCastOrNull(${property("'$ai_output_tokens'")}, 'Float64')), 0)`,
    ],
    ["properties.a < 'x'", `ifNull(less(${property("'a'")}, 'x'), 0)`],
    [
      'properties.a = properties.b',
      `ifNull(equals(${property("'a'")}, ${property("'b'")}), isNull(${property("'a'")}) and isNull(${property("'b'")}))`,
    ],
    [
      'properties.a != lower(properties.b)',
      `ifNull(notEquals(${property("'a'")}, lower(${property("'b'")})), isNotNull(${property("'a'")}) or isNotNull(lower(${property("'b'")})))`,
    ],
    ["notEquals(properties.a, 'x')", `ifNull(notEquals(${property("'a'")}, 'x'), 1)`],
    ['properties.a between 1 and 2', `ifNull(${property("'a'")} BETWEEN 1 AND 2, 0)`],
    ['x -> x * 2', 'x -> multiply(x, 2)'],
    ['lambda x: x + 1', 'x -> plus(x, 1)'],
    ['(1, 2).1', 'tuple(1, 2).1'],
    ['$session_id', 'events.`$session_id`'],
    ['COUNT(*)', 'count(*)'],
    ["dateTrunc('day', timestamp)", "dateTrunc('day', toTimeZone(events.timestamp, 'UTC'))"],
    ['9223372036854775807', '9223372036854775807'],
    [
      'properties.$ai_latency > 2',
      `ifNull(greater(accurateCastOrNull(${property("'$ai_latency'")}, 'Float64'), 2), 0)`,
    ],
    ["properties.$ai_is_error = 'true'", `ifNull(equals(${property("'$ai_is_error'")}, 'true'), 0)`],
    ["properties.latency > '2'", `ifNull(greater(${property("'latency'")}, '2'), 0)`],
  ])('%s', async (hogql, expected) => {
    expect((await compileHogQLExpr(hogql, options)).clickhouse).toBe(expected);
  });
});

describe('queries as PostHog prints them', () => {
  it.each([
    [
      'select properties.a.b.c from events',
      `SELECT ${property("'a'", "'b'", "'c'")} AS a__b__c FROM events WHERE ${guard} LIMIT 50000`,
    ],
    ['select properties.arr.1 from events', `SELECT ${property("'arr'", '1')} FROM events WHERE ${guard} LIMIT 50000`],
    [
      "select properties.foo from events where properties.bar like 'a%'",
      `SELECT ${property("'foo'")} AS foo FROM events WHERE and(${guard}, ifNull(like(${property("'bar'")}, 'a%'), 0)) LIMIT 50000`,
    ],
    [
      'select properties.foo from events order by properties.foo',
      `SELECT ${property("'foo'")} AS foo FROM events WHERE ${guard} ORDER BY ${property("'foo'")} ASC LIMIT 50000`,
    ],
    [
      "with recent as (select uuid from events where properties.foo = 'x') select uuid from recent",
      `WITH recent AS (SELECT events.uuid AS uuid FROM events WHERE and(${guard}, ifNull(equals(${property("'foo'")}, 'x'), 0))) SELECT recent.uuid AS uuid FROM recent LIMIT 50000`,
    ],
    [
      'with cte as (select 1 as a) (select a from cte union all select a from cte)',
      'WITH cte AS (SELECT 1 AS a) SELECT cte.a AS a FROM cte LIMIT 50000 UNION ALL SELECT cte.a AS a FROM cte LIMIT 50000',
    ],
    ['select 1 from events as e', 'SELECT 1 FROM events AS e WHERE equals(e.team_id, 42) LIMIT 50000'],
    ['select 1 from events where 1 == 2', 'SELECT 1 FROM events WHERE 0 LIMIT 50000'],
    ['select 1 from events prewhere 1 == 2 where 2 == 3', 'SELECT 1 FROM events PREWHERE 0 WHERE 0 LIMIT 50000'],
    ['select 1 from events having 1 == 2', `SELECT 1 FROM events WHERE ${guard} HAVING 0 LIMIT 50000`],
    [
      "select event from events where event = 'a' and distinct_id = 'b'",
      `SELECT events.event AS event FROM events WHERE and(${guard}, equals(events.event, 'a'), equals(events.distinct_id, 'b')) LIMIT 50000`,
    ],
    ['select event from events limit 1000000', `SELECT events.event AS event FROM events WHERE ${guard} LIMIT 50000`],
    [
      'select event from events limit (select 100000000)',
      `SELECT events.event AS event FROM events WHERE ${guard} LIMIT min2(50000, (SELECT 100000000))`,
    ],
    [
      'select event from (select distinct event from events)',
      `SELECT event AS event FROM (SELECT DISTINCT events.event AS event FROM events WHERE ${guard}) LIMIT 50000`,
    ],
    [
      'select event from (select event from events) e',
      `SELECT e.event AS event FROM (SELECT events.event AS event FROM events WHERE ${guard}) AS e LIMIT 50000`,
    ],
    [
      'select 1, a from events left array join [1,2,3] as a',
      `SELECT 1, a FROM events LEFT ARRAY JOIN [1, 2, 3] AS a WHERE ${guard} LIMIT 50000`,
    ],
    [
      'select 1 from events, posthog.ai_events',
      `SELECT 1 FROM events CROSS JOIN ai_events WHERE and(equals(ai_events.team_id, 42), ${guard}) LIMIT 50000`,
    ],
    [
      'select 1 from events left join events e2 on events.event = e2.event',
      `SELECT 1 FROM events LEFT JOIN events AS e2 ON and(equals(e2.team_id, 42), equals(events.event, e2.event)) WHERE ${guard} LIMIT 50000`,
    ],
    ['select event from events sample 1', `SELECT events.event AS event FROM events WHERE ${guard} LIMIT 50000`],
    [
      'select event from events sample 0.1 offset 1/10',
      `SELECT events.event AS event FROM events SAMPLE 0.1 OFFSET 1/10 WHERE ${guard} LIMIT 50000`,
    ],
    [
      "select countIf(distinct event, event like '%a%') as c from events",
      `SELECT countIf(DISTINCT events.event, like(events.event, '%a%')) AS c FROM events WHERE ${guard} LIMIT 50000`,
    ],
    [
      'select distinct_id, lag(event) over w as p from events window w as (order by timestamp)',
      `SELECT events.distinct_id AS distinct_id, lagInFrame(toNullable(events.event)) OVER (ORDER BY toTimeZone(events.timestamp, 'UTC') ASC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS p FROM events WHERE ${guard} WINDOW w AS (ORDER BY toTimeZone(events.timestamp, 'UTC') ASC) LIMIT 50000`,
    ],
    [
      'select 1 union all (select 1 union all select 1) union all select 1',
      'SELECT 1 LIMIT 50000 UNION ALL (SELECT 1 UNION ALL SELECT 1) UNION ALL SELECT 1 LIMIT 50000',
    ],
    ['select 1 union all select 2 order by 1', 'SELECT 1 LIMIT 50000 UNION ALL SELECT 2 ORDER BY 1 ASC LIMIT 50000'],
    [
      "select count() from events where event like '%a%' group by event having countIf(event like '%b%') > 1",
      `SELECT count() AS \`count()\` FROM events WHERE and(${guard}, like(events.event, '%a%')) GROUP BY events.event HAVING ifNull(greater(countIf(like(events.event, '%b%')), 1), 0) LIMIT 50000`,
    ],
    ['select number from numbers(3)', 'SELECT numbers.number AS number FROM numbers(3) AS numbers LIMIT 50000'],
    [
      'select event, event, distinct_id as event from events',
      `SELECT events.event, events.event, events.distinct_id AS event FROM events WHERE ${guard} LIMIT 50000`,
    ],
    [
      'select count() from events where {filters}',
      `SELECT count() AS \`count()\` FROM events WHERE ${guard} LIMIT 50000`,
    ],
  ])('%s', async (hogql, expected) => {
    expect((await compileHogQL(hogql, options)).clickhouse).toBe(expected);
  });

  it('reads times in the project’s zone, weeks from its first day', async () => {
    const brussels = optionsWith({ timezone: 'Europe/Brussels', weekStart: 'monday' });
    const { clickhouse, executable } = await compileHogQL(
      "select toStartOfWeek(timestamp) as a, now() as b, toDateTime('2020-02-02') as c from events",
      brussels,
    );
    expect(clickhouse).toBe(
      `SELECT toStartOfWeek(toTimeZone(events.timestamp, 'Europe/Brussels'), 3) AS a, now64(6, 'Europe/Brussels') AS b, toDateTime('2020-02-02', 'Europe/Brussels') AS c FROM events WHERE ${guard} LIMIT 50000`,
    );
    expect(executable).toContain("toTimeZone(toDateTime64('2026-11-01 00:00:00.123', 6, 'UTC'), 'Europe/Brussels')");
  });

  it('names columns as PostHog does', async () => {
    const { columns } = await compileHogQL(
      "select event, e.distinct_id, properties.foo, properties['bar'], properties.a.b, count(), toFloat(properties.x) + 1, min(timestamp), 1, 'x', event = 'a' as flag from events e",
      options,
    );
    expect(columns).toEqual([
      ...['event', 'distinct_id', 'foo', 'properties.bar', 'a__b', 'count()', 'plus(toFloat(properties.x), 1)'],
      ...['min(timestamp)', '1', "'x'", 'flag'],
    ]);
  });
});

describe('what runs locally', () => {
  const local = async (sql: string) =>
    (await compileHogQL(sql, optionsWith({ sideColumns: SIDE_COLUMNS }))).executable.replaceAll('`', '');

  it.each([
    ['select toFloat(properties.$ai_latency) as x from events', 'SELECT events.n_latency AS x FROM events LIMIT 101'],
    ['select e.properties.$ai_model as m from events e limit 7', 'SELECT e.t_model AS m FROM events AS e LIMIT 7'],
    [
      'select quantile(0.9)(toFloat(properties.$ai_latency)) as q from events',
      'SELECT quantileExactInclusive(0.9)(events.n_latency) AS q FROM events LIMIT 101',
    ],
    [
      'select medianIf(toInt(event), 1) as q, quantile(0.5)(event) as r from events',
      "SELECT quantileExactInclusiveIf(0.5)(accurateCastOrNull(events.event, 'Int64'), 1) AS q, quantile(0.5)(events.event) AS r FROM events LIMIT 101",
    ],
    [
      'select median(x) as m from (select toFloat(properties.$ai_latency) as x from events)',
      'SELECT quantileExactInclusive(0.5)(_t0.x) AS m FROM (SELECT events.n_latency AS x FROM events) AS _t0 LIMIT 101',
    ],
    ['select 1 as a union all select 2', 'SELECT 1 AS a LIMIT 100 UNION ALL SELECT 2 AS 2 LIMIT 100'],
    ['select event from events limit 90000', 'SELECT events.event AS event FROM events LIMIT 50000'],
    [
      'select today() as a, yesterday() as b, current_date as c',
      "SELECT toDate('2026-11-01') AS a, toDate('2026-10-31') AS b, toDate('2026-11-01') AS c LIMIT 101",
    ],
  ])('%s', async (hogql, expected) => {
    expect(await local(hogql)).toBe(expected);
  });

  it('says which limit holds', async () => {
    const limit = async (sql: string) => (await compileHogQL(sql, options)).limit;
    expect(await limit('select 1')).toEqual({ value: 100, ownLimit: false });
    expect(await limit('select 1 limit 7')).toEqual({ value: 7, ownLimit: true });
    expect(await limit('select 1 limit 70000')).toEqual({ value: 50_000, ownLimit: true });
  });
});

describe('times in WHERE', () => {
  const where = async (condition: string, timezone = 'UTC') => {
    const { clickhouse } = await compileHogQL(`SELECT 1 FROM events WHERE ${condition}`, { ...options, timezone });
    return clickhouse.slice(clickhouse.indexOf(`${guard}, `) + guard.length + 2, -') LIMIT 50000'.length);
  };

  it.each([
    [
      "timestamp >= '2020-01-01'",
      "greaterOrEquals(events.timestamp, toDateTime64('2020-01-01', 6, 'America/New_York'))",
    ],
    ["'2020-01-01' < timestamp", "less(toDateTime64('2020-01-01', 6, 'America/New_York'), events.timestamp)"],
    [
      'timestamp > now() - interval 7 day or timestamp < today()',
      "or(greater(events.timestamp, minus(now64(6, 'America/New_York'), toIntervalDay(7))), less(events.timestamp, today()))",
    ],
    ["timestamp = '2020-01-01'", "equals(toTimeZone(events.timestamp, 'America/New_York'), '2020-01-01')"],
    [
      "toDate(timestamp) >= '2020-01-01'",
      "greaterOrEquals(toDate(toTimeZone(events.timestamp, 'America/New_York')), '2020-01-01')",
    ],
  ])('%s is compared as an instant where it is a range', async (condition, printed) => {
    expect(await where(condition, 'America/New_York')).toBe(printed);
  });
});

describe('what an alias or a subquery hands on', () => {
  it.each([
    ["SELECT event AS e FROM events WHERE e = 'a'", "equals(e, 'a')"],
    ["SELECT e.event FROM (SELECT event FROM events) e WHERE e.event = 'a'", "equals(e.event, 'a')"],
    ['SELECT count() AS c FROM events HAVING c = 1', 'HAVING ifNull(equals(c, 1), 0)'],
    [
      'SELECT properties.$ai_latency AS l FROM events WHERE l > 1',
      "ifNull(greater(accurateCastOrNull(l, 'Float64'), 1), 0)",
    ],
    ['SELECT sum(l) FROM (SELECT properties.$ai_latency AS l FROM events)', "sum(accurateCastOrNull(l, 'Float64'))"],
    [
      'SELECT event FROM events ORDER BY properties.$ai_latency',
      `ORDER BY accurateCastOrNull(${property("'$ai_latency'")}, 'Float64') ASC`,
    ],
    ['SELECT event FROM events LIMIT 1 + 1', 'LIMIT min2(50000, plus(1, 1))'],
  ])('%s', async (sql, printed) => {
    expect((await compileHogQL(sql, options)).clickhouse).toContain(printed);
  });
});
