import { existsSync, lstatSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { ioError } from '../lib/files.ts';
import type { ResultsDir } from '../tools/results-dir.ts';
import type { EventBody } from './events.ts';
import { PAYLOADS } from './record/payloads.ts';
import type { Runbook } from './runbook/manifest.ts';

export const EVENTS = 'events.jsonl';
export const QUERIES = 'data/queries.json';
export const REPORT = 'recommendations.md';
export const GRADE = 'grade.json';

/** Written by every run, whatever its steps. */
const OWN = [EVENTS, GRADE, QUERIES, 'data/facts.json'];

/**
 * Removes what an earlier run left: the outputs that the runbook names, and the artifacts that the earlier run's log names. Whatever else
 * stands in the folder is not ours and stays.
 * @throws RunbookError `io`
 */
export function clearEarlierRun(results: ResultsDir, { manifest, steps }: Runbook): void {
  const wasRun = results.exists(EVENTS);
  const outputs = [...manifest.outputs.map((output) => output.path), ...steps.flatMap((step) => step.outputs)];
  for (const file of new Set([...loggedArtifacts(results), ...outputs, ...OWN])) {
    const full = results.resolve(file);
    try {
      if (lstatSync(full, { throwIfNoEntry: false })?.isFile()) rmSync(full);
    } catch (cause) {
      throw ioError(full, cause);
    }
  }
  if (wasRun) clearPayloads(path.join(results.root, PAYLOADS));
}

/** Only what an earlier run kept there: files that are named by their digest. */
function clearPayloads(folder: string): void {
  for (const two of foldersIn(folder)) {
    const inner = path.join(folder, two);
    for (const file of readdirSync(inner)) if (/^[0-9a-f]{64}(?:\.|$)/u.test(file)) rmSync(path.join(inner, file));
    if (readdirSync(inner).length === 0) rmdirSync(inner);
  }
  if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
}

function foldersIn(folder: string): string[] {
  if (!lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() && /^[0-9a-f]{2}$/u.test(entry.name) ? [entry.name] : [],
  );
}

function loggedArtifacts(results: ResultsDir): string[] {
  if (!results.exists(EVENTS)) return [];
  return results
    .readText(EVENTS)
    .split('\n')
    .flatMap((line) => {
      const file = artifactPath(line);
      return file !== undefined && isInside(results, file) ? [file] : [];
    });
}

function artifactPath(line: string): string | undefined {
  if (!line.includes('"artifact_written"')) return undefined;
  try {
    const event = JSON.parse(line) as { type?: unknown; path?: unknown };
    return event.type === 'artifact_written' && typeof event.path === 'string' ? event.path : undefined;
  } catch {
    return undefined; // a torn last line
  }
}

function isInside(results: ResultsDir, file: string): boolean {
  try {
    results.resolve(file);
    return true;
  } catch {
    return false;
  }
}

/** Tells which files of the results dir are new, changed or gone since it was last asked; what was there before the run is not the run's. */
export class ArtifactWatch {
  readonly #root: string;
  readonly #keep: (content: Buffer) => string;
  readonly #seen: Map<string, string>;

  /** @param keep keeps a version of a file, and says its SHA-256 */
  constructor(root: string, keep: (content: Buffer) => string) {
    this.#root = root;
    this.#keep = keep;
    this.#seen = new Map(listFiles(root).map((file) => [file, stampOf(path.join(root, file))]));
  }

  changes(): EventBody[] {
    const events: EventBody[] = [];
    const there = listFiles(this.#root);
    const gone = [...this.#seen.keys()].filter((file) => !there.includes(file));
    for (const file of gone) {
      this.#seen.delete(file);
      events.push({ type: 'artifact_removed', path: file });
    }
    for (const file of there) {
      const full = path.join(this.#root, file);
      const now = stampOf(full);
      if (file === EVENTS || this.#seen.get(file) === now) continue;
      this.#seen.set(file, now);
      const content = readFileSync(full);
      events.push({ type: 'artifact_written', path: file, bytes: content.length, sha256: this.#keep(content) });
    }
    return events;
  }
}

/** Atomic writes make a new inode each time, so that two writes within one clock tick differ. */
export function stampOf(file: string): string {
  const { mtimeMs, size, ino } = statSync(file);
  return `${mtimeMs} ${size} ${ino}`;
}

/** Files below a folder, relative, in order; hidden ones (half-written files, foreign tools' folders) are left out. */
function listFiles(root: string, folder = ''): string[] {
  const full = path.join(root, folder);
  if (!existsSync(full)) return [];
  const entries = readdirSync(full, { withFileTypes: true }).filter(
    ({ name }) => !name.startsWith('.') && name !== 'node_modules' && !(folder === '' && name === PAYLOADS),
  );
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const file = path.posix.join(folder, entry.name);
      if (entry.isDirectory()) return listFiles(root, file);
      return entry.isFile() ? [file] : [];
    });
}
