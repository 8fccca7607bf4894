import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  copyFileSync,
  createReadStream,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { RunbookError } from '../../lib/errors.ts';
import type { SourceNotice } from '../source.ts';
import { SIDE_TUPLE } from './columns.ts';
import { processPrefix } from './engine-host.ts';
import type { EventFile } from './files.ts';
import { insertEvents, jsonRows, parquetRows } from './load-sql.ts';
import { createAiEvents, createEvents } from './schema-sql.ts';

/** Raised when loading the same files leaves other tables although the loading SQL is the same (mending, duplicates). */
const LOADER_VERSION = 2;
/** Loaded data sets beyond this are removed, the longest unused first. */
export const MAX_CACHE_BYTES = 20e9;
/** Folders of processes on other machines that share the cache are removed when they are this old. */
const ABANDONED_MS = 7 * 86_400_000;

/**
 * A cache of loads: `<key>/load.json` and `<key>/parts/…`, the immutable parts of the engine's table. Everything else in the folder begins with
 * a dot and belongs to one process.
 */

/** What is kept of a load besides its parts. */
export interface LoadRecord {
  rows: number;
  notices: SourceNotice[];
}

export interface CachedLoad extends LoadRecord {
  parts: string;
}

/**
 * The key of a set of files: their contents and how they are loaded. Names and places do not matter, except the endings that say how to read.
 * @throws RunbookError `usage` for a file that cannot be read
 */
export async function contentKey(files: readonly EventFile[], signal?: AbortSignal): Promise<string> {
  const sql = [
    createEvents('t'),
    createAiEvents(),
    insertEvents(jsonRows('t', true) + jsonRows('t', false), false),
    parquetRows('t', ['trace_id']),
  ];
  const all = createHash('sha256').update([LOADER_VERSION, SIDE_TUPLE, ...sql].join('\n'));
  for (const file of files) {
    const hash = createHash('sha256');
    try {
      await pipeline(createReadStream(file.path, { highWaterMark: 1 << 20 }), hash, ...(signal ? [{ signal }] : []));
    } catch (cause) {
      if (signal?.aborted) throw new RunbookError('interrupted', 'Loading was interrupted.', { cause });
      throw new RunbookError('usage', `${file.path} cannot be read.`, { at: file.path, cause });
    }
    all.update(`${file.kind} ${file.compression} `).update(hash.digest());
  }
  return all.digest('hex').slice(0, 40);
}

export function defaultCacheDir(env: NodeJS.ProcessEnv = process.env): string {
  const base = env.XDG_CACHE_HOME || path.join(env.HOME || tmpdir(), '.cache');
  return path.join(base, 'posthog-trace-optimizer', 'events');
}

/** Makes the cache folder. @returns why it cannot be used, or undefined */
export function prepareCacheDir(dir: string): string | undefined {
  try {
    mkdirSync(dir, { recursive: true });
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK);
    rmSync(mkdtempSync(path.join(dir, processPrefix('building'))), { recursive: true });
    removeAbandoned(dir);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** A finished load, marked as used now. */
export function findLoad(cacheDir: string, key: string): CachedLoad | undefined {
  const file = path.join(cacheDir, key, 'load.json');
  try {
    const record = JSON.parse(readFileSync(file, 'utf8')) as LoadRecord;
    const now = new Date();
    utimesSync(file, now, now);
    return { ...record, parts: path.join(cacheDir, key, 'parts') };
  } catch {
    return undefined;
  }
}

/**
 * Keeps the parts of a finished load. They are gathered in a folder of this process and appear under their key at once, so that a load that was
 * killed is never taken for whole.
 * @param tableFolder the table's folder in the engine; its parts are linked, not copied, where the file system can
 */
export function keepLoad(
  cache: { dir: string; maxBytes: number },
  key: string,
  record: LoadRecord,
  tableFolder: string,
  parts: readonly string[],
): void {
  const building = mkdtempSync(path.join(cache.dir, processPrefix('building')));
  try {
    for (const part of parts) linkPart(path.join(tableFolder, part), path.join(building, 'parts', part));
    mkdirSync(path.join(building, 'parts'), { recursive: true });
    writeFileSync(path.join(building, 'load.json'), JSON.stringify(record));
    const home = path.join(cache.dir, key);
    prune(cache, home, sizeOf(building));
    try {
      renameSync(building, home);
    } catch {
      // Another process has kept the same load meanwhile, and its result is as good; or a damaged one is in the way.
      if (findLoad(cache.dir, key)) return;
      forgetLoad(cache.dir, key);
      renameSync(building, home);
    }
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

export function forgetLoad(cacheDir: string, key: string): void {
  rmSync(path.join(cacheDir, key), { recursive: true, force: true });
}

/** Links every file of a part into a new folder. Files that the engine may rewrite are small and are copied. */
export function linkPart(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) linkPart(source, target);
    else if (/\.(?:bin|c?mrk\d?|c?idx)$/u.test(entry.name)) linkOrCopy(source, target);
    else copyFileSync(source, target);
  }
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
  }
}

/** Removes the longest unused loads so that `incoming` bytes fit. Processes that use them have links of their own. */
function prune(cache: { dir: string; maxBytes: number }, keep: string, incoming: number): void {
  const loads = readdirSync(cache.dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => path.join(cache.dir, entry.name))
    .filter((home) => home !== keep)
    .map((home) => ({
      home,
      used: statSync(path.join(home, 'load.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0,
      bytes: sizeOf(home),
    }))
    .sort((a, b) => b.used - a.used);
  let kept = incoming;
  for (const load of loads) {
    kept += load.bytes;
    if (kept > cache.maxBytes) rmSync(load.home, { recursive: true, force: true });
  }
}

function sizeOf(directory: string): number {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (sum, entry) => sum + (statSync(path.join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
}

/** Folders that killed processes left behind. */
function removeAbandoned(cacheDir: string): void {
  const here = hostname().replaceAll(/[^\w.]/gu, '_');
  for (const name of readdirSync(cacheDir)) {
    const match = /^\.(?:engine|building)-(.+)-(\d+)-[^-]+$/u.exec(name);
    if (!match) continue;
    const folder = path.join(cacheDir, name);
    const age = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    const abandoned = match[1] === here ? !alive(Number(match[2])) : age > ABANDONED_MS;
    if (abandoned) rmSync(folder, { recursive: true, force: true });
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
