import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunbookError } from '../../../../lib/errors.ts';
import { compileHogQL } from '../../../../sources/local/hogql/compile.ts';
import { openEngine, optionsWith, SIDE_COLUMNS, type TestEngine } from './engine.ts';

const NASTY = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    ...[
      "'",
      "\\'",
      "''",
      '\\',
      '"',
      '`',
      '\0',
      ';',
      '--',
      '/*',
      '%',
      '%(x)s',
      '{x}',
      '\n',
      'x\\',
      '😀',
      '\u2028',
      "' OR 1=1 --",
    ],
    "'), file('/etc/passwd'), ('",
    '`) FROM system.tables --',
    '$1; DROP TABLE events',
  ),
);

describe('values and names cannot leave their place', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await openEngine();
    engine.load([]);
  });
  afterAll(() => engine.close());

  const run = async (sql: string, values: Record<string, string | string[]> = {}) => {
    const compiled = await compileHogQL(sql, optionsWith({ values }));
    const rows = engine.rows(compiled.executable);
    expect(engine.rows(compiled.clickhouse)).toEqual(rows);
    return { rows, compiled };
  };

  it('bound texts come back as they are', async () => {
    await fc.assert(
      fc.asyncProperty(NASTY, NASTY, async (a, b) => {
        const whole = (text: string) =>
          text.toString().replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu, '\ufffd');
        const { rows, compiled } = await run('select {a}, {list}, length({list}), {a} = {b}', { a, b, list: [a, b] });
        expect(rows).toEqual([[whole(a), [whole(a), whole(b)], 2, a === b ? 1 : 0]]);
        expect((await compileHogQL(compiled.hogql, optionsWith())).executable).toBe(compiled.executable);
      }),
      { numRuns: 60 },
    );
  });

  it('aliases and property names of any spelling are names', async () => {
    await fc.assert(
      fc.asyncProperty(NASTY, async (text) => {
        const name = text.replace(/[%\0\\]|\p{Surrogate}/gu, '');
        fc.pre(name !== '' && !['team_id', 'true', 'false', 'null'].includes(name.toLowerCase()));
        const quoted = `\`${name.replaceAll('`', '``')}\``;
        const { rows, compiled } = await run(
          `select 7 as ${quoted}, properties.${quoted} as p from (select '{}' as properties) as s
          union all select ${quoted}, 'x' from (select 8 as ${quoted})`.replace(
            "select '{}' as properties",
            'select properties from events',
          ),
        );
        expect(rows).toEqual([[8, 'x']]);
        expect(compiled.columns).toEqual([name, 'p']);
      }),
      { numRuns: 60 },
    );
  });

  it('refuses or compiles any text, and never fails otherwise', async () => {
    const word = fc.constantFrom(
      ...'select from events where group by order limit union all with as ( ) , * . event properties.x 1 0.5 \'a\' = != < in not and or null count sum quantile over join on array [ ] {a} -> :: int case when then else end between interval day file url system.tables settings format final `x` "y" -- /* */ ; : ? % +'.split(
        ' ',
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 14 }), async (words) => {
        const sql = `select ${words.join(' ')}`;
        const result = await compileHogQL(sql, optionsWith({ values: { a: "x'" } })).catch((error: unknown) => error);
        if (result instanceof RunbookError) expect(result.code).toBe('hogql');
        else if (result instanceof Error) throw result;
        else
          expect((result as { executable: string }).executable).not.toMatch(/\b(?:file|url|system|remote)\b(?!['`])/u);
      }),
      { numRuns: 200 },
    );
  });
});

describe('side columns', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await openEngine();
  });
  afterAll(() => engine.close());

  const value = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.double({ noNaN: true }),
    fc.integer(),
    fc.boolean(),
    fc.constantFrom(null, '', 'null', '"', 'true', 'false', '1.0', '1e3', ' 5 ', 'nan', 'inf', '\\', 'a\\"b'),
    fc.array(fc.integer(), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('a', '$ai_model'), fc.string()),
  );
  const properties = fc.record(
    { $ai_model: value, $ai_latency: value, $ai_total_cost_usd: value, $ai_is_error: value, other: value },
    { requiredKeys: [] },
  );

  it('give what the JSON gives, whatever it holds', async () => {
    const sql = `select properties.$ai_model as m, toFloat(properties.$ai_latency) as l, properties.$ai_latency > 1 as g, properties.$ai_is_error and 1 = 1,
      toInt(properties.$ai_latency), properties.$ai_model = 'x', properties.$ai_model != properties.$ai_latency, toString(properties.$ai_total_cost_usd),
      if(properties.$ai_is_error, 1, 0), properties.$ai_total_cost_usd * 2, properties.$ai_model is null from events order by distinct_id`;
    const totals = `select count(), sum(toFloat(properties.$ai_latency)) > 0, uniq(properties.$ai_model), countIf(properties.$ai_is_error)
      from events where properties.$ai_latency != 'x' having count() > 0`;
    const prints = await Promise.all(
      [sql, totals].map(async (text) => ({
        canonical: (await compileHogQL(text, optionsWith())).clickhouse,
        local: (await compileHogQL(text, optionsWith({ sideColumns: SIDE_COLUMNS }))).executable,
      })),
    );
    fc.assert(
      fc.property(fc.array(properties, { minLength: 1, maxLength: 12 }), (list) => {
        engine.load(
          list.map((item, n) => ({
            event: 'e',
            distinct_id: String(n).padStart(3, '0'),
            timestamp: '2026-10-01 00:00:00',
            properties: item,
          })),
        );
        for (const { canonical, local } of prints) expect(engine.rows(local)).toEqual(engine.rows(canonical));
      }),
      { numRuns: 60 },
    );
  });

  it('exact quantiles are the sampled ones where nothing is sampled', async () => {
    const sql =
      'select quantile(0.3)(toFloat(properties.$ai_latency)), median(toInt(properties.other)), quantileIf(0.95)(toFloat(properties.$ai_latency), toInt(properties.other) > 3) from events';
    const { clickhouse, executable } = await compileHogQL(sql, optionsWith({ sideColumns: SIDE_COLUMNS }));
    expect(executable).toContain('quantileExactInclusive(');
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 1000 })), { minLength: 1, maxLength: 30 }), (list) => {
        engine.load(
          list.map((n) => ({
            event: 'e',
            distinct_id: 'd',
            timestamp: '2026-10-01 00:00:00',
            properties: { $ai_latency: n, other: n },
          })),
        );
        const [[exact = []], [sampled = []]] = [engine.rows(executable), engine.rows(clickhouse)];
        exact.forEach((value, index) => {
          if (typeof value === 'number') expect(value).toBeCloseTo(Number(sampled[index]), 6);
          else expect(value).toBe(sampled[index]);
        });
      }),
      { numRuns: 40 },
    );
  });
});
