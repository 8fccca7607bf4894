import { createHash } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { readPlainFile } from '../lib/files.ts';
import { readText } from './artifacts.ts';

const LOG = 'events.jsonl';
/** Texts that people may mend after a run: they are judged by what they say. The grade is the verdict itself. */
const TEXTS = new Set(['recommendations.md', 'summary.md', 'grade.json', LOG]);

const written = z.object({ type: z.literal('artifact_written'), path: z.string(), sha256: z.string() });

/**
 * Files that are not what the run's log says was written last: evidence that was changed after the run is none. Results without a log are
 * taken as they are; where there is a log, evidence that it does not name is none either.
 * @param evidence files that claims are held against
 * @returns what is wrong with each, in the order of the log
 */
export function changedSince(dir: string, evidence: readonly string[]): string[] {
  const log = readText(dir, LOG);
  if (log.problem?.kind === 'missing') return [];
  if (log.problem) return [log.problem.message];
  const digests = new Map<string, string>();
  for (const line of log.value.split('\n')) {
    const event = line.includes('"artifact_written"') ? written.safeParse(parsed(line)).data : undefined;
    if (event && !TEXTS.has(event.path)) digests.set(event.path, event.sha256);
  }
  const changed = [...digests].flatMap(([file, digest]) => {
    if (path.normalize(file).startsWith('..')) return [`${file}, which the log names, lies outside the results dir`];
    const now = digestOf(dir, file);
    if (now === digest) return [];
    return [now === undefined ? `${file}, which the run wrote, is gone` : `${file} was changed after the run`];
  });
  const unlogged = evidence.filter((file) => !digests.has(file));
  return [...changed, ...unlogged.map((file) => `${file} is not in the log of the run`)];
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // a torn last line
  }
}

function digestOf(dir: string, file: string): string | undefined {
  try {
    return createHash('sha256').update(readPlainFile(dir, file)).digest('hex');
  } catch {
    return undefined;
  }
}
