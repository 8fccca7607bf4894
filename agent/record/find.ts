import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
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
  return isFile(log) && (startOf(log) === FIRST_EVENT || existsSync(path.join(folder, PAYLOADS)));
}

/** Opening a pipe would never end. */
function isFile(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch {
    return false; // not there, or not ours to read
  }
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

/** The results dir that a folder or a log stands for; undefined for what is neither. */
export function resultsDirOf(given: string): string | undefined {
  if (existsSync(path.join(given, EVENTS))) return path.resolve(given);
  return path.basename(given) === EVENTS && existsSync(given) ? path.dirname(path.resolve(given)) : undefined;
}

/**
 * The results dir of a run: a folder, its log, or an id (or its beginning) of a run below the current folder.
 * @throws RunbookError `usage` where there is none, or the beginning fits several
 */
export function findRun(given: string, below = '.'): string {
  const folder = resultsDirOf(given);
  if (folder !== undefined) return folder;
  const fitting = given.length < MIN_ID || given.includes('/') ? [] : runsCalled(given, path.resolve(below));
  const [first, second] = fitting;
  if (first === undefined)
    throw new RunbookError('usage', `There is no run ${given}.`, {
      at: given,
      hint: 'Give the results dir of a run, or an id that `runbook runs` shows.',
    });
  if (second !== undefined) throw severalRuns(given, fitting);
  return first.dir;
}

interface Named {
  id: string;
  dir: string;
}

function runsCalled(beginning: string, below: string): Named[] {
  return runsBelow(below).flatMap((dir) => {
    const id = idOf(dir);
    return id?.startsWith(beginning) ? [{ id, dir }] : [];
  });
}

/** Runs that fit a beginning and are named. */
const MAX_NAMED = 5;

function severalRuns(given: string, fitting: readonly Named[]): RunbookError {
  const lines = fitting.slice(0, MAX_NAMED).map(({ id, dir }) => `${id} in ${dir}`);
  if (fitting.length > MAX_NAMED) lines.push(`and ${fitting.length - MAX_NAMED} more`);
  return new RunbookError('usage', `${given} fits ${fitting.length} runs:\n  ${lines.join('\n  ')}`, {
    at: given,
    hint: 'Give the folder, or more of the id.',
  });
}

function idOf(dir: string): string | undefined {
  try {
    return readRecord(dir).started.run;
  } catch {
    return undefined; // no log that can be read
  }
}
