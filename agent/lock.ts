import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { RunbookError } from '../lib/errors.ts';
import { ioError } from '../lib/files.ts';

const LOCK = '.run.lock';
/** Results dirs that this process holds. */
const held = new Set<string>();

/**
 * Keeps other processes from performing a run in the same results dir. A lock whose process is gone does not count.
 * @returns gives it back
 * @throws RunbookError `usage` where another process holds it
 */
export function lockResults(root: string): () => void {
  const file = path.join(root, LOCK);
  if (held.has(root)) throw isHeld(root, process.pid);
  for (let attempt = 0; ; attempt += 1) {
    try {
      const fd = openSync(file, 'wx');
      writeSync(fd, String(process.pid));
      closeSync(fd);
      break;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw ioError(file, cause);
      const pid = Number(readFileSync(file, 'utf8'));
      if (isAlive(pid) || attempt > 2) throw isHeld(root, pid);
      rmSync(file, { force: true });
    }
  }
  held.add(root);
  return () => {
    held.delete(root);
    rmSync(file, { force: true });
  };
}

/** Whether a process that lives performs a run in a results dir. */
export function isLocked(root: string): boolean {
  if (held.has(root)) return true;
  try {
    return isAlive(Number(readFileSync(path.join(root, LOCK), 'utf8')));
  } catch {
    return false; // no lock, or not ours to read
  }
}

/** A number of this process is one of an earlier process with the same number: containers give the same to each. */
function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isHeld(root: string, pid: number): RunbookError {
  return new RunbookError('usage', `Process ${pid} performs a run in ${root}.`, {
    at: root,
    hint: `Wait until it ends, or choose another folder. If there is no such process, remove ${LOCK} there.`,
  });
}
