import { z } from 'zod';
import type { Runbook } from '../../agent/runbook/manifest.ts';
import { RESULTS_DIR } from '../../agent/runbook-md/print-steps.ts';
import { RunbookError } from '../../lib/errors.ts';
import type { ResultsDir } from '../../tools/results-dir.ts';
import type { Client } from './client.ts';
import { getFile, getStoredTrajectory, getTrajectory, type Place } from './requests.ts';

const file = z.union([z.string(), z.looseObject({ path: z.string() }).transform(({ path }) => path)]);
const outputs = z.looseObject({ results_files: z.array(file).nullish(), files: z.array(file).nullish() });
const trajectory = z.looseObject({
  steps: z.record(z.string(), z.looseObject({ outputs: outputs.nullish() })).nullish(),
});

/** The platform itself fails beyond 800 files. */
const MAX_FILES = 800;
/** How the platform writes the slashes of a path in a stored name. */
const SLASH = '--';
const PREFIX = flattened(`${RESULTS_DIR.slice(1)}/`);

export interface Fetched {
  /** Paths in the results dir, in order. */
  files: string[];
  /** Files that were not taken, and why. */
  notes: string[];
}

/**
 * Fetches what a run has left into a results dir, under the names that it had in the sandbox.
 * @throws RunbookError what the client throws, `io`
 */
export async function fetchResults(
  client: Client,
  place: Place,
  id: string,
  runbook: Runbook,
  results: ResultsDir,
): Promise<Fetched> {
  const stored = await storedFiles(client, place, id);
  const names = knownNames(runbook);
  const files = new Set<string>();
  const notes: string[] = [];
  for (const entry of stored.slice(0, MAX_FILES)) {
    const name = resultName(entry, names);
    const why =
      whyNot(entry, name, results) ?? (name !== undefined && files.has(name) ? 'stands there twice' : undefined);
    if (name === undefined || why !== undefined) {
      notes.push(`${entry} was not fetched: it ${why ?? 'lies outside the results dir'}`);
      continue;
    }
    const { body } = await client.send(getFile(entry));
    await results.write(name, body);
    files.add(name);
  }
  if (stored.length > MAX_FILES) notes.push(`${stored.length - MAX_FILES} further files were not fetched`);
  return { files: [...files].sort(), notes };
}

/** Stored paths of the run's results; storage is asked where the short form of the run does not name them. */
async function storedFiles(client: Client, place: Place, id: string): Promise<string[]> {
  const short = resultFiles((await client.json(getTrajectory(place, id))).value);
  if (short.length > 0) return short;
  const { value } = await client.json(getStoredTrajectory(place, id), { also: [404] });
  return resultFiles(value);
}

/** Where a step lists no results, its files are all that it left, with the agent's log among them. */
function resultFiles(value: unknown): string[] {
  const steps = Object.values(trajectory.safeParse(value).data?.steps ?? {});
  const all = (kind: 'results_files' | 'files') => steps.flatMap((step) => step.outputs?.[kind] ?? []);
  const results = all('results_files');
  return [...new Set(results.length > 0 ? results : all('files').filter((path) => nameIn(path).startsWith(PREFIX)))];
}

/** Names of the runbook's files as the platform stores them. */
function knownNames({ manifest, steps }: Runbook): Map<string, string> {
  const paths = [...manifest.outputs.map(({ path }) => path), ...steps.flatMap((step) => step.outputs), 'grade.json'];
  return new Map(paths.map((path) => [flattened(path), path]));
}

/** `data/a.b.json` → `data--a-b.json`. */
function flattened(path: string): string {
  const [, stem = path, extension = ''] = /^(.*?)(\.[^./]*)?$/u.exec(path) ?? [];
  return stem.replaceAll('/', SLASH).replaceAll('.', '-') + extension;
}

/** `acme/task/0000/a1b2c3d4.run.0001.app--results--data--x.json` → `app--results--data--x.json`. */
function nameIn(stored: string): string {
  const base = stored.split('/').at(-1) ?? '';
  return /^[^.]+\.[^.]+\.\d+\.(.+)$/u.exec(base)?.[1] ?? base;
}

/** The path that a stored file had below the results dir; undefined for one that was elsewhere. */
function resultName(stored: string, known: ReadonlyMap<string, string>): string | undefined {
  const name = nameIn(stored);
  if (!name.startsWith(PREFIX)) return undefined;
  const rest = name.slice(PREFIX.length);
  return known.get(rest) ?? rest.replaceAll(SLASH, '/');
}

/** Paths come from the target: none may lead to another route of its API, or out of the results dir. */
function whyNot(stored: string, name: string | undefined, results: ResultsDir): string | undefined {
  if (stored.split('/').some((part) => part === '' || part === '.' || part === '..'))
    return 'has no path that a file could have';
  if (name === undefined) return undefined;
  try {
    results.resolve(name);
    return undefined;
  } catch (error) {
    if (error instanceof RunbookError) return 'has a name that no result may have';
    throw error;
  }
}
