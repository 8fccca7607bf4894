import { createHash, randomUUID } from 'node:crypto';
import {
  copyFileSync,
  createReadStream,
  existsSync,
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
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { SourceNotice } from '../source.ts';

/** Raised whenever loading the same files would leave other tables. */
const LOADER_VERSION = 'v1';
/** Loaded data sets beyond this are removed, the longest unused first. */
const MAX_CACHE_BYTES = 20e9;

/** The key of a set of files: their contents and the loader's version. Names and places do not matter. */
export async function contentKey(files: string[]): Promise<string> {
  const all = createHash('sha256').update(LOADER_VERSION);
  for (const file of files) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
    all.update(hash.digest());
    all.update(path.extname(file.replace(/\.(?:gz|zst|br|bz2|xz|lz4)$/iu, '')));
  }
  return all.digest('hex').slice(0, 32);
}

export function defaultCacheDir(env: NodeJS.ProcessEnv = process.env): string {
  return path.join(
    env.XDG_CACHE_HOME ?? path.join(env.HOME ?? tmpdir(), '.cache'),
    'posthog-trace-optimizer',
    'events',
  );
}

/** A loaded data set: the engine's directory and the notices of its load. */
export interface CachedLoad {
  directory: string;
  notices: SourceNotice[];
}

export function findLoad(cacheDir: string, key: string): CachedLoad | undefined {
  const home = path.join(cacheDir, key);
  const file = path.join(home, 'load.json');
  if (!existsSync(file)) return undefined;
  const now = new Date();
  utimesSync(file, now, now);
  return { directory: path.join(home, 'data'), notices: JSON.parse(readFileSync(file, 'utf8')) as SourceNotice[] };
}

/** A private place to build a load in; `keepLoad` makes it visible at once, so that a load that was killed is never taken for whole. */
export function newLoad(cacheDir: string): string {
  mkdirSync(cacheDir, { recursive: true });
  return mkdtempSync(path.join(cacheDir, '.building-'));
}

export function keepLoad(cacheDir: string, key: string, building: string, notices: SourceNotice[]): CachedLoad {
  writeFileSync(path.join(building, 'load.json'), JSON.stringify(notices));
  const home = path.join(cacheDir, key);
  try {
    renameSync(building, home);
  } catch {
    // Another process has finished the same load meanwhile: its result is as good.
    rmSync(building, { recursive: true, force: true });
  }
  prune(cacheDir, home);
  return { directory: path.join(home, 'data'), notices };
}

function prune(cacheDir: string, keep: string): void {
  const loads = readdirSync(cacheDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && path.join(cacheDir, entry.name) !== keep)
    .map((entry) => path.join(cacheDir, entry.name))
    .map((home) => ({
      home,
      used: statSync(path.join(home, 'load.json'), { throwIfNoEntry: false })?.mtimeMs ?? statSync(home).mtimeMs,
      bytes: size(home),
    }))
    .sort((a, b) => b.used - a.used);
  let kept = size(keep);
  for (const load of loads) {
    kept += load.bytes;
    const abandoned = path.basename(load.home).startsWith('.building-') && Date.now() - load.used > 86_400_000;
    if (kept > MAX_CACHE_BYTES || abandoned) rmSync(load.home, { recursive: true, force: true });
  }
}

function size(directory: string): number {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (sum, entry) => sum + (statSync(path.join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
}

/**
 * A private view of a load for this process: ClickHouse lets one process use a data directory, so each gets its own tree of hard links to
 * the immutable parts (copies where the file system has no links). Remove it with `rmSync` when done.
 */
export function privateView(load: CachedLoad, cacheDir: string): string {
  const view = path.join(cacheDir, `.view-${process.pid}-${randomUUID().slice(0, 8)}`);
  for (const entry of readdirSync(load.directory, { recursive: true, withFileTypes: true })) {
    const from = path.join(entry.parentPath, entry.name);
    const to = path.join(view, path.relative(load.directory, from));
    if (entry.isDirectory()) mkdirSync(to, { recursive: true });
    else if (entry.isFile()) {
      mkdirSync(path.dirname(to), { recursive: true });
      linkOrCopy(from, to);
    } else if (entry.isSymbolicLink()) continue;
  }
  return view;
}

/** Parts never change in place; everything else (metadata, status) is small and copied. */
function linkOrCopy(from: string, to: string): void {
  if (!/\.(?:bin|cmrk\d?|mrk\d?|cidx|idx)$/u.test(from)) {
    copyFileSync(from, to);
    return;
  }
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

/** Views that killed processes left behind. */
export function removeStaleViews(cacheDir: string): void {
  for (const name of existsSync(cacheDir) ? readdirSync(cacheDir) : []) {
    const pid = /^\.view-(\d+)-/u.exec(name)?.[1];
    if (pid !== undefined && !alive(Number(pid))) rmSync(path.join(cacheDir, name), { recursive: true, force: true });
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
