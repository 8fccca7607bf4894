import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Engine } from '../../../sources/local/engine.ts';
import { stringLiteral } from '../../../sources/local/hogql/literals.ts';
import { event, file, folder, open, rows, uuid } from './events.ts';

const COUNT = 'SELECT count() FROM events';

describe('repeated rows', () => {
  it('drops rows with the same event, distinct_id and uuid, within a file and between files', async () => {
    const a = file('a.jsonl', [1, 2, 1, 3].map((n) => event({ n }, { uuid: uuid(n) })).join('\n'));
    const b = file('b.jsonl', [3, 4].map((n) => event({ n }, { uuid: uuid(n) })).join('\n'));
    const source = await open([a, b]);
    expect(await rows(source, 'SELECT properties.n FROM events ORDER BY properties.n')).toEqual([
      ['1'],
      ['2'],
      ['3'],
      ['4'],
    ]);
    expect(source.notices()).toMatchObject([{ code: 'duplicates_dropped', count: 2 }]);
  });

  it('keeps the same uuid under another event or distinct_id', async () => {
    const source = await open(
      file(
        'a.jsonl',
        [
          event({}, { uuid: uuid(1) }),
          event({}, { uuid: uuid(1), distinct_id: 'other' }),
          event({}, { uuid: uuid(1), event: 'other' }),
        ].join('\n'),
      ),
    );
    expect(await rows(source, COUNT)).toEqual([[3]]);
  });

  it('keeps equal rows without a uuid, each with a uuid of its own that is the same in every load', async () => {
    const lines = [event({ n: 1 }), event({ n: 1 }), event({ n: 1 }), event({ n: 2 })].join('\n');
    const ids = async () =>
      (await rows(await open(file('a.jsonl', lines)), 'SELECT uuid FROM events ORDER BY uuid')).map(String);
    const first = await ids();
    expect(new Set(first).size).toBe(4);
    expect(await ids()).toEqual(first);
  });

  it('treats ids that are no UUIDs as ids', async () => {
    const source = await open(
      file('a.jsonl', ['evt_1', 'evt_1', 'evt_2'].map((id) => event({}, { uuid: id })).join('\n')),
    );
    expect(await rows(source, 'SELECT count(), uniq(uuid) FROM events')).toEqual([[2, 2]]);
  });
});

describe('files', () => {
  const line = event({ n: 1 });

  it.each([
    ['.jsonl.gz', gzipSync(`${line}\n`)],
    ['.jsonl', gzipSync(`${line}\n`)],
    ['.jsonl.br', brotliCompressSync(`${line}\n`)],
    ['.ndjson', Buffer.from(line)],
    ['', Buffer.from(line)],
  ])('reads events%s', async (ending, bytes) => {
    expect(await rows(await open(file(`events${ending}`, bytes)), COUNT)).toEqual([[1]]);
  });

  it.each(['zst', 'xz', 'lz4'])('reads .jsonl.%s, and by its first bytes also under another name', async (ending) => {
    const scratch = folder();
    const made = path.join(scratch, `events.jsonl.${ending}`);
    const engine = await Engine.open(scratch);
    try {
      await engine.run(
        `INSERT INTO FUNCTION file('${made}', 'RawBLOB', 'line String') SELECT ${stringLiteral(`${line}\n`)}`,
      );
    } finally {
      await engine.close();
    }
    expect(readFileSync(made).toString('latin1').startsWith('{')).toBe(false);
    expect(await rows(await open(made), COUNT)).toEqual([[1]]);
    expect(await rows(await open(file('events', readFileSync(made))), COUNT)).toEqual([[1]]);
  });

  it('reads folders through, without manifests and other files', async () => {
    const top = folder();
    mkdirSync(path.join(top, 'day=1', 'deep'), { recursive: true });
    writeFileSync(path.join(top, 'a.jsonl'), event({ n: 1 }));
    writeFileSync(path.join(top, 'day=1', 'deep', 'b.jsonl.gz'), gzipSync(event({ n: 2 })));
    writeFileSync(path.join(top, 'manifest.json'), '{"files":[]}');
    writeFileSync(path.join(top, 'notes.txt'), 'no events');
    symlinkSync(path.join(top, 'a.jsonl'), path.join(top, 'c.jsonl'));
    expect(await rows(await open(top), COUNT)).toEqual([[3]]);
  });

  it.each([
    "it's.jsonl",
    'a"b\\c.jsonl',
    'x{1,2}*?.jsonl',
    "'); DROP TABLE events; --.jsonl",
    'é😀.jsonl',
    '-n.jsonl',
    'a::b.jsonl',
    'zip.zip',
  ])('reads a file called %s', async (name) => {
    expect(await rows(await open(file(name, line)), COUNT)).toEqual([[1]]);
  });

  it.each([
    ['empty.jsonl', ''],
    ['empty.jsonl.gz', gzipSync('')],
    ['zero.jsonl.gz', ''],
    ['blank.jsonl', '\n \r\n\n'],
    ['empty.json', '[]'],
  ])('opens %s without events, and says so', async (name, content) => {
    const source = await open(file(name, content));
    expect(await rows(source, COUNT)).toEqual([[0]]);
    expect(source.notices()).toMatchObject([{ code: 'file_empty', message: expect.stringContaining(name) }]);
    expect(Math.abs(source.now().getTime() - Date.now())).toBeLessThan(60_000);
  });

  it.each([
    ['a.csv', 'event,distinct_id,timestamp\n$ai_generation,u,2026-10-01\n'],
    ['a.jsonl', Buffer.from(Array.from({ length: 5000 }, (_, n) => (n * 7919) % 256))],
    ['a.html', '<!doctype html>\n<html><body>Sign in</body></html>\n'],
    ['b.jsonl', '{"name":"x"}\n{"name":"y"}\n'],
    [
      'c.json',
      JSON.stringify({
        columns: ['event'],
        types: [['event', 'String']],
        results: [['$ai_generation']],
        hasMore: false,
      }),
    ],
    ['d.json', JSON.stringify({ columns: ['event'], results: [['$ai_generation']] }, null, 2)],
    ['e.json', '[1,2,3]'],
    ['f.json', '[{"event":"e","timest'],
    ['g.parquet', 'PAR1 but not really'],
    ['h.jsonl.gz', gzipSync(`${event()}\n`.repeat(5000)).subarray(0, 200)],
  ])('refuses %s, which holds no events', async (name, content) => {
    const made = file(name, content);
    await expect(open(made)).rejects.toMatchObject({
      code: 'not_events',
      at: made,
      message: expect.stringContaining(made),
      hint: expect.any(String),
    });
  });

  it('says that it does not read bzip2', async () => {
    const made = file('a.jsonl.bz2', Buffer.from('BZh91AY&SY'));
    await expect(open(made)).rejects.toMatchObject({
      code: 'usage',
      at: made,
      hint: expect.stringContaining('bunzip2'),
    });
  });

  it('gives up early on a large file that holds no events', async () => {
    await expect(open(file('a.csv', 'a,b,c\n'.repeat(200_000)))).rejects.toMatchObject({
      code: 'not_events',
      message: expect.stringContaining('200000'),
    });
  });

  it('names a path that does not exist, and a folder without event files', async () => {
    await expect(open('/nowhere/events.jsonl')).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('/nowhere/events.jsonl'),
    });
    await expect(open('https://example.com/events.jsonl')).rejects.toMatchObject({ code: 'usage' });
    await expect(open(folder())).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('no event files'),
    });
  });
});
