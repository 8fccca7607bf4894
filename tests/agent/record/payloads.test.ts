import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { EventLog } from '../../../agent/log.ts';
import { digestOf, Payloads, placeOf } from '../../../agent/record/payloads.ts';
import { Scrubber } from '../../../agent/secrets.ts';
import { temporaryFolder } from '../toy.ts';

/** What was synced to the disk, by path; only Linux tells. */
const synced: string[] = vi.hoisted(() => []);
const isLinux = process.platform === 'linux';
vi.mock('node:fs', async (load) => {
  const fs = await load<typeof import('node:fs')>();
  const fsyncSync = (fd: number) => {
    if (isLinux) synced.push(fs.readlinkSync(`/proc/self/fd/${fd}`));
    fs.fsyncSync(fd);
  };
  return { ...fs, fsyncSync };
});
beforeEach(() => void synced.splice(0));

function payloadsIn(dir: string) {
  const place = (content: string) => path.join(dir, 'payloads', placeOf(digestOf(content)));
  return { payloads: new Payloads(dir), place };
}

describe('a payload', () => {
  it.each([
    ['is empty', ''],
    ['is another of the same length', 'bbc'],
  ])('that %s is written anew where its content is put again', (_what, left) => {
    const dir = temporaryFolder();
    const { payloads, place } = payloadsIn(dir);
    const sha256 = new Payloads(dir).put('abc');
    writeFileSync(place('abc'), left);
    expect(() => payloads.get(sha256)).toThrow(/something else/u);
    expect(payloads.put('abc')).toBe(sha256);
    expect(payloads.get(sha256).toString()).toBe('abc');
    expect(readdirSync(path.dirname(place('abc')))).toHaveLength(1);
  });

  it('that is whole stays as it is', () => {
    const dir = temporaryFolder();
    const { payloads, place } = payloadsIn(dir);
    payloads.put('abc');
    const before = readFileSync(place('abc'));
    new Payloads(dir).put('abc');
    expect(readFileSync(place('abc')).equals(before)).toBe(true);
    rmSync(place('abc'));
    expect(() => payloads.get(digestOf('abc'))).toThrow(/holds no ba7816bf/u);
  });

  it.runIf(isLinux)('is on the disk with its folders, also where an earlier process wrote it; each once', () => {
    const dir = temporaryFolder();
    new Payloads(dir).put('abc');
    const { payloads, place } = payloadsIn(dir);
    payloads.put('abc');
    payloads.put('abc');
    payloads.put('new');
    payloads.sync();
    const files = ['abc', 'new'].map(place);
    const folders = [...files.map((file) => path.dirname(file)), path.join(dir, 'payloads'), dir];
    expect(synced.toSorted()).toEqual([...files, ...folders].toSorted());
    payloads.put('abc');
    payloads.sync();
    expect(synced).toHaveLength(6);
  });
});

it.runIf(isLinux)('a log that is made is on the disk with its name', () => {
  const file = path.join(temporaryFolder(), 'events.jsonl');
  const log = new EventLog({ run: 'r1', scrubber: new Scrubber({}), sinks: [] });
  log.attach(file);
  log.close();
  expect(synced).toEqual([path.dirname(file)]);
});
