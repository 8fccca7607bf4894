import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunbookError } from '../../../../lib/errors.ts';
import { compileHogQL, compileHogQLExpr } from '../../../../sources/local/hql/compile.ts';
import type { CompileOptions } from '../../../../sources/local/hql/scope.ts';

const options: CompileOptions = {
  now: new Date('2026-11-01T10:00:00.000Z'),
  timezone: 'UTC',
  weekStart: 'sunday',
  teamId: 1,
  sideColumns: new Map([
    ['$ai_model', { text: 't_model' }],
    ['$ai_total_cost_usd', { text: 't_cost', number: 'n_cost' }],
    ['$ai_latency', { text: 't_latency', number: 'n_latency' }],
  ]),
};
const compile = (sql: string, values?: CompileOptions['values']) =>
  compileHogQL(sql, { ...options, ...(values ? { values } : {}) });

async function refusal(sql: string, values?: CompileOptions['values']): Promise<RunbookError> {
  const error: unknown = await compile(sql, values).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RunbookError);
  expect((error as RunbookError).code).toBe('hogql');
  return error as RunbookError;
}

describe('the two prints', () => {
  it('reads side columns and the pinned instant only in what runs', async () => {
    const query = await compile(
      'SELECT properties.$ai_model AS m, sum(toFloat(properties.$ai_total_cost_usd)) AS c FROM events WHERE timestamp > now() - INTERVAL 1 DAY GROUP BY m',
    );
    expect(query.executable).toContain('events.t_model AS m');
    expect(query.executable).toContain('sum(events.n_cost)');
    expect(query.executable).toContain("toDateTime64('2026-11-01 10:00:00.000', 6, 'UTC')");
    expect(query.clickhouse).toContain("JSONExtractRaw(events.properties, '$ai_model')");
    expect(query.clickhouse).toContain('now64(6,');
    expect(query.clickhouse).toContain('equals(events.team_id, 1)');
  });

  it('makes quantiles of numbers exact, and leaves others alone', async () => {
    const query = await compile(
      'SELECT quantile(0.95)(toFloat(properties.$ai_latency)) AS a, median(timestamp) AS b, quantiles(0.1, 0.9)(toInt(properties.x)) AS c FROM events',
    );
    expect(query.executable).toContain('quantileExactInclusive(0.95)(events.n_latency)');
    expect(query.executable).toContain('median(toTimeZone(');
    expect(query.executable).toContain('quantilesExactInclusive(0.1, 0.9)(');
    expect(query.clickhouse).toContain('quantile(0.95)(accurateCastOrNull(');
  });
});

describe('limits', () => {
  it('are PostHog’s', async () => {
    expect((await compile('SELECT event FROM events')).limit).toEqual({ value: 100, ownLimit: false });
    expect((await compile('SELECT event FROM events')).executable).toMatch(/LIMIT 101$/u);
    expect((await compile('SELECT event FROM events LIMIT 100000')).executable).toMatch(/LIMIT 50000$/u);
    expect((await compile('SELECT * FROM (SELECT event FROM events LIMIT 70000) LIMIT 5')).executable).toMatch(
      /LIMIT 70000\) LIMIT 5$/u,
    );
  });

  it('refuse OFFSET wherever it stands', async () => {
    for (const sql of [
      'SELECT 1 FROM events LIMIT 1 OFFSET 0',
      'SELECT event FROM events LIMIT 1 OFFSET 2 BY event',
      'SELECT 1 FROM (SELECT 1 FROM events LIMIT 5 OFFSET 1)',
    ]) {
      expect((await refusal(sql)).message).toMatch(
        /^OFFSET is not supported on queries made with a personal API key\./u,
      );
    }
  });
});

