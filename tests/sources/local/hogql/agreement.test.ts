import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileHogQL } from '../../../../sources/local/hogql/compile.ts';
import { openEngine, optionsWith, SIDE_COLUMNS, type TestEngine, type TestEvent } from './engine.ts';

const EVENTS: TestEvent[] = Array.from({ length: 40 }, (_unused, n) => ({
  event: n % 7 === 0 ? '$ai_embedding' : '$ai_generation',
  distinct_id: `user_${n % 5}`,
  timestamp: `2026-10-${String((n % 28) + 1).padStart(2, '0')} 0${n % 10}:30:00.123456`,
  properties: {
    $ai_trace_id: `trace ${n % 9}`,
    $ai_model: ['gpt-5-mini', "claude's", null, 'größe %'][n % 4],
    $ai_latency: n % 6 === 0 ? null : n / 4,
    $ai_total_cost_usd: n % 5 === 0 ? undefined : n * 0.01,
    $ai_input_tokens: n * 100,
    $ai_is_error: n % 8 === 0 ? true : n % 3 === 0 ? false : undefined,
    $ai_http_status: n % 8 === 0 ? 429 : 200,
    tags: ['a', `b${n}`],
    nested: { deep: { n } },
    text: 'say "hi"',
  },
}));

/** Each runs in both prints and again from its normalised HogQL, with the same rows. */
const QUERIES = [
  'select properties.$ai_model as m, count() as c from events group by m order by m',
  'select properties.$ai_model, count() from events group by properties.$ai_model order by count() desc, properties.$ai_model',
  'select event, count(distinct properties.$ai_trace_id) as n from events group by event having n > 2 order by event',
  "select count() from events where properties.$ai_model != 'gpt-5-mini'",
  "select count() from events where not (properties.$ai_model = 'gpt-5-mini')",
  "select count() from events where properties.$ai_model not in ('gpt-5-mini', 'x')",
  "select count() from events where properties.$ai_model in ['gpt-5-mini', 'claude\\'s']",
  'select count() from events where properties.$ai_model in tuple()',
  'select count() from events where properties.$ai_is_error',
  'select count() from events where not properties.$ai_is_error',
  'select countIf(properties.$ai_is_error), avg(if(properties.$ai_is_error, 1, 0)) from events',
  'select count() from events where properties.$ai_is_error = true or properties.$ai_is_error = false',
  'select count() from events where properties.$ai_http_status >= 400 and properties.$ai_latency between 1 and 5',
  'select count() from events where properties.$ai_http_status in (429, 500)',
  'select sum(properties.$ai_input_tokens), max(properties.$ai_latency), round(sum(properties.$ai_total_cost_usd), 6) from events',
  'select sum(properties.$ai_is_error) from events',
  "select countIf(properties.$ai_input_tokens > properties.$ai_output_tokens), countIf(properties.$ai_input_tokens > '200') from events",
  'select properties.$ai_input_tokens from events order by properties.$ai_input_tokens desc, uuid limit 5',
  'select greatest(properties.$ai_input_tokens, properties.$ai_http_status) as g from events order by g limit 5',
  'with x as (select event, properties.$ai_total_cost_usd as c from events) select event, round(sum(c), 6) from x group by event order by event',
  "select round(sum(if(event = '$ai_generation', properties.$ai_total_cost_usd, null)), 6), sum(coalesce(properties.$ai_input_tokens, properties.$ai_http_status)) from events",
  'select properties.$ai_http_status as s, count() from events group by s having s >= 400 order by s',
  'select coalesce(properties.$ai_is_error, false) as f, count() from events group by f order by f',
  'select properties.$ai_input_tokens * 2 + 1 from events order by uuid, 1 limit 0',
  'select coalesce(properties.$ai_latency, 0) + 1 as l from events order by l limit 5',
  'select quantile(0.5)(toFloat(properties.$ai_latency)), median(toFloat(properties.$ai_latency)), quantiles(0.25, 0.75)(toFloat(properties.$ai_latency)) from events',
  "select quantileIf(0.9)(toFloat(properties.$ai_latency), event = '$ai_generation'), medianIf(toInt(properties.$ai_input_tokens), 1 = 1) from events",
  'select toStartOfDay(timestamp) as d, toStartOfWeek(timestamp) as w, count() from events group by d, w order by d limit 5',
  'select toDate(timestamp) as d, sum(count()) over (order by d) as running from events group by d order by d',
  "select dateTrunc('month', timestamp) as m, count() from events group by m",
  "select count() from events where timestamp >= toDateTime('2026-10-10') and timestamp < toDateTime('2026-10-20 12:00:00')",
  "select count() from events where timestamp >= '2026-10-10' and toDate(timestamp) = '2026-10-12'",
  'select count() from events where timestamp > now() - interval 20 day and timestamp < today() and timestamp > yesterday() - 30',
  'select distinct_id, event, lag(event) over (partition by distinct_id order by timestamp) as before from events order by timestamp, distinct_id limit 20',
  'select distinct_id, row_number() over w as n, lead(event, 2) over w as later from events window w as (partition by distinct_id order by timestamp) order by timestamp, distinct_id limit 20',
  'select sum(toFloat(properties.$ai_latency)) over (order by timestamp rows between 1 preceding and current row) as s from events order by timestamp, s limit 9',
  'with busy as (select properties.$ai_model as model, count() as n from events group by model) select model, n from busy where n > 5 order by model',
  'with 10 as ten, (select max(toFloat(properties.$ai_latency)) from events) as longest select ten, longest, ten + 1',
  "with events as (select * from events where event = '$ai_generation') select count() from events",
  'select a.distinct_id, b.n from (select distinct distinct_id from events) as a join (select distinct_id, count() as n from events group by distinct_id) as b on a.distinct_id = b.distinct_id order by 1',
  'select d, n from (select distinct_id as d from events limit 3 by d) as a left join (select distinct_id as d, count() as n from events group by d) as b using (d) order by d, n',
  "select count() from events e left join events f on e.uuid = f.uuid and f.event = '$ai_embedding'",
  'select count() from events e inner join (select distinct properties.$ai_trace_id as t from events) s on e.properties.$ai_trace_id = s.t',
  'select distinct_id, event from events order by timestamp limit 1 by distinct_id limit 3',
  // The parts of a union come in any order.
  'select x from (select event as x from events union all select distinct_id as x from events order by 1 limit 3) order by x',
  'select x from (select 1 as x union distinct select 1 as x union all select 3) order by x',
  'select 1 as x intersect select 1',
  'select 1 as x except select 2',
  "select tag, count() from events array join splitByChar(',', 'a,b') as tag group by tag order by tag",
  "select arrayJoin(JSONExtractArrayRaw(properties, 'tags')) as t, count() from events group by t order by count() desc, t limit 3",
  'select arrayMap((x, y) -> x + y, [1, 2], [3, 4]), arrayFilter(x -> x > 1, [1, 2, 3]), [1, 2, 3][2], [1, 2, 3][2:3], [1, 2, 3][2:]',
  "select tuple(1, 'a').2, (1, 2).1, map('k', 1)['k'], {'a': 1}",
  "select properties.nested.deep.n as n, properties.tags.1, properties.tags[2], properties['nested']['deep'] as d from events order by toInt(n) limit 2",
  'select s.properties.$ai_model as m, count() from (select properties from events) as s group by m order by m',
  "select case when properties.$ai_latency > 5 then 'slow' when properties.$ai_latency is null then 'none' else 'quick' end as band, count() from events group by band order by band",
  "select case event when '$ai_generation' then 'g' else 'other' end as kind, count() from events group by kind order by kind",
  "select event ilike '%GEN%' as a, event =~ '^.ai', properties.$ai_model !~* 'GPT', count() from events group by 1, 2, 3 order by 1, 2, 3",
  "select '5'::int, 'x'::int, cast('1.5' as float), toString(1)::text, '2026-01-02'::date, true::int",
  "select concat(properties.$ai_model, '-', properties.$ai_latency), properties.$ai_model || '!' from events order by timestamp, uuid limit 0",
  "select concat(event, '-', properties.missing, 1) from events limit 1",
  'select null = null, null != 1, null is distinct from 1, 1 is not distinct from null, null < 1, not(null = 1)',
  "select length('größe'), lengthUTF8('größe'), substring('abc', 2), trim(both 'x' from 'xax'), upper('a'), lower('B'), replaceAll('aa', 'a', 'b')",
  'select round(1.5), floor(2.7), intDiv(7, 2), 7 % 4, -3, greatest(1, 2), least(1, 2), 1 / 4, pow(2, 10)',
  "select JSONExtractString(properties, 'text'), properties.text from events limit 1",
  'select argMax(event, timestamp), argMin(distinct_id, toFloat(properties.$ai_latency)), any(1), uniq(event), uniqExact(distinct_id) from events',
  'select groupArray(n) from (select number as n from numbers(3))',
  "select arraySort(groupUniqArray(event)), arrayStringConcat(arraySort(groupUniqArray(event)), '|'), topK(1)(event) from events",
  'select countMerge(s) from (select countState() as s from events)',
  'select sumMerge(s), avgMerge(a) from (select sumState(toFloat(properties.$ai_latency)) as s, avgState(toFloat(properties.$ai_latency)) as a from events)',
  "select count() filter (where event = '$ai_embedding'), sum(toFloat(properties.$ai_latency)) filter (where properties.$ai_is_error) from events",
  'select event, count() from events group by rollup(event) order by count()',
  'select event, distinct_id, count() as c from events group by grouping sets ((event), (distinct_id)) order by c, event, distinct_id',
  'select number as n from numbers(1, 3) order by n with fill from 0 to 6',
  'select toDate(timestamp) as timestamp, count() from events group by timestamp order by timestamp limit 3',
  "select lower(event) as event, count() from events where event = '$ai_generation' group by event",
  "select toFloat(x) as x, x + 1 as y from (select '1.5' as x)",
  'select (select count() from events) as total, count() / total from events',
  'select event from events where distinct_id in (select distinct_id from events where properties.$ai_is_error) order by timestamp, event limit 4',
  'select event from events sample 1 order by timestamp, event limit 2',
  'select trace_id, count() from posthog.ai_events group by trace_id order by trace_id limit 3',
  'select round(avg(latency), 3) from posthog.ai_events where latency > 2',
  'select e.event, e.properties.$ai_model from events as e where e.properties.$ai_latency > 9 order by e.timestamp, e.event',
  "select count() from events prewhere event = '$ai_generation' where properties.$ai_latency > 1",
  "select multiIf(properties.$ai_latency > 5, 'a', 'b') as x, if(1, 2, 3), ifNull(properties.missing, 'none'), nullIf('a', 'a') from events order by x limit 1",
  "select splitByString(', ', 'a, b'), split_part('a.b.c', '.', 2), position('abc', 'c'), startsWith('abc', 'a'), extract('a1', '[0-9]'), md5('a'), format('{}-{}', 'a', 'b')",
  "select dateDiff('day', toDate('2026-01-01'), toDate('2026-01-31')), addDays(toDate('2026-01-01'), 3), toYear(toDate('2026-05-01')), formatDateTime(toDateTime('2026-01-02 03:04:05'), '%Y-%m')",
  "select toDateTime('2026-01-02T03:04:05Z'), toDateTime('2026-01-02 03:04:05.123'), toDateTime64('2026-01-02 03:04:05.123456'), parseDateTimeBestEffort('2 Jan 2026'), toUnixTimestamp(toDateTime('2026-01-01'))",
  "select windowFunnel(86400)(toDateTime(timestamp), event = '$ai_generation', event = '$ai_embedding') from events",
  'select toTypeName(properties.$ai_latency), toTypeName(toFloat(properties.$ai_latency)), toTypeName(timestamp) from events limit 1',
  "select arrayReduce('sum', [1, 2, 3]), arrayZip([1], [2]), range(3), arraySum(x -> x * 2, [1, 2]), has([1, 2], 2), arrayElement([5], 1)",
  "select transform(1, [1, 2], ['a', 'b'], 'c'), toDecimal('1.25', 2), toBool('true'), toUUID('470f9b15-ff43-402a-af9f-2ed7c526a6cf'), string_agg(x, ',') from (select 'p' as x)",
];

describe('the two prints and the normalised HogQL', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await openEngine();
    engine.load(EVENTS);
  });
  afterAll(() => engine.close());

  it.each(QUERIES)('agree: %s', async (sql) => {
    const wide = optionsWith({ sideColumns: SIDE_COLUMNS });
    const plain = await compileHogQL(sql, optionsWith());
    const sided = await compileHogQL(sql, wide);
    const again = await compileHogQL(plain.hogql, optionsWith());
    const clock = (text: string) =>
      text
        .replaceAll(/now64\(6, 'UTC'\)/gu, "toDateTime64('2026-11-01 00:00:00.123', 6, 'UTC')")
        .replaceAll('today()', "toDate('2026-11-01')")
        .replaceAll('yesterday()', "toDate('2026-10-31')");
    const rows = engine.rows(clock(plain.clickhouse).replace(/LIMIT 50000/gu, 'LIMIT 100'));
    expect(engine.rows(plain.executable)).toEqual(rows);
    expect(engine.rows(sided.executable)).toEqual(rows);
    expect(again.executable).toBe(plain.executable);
    expect(again.columns).toEqual(plain.columns);
    expect(again.hogql).toBe(plain.hogql);
  });
});
