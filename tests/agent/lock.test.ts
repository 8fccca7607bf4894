import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isLocked, lockResults } from '../../agent/lock.ts';
import { build } from '../cli/child.ts';

const GONE = '999999999';
const run = promisify(execFile);
let root: string;
let lock: string;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'lock-'));
  lock = path.join(root, '.run.lock');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('the lock of a results dir', () => {
  it('is held once, also within a process, and leaves nothing', () => {
    const unlock = lockResults(root);
    expect(() => lockResults(root)).toThrow(`Process ${process.pid} performs a run in ${root}.`);
    expect(isLocked(root)).toBe(true);
    unlock();
    expect(isLocked(root)).toBe(false);
    expect(readdirSync(root)).toEqual([]);
  });

  it('is respected where its process lives, and taken over where it is gone', () => {
    writeFileSync(lock, `${process.ppid} abc`);
    expect(() => lockResults(root)).toThrow(`Process ${process.ppid} performs a run`);
    writeFileSync(lock, `${GONE} abc`);
    lockResults(root)();
    expect(readdirSync(root)).toEqual([]);
  });

  it('is respected while it is being written, and not when that was long ago', () => {
    writeFileSync(lock, '');
    expect(() => lockResults(root)).toThrow('Another process performs a run');
    utimesSync(lock, new Date(0), new Date(0));
    lockResults(root)();
  });

  it('is not given back where it is another', () => {
    const unlock = lockResults(root);
    writeFileSync(lock, `${process.ppid} of another`);
    unlock();
    expect(existsSync(lock)).toBe(true);
  });

  it('is taken over by one of many processes', async () => {
    const child = `const { lockResults } = await import(process.argv[1]);
      try { lockResults(process.argv[2]); console.log('held'); await new Promise((done) => setTimeout(done, 1500)); }
      catch (error) { console.log(error.code); }`;
    const built = await build();
    const module = path.join(path.dirname(built.main), '../agent/lock.js');
    const args = ['--input-type=module', '-e', child, module, root];
    writeFileSync(lock, GONE);
    const said = await Promise.all(Array.from({ length: 6 }, () => run(process.execPath, args)));
    built.remove();
    expect(said.map(({ stdout }) => stdout.trim()).sort()).toEqual(['held', ...Array<string>(5).fill('usage')]);
  }, 60_000);
});