describe('typed contexts', () => {
  it('cast AI properties where a number or a condition is asked for, and nowhere else', async () => {
    const query = await compile(
      'SELECT properties.$ai_latency, properties.mine FROM events WHERE properties.$ai_latency > 5 AND properties.$ai_is_error AND if(properties.$ai_stream, 1, 0) = 1',
    );
    expect(query.executable).toContain('ifNull(greater(events.n_latency, 5), 0)');
    expect(query.executable).toContain(
      "accurateCastOrNull(transform(toString(replaceRegexpAll(nullIf(nullIf(JSONExtractRaw(events.properties, '$ai_is_error')",
    );
    expect(query.executable).toMatch(/^SELECT events\.t_latency AS `?\$ai_latency/u);
  });

  it('leave a flag that is compared with text as it is', async () => {
    const query = await compile("SELECT 1 FROM events WHERE properties.$ai_is_error = 'true'");
    expect(query.executable).not.toContain('transform(');
  });
});

describe('names', () => {
  it.each([
    ['SELECT hamburger(event) FROM events', /Unsupported function call 'hamburger/u],
    ['SELECT tostring(event) FROM events', /Perhaps you meant 'toString/u],
    ['SELECT evnt FROM events', /Unable to resolve field: evnt/u],
    ['SELECT 1 FROM event', /Unknown table `event`/u],
    ['SELECT 1 FROM ai_events', /Unknown table `ai_events`/u],
    ["SELECT * FROM file('/etc/passwd')", /Unknown table function/u],
    ["SELECT * FROM url('http://x', 'CSV')", /Unknown table function/u],
    ['SELECT 1 FROM system.tables', /Unknown table `system\.tables`/u],
    ["SELECT file('/etc/passwd')", /Unsupported function call 'file/u],
    ["SELECT getSetting('max_threads')", /Unsupported function call/u],
    ['SELECT constructor(1)', /Unsupported function call 'constructor/u],
    ['SELECT valueOf(event) FROM events', /Unsupported function call 'valueOf/u],
    ['SELECT cast(event as constructor) FROM events', /Unsupported type cast/u],
  ])('%s is refused', async (sql, message) => {
    const error = await refusal(sql);
    expect(error.message).toMatch(message);
    expect(error.position).toBeDefined();
  });

  it('points at the place', async () => {
    const sql = 'SELECT event, nope FROM events';
    const { position } = await refusal(sql);
    expect(sql.slice(position?.start, position?.end)).toBe('nope');
  });

  it('points at the place behind a long subquery', async () => {
    const filler = Array.from({ length: 20 }, (_, i) => `count() AS column_${i}`).join(', ');
    const sql = `SELECT column_1 FROM (SELECT ${filler} FROM events) AS inner_query WHERE nope = 1`;
    const { position } = await refusal(sql);
    expect(sql.slice(position?.start, position?.end)).toBe('nope');
  });

  it('points at the place inside a long subquery too', async () => {
    const filler = Array.from({ length: 20 }, (_, i) => `count() AS column_${i}`).join(', ');
    const sql = `SELECT column_1 FROM (SELECT ${filler}, min(nope) AS x FROM events) AS inner_query`;
    const { position } = await refusal(sql);
    expect(sql.slice(position?.start, position?.end)).toBe('nope');
  });
});

describe('clauses that the parser drops', () => {
  it.each([
    'SELECT event, count() FROM events GROUP BY event WITH TOTALS',
    'SELECT event, count() FROM events GROUP BY event WITH ROLLUP',
    'SELECT event FROM events ORDER BY event NULLS FIRST',
    'SELECT event FROM events LIMIT 5, 10',
    'SELECT DISTINCT ON (event) event FROM events',
    'SELECT event FROM events FORMAT JSON',
    'SELECT lag(event) IGNORE NULLS OVER (ORDER BY timestamp) FROM events',
    'SELECT 1 FROM events SAMPLE 0.1',
  ])('%s is refused', async (sql) => {
    await refusal(sql);
  });

  it('are no clauses inside a string', async () => {
    await expect(
      compile("SELECT 'GROUP BY x WITH TOTALS LIMIT 5, 10 FORMAT JSON' AS a FROM events"),
    ).resolves.toBeDefined();
  });
});

describe('values', () => {
  it('are bound as typed constants', async () => {
    const query = await compile('SELECT {s} AS s, {n} AS n, {b} AS b, {z} AS z FROM events WHERE event IN {list}', {
      s: "a'b\\",
      n: 1.5,
      b: true,
      z: null,
      list: ['x', "y'"],
    });
    expect(query.executable).toContain("SELECT 'a\\'b\\\\' AS s, 1.5 AS n, 1 AS b, NULL AS z");
    expect(query.executable).toContain("in(events.event, tuple('x', 'y\\''))");
  });

  it('that are missing are named', async () => {
    expect((await refusal('SELECT {gone} FROM events')).message).toContain('{gone}');
  });

  it('never leave their literal, whatever they hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        const { executable } = await compile('SELECT {v} AS v FROM events LIMIT 1', { v: text });
        const literal = /^SELECT ('(?:[^'\\]|\\.)*') AS v FROM events LIMIT 1$/su.exec(executable);
        expect(literal).not.toBeNull();
      }),
      { numRuns: 300 },
    );
  });

  it('nor do identifiers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 1 }).filter((name) => !/[`\\%]|^\s*$/u.test(name) && !name.includes('\0')),
        async (name) => {
          const compiled = await compile(`SELECT properties.\`${name}\` AS x FROM events LIMIT 1`).catch(() => null);
          if (!compiled) return;
          const outside = compiled.executable
            .replace(/'(?:[^'\\]|\\.)*'/gsu, "''")
            .replace(/`(?:[^`\\]|\\.)*`/gsu, '``');
          expect(outside).toMatch(
            /^SELECT replaceRegexpAll\(nullIf\(nullIf\(JSONExtractRaw\(events\.properties, ''\), ''\), ''\), '', ''\) AS x FROM events LIMIT 1$/u,
          );
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('long queries', () => {
  it('compile to the same text whether or not their subqueries are parsed apart', async () => {
    const inner = `SELECT event, ${Array.from({ length: 30 }, (_, i) => `countIf(distinct_id = 'u${i}') AS c${i}`).join(', ')} FROM events GROUP BY event`;
    const whole = await compile(`SELECT event, c1 + c2 AS s FROM (${inner}) AS t WHERE c3 > 1`);
    const short = await compile(
      "SELECT event, c1 + c2 AS s FROM (SELECT event, countIf(distinct_id = 'u1') AS c1, countIf(distinct_id = 'u2') AS c2, countIf(distinct_id = 'u3') AS c3 FROM events GROUP BY event) AS t WHERE c3 > 1",
    );
    const outer = (text: string) => text.replace(/\(SELECT .* GROUP BY events\.event\)/u, '(…)');
    expect(outer(whole.executable)).toBe(outer(short.executable));
  });
});

describe('the normalised HogQL', () => {
  it.each([
    "SELECT event, count() AS c FROM events WHERE event = 'a' GROUP BY event HAVING c > 1 ORDER BY c DESC LIMIT 5",
    'SELECT properties.$ai_model AS m, quantile(0.5)(toFloat(properties.$ai_latency)) AS q FROM events WHERE timestamp >= now() - toIntervalDay(7) GROUP BY m LIMIT 3',
    'SELECT t.a AS a FROM (SELECT distinct_id AS a FROM events) AS t LIMIT 1',
  ])('%s compiles to the same print again', async (sql) => {
    const first = await compile(sql);
    const again = await compile(first.hogql);
    expect(again.clickhouse).toBe(first.clickhouse);
    expect(again.hogql).toBe(first.hogql);
  });
});

describe('expressions', () => {
  it.each([
    ["event = 'x'", "equals(events.event, 'x')"],
    [
      "properties.a = 'x'",
      `ifNull(equals(replaceRegexpAll(nullIf(nullIf(JSONExtractRaw(events.properties, 'a'), ''), 'null'), '^"|"$', ''), 'x'), 0)`,
    ],
    ['1 + 2 * 3', 'plus(1, multiply(2, 3))'],
    ["toDateTime('2026-01-02 03:04:05.678')", "toDateTime64('2026-01-02 03:04:05.678', 6, 'UTC')"],
    ['event IS NOT NULL', 'isNotNull(events.event)'],
  ])('%s', async (text, expected) => {
    expect((await compileHogQLExpr(text, options)).clickhouse).toBe(expected);
  });
});
