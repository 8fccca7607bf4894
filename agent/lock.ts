import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { RunbookError } from '../lib/errors.ts';
import { ioError } from '../lib/files.ts';

const LOCK = '.run.lock';
/** Held while a lock whose process is gone is taken away: of two that saw it, one would remove the lock that the other made meanwhile. */
const TAKEOVER = '.run.lock.takeover';
/** A lock without a number is one that is being written, if it is younger than this, ms. */
const WRITING_MS = 5000;
const ATTEMPTS = 5;
/** Results dirs that this process holds. */
const held = new Set<string>();

/**
 * Keeps other processes from performing a run in the same results dir. A lock whose process is gone does not count.
 * @returns gives it back
 * @throws RunbookError `usage` where another process holds it
 */
export function lockResults(root: string): () => void {
  if (held.has(root)) throw isHeld(root, process.pid);
  const file = path.join(root, LOCK);
  const own = `${process.pid} ${randomBytes(8).toString('hex')}`;
  for (let attempt = 1; !create(file, own); attempt += 1) {
    if (attempt === ATTEMPTS || !isStale(file)) throw isHeld(root, pidIn(file));
    takeAway(root, file);
  }
  held.add(root);
  return () => {
    held.delete(root);
    if (contentOf(file) === own) rmSync(file, { force: true });
  };
}

/** Whether a process that lives performs a run in a results dir. */
export function isLocked(root: string): boolean {
  const file = path.join(root, LOCK);
  return held.has(root) || (contentOf(file) !== undefined && !isStale(file));
}

/** @returns whether it was not there */
function create(file: string, content: string): boolean {
  try {
    writeFileSync(file, content, { flag: 'wx' });
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw ioError(file, cause);
  }
}

/** What it says is looked at once more where nobody else takes it away. */
function takeAway(root: string, file: string): void {
  const guard = path.join(root, TAKEOVER);
  if (!create(guard, String(process.pid))) throw isHeld(root, pidIn(guard));
  try {
    if (isStale(file)) rmSync(file, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}

/** Undefined where there is none, or it is not ours to read. */
function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function pidIn(file: string): number {
  return Number.parseInt(contentOf(file) ?? '', 10);
}

function isStale(file: string): boolean {
  const pid = pidIn(file);
  if (Number.isInteger(pid)) return !isAlive(pid);
  const written = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return written === undefined || Date.now() - written > WRITING_MS;
}

/** A number of this process is one of an earlier process with the same number: containers give the same to each. */
function isAlive(pid: number): boolean {
  if (pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isHeld(root: string, pid: number): RunbookError {
  const process = Number.isInteger(pid) ? `Process ${pid}` : 'Another process';
  return new RunbookError('usage', `${process} performs a run in ${root}.`, {
    at: root,
    hint: `Wait until it ends, or choose another folder. If there is no such process, remove ${LOCK}* there.`,
  });
}
