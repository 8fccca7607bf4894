import { describe, expect, it } from 'vitest';
import { event, file, open, rows, uuid } from './events.ts';

const lines = (count: number) => Array.from({ length: count }, (_, n) => event({ n }, { uuid: uuid(n) })).join('\n');
/** Runs for minutes if nobody stops it. */
const ENDLESS =
  'SELECT count() FROM numbers(1000000) AS a CROSS JOIN numbers(1000000) AS b WHERE cityHash64(a.number + b.number) = 7';

describe('a query', () => {
  it('gives 100 rows without a LIMIT, and says that there are more', async () => {
    const source = await open(file('a.jsonl', lines(150)));
    const open100 = await source.query({ sql: 'SELECT properties.n FROM events' });
    expect([open100.rows.length, open100.hasMore]).toEqual([100, true]);
    const exact = await source.query({ sql: 'SELECT properties.n FROM events WHERE toInt(properties.n) < 100' });
    expect([exact.rows.length, exact.hasMore]).toEqual([100, false]);
    const own = await source.query({ sql: 'SELECT properties.n FROM events LIMIT 120' });
    expect([own.rows.length, own.hasMore]).toEqual([120, false]);
  });

  it('has PostHog’s spelling of values', async () => {
    const source = await open(file('a.jsonl', event()));
    const answer = await source.query({
      sql: `SELECT toInt('9007199254740993') AS big, toInt('7') AS small, toDate('2026-10-01') AS a_day, timestamp AS a_time, timestamp + INTERVAL 1 SECOND AS later, toFloat('nan') AS not_a_number,
        1 / 0 AS infinite, true AS yes, tuple(1, 'a', NULL) AS pair, [toInt('1'), toInt('2')] AS list, uuid AS id, NULL AS nothing, toDecimal('1.50', 2) AS money, map('k', toInt('3')) AS pairs, [tuple(toInt('1'), timestamp)] AS nested FROM events`,
    });
    expect(Object.fromEntries(answer.columns.map((column, index) => [column, answer.rows[0]?.[index]]))).toEqual({
      big: '9007199254740993',
      small: 7,
      a_day: '2026-10-01',
      a_time: '2026-10-01T10:00:00Z',
      later: '2026-10-01T10:00:01Z',
      not_a_number: null,
      infinite: null,
      yes: expect.anything(),
      pair: [1, 'a', null],
      list: [1, 2],
      id: expect.stringMatching(/^[0-9a-f-]{36}$/u),
      nothing: null,
      money: 1.5,
      pairs: { k: 3 },
      nested: [[1, '2026-10-01T10:00:00Z']],
    });
    expect(answer.types.find(([name]) => name === 'small')?.[1]).toBe('Nullable(Int64)');
  });

  it('says what it cost', async () => {
    const source = await open(file('a.jsonl', lines(500)));
    const answer = await source.queryDetailed({ sql: 'SELECT properties FROM events LIMIT 3' });
    expect(answer.responseBytes).toBe(Buffer.byteLength(JSON.stringify(answer.rows)));
    expect(answer.bytesRead).toBeGreaterThan(500);
    expect(answer.elapsedS).toBeGreaterThan(0);
    expect(answer.timings.map(({ k }) => k)).toEqual(['./parse_and_print', './clickhouse_execute']);
    expect(answer.clickhouse).toContain('equals(events.team_id, 1)');
    expect(answer.hogql).toContain('SELECT properties');
    expect(await source.query({ sql: 'SELECT 1' })).not.toHaveProperty('clickhouse');
  });

  it('binds values, whatever is in them', async () => {
    const name = `'; DROP TABLE events; -- \\ {x} ?`;
    const source = await open(
      file('a.jsonl', [event({}, { distinct_id: name }), event({}, { distinct_id: 'other' })].join('\n')),
    );
    expect(
      (await source.query({ sql: 'SELECT count() FROM events WHERE distinct_id = {name}', values: { name } })).rows,
    ).toEqual([[1]]);
    expect(await rows(source, 'SELECT count() FROM events')).toEqual([[2]]);
  });

  it('sees the columns that PostHog has on events', async () => {
    const source = await open(
      file('a.jsonl', event({ $session_id: 's-1', $group_0: 'acme' }, { person_mode: 'full', elements_chain: 'a' })),
    );
    expect(
      await rows(source, 'SELECT $session_id, $window_id, $group_0, $group_1, person_mode, elements_chain FROM events'),
    ).toEqual([['s-1', null, 'acme', '', 'full', 'a']]);
  });

  it('uses asOf as now where it is given', async () => {
    const source = await open(file('a.jsonl', event()), { asOf: new Date('2026-11-01T00:00:00Z') });
    expect(source.now().toISOString()).toBe('2026-11-01T00:00:00.000Z');
    expect(await rows(source, 'SELECT now() FROM events')).toEqual([['2026-11-01T00:00:00Z']]);
  });

  it('runs beside others', async () => {
    const source = await open(file('a.jsonl', lines(50)));
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        source.query({ sql: 'SELECT count() FROM events WHERE toInt(properties.n) < {n}', values: { n } }),
      ),
    );
    expect(answers.map((answer) => answer.rows[0]?.[0])).toEqual(Array.from({ length: 12 }, (_, n) => n));
  });
});

