import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs';
import path from 'node:path';
import { RunbookError } from '../../lib/errors.ts';
import { EVENTS } from '../results.ts';
import { PAYLOADS } from './payloads.ts';
import { readRecord } from './read.ts';

/** How deep below a folder runs are looked for. */
const MAX_DEPTH = 4;
const MIN_ID = 4;
/** How every log begins; an export of events may have the same name. */
const FIRST_EVENT = '{"v":';

/** Results dirs of runs in and below a folder, in order; hidden folders and dependencies are left out. */
export function runsBelow(folder: string, depth = MAX_DEPTH): string[] {
  if (isRun(folder)) return [folder];
  if (depth === 0) return [];
  return foldersIn(folder).flatMap((name) => runsBelow(path.join(folder, name), depth - 1));
}

function isRun(folder: string): boolean {
  const log = path.join(folder, EVENTS);
  return existsSync(log) && (startOf(log) === FIRST_EVENT || existsSync(path.join(folder, PAYLOADS)));
}

function startOf(file: string): string {
  try {
    const fd = openSync(file, 'r');
    try {
      const start = Buffer.alloc(FIRST_EVENT.length);
      return start.toString('utf8', 0, readSync(fd, start));
    } finally {
      closeSync(fd);
    }
  } catch {
    return ''; // not ours to read
  }
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
      .map(({ name }) => name)
      .sort();
  } catch {
    return []; // not ours to read
  }
}

/**
 * The results dir of a run: a folder, or an id (or its beginning) of a run below the current folder.
 * @throws RunbookError `usage` where there is none, or the beginning fits several
 */
export function findRun(given: string, below = '.'): string {
  if (existsSync(path.join(given, EVENTS))) return path.resolve(given);
  const fitting =
    given.length < MIN_ID || given.includes('/')
      ? []
      : runsBelow(path.resolve(below)).filter((dir) => idOf(dir)?.startsWith(given));
  const [first, second] = fitting;
  if (first !== undefined && second === undefined) return first;
  throw new RunbookError(
    'usage',
    first === undefined ? `There is no run ${given}.` : `${given} fits several runs: ${fitting.join(', ')}.`,
    {
      at: given,
      hint:
        first === undefined
          ? 'Give the results dir of a run, or an id that `runbook runs` shows.'
          : 'Give more of the id, or the folder.',
    },
  );
}

function idOf(dir: string): string | undefined {
  try {
    return readRecord(dir).started.run;
  } catch {
    return undefined; // no log that can be read
  }
}
