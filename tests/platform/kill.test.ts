import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ofType, readRecord } from '../../agent/record/read.ts';
import { type Installation, openInstallation } from '../../platform/installation.ts';
import { createCollection } from '../../platform/store/collections.ts';
import type { PlatformRun } from '../../platform/store/run-row.ts';
import { runById } from '../../platform/store/runs.ts';
import { createTask } from '../../platform/store/tasks.ts';
import { RunQueue } from '../../platform/work/queue.ts';
import { type Built, build } from '../cli/child.ts';

const RUNS = 4;
const dataDir = mkdtempSync(path.join(tmpdir(), 'platform-kill-'));
let built: Built;
let installation: Installation;
let queue: RunQueue;
const workers: ChildProcess[] = [];

function startWorker(): void {
  const env = { ...process.env, DATABASE_URL: installation.url, LITELLM_PRICING_URL: 'http://127.0.0.1:9/' };
  const args = [built.main, 'worker', '--data', dataDir];
  workers.push(spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] }));
}

beforeAll(async () => {
  built = await build();
  installation = await openInstallation(dataDir, {});
  const { pool, url } = installation;
  queue = await RunQueue.open(pool, { url, concurrency: { collection: 10, worker: 2 } });
});
afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await queue?.close();
  await installation?.close();
  built?.remove();
  rmSync(dataDir, { recursive: true, force: true });
});

describe('workers that are killed', () => {
  it('lose no run: others go on with them, and do no step twice', async () => {
    const { pool, runsDir } = installation;
    const collection = await createCollection(pool, { name: 'team' });
    const fields = { entityType: 'task', description: null, version: null, croissantMetadata: null };
    const flags = { hasFileUploads: false, isPrivate: true, isChatFlow: false };
    const workflow = { init_params: { source: 'sample' } };
    const task = await createTask(pool, collection?.id ?? '', { name: 'optimizer', workflow, ...fields, ...flags });
    const wanted = { collectionId: collection?.id ?? '', taskId: task?.id ?? '', initParams: {}, workflow };
    startWorker();
    startWorker();
    const runs = await Promise.all(Array.from({ length: RUNS }, () => queue.submit(wanted)));
    const ids = runs.map((run) => run?.id ?? '');
    const now = async () => (await Promise.all(ids.map((id) => runById(pool, id)))) as PlatformRun[];
    const until = async (holds: (all: PlatformRun[]) => boolean) => {
      for (;;) {
        const all = await now();
        if (holds(all)) return all;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };

    await until((all) => all.some(({ doneSteps, ended }) => doneSteps >= 2 && ended === null));
    workers[0]?.kill('SIGKILL');
    startWorker();
    await until((all) => all.filter(({ ended, doneSteps }) => ended !== null || doneSteps > 2).length >= 2);
    workers[1]?.kill('SIGKILL');
    startWorker();

    const all = await until((each) => each.every(({ ended }) => ended !== null));
    expect(all.map(({ state, exitCode, error }) => [state, exitCode, error])).toEqual(
      all.map(() => ['completed', 0, null]),
    );
    expect(Math.max(...all.map(({ attempts }) => attempts))).toBeGreaterThan(1);
    for (const { collectionId, trajectoryId } of all) {
      const { events } = readRecord(path.join(runsDir, collectionId, trajectoryId));
      const finished = ofType(events, 'step_finished').map(({ number }) => number);
      expect(finished).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
      expect(ofType(events, 'run_finished')).toHaveLength(1);
    }
  }, 240_000);

  it('that are told to end leave their runs to others at once', async () => {
    const { pool } = installation;
    const { rows } = await pool.query('SELECT count(*) AS open FROM platform.runs WHERE ended IS NULL');
    expect(rows).toEqual([{ open: 0 }]);
    for (const worker of workers.slice(2)) {
      const ended = new Promise((resolve) => worker.once('exit', resolve));
      worker.kill('SIGTERM');
      expect(await ended).toBe(0);
    }
    expect((await pool.query('SELECT number FROM platform.workers')).rows).toEqual([]);
  }, 60_000);
});
