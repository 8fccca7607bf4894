import { createHash } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { readPlainFile } from '../lib/files.ts';
import { LOG, type LoggedEvent, type RunLog } from './run-log.ts';

/** Texts that people may mend after a run: they are judged by what they say. The grade is the verdict itself. */
const TEXTS = new Set(['recommendations.md', 'summary.md', 'grade.json', LOG]);

const written = z.object({
  type: z.literal('artifact_written'),
  path: z.string(),
  bytes: z.number(),
  sha256: z.string(),
});
type Written = z.infer<typeof written>;
const removed = z.object({ type: z.literal('artifact_removed'), path: z.string() });

/**
 * Files that are not what the run's log says was written last: evidence that was changed after the run is none. Results without a log are
 * taken as they are; where there is a log, what it does not name is none either, and a log that is no record of a run proves nothing.
 * @param results files that the run must have written, those that claims are held against among them
 * @returns what is wrong with the log, then with each file in the order of the log
 */
export function changedSince(dir: string, { events, faults }: RunLog, results: readonly string[]): string[] {
  if (events === null) return [];
  const files = lastWritten(events);
  for (const file of TEXTS) files.delete(file);
  const changed = [...files.values()].flatMap((event) => {
    if (path.normalize(event.path).startsWith('..'))
      return [`${event.path}, which the log names, lies outside the results dir`];
    const now = contentOf(dir, event.path);
    if (now === undefined) return [`${event.path}, which the run wrote, is gone`];
    return isContent(now, event) ? [] : [`${event.path} was changed after the run`];
  });
  const unlogged = results.filter((file) => !files.has(file));
  return [...faults, ...changed, ...unlogged.map((file) => `${file} is not in the log of the run`)];
}

/** Whether a file is, byte for byte, what the run wrote last; false where no log says so. */
export function isAsWritten(dir: string, { events }: RunLog, file: string): boolean {
  const event = lastWritten(events ?? []).get(file);
  const now = contentOf(dir, file);
  return event !== undefined && now !== undefined && isContent(now, event);
}

function lastWritten(events: readonly LoggedEvent[]): Map<string, Written> {
  const files = new Map<string, Written>();
  for (const event of events) {
    const { data } = written.safeParse(event);
    if (data) files.set(data.path, data);
    const gone = removed.safeParse(event).data;
    if (gone) files.delete(gone.path);
  }
  return files;
}

function isContent(content: Buffer, { bytes, sha256 }: Written): boolean {
  return content.length === bytes && createHash('sha256').update(content).digest('hex') === sha256;
}

function contentOf(dir: string, file: string): Buffer | undefined {
  try {
    return readPlainFile(dir, file);
  } catch {
    return undefined;
  }
}
