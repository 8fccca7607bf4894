import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RunEvent } from '../../agent/events.ts';
import type { Platform } from '../../platform/api/platform.ts';
import type { PlatformRun } from '../../platform/store/run-row.ts';
import { createRun } from '../../platform/store/runs.ts';
import { runFolder } from '../../platform/work/results.ts';

/** A run that goes on for as long as it is looked at: the record of another one up to its first event of a kind, which no worker performs. */
export async function halfRun(
  platform: Platform,
  run: PlatformRun,
  isLast: (event: RunEvent) => boolean,
): Promise<PlatformRun> {
  const { collectionId, taskId, initParams, workflow } = run;
  const made = (await createRun(platform.pool, { collectionId, taskId, initParams, workflow })) as PlatformRun;
  const dir = runFolder(platform, made);
  cpSync(runFolder(platform, run), dir, { recursive: true });
  const log = path.join(dir, 'events.jsonl');
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  const end = lines.findIndex((line) => isLast(JSON.parse(line) as RunEvent));
  if (end === -1) throw new Error('the run has no such event');
  writeFileSync(log, `${lines.slice(0, end + 1).join('\n')}\n`);
  await platform.pool.query(`UPDATE platform.runs SET status = 'running', started = now() WHERE id = $1`, [made.id]);
  return made;
}
