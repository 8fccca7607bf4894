import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { Header, type HeaderData, Pax } from 'tar';
import { describe, expect, it } from 'vitest';
import { unpackRun } from '../../../agent/archive/unpack.ts';
import { temporaryFolder } from '../toy.ts';

const BLOCK = 512;
const END = Buffer.alloc(2 * BLOCK);

/** One member as an attacker writes it: header and content as given. */
function member(data: HeaderData, content: string | Buffer = ''): Buffer {
  const bytes = Buffer.from(content);
  const block = Buffer.alloc(BLOCK);
  new Header({ mode: 0o644, size: bytes.length, mtime: new Date(0), type: 'File', ...data }).encode(block, 0);
  return Buffer.concat([block, bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
}

const LOG = member({ path: 'events.jsonl' }, 'log\n');

/** Unpacks these bytes into `run`, beside which nothing may come up. */
async function unpack(
  content: Buffer,
  limits?: { files: number; bytes: number },
  make: (run: string) => void = mkdirSync,
) {
  const folder = temporaryFolder();
  const file = path.join(folder, 'a.run.tgz');
  writeFileSync(file, content);
  const run = path.join(folder, 'run');
  make(run);
  const outcome = await unpackRun(file, run, limits).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { outcome, folder, run };
}

const tgz = (...parts: Buffer[]) => gzipSync(Buffer.concat([...parts, END]));

/** Enough to take minutes where each chunk is put to those before. */
const ZEROS = Buffer.alloc(80_000_000);

const WHOLE = tgz(LOG, member({ path: 'a' }, 'abc'));

describe('unpackRun', () => {
  it('writes plain files, in folders as they are named', async () => {
    const big = 'x'.repeat(200_000);
    const { outcome, run } = await unpack(tgz(LOG, member({ path: 'data/big.csv' }, big), member({ path: 'empty' })));
    expect(outcome).toBeUndefined();
    expect(readFileSync(path.join(run, 'data/big.csv'), 'utf8')).toBe(big);
    expect(readFileSync(path.join(run, 'events.jsonl'), 'utf8')).toBe('log\n');
    expect(readFileSync(path.join(run, 'empty'), 'utf8')).toBe('');
  });

  it.each([
    ['../out', member({ path: '../out' }, 'x')],
    ['a/../../out', member({ path: 'a/../../out' }, 'x')],
    ['an absolute path', member({ path: '/tmp/out-of-an-archive' }, 'x')],
    ['a hidden file', member({ path: '.env' }, 'x')],
    ['a lock', member({ path: '.run.lock' }, '1')],
    ['a backslash', member({ path: '..\\out' }, 'x')],
    ['a long path that leaves', Buffer.concat([new Pax({ path: '../out' }).encode(), member({ path: 'fine' }, 'x')])],
  ])('refuses %s', async (_what, part) => {
    const { outcome, folder } = await unpack(tgz(LOG, part));
    expect(outcome).toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/a\.run\.tgz is no archive of a run: ".*" lies outside its folder\.$/u),
    });
    expect(readdirSync(folder).sort()).toEqual(['a.run.tgz', 'run']);
    expect(existsSync('/tmp/out-of-an-archive')).toBe(false);
  });

  it.each([
    ['SymbolicLink', member({ path: 'data', type: 'SymbolicLink', linkpath: '/etc' })],
    ['Link', member({ path: 'data', type: 'Link', linkpath: 'events.jsonl' })],
    ['CharacterDevice', member({ path: 'data', type: 'CharacterDevice', devmaj: 1, devmin: 3 })],
    ['FIFO', member({ path: 'data', type: 'FIFO' })],
    ['Directory', member({ path: 'data', type: 'Directory' })],
  ])('refuses a %s', async (type, part) => {
    const { outcome, run } = await unpack(tgz(LOG, part, member({ path: 'data/passwd' }, 'x')));
    expect(outcome).toMatchObject({ code: 'usage', message: expect.stringContaining(`"data" is no file (${type})`) });
    expect(readdirSync(run)).toEqual(['events.jsonl']);
  });

  it.each([
    ['a member that comes twice', ['events.jsonl'], '"events.jsonl" comes twice'],
    ['a name that differs only in case', ['Events.jsonl'], '"events.jsonl" and "Events.jsonl" differ only in case'],
    ['a file against a folder', ['data/a', 'data'], '"data" stands against a file or a folder of the same name'],
    ['a folder against a file', ['data', 'Data/a/b'], '"Data/a/b" stands against a file or a folder of the same name'],
  ])('refuses %s, and names no temporary folder', async (_what, names, why) => {
    const { outcome, folder, run } = await unpack(tgz(LOG, ...names.map((name) => member({ path: name }, 'another'))));
    const message = `${folder}/a.run.tgz is no archive of a run: ${why}.`;
    expect(outcome).toMatchObject({ code: 'usage', message, hint: expect.stringContaining('runbook export') });
    expect(readFileSync(path.join(run, 'events.jsonl'), 'utf8')).toBe('log\n');
  });

  it.each([
    ['part', 'x'.repeat(300)],
    ['whole', 'data/'.repeat(300)],
  ])('refuses a name whose %s is too long', async (_what, name) => {
    const long = Buffer.concat([new Pax({ path: `${name}x` }).encode(), member({ path: 'fine' }, 'x')]);
    const { outcome } = await unpack(tgz(LOG, long));
    expect(outcome).toMatchObject({ code: 'usage', message: expect.stringMatching(/the name "\S+… is too long\.$/u) });
    expect((outcome as Error).message).not.toContain('ENAMETOOLONG');
  });

  it('says which member cannot be written, without the temporary folder', async () => {
    const { outcome, run } = await unpack(tgz(LOG), undefined, (folder) => writeFileSync(folder, 'no folder'));
    expect(outcome).toMatchObject({
      code: 'io',
      message: expect.stringMatching(/cannot be unpacked: "events\.jsonl" cannot be written \((?:EEXIST|ENOTDIR)\)/u),
    });
    expect((outcome as Error).message).not.toContain(run);
  });

  it('refuses more files than it may hold', async () => {
    const many = Array.from({ length: 20 }, (_one, n) => member({ path: `f${n}` }));
    const { outcome, run } = await unpack(tgz(LOG, ...many), { files: 5, bytes: 1e6 });
    expect(outcome).toMatchObject({ code: 'usage', message: expect.stringContaining('more than 5 files') });
    expect(readdirSync(run)).toHaveLength(5);
  });

  it('refuses a bomb before it is unpacked', async () => {
    const bomb = gzipSync(Buffer.concat([LOG, member({ path: 'zeros' }, Buffer.alloc(50_000_000))]));
    expect(bomb.length).toBeLessThan(100_000);
    const { outcome, run } = await unpack(bomb, { files: 10, bytes: 1_000_000 });
    expect(outcome).toMatchObject({ code: 'usage', message: expect.stringContaining('more than 1 MB') });
    expect(readFileSync(path.join(run, 'zeros')).length).toBeLessThan(1_100_000);
  });

  it.each([
    ['zeros alone', [ZEROS], 'it begins with zeros instead of a file'],
    ['zeros behind the end', [LOG, END, ZEROS], 'something follows its end'],
  ])('refuses %s without reading them all', async (_what, parts, why) => {
    // Cut off: who reads it to the end complains of that.
    const { outcome } = await unpack(gzipSync(Buffer.concat(parts), { level: 1 }).subarray(0, -1000));
    expect(outcome).toMatchObject({ code: 'usage', message: expect.stringContaining(why) });
  });

  it('takes zeros that fill the last record of an archive', async () => {
    const { outcome, run } = await unpack(gzipSync(Buffer.concat([LOG, Buffer.alloc(10_240 - LOG.length)])));
    expect(outcome).toBeUndefined();
    expect(readFileSync(path.join(run, 'events.jsonl'), 'utf8')).toBe('log\n');
  });

  it('refuses what is compressed twice, and a member that says it is larger than the archive', async () => {
    const twice = await unpack(gzipSync(tgz(LOG)));
    expect(twice.outcome).toMatchObject({ code: 'usage', message: expect.stringContaining('compressed twice') });
    const lying = await unpack(gzipSync(Buffer.concat([LOG, member({ path: 'a', size: 8e9 }, 'x')])));
    expect(lying.outcome).toMatchObject({ code: 'usage' });
  });

  it.each([
    ['text', Buffer.from('no archive')],
    ['a compressed text', gzipSync('no archive, but long enough to be a header. '.repeat(40))],
    ['nothing', Buffer.alloc(0)],
    ['a half of one', WHOLE.subarray(0, WHOLE.length / 2)],
    ['an archive without a log', tgz(member({ path: 'a' }, 'x'))],
  ])('refuses %s', async (_what, content) => {
    const { outcome } = await unpack(content);
    expect(outcome).toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/a\.run\.tgz is no archive of a run: /u),
    });
  });
});
