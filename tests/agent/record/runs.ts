import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { readRecord } from '../../../agent/record/read.ts';
import { replayRun } from '../../../agent/replay/replay.ts';
import type { QueryRequest } from '../../../sources/source.ts';
import { fixedSource, manifestOf, step, toyRunbook } from '../toy.ts';

/** A step that writes what a query gives. */
function queryStep(id: string, sql = `SELECT '${id}'`): string {
  const call = `hogql_query:\n  sql: "${sql}"\n  save_as: data/${id}.csv`;
  return step(
    id,
    `Step ${id} for {{params.greeting}}.\n\n\`\`\`tool\n${call}\n\`\`\`\n`,
    `tools: [hogql_query]\noutputs: [data/${id}.csv]`,
  );
}

/** A runbook of three steps that each write the answer to a query. */
export function threeSteps(change: Record<string, string> = {}): string {
  const files = { 'steps/a.md': queryStep('a'), 'steps/b.md': queryStep('b'), 'steps/c.md': queryStep('c'), ...change };
  return toyRunbook({ 'runbook.yaml': manifestOf('steps/a.md', 'steps/b.md', 'steps/c.md'), ...files });
}

export { queryStep };

/** A source that counts what it is asked; it fails where it is told to. */
export function countingSource(failsAt?: string) {
  const asked: string[] = [];
  const source = fixedSource(({ sql }: QueryRequest) => {
    asked.push(sql);
    if (failsAt !== undefined && sql.includes(failsAt)) throw new Error('The line is down.');
    return [[asked.length]];
  });
  return { asked, open: async () => source };
}

/** The contents of a results dir, the log and the payloads aside. */
export function filesIn(dir: string): Record<string, string> {
  const files = (readdirSync(dir, { recursive: true }) as string[])
    .filter((file) => !/^(?:payloads|events\.jsonl|\.)/u.test(file) && statSync(path.join(dir, file)).isFile())
    .sort();
  return Object.fromEntries(files.map((file) => [file, readFileSync(path.join(dir, file), 'utf8')]));
}

export function replayOf(dir: string, options: Partial<Parameters<typeof replayRun>[1]> = {}) {
  return replayRun(readRecord(dir), { signal: new AbortController().signal, ...options });
}
