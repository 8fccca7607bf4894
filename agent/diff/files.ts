import { parse } from 'csv-parse/sync';
import { filesAfter, type RunRecord } from '../record/read.ts';
import { GRADE, QUERIES, REPORT } from '../results.ts';
import { type Both, both, withoutRun } from './read.ts';

/** An artifact that is another one. */
export interface FileChange {
  path: string;
  kind: 'changed' | 'new' | 'gone';
  /** Rows of a table; null for what is none, or is not there. */
  rows: Both<number | null>;
}

/** Compared by what they say: queries and grade have sections of their own. */
const ELSEWHERE = new Set([QUERIES, GRADE, REPORT]);

export function fileChanges(runs: Both<RunRecord>): FileChange[] {
  const files = both(runs, ({ events }) => filesAfter(events));
  const all = new Set([...files.before.keys(), ...files.after.keys()]);
  return [...all]
    .filter((file) => !ELSEWHERE.has(file))
    .sort()
    .flatMap((file) => {
      const sha256 = both(files, (one) => one.get(file));
      if (sha256.before === sha256.after) return [];
      const texts = {
        before: textOf(runs.before, sha256.before),
        after: textOf(runs.after, sha256.after),
      };
      if (texts.before === texts.after) return [];
      const kind = texts.before === undefined ? 'new' : texts.after === undefined ? 'gone' : 'changed';
      return [{ path: file, kind, rows: both(texts, (text) => rowsOf(file, text)) } as const];
    });
}

function textOf(record: RunRecord, sha256: string | undefined): string | undefined {
  return sha256 === undefined ? undefined : withoutRun(record.payloads.get(sha256).toString('latin1'), record);
}

function rowsOf(file: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  try {
    if (file.endsWith('.csv')) return Math.max(0, parse(text, { relax_column_count: true }).length - 1);
    const value: unknown = file.endsWith('.json') ? JSON.parse(text) : null;
    return Array.isArray(value) ? value.length : null;
  } catch {
    return null; // no table after all
  }
}
