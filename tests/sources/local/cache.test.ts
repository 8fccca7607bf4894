import { execFile, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalSource } from '../../../sources/local/local-source.ts';
import { event, file, folder, open, rows, uuid } from './events.ts';

const codes = (source: LocalSource) => source.notices().map((notice) => notice.code);
const loads = (cacheDir: string) => readdirSync(cacheDir).filter((name) => !name.startsWith('.'));
const some = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => event({ n: n + from }, { uuid: uuid(n + from) })).join('\n');

describe('the cache of loads', () => {
  it('spares the second load of the same content, under whatever name, and repeats the notices of the first', async () => {
    const cacheDir = folder();
    const content = `${some(20)}\nbad line\n${event({}, { uuid: uuid(3) })}`;
    const first = await open(file('a.jsonl', content), { cacheDir });
    expect(codes(first)).toEqual(['lines_skipped', 'duplicates_dropped']);
    const before = await rows(first, 'SELECT uuid, properties.n FROM events ORDER BY uuid');
    await first.close();
    const second = await open(file('b.jsonl', content), { cacheDir });
    expect(codes(second)).toEqual(['lines_skipped', 'duplicates_dropped', 'load_cached']);
    expect(second.notices().at(-1)?.count).toBe(20);
    expect(await rows(second, 'SELECT uuid, properties.n FROM events ORDER BY uuid')).toEqual(before);
    expect(second.now()).toEqual(first.now());
  });

  it('loads other content anew', async () => {
    const cacheDir = folder();
    const made = file('a.jsonl', some(2));
    await (await open(made, { cacheDir })).close();
    writeFileSync(made, some(3));
    const source = await open(made, { cacheDir });
    expect(codes(source)).toEqual([]);
    expect(await rows(source, 'SELECT count() FROM events')).toEqual([[3]]);
    expect(loads(cacheDir)).toHaveLength(2);
  });

  it('remembers an empty file too', async () => {
    const cacheDir = folder();
    await (await open(file('a.jsonl', ''), { cacheDir })).close();
    const source = await open(file('a.jsonl', ''), { cacheDir });
    expect(codes(source)).toEqual(['file_empty', 'load_cached']);
    expect(await rows(source, 'SELECT count() FROM events')).toEqual([[0]]);
  });

  it('keeps nothing of a load that failed', async () => {
    const cacheDir = folder();
    await expect(open(file('a.jsonl', 'no events'), { cacheDir })).rejects.toMatchObject({ code: 'not_events' });
    expect(readdirSync(cacheDir)).toEqual([]);
  });

  it.each([
    [
      'a missing part',
      (home: string) =>
        rmSync(path.join(home, 'parts', String(readdirSync(path.join(home, 'parts'))[0])), { recursive: true }),
    ],
    ['a record without end', (home: string) => writeFileSync(path.join(home, 'load.json'), '{"rows":')],
    [
      'a cut file',
      (home: string) =>
        truncateSync(path.join(home, 'parts', String(readdirSync(path.join(home, 'parts'))[0]), 'data.bin'), 10),
    ],
    ['no parts at all', (home: string) => rmSync(path.join(home, 'parts'), { recursive: true })],
  ])('loads anew where the kept load has %s', async (_name, damage) => {
    const cacheDir = folder();
    const made = file('a.jsonl', some(30));
    await (await open(made, { cacheDir })).close();
    damage(path.join(cacheDir, String(loads(cacheDir)[0])));
    const source = await open(made, { cacheDir });
    expect(codes(source)).toEqual([]);
    expect(await rows(source, 'SELECT count(), uniqExact(properties.n) FROM events')).toEqual([[30, 30]]);
    await source.close();
    expect(codes(await open(made, { cacheDir }))).toEqual(['load_cached']);
  });

  it('removes the longest unused loads beyond its bound', async () => {
    const cacheDir = folder();
    for (const count of [1, 2, 3]) await (await open(file('a.jsonl', some(count)), { cacheDir })).close();
    expect(loads(cacheDir)).toHaveLength(3);
    await (await open(file('a.jsonl', some(4)), { cacheDir, maxCacheBytes: 1 })).close();
    expect(loads(cacheDir)).toHaveLength(1);
    expect(codes(await open(file('a.jsonl', some(4)), { cacheDir }))).toEqual(['load_cached']);
  });

  it('is done without, with a notice, where its folder cannot be used', async () => {
    const blocked = path.join(file('a-file', ''), 'cache');
    const source = await open(file('a.jsonl', some(2)), { cacheDir: blocked });
    expect(source.notices()).toMatchObject([
      { code: 'cache_unusable', count: 0, message: expect.stringContaining('not kept') },
    ]);
    expect(await rows(source, 'SELECT count() FROM events')).toEqual([[2]]);
  });

  it.skipIf(process.getuid?.() === 0)('is done without where its folder is read-only', async () => {
    const cacheDir = folder();
    chmodSync(cacheDir, 0o500);
    expect(await rows(await open(file('a.jsonl', some(2)), { cacheDir }), 'SELECT count() FROM events')).toEqual([[2]]);
  });

  it('clears away what killed processes left, and nothing of living ones', async () => {
    const cacheDir = folder();
    const here = hostname().replaceAll(/[^\w.]/gu, '_');
    const ended = spawn(process.execPath, ['-e', '0']);
    const dead = ended.pid;
    await new Promise((resolve) => ended.once('exit', resolve));
    const left = [`.engine-${here}-${dead}-abc`, `.building-${here}-${dead}-abc`];
    const living = [`.engine-${here}-${process.ppid}-abc`, `.engine-elsewhere-${dead}-abc`, '.other'];
    for (const name of [...left, ...living]) mkdirSync(path.join(cacheDir, name, 'deep'), { recursive: true });
    await (await open(file('a.jsonl', some(1)), { cacheDir })).close();
    expect(
      readdirSync(cacheDir)
        .filter((name) => name.startsWith('.'))
        .sort(),
    ).toEqual(living.sort());
  });

  it('works from folders with odd names', async () => {
    const cacheDir = path.join(folder(), "it's a {cache} *é");
    const made = file('a.jsonl', some(2));
    await (await open(made, { cacheDir })).close();
    expect(codes(await open(made, { cacheDir }))).toEqual(['load_cached']);
  });
});