describe('a query that fails', () => {
  it('names the engine’s error without the engine’s own names, and says what to do', async () => {
    const source = await open(file('a.jsonl', event({ n: 1 })));
    const failure = await source.query({ sql: 'SELECT properties.n + 1 FROM events' }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'hogql',
      message: expect.stringMatching(/^(?:ILLEGAL_TYPE_OF_ARGUMENT|NO_COMMON_TYPE): /u),
      hint: expect.stringContaining('toFloat'),
    });
    expect((failure as Error).message).not.toMatch(/load_[0-9a-f]|\/tmp|In scope|DB::Exception/u);
  });

  it.each([
    "SELECT * FROM file('/etc/passwd')",
    "SELECT * FROM url('http://localhost/')",
    'SELECT * FROM system.tables',
    'DROP TABLE events',
    'SELECT 1 SETTINGS readonly = 0',
    'SELECT 1; SELECT 2',
    'SELECT 1 FROM events OFFSET 1',
  ])('refuses %s', async (sql) => {
    const source = await open(file('a.jsonl', event()));
    await expect(source.query({ sql })).rejects.toMatchObject({ code: 'hogql' });
    expect(await rows(source, 'SELECT count() FROM events')).toEqual([[1]]);
  });
});

describe('after a failure half-way', () => {
  it('the next query gets its own rows only', async () => {
    const source = await open(file('a.jsonl', lines(40)));
    const stop = new AbortController();
    const failing = source.query({ sql: ENDLESS, signal: stop.signal });
    const queued = [1, 2, 3].map((n) => source.query({ sql: 'SELECT {n}', values: { n } }));
    setTimeout(() => stop.abort(), 200);
    await expect(failing).rejects.toMatchObject({ code: 'interrupted' });
    expect((await Promise.all(queued)).map((answer) => answer.rows)).toEqual([[[1]], [[2]], [[3]]]);
  });
});

describe('interrupting', () => {
  it('stops a running query in the engine, so that the next one runs at once', async () => {
    const source = await open(file('a.jsonl', event()));
    const stop = new AbortController();
    const started = performance.now();
    const running = source.query({ sql: ENDLESS, signal: stop.signal });
    setTimeout(() => stop.abort(), 300);
    await expect(running).rejects.toMatchObject({ code: 'interrupted' });
    expect(await rows(source, 'SELECT count() FROM events')).toEqual([[1]]);
    expect(performance.now() - started).toBeLessThan(8000);
  });

  it('does not begin what is interrupted already', async () => {
    const source = await open(file('a.jsonl', event()));
    await expect(source.query({ sql: 'SELECT 1', signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'interrupted',
    });
  });

  it('closes while a stopped query winds down', async () => {
    const source = await open(file('a.jsonl', event()));
    const stop = new AbortController();
    const running = source.query({ sql: ENDLESS, signal: stop.signal });
    setTimeout(() => stop.abort(), 200);
    await expect(running).rejects.toMatchObject({ code: 'interrupted' });
    await source.close();
    const next = await open(file('b.jsonl', event()));
    expect(await rows(next, 'SELECT count() FROM events')).toEqual([[1]]);
  });
});
