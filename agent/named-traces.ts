import { existsSync, readdirSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import type { ResultsDir } from '../tools/results-dir.ts';

const TRACE_KEY = /(?:^|_)traces?_ids?$/iu;

/** Every trace id that a data file of a results dir names, with the first file that does. Broken files name none. */
export function namedTraces(results: ResultsDir): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of dataFiles(results)) {
    for (const id of idsIn(readValue(results, file))) if (id !== '' && !found.has(id)) found.set(id, file);
  }
  return found;
}

function dataFiles(results: ResultsDir): string[] {
  const folder = results.resolve('data');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^[^.].*\.(?:json|csv)$/u.test(name))
    .sort()
    .map((name) => `data/${name}`);
}

function readValue(results: ResultsDir, file: string): unknown {
  try {
    return file.endsWith('.csv') ? parse(results.readText(file), { columns: true }) : results.readJson(file);
  } catch {
    return null;
  }
}

function idsIn(value: unknown, key = ''): string[] {
  if (typeof value === 'string') return TRACE_KEY.test(key) ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((item) => idsIn(item, key));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => idsIn(item, name));
}