describe('several sources in one process', () => {
  it('are open side by side and see their own events', async () => {
    const cacheDir = folder();
    const [a, b, c] = await Promise.all([
      open(file('a.jsonl', some(1)), { cacheDir }),
      open(file('b.jsonl', some(2)), { cacheDir: folder() }),
      open(file('c.jsonl', some(3)), { cacheDir }),
    ]);
    const counts = () =>
      Promise.all([a, b, c].map(async (source) => (await rows(source, 'SELECT count() FROM events'))[0]?.[0]));
    expect(await counts()).toEqual([1, 2, 3]);
    await a.close();
    await expect(a.query({ sql: 'SELECT 1' })).rejects.toMatchObject({ code: 'source_unavailable' });
    expect(await rows(c, 'SELECT count() FROM events')).toEqual([[3]]);
    await Promise.all([b.close(), c.close()]);
    expect(readdirSync(cacheDir).filter((name) => name.startsWith('.'))).toEqual([]);
    expect(await rows(await open(file('d.jsonl', some(4)), { cacheDir }), 'SELECT count() FROM events')).toEqual([[4]]);
  });

  it('can be interrupted while loading, and leave nothing', async () => {
    const cacheDir = folder();
    const made = file('a.jsonl', `${event({ text: 'x'.repeat(2000) })}\n`.repeat(60_000));
    const stop = new AbortController();
    const source = new LocalSource({ paths: [made], cacheDir });
    setTimeout(() => stop.abort(), 250);
    await expect(source.open(stop.signal)).rejects.toMatchObject({ code: 'interrupted' });
    expect(readdirSync(cacheDir)).toEqual([]);
  });
});

describe('several processes', () => {
  const built = path.resolve('node_modules/.cache', `local-source-test-${process.pid}`);
  const script = `
    const { LocalSource } = await import(process.argv[1]);
    const source = new LocalSource({ paths: [process.argv[2]], cacheDir: process.argv[3] });
    await source.open();
    process.stdout.write('open ');
    if (process.argv[4] === 'wait') await new Promise((resolve) => setTimeout(resolve, 60_000));
    const { rows } = await source.query({ sql: 'SELECT count(), uniqExact(properties.n) FROM events' });
    process.stdout.write(JSON.stringify(rows) + ' ' + source.notices().map((notice) => notice.code).join(','));
    await source.close();`;
  const args = (made: string, cacheDir: string, mode = 'go') => [
    '--input-type=module',
    '-e',
    script,
    path.join(built, 'sources/local/local-source.js'),
    made,
    cacheDir,
    mode,
  ];

  beforeAll(() => {
    mkdirSync(built, { recursive: true });
    try {
      execFileSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json', '--outDir', built, '--sourceMap', 'false'], {
        stdio: 'ignore',
      });
    } catch {
      // Type errors are another check's; the files are written all the same.
    }
    writeFileSync(path.join(built, 'package.json'), '{"type":"module"}');
  });
  afterAll(() => rmSync(built, { recursive: true, force: true }));

  it('load and read the same files at the same time', async () => {
    const cacheDir = folder();
    const made = file('a.jsonl', some(20_000));
    const run = async () => (await promisify(execFile)(process.execPath, args(made, cacheDir))).stdout;
    const cold = await Promise.all([run(), run()]);
    for (const output of cold) expect(output).toContain('[[20000,20000]]');
    expect(loads(cacheDir)).toHaveLength(1);
    const warm = await Promise.all([run(), run(), run()]);
    for (const output of warm) expect(output).toBe('open [[20000,20000]] load_cached');
    expect(readdirSync(cacheDir)).toEqual(loads(cacheDir));
  });

  it('leave the cache whole when they are killed in the middle', async () => {
    const cacheDir = folder();
    const made = file('a.jsonl', some(50_000));
    const child = spawn(process.execPath, args(made, cacheDir), { stdio: 'ignore' });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    const started = performance.now();
    while (
      !(existsSync(cacheDir) && readdirSync(cacheDir).some((name) => name.startsWith('.engine-'))) &&
      performance.now() - started < 10_000
    )
      await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 150));
    child.kill('SIGKILL');
    await exited;
    expect(loads(cacheDir)).toEqual([]);
    expect(readdirSync(cacheDir)).toHaveLength(1);
    const source = await open(made, { cacheDir });
    expect(codes(source)).toEqual([]);
    expect(await rows(source, 'SELECT count() FROM events')).toEqual([[50_000]]);
    await source.close();
    expect(readdirSync(cacheDir)).toEqual(loads(cacheDir));
  });

  it('keep what they read when another one clears the cache', async () => {
    const cacheDir = folder();
    const made = file('a.jsonl', some(1000));
    const source = await open(made, { cacheDir });
    rmSync(path.join(cacheDir, String(loads(cacheDir)[0])), { recursive: true });
    expect(await rows(source, 'SELECT count(), uniqExact(properties.n) FROM events')).toEqual([[1000, 1000]]);
    expect(readFileSync(made, 'utf8')).toContain('"n":999');
  });
});
