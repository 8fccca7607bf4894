import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { ofType, readRecord } from '../../agent/record/read.ts';

export interface Verdict {
  /** Artifacts that are not those of the whole run. */
  differs: string[];
  /** Steps that were performed again although their end was recorded. */
  twice: number;
  /** Numbers that are missing in the log, and lines that are no events. */
  gaps: number;
  /** Half-written lines that a resume cut off. */
  torn: number;
  /** Steps behind which the run was resumed. */
  after: number[];
  faults: string[];
}

/**
 * What a run leaves, without what tells of its own making: the log, its payloads, and in queries.json how long an answer took, how many
 * bytes it had (the engine adds up floats in any order, and the last digits of a sum come and go), and in which order the answers to calls
 * of one turn came.
 */
export function leftBy(dir: string): Map<string, string> {
  const files = (readdirSync(dir, { recursive: true }) as string[]).filter(
    (file) => !/^(?:payloads|events\.jsonl|\.)/u.test(file) && statSync(path.join(dir, file)).isFile(),
  );
  return new Map(files.map((file) => [file, contentOf(path.join(dir, file), file)]));
}

function contentOf(full: string, file: string): string {
  const content = readFileSync(full);
  if (file !== 'data/queries.json') return content.toString('base64');
  const queries = JSON.parse(content.toString('utf8')) as Record<string, unknown>[];
  const same = { n: 0, elapsed_s: 0, bytes_read: 0, response_bytes: 0 };
  return queries
    .map((query) => JSON.stringify({ ...query, ...same }))
    .sort()
    .join('\n');
}

export function checkRun(dir: string, expected: ReadonlyMap<string, string>): Verdict {
  const left = leftBy(dir);
  const all = new Set([...left.keys(), ...expected.keys()]);
  const differs = [...all].filter((file) => left.get(file) !== expected.get(file));
  const faults = differs.map((file) => `${file} is not that of the whole run`);
  const verdict = { differs, twice: 0, gaps: 0, torn: 0, after: [] as number[], faults };
  try {
    const { events } = readRecord(dir);
    const resumed = ofType(events, 'run_resumed');
    verdict.torn = resumed.filter(({ torn_bytes }) => torn_bytes > 0).length;
    verdict.after = resumed.map(({ after_step }) => after_step);
    const finished = new Set<number>();
    for (const event of ofType(events, 'step_started', 'step_finished')) {
      if (event.type === 'step_finished') finished.add(event.number);
      else if (finished.has(event.number)) verdict.twice += 1;
    }
    if (verdict.twice > 0) faults.push(`${verdict.twice} steps were performed twice`);
    if (ofType(events, 'run_finished').length !== 1) faults.push('it has not one end');
  } catch (error) {
    verdict.gaps = 1;
    faults.push(String(error));
  }
  return verdict;
}
