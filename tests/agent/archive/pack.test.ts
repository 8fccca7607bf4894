import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { list } from 'tar';
import { describe, expect, it } from 'vitest';
import { archiveName, isArchive } from '../../../agent/archive/name.ts';
import { packRun } from '../../../agent/archive/pack.ts';
import { unpackRun } from '../../../agent/archive/unpack.ts';
import { payloadsOf } from '../../../agent/record/kept-payloads.ts';
import { type RunRecord, readRecord } from '../../../agent/record/read.ts';
import { replayRun } from '../../../agent/replay/replay.ts';
import { recordOf, started } from '../hand-made.ts';
import { manifestOf, runToy, step, temporaryFolder, toyRunbook } from '../toy.ts';

const CALLS =
  '```tool\nhogql_query: { name: calls, sql: SELECT count() AS n FROM events LIMIT 10, save_as: data/calls.csv }\n```\n';
const REPORT =
  '```tool\nwrite_artifact: { path: recommendations.md, content: "{{artifacts.calls.0.n}} calls {{params.greeting}}" }\n```\n';

async function toyRun(greeting = ''): Promise<RunRecord> {
  const dir = toyRunbook({
    'runbook.yaml': manifestOf('steps/01.md', 'steps/02.md'),
    'steps/01.md': step('connect', CALLS),
    'steps/02.md': step('report', REPORT),
  });
  const { outcome } = await runToy(dir, { parameters: { greeting } });
  return readRecord(outcome.resultsDir);
}

const pack = (record: RunRecord, env: Record<string, string> = {}) => packRun(record, temporaryFolder(), env);

async function unpacked(archive: Buffer): Promise<RunRecord> {
  const folder = temporaryFolder();
  const file = path.join(folder, 'a.run.tgz');
  writeFileSync(file, archive);
  mkdirSync(path.join(folder, 'run'));
  await unpackRun(file, path.join(folder, 'run'));
  return readRecord(path.join(folder, 'run'));
}

describe('packRun', () => {
  it('holds all that a replay needs, also where the run itself is gone', async () => {
    const record = await toyRun();
    const archive = await pack(record);
    rmSync(record.dir, { recursive: true });
    const copy = await unpacked(archive);
    const outcome = await replayRun(copy, { signal: new AbortController().signal });
    expect(outcome).toMatchObject({ changes: [], deviations: [] });
    expect(outcome.identical).toEqual(expect.arrayContaining(['data/calls.csv', 'recommendations.md', 'grade.json']));
    expect(readFileSync(path.join(copy.dir, 'recommendations.md'), 'utf8')).toBe('1 calls ');
  });

  it('gives the same bytes for the same run, whatever the clock says and the folder holds beside it', async () => {
    const record = await toyRun();
    const first = await pack(record);
    writeFileSync(path.join(record.dir, 'mine.txt'), 'not of the run');
    writeFileSync(path.join(record.dir, 'recommendations.md'), 'changed by hand');
    mkdirSync(path.join(record.dir, 'payloads/ff'), { recursive: true });
    writeFileSync(path.join(record.dir, 'payloads/ff', 'f'.repeat(64)), 'of no event');
    utimesSync(path.join(record.dir, 'events.jsonl'), 1, 1);
    expect((await pack(record)).equals(first)).toBe(true);
    // The name of the operating system, which compressors write.
    expect(first[9]).toBe(255);
  });

  it('holds plain files in order, without times and owners', async () => {
    const file = path.join(temporaryFolder(), 'a.tgz');
    writeFileSync(file, await pack(await toyRun()));
    const entries: { path: string; type: string; time: number; owner: unknown }[] = [];
    await list({
      file,
      onReadEntry: ({ path, type, mtime, uid, uname }) =>
        void entries.push({ path, type, time: mtime?.getTime() ?? 0, owner: uid || uname }),
    });
    const names = entries.map((entry) => entry.path);
    expect(names).toEqual([...names].sort());
    expect(names.filter((name) => !name.startsWith('payloads/'))).toEqual([
      ...['data/calls.csv', 'data/queries.json', 'events.jsonl', 'grade.json', 'recommendations.md'],
    ]);
    expect(new Set(entries.map(({ type, time, owner }) => `${type} ${time} ${owner || 'nobody'}`))).toEqual(
      new Set(['File 0 nobody']),
    );
  });

  it('leaves a half-written last line behind', async () => {
    const record = await toyRun();
    const log = path.join(record.dir, 'events.jsonl');
    const whole = readFileSync(log);
    writeFileSync(log, Buffer.concat([whole, Buffer.from('{"v":1,"se')]));
    const copy = await unpacked(await pack(readRecord(record.dir)));
    expect(readFileSync(path.join(copy.dir, 'events.jsonl')).equals(whole)).toBe(true);
  });

  it('packs no run in which a secret of the environment stands, and names it without its value', async () => {
    const record = await toyRun('correct-horse-battery');
    await expect(pack(record, { TOY_API_KEY: 'correct-horse-battery' })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/^The value of TOY_API_KEY stands in (?!.*correct-horse)/u),
      hint: expect.stringContaining('without TOY_API_KEY'),
    });
    const folder = mkdtempSync(path.join(temporaryFolder(), 'x'));
    await packRun(record, folder, { TOY_API_KEY: 'correct-horse-battery' }).catch(() => undefined);
    expect(readdirSync(folder)).not.toContain('files');
  });

  it('refuses a record in which something is missing or another', async () => {
    const record = await toyRun();
    const [first = ''] = payloadsOf(record);
    writeFileSync(path.join(record.dir, 'payloads', first.slice(0, 2), first), 'another');
    await expect(pack(record)).rejects.toMatchObject({ code: 'log' });
    rmSync(path.join(record.dir, 'payloads', first.slice(0, 2), first));
    await expect(pack(record)).rejects.toMatchObject({ code: 'log', message: expect.stringContaining(first) });
  });
});

describe('payloadsOf', () => {
  it('finds what a model request names in its turn', () => {
    const digest = (letter: string) => letter.repeat(64);
    const record = recordOf([started()], { request: JSON.stringify({ frame: digest('a'), messages: [digest('b')] }) });
    const [request = ''] = payloadsOf(record);
    const event = { type: 'generation', request, answer: null } as unknown as RunRecord['events'][number];
    expect(payloadsOf({ ...record, events: [event] })).toEqual([request, digest('a'), digest('b')].sort());
  });
});

describe('archiveName', () => {
  it('is made of the runbook’s name and the id, whatever a log calls them', () => {
    expect(archiveName(recordOf([started()]))).toBe('toy-11111111.run.tgz');
    const runbook = { ...started().runbook, name: '../../etc/x' };
    expect(archiveName(recordOf([started({ runbook })]))).toBe('-etc-x-11111111.run.tgz');
  });

  it('takes a folder for no archive', () => {
    const folder = path.join(temporaryFolder(), 'a.tgz');
    mkdirSync(folder);
    expect(isArchive(folder)).toBe(false);
    expect(isArchive(path.join(folder, 'none.tgz'))).toBe(false);
  });
});
