import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, lstatSync, mkdirSync, openSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, RunbookError } from './errors.ts';

const HINTS: Record<string, string> = {
  ENOSPC: 'The disk is full: free some space, or choose another folder.',
  EACCES: 'You may not write there: choose another folder, or mend its permissions.',
  EPERM: 'You may not write there: choose another folder, or mend its permissions.',
  EROFS: 'The file system is read-only: choose another folder.',
  ENOTDIR: 'A part of the path is a file: choose another folder.',
  EISDIR: 'A folder has that name: remove it, or choose another folder.',
};

/** An I/O failure as a typed error that says what to do. */
export function ioError(file: string, cause: unknown): RunbookError {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  const hint = HINTS[code];
  return new RunbookError('io', `${file} cannot be written: ${messageOf(cause)}`, {
    at: file,
    cause,
    ...(hint ? { hint } : {}),
  });
}

/**
 * Makes a folder and those above it, one by one: Node's own recursive mkdir never ends below a folder that denies being there, as in /proc.
 * @throws the system's error
 */
export function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  makeFolder(path.dirname(folder));
  mkdirSync(folder);
}

/**
 * Writes a file so that readers see either the old content or all of the new one: temporary file in the same folder,
 * fsync, rename. Makes missing folders.
 * @throws RunbookError `io`
 */
export async function writeFileAtomic(file: string, content: string | Uint8Array): Promise<void> {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${randomUUID().slice(0, 8)}.tmp`);
  try {
    await mkdir(path.dirname(file), { recursive: true });
    const handle = await open(temporary, 'w');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw ioError(file, cause);
  }
}

/** Waits until the disk has a file. @throws the system's error */
export function syncFile(file: string): void {
  const fd = openSync(file, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Waits until the disk has the names in a folder. Not every system can: the files are on the disk then, and mostly their names as well. */
export function syncFolder(folder: string): void {
  try {
    syncFile(folder);
  } catch {
    // Windows opens no folders, and some network disks sync none.
  }
}

/** Larger files are no results of a run. */
const MAX_BYTES = 64_000_000;

/**
 * The bytes of a plain file in a folder. A link could lead out of the folder, and reading a pipe would never end.
 * @throws Error that says what it is instead (`is no plain file`); the system's error where there is none
 */
export function readPlainFile(folder: string, file: string): Buffer {
  const full = path.join(folder, file);
  const root = realpathSync(folder);
  const parent = realpathSync(path.dirname(full));
  if (parent !== root && !parent.startsWith(root + path.sep)) throw new Error('lies outside the results dir');
  const stat = lstatSync(full);
  if (!stat.isFile()) throw new Error(`is ${stat.isDirectory() ? 'a folder' : 'no plain file'}`);
  if (stat.size > MAX_BYTES) throw new Error(`is larger than ${MAX_BYTES / 1e6} MB`);
  return readFileSync(full);
}
