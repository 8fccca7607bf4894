import { describe, expect, it } from 'vitest';
import { event, file, open, rows, uuid } from './events.ts';

const COUNT = 'SELECT count() FROM events';
const skipped = (source: Awaited<ReturnType<typeof open>>) =>
  source.notices().find((notice) => notice.code === 'lines_skipped');

describe('spellings of an event', () => {
  it('reads properties as an object and as a text', async () => {
    const text = JSON.stringify({
      event: 'e',
      distinct_id: 'u',
      timestamp: '2020-01-10 00:00:00',
      properties: '{"$ai_model":"b","n":2}',
    });
    const source = await open(file('a.jsonl', `${event({ $ai_model: 'a', n: 1 })}\n${text}\n`));
    expect(
      await rows(source, 'SELECT properties.$ai_model, properties.n, timestamp FROM events ORDER BY timestamp'),
    ).toEqual([
      ['b', '2', '2020-01-10T00:00:00Z'],
      ['a', '1', '2026-10-01T10:00:00Z'],
    ]);
  });

  it('keeps the text of properties as it stands', async () => {
    const properties = '{ "a": 1.0, "b" : [1,  2e3], "c":"\\u00e9\\/", "properties":{"x":"{"} }';
    const line = `{"event":"e","distinct_id":"u","timestamp":"2026-10-01T10:00:00Z","properties":${properties},"person_properties":{"properties":{"no":1}}}`;
    const source = await open(file('a.jsonl', line));
    expect(await rows(source, 'SELECT properties FROM events')).toEqual([[properties]]);
  });

  it.each([
    [
      'another object of that name before it',
      '{"set":{"properties":{"no":1}},"event":"e","distinct_id":"u","timestamp":"2026-10-01T10:00:00Z","properties":{"yes":1}}',
    ],
    [
      'a text that quotes it before it',
      '{"distinct_id":"\\"properties\\":{\\"no\\":1}","event":"e","timestamp":"2026-10-01T10:00:00Z","properties":{"yes":1}}',
    ],
    [
      'a space before the colon',
      '{"event":"e","distinct_id":"u","timestamp":"2026-10-01T10:00:00Z","properties" : {"yes":1}}',
    ],
    [
      'a brace in a text before it',
      '{"event":"e","distinct_id":"{","timestamp":"2026-10-01T10:00:00Z","properties":{"yes":1}}',
    ],
  ])('finds the event’s own properties with %s', async (_name, line) => {
    const source = await open(file('a.jsonl', line));
    expect(await rows(source, 'SELECT properties.yes, properties.no FROM events')).toEqual([['1', null]]);
  });

  it.each([
    ['2026-10-01T10:00:00.123456+00:00', '2026-10-01T10:00:00.123456Z'],
    ['2026-10-01T10:00:00.5Z', '2026-10-01T10:00:00.500000Z'],
    ['2026-10-01T12:00:00+02:00', '2026-10-01T10:00:00Z'],
    ['2026-10-01 10:00:00', '2026-10-01T10:00:00Z'],
    ['2026-10-01', '2026-10-01T00:00:00Z'],
    [1790848800, '2026-10-01T10:00:00Z'],
    [1790848800123, '2026-10-01T10:00:00.123000Z'],
  ])('reads the time %s', async (time, expected) => {
    const source = await open(file('a.jsonl', event({}, { time })));
    expect(await rows(source, 'SELECT timestamp FROM events')).toEqual([[expected]]);
  });

  it('does not depend on the machine’s time zone', async () => {
    const line = event({}, { time: '2020-01-10 00:00:00' });
    const before = process.env.TZ;
    process.env.TZ = 'Asia/Tokyo';
    try {
      const source = await open(file('a.jsonl', line));
      expect(await rows(source, 'SELECT timestamp, toString(timestamp), toStartOfDay(timestamp) FROM events')).toEqual([
        ['2020-01-10T00:00:00Z', '2020-01-10 00:00:00.000000', '2020-01-10T00:00:00Z'],
      ]);
    } finally {
      if (before === undefined) delete process.env.TZ;
      else process.env.TZ = before;
    }
  });

  it('fills in what a row leaves out, and ignores what it does not know', async () => {
    const source = await open(
      file(
        'a.jsonl',
        '{"event":"e","distinctId":"capture","timestamp":"2026-10-01T10:00:00Z","unknown":[1]}\n{"event":"f","distinct_id":null,"timestamp":"2026-10-01T10:00:00Z","properties":null,"person_id":null,"created_at":null,"uuid":null}',
      ),
    );
    expect(
      await rows(
        source,
        'SELECT event, distinct_id, properties, created_at, person_id, properties.$ai_model FROM events ORDER BY event',
      ),
    ).toEqual([
      ['e', 'capture', '{}', '2026-10-01T10:00:00Z', '00000000-0000-0000-0000-000000000000', null],
      ['f', '', '{}', '2026-10-01T10:00:00Z', '00000000-0000-0000-0000-000000000000', null],
    ]);
    expect(source.notices()).toEqual([]);
  });

  it('reads a JSON array on one line and over many', async () => {
    const one = file('a.json', `[${event({ n: 1 })},${event({ n: 2 })}]`);
    const many = file('b.json', JSON.stringify([JSON.parse(event({ n: 3 })), JSON.parse(event({ n: 4 }))], null, 2));
    expect(await rows(await open([one, many]), 'SELECT properties.n FROM events ORDER BY properties.n')).toEqual([
      ['1'],
      ['2'],
      ['3'],
      ['4'],
    ]);
  });

  it('keeps names with quotes, semicolons and backslashes, and numbers and flags that are texts', async () => {
    const name = `it's "quoted"; DROP TABLE events; \\ \` -- é 😀`;
    const source = await open(
      file(
        'a.jsonl',
        event({ $ai_span_name: name, $ai_total_cost_usd: '0.25', $ai_is_error: 'true', $ai_input_tokens: '12' }),
      ),
    );
    const escaped = JSON.stringify(name).slice(1, -1);
    expect(
      await rows(
        source,
        'SELECT properties.$ai_span_name, toFloat(properties.$ai_total_cost_usd), toString(properties.$ai_is_error), toInt(properties.$ai_input_tokens) FROM events',
      ),
    ).toEqual([[escaped, 0.25, 'true', 12]]);
    const found = await source.query({
      sql: 'SELECT count() FROM events WHERE properties.$ai_span_name = {name}',
      values: { name: escaped },
    });
    expect(found.rows).toEqual([[1]]);
  });

  it('orders events that come out of order, and takes the newest as now', async () => {
    const times = ['2026-10-03T00:00:00.000001Z', '2026-10-01T00:00:00Z', '2026-10-02T00:00:00Z'];
    const source = await open(file('a.jsonl', times.map((time) => event({}, { time })).join('\n')));
    expect(
      (await rows(source, 'SELECT timestamp FROM events ORDER BY timestamp')).map(([t]) => String(t).slice(8, 10)),
    ).toEqual(['01', '02', '03']);
    expect(source.now().toISOString()).toBe('2026-10-03T00:00:00.001Z');
    expect(await rows(source, 'SELECT count() FROM events WHERE timestamp > now() - INTERVAL 1 DAY')).toEqual([[1]]);
  });

  it('has a now that a stray date in the far future does not move, and says so', async () => {
    const lines = Array.from({ length: 200 }, (_, n) => event({ n }, { uuid: uuid(n) }));
    const stray = event({}, { uuid: uuid(200), time: '2099-01-01T00:00:00Z' });
    const source = await open(file('a.jsonl', [...lines, stray].join('\n')));
    expect(source.now().toISOString()).toBe('2026-10-01T10:00:00.000Z');
    expect(source.notices()).toMatchObject([{ code: 'future_events', count: 1 }]);
    const future = await open(file('b.jsonl', [stray].join('\n')));
    expect(future.now().toISOString()).toBe('2099-01-01T00:00:00.000Z');
    const ahead = Array.from({ length: 60 }, (_, n) =>
      event({}, { uuid: uuid(n), time: new Date(Date.now() + (n - 50) * 86_400_000).toISOString() }),
    );
    const going = await open(file('c.jsonl', ahead.join('\n')));
    expect(going.now().getTime()).toBeGreaterThan(Date.now() + 8 * 86_400_000);
  });
});

describe('dirty lines', () => {
  it('skips a bad line among many and names it', async () => {
    const lines = Array.from({ length: 2000 }, (_, n) => event({ n }, { uuid: uuid(n) }));
    lines[1234] = '{"event":"cut off in the mid';
    const source = await open(file('a.jsonl', lines.join('\n')));
    expect(await rows(source, COUNT)).toEqual([[1999]]);
    expect(skipped(source)).toMatchObject({ count: 1, message: expect.stringContaining('1 of 2000 lines of a.jsonl') });
    expect(skipped(source)?.message).toContain('(line 1235)');
  });

  it.each([
    ['no event', '{"distinct_id":"u","timestamp":"2026-10-01T10:00:00Z"}'],
    ['an empty event name', '{"event":"","timestamp":"2026-10-01T10:00:00Z"}'],
    ['no time', '{"event":"e"}'],
    ['a time that is none', '{"event":"e","timestamp":"yesterday"}'],
    ['a time out of the calendar', '{"event":"e","timestamp":"2026-13-45T00:00:00Z"}'],
    ['a short number as time', '{"event":"e","timestamp":1}'],
    ['a list', '[1,2]'],
    ['a text', '"event"'],
    ['no JSON', 'hello'],
    ['half a line', '{"event":"e","timestamp":"2026-10-01T10:00:00Z","properties":{"a":'],
    ['only braces', '}}}}{{{{'],
  ])('skips a line with %s', async (_name, line) => {
    const source = await open(file('a.jsonl', `${line}\n${event()}\n`));
    expect(await rows(source, COUNT)).toEqual([[1]]);
    expect(skipped(source)).toMatchObject({ count: 1, message: expect.stringContaining('(line 1)') });
  });

  it('takes blank lines, CRLF, a byte-order mark and a missing last line break as they are meant', async () => {
    const source = await open(
      file(
        'a.jsonl',
        `\uFEFF${event({ n: 1 })}\r\n\r\n   \n\t\n${' '.repeat(50)}\n${event({ n: 2 })}\r\n\n${event({ n: 3 })}`,
      ),
    );
    expect(await rows(source, COUNT)).toEqual([[3]]);
    expect(source.notices()).toEqual([]);
  });

  it.each([
    ['a NUL as an escape', event({ n: 'a\u0000b' }), 'a\\u0000b'],
    ['a raw control character', event({ n: 'aXb' }).replace('X', '\u0000'), 'a b'],
    ['half a surrogate pair', event({ n: 'aXb' }).replace('X', '\\ud83d'), 'a\uFFFDb'],
    [
      'bytes that are not UTF-8',
      Buffer.concat([
        Buffer.from(event({ n: 'aXb' }).split('X')[0] ?? ''),
        Buffer.from([0xff, 0xc3]),
        Buffer.from('b"}}'),
      ]),
      'a\uFFFD\uFFFDb',
    ],
    ['NaN', event({ n: 'NaN', x: 'X' }).replace('"X"', 'NaN'), 'NaN'],
    ['a number beyond a double', event({ n: 'a', x: 'X' }).replace('"X"', '1e999'), 'a'],
    ['an integer beyond 64 bits', event({ n: 'a', x: 'X' }).replace('"X"', '123456789012345678901234567890'), 'a'],
  ])('keeps a line with %s', async (_name, line, expected) => {
    const content = Buffer.concat([Buffer.from(line as string), Buffer.from(`\n${event({ n: 'other' })}\n`)]);
    const source = await open(file('a.jsonl', content));
    expect(await rows(source, "SELECT properties.n FROM events WHERE properties.n != 'other'")).toEqual([[expected]]);
    expect(skipped(source)).toBeUndefined();
  });

  it('mends properties that are a text of bad JSON, and keeps what cannot be mended', async () => {
    const line = (properties: string, n: number) =>
      JSON.stringify({ event: 'e', distinct_id: 'u', uuid: uuid(n), timestamp: '2026-10-01T10:00:00Z', properties });
    const source = await open(
      file('a.jsonl', [line('{"a":NaN,"b":"x"}', 1), line('{"a":', 2), line('{"b":"y"}', 3)].join('\n')),
    );
    expect(await rows(source, 'SELECT uuid, properties.b, properties FROM events ORDER BY uuid')).toEqual([
      [uuid(1), 'x', '{"a":null,"b":"x"}'],
      [uuid(2), null, '{"a":'],
      [uuid(3), 'y', '{"b":"y"}'],
    ]);
    expect(source.notices()).toEqual([]);
  });

  it('reads lines of more than a megabyte', async () => {
    const big = 'x"\\\n'.repeat(600_000);
    const source = await open(
      file('a.jsonl', `${event({ $ai_input: [{ role: 'user', content: big }], n: 1 })}\n${event({ n: 2 })}\n`),
    );
    expect(
      await rows(
        source,
        'SELECT length(properties.$ai_input) > 2000000, properties.$ai_input IS NULL, properties.n FROM events ORDER BY properties.n',
      ),
    ).toEqual([
      [1, 0, '1'],
      [0, 1, '2'],
    ]);
  });
});
