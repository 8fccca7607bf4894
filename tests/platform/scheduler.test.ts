import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { transaction } from '../../platform/database/pool.ts';
import { look, Scheduler } from '../../platform/routines/scheduler.ts';
import { Cipher } from '../../platform/secrets/cipher.ts';
import { listAudit } from '../../platform/store/audit.ts';
import { createCollection } from '../../platform/store/collections.ts';
import {
  changeRoutine,
  createRoutine,
  type Routine,
  type RoutineFields,
  routineByName,
  setRoutineSecrets,
} from '../../platform/store/routines.ts';
import type { PlatformRun } from '../../platform/store/run-row.ts';
import { readSecretParams } from '../../platform/store/run-secrets.ts';
import { endRun } from '../../platform/store/run-states.ts';
import { listRuns } from '../../platform/store/runs.ts';
import { createTask, type Task } from '../../platform/store/tasks.ts';
import { RunQueue } from '../../platform/work/queue.ts';
import { withDatabase } from './postgres.ts';

const database = withDatabase();
const cipher = new Cipher('k'.repeat(32));
let queue: RunQueue;
let task: Task;
let made = 0;

beforeAll(async () => {
  const { pool, url } = database;
  queue = await RunQueue.open(pool, { url, concurrency: { collection: 4, worker: 4 } });
});
afterAll(() => queue.close());
beforeEach(async () => {
  const { pool } = database;
  await pool.query('DELETE FROM platform.routines');
  made += 1;
  const collection = await createCollection(pool, { name: `team-${made}` });
  task = (await createTask(pool, collection?.id ?? '', {
    ...{ name: 'optimizer', entityType: 'task', description: null, version: null, croissantMetadata: null },
    workflow: { init_params: { source: 'sample' } },
    ...{ hasFileUploads: false, isPrivate: true, isChatFlow: false },
  })) as Task;
});

const HOUR = 3_600_000;
const parts = () => ({ pool: database.pool, queue, cipher });

/** An hourly schedule that was decided up to a full hour. */
async function hourly(more: Partial<RoutineFields> = {}): Promise<{ routine: Routine; from: number }> {
  const fields: RoutineFields = {
    ...{ name: 'hourly', cadence: { type: 'hourly', minute_utc: 0 }, overlap: 'skip', catchUp: 'latest' },
    ...{ jitterS: 0, overrides: { source: 'sample' }, webhookUrl: null, paused: false },
    ...more,
  };
  const routine = (await createRoutine(database.pool, task.id, fields)) as Routine;
  const from = Math.ceil(Date.now() / HOUR) * HOUR;
  await database.pool.query('UPDATE platform.routines SET decided_to = $2 WHERE id = $1', [routine.id, new Date(from)]);
  return { routine, from };
}

async function fired(): Promise<PlatformRun[]> {
  const { runs } = await listRuns(database.pool, { taskId: task.id, limit: 100, offset: 0 });
  return runs.sort((a, b) => (a.fireAt?.getTime() ?? 0) - (b.fireAt?.getTime() ?? 0));
}
const enqueued = async (run: PlatformRun) =>
  (await database.pool.query('SELECT 1 FROM dbos.workflow_status WHERE workflow_uuid = $1', [run.id])).rowCount === 1;

describe('a schedule', () => {
  it('fires once at an instant, however many servers look at it', async () => {
    const { routine, from } = await hourly();
    const at = new Date(from + HOUR + 5_000);
    await Promise.all(Array.from({ length: 8 }, () => look(parts(), { at })));
    await look(parts(), { at });
    const runs = await fired();
    expect(runs.map(({ fireAt, routineId }) => [fireAt?.getTime(), routineId])).toEqual([[from + HOUR, routine.id]]);
    expect(runs[0]).toMatchObject({ state: 'pending', initParams: { source: 'sample' }, author: 'routine hourly' });
    expect(await enqueued(runs[0] as PlatformRun)).toBe(true);
  });

  it('fires no past instant again where the clock jumps back', async () => {
    const { from } = await hourly();
    await look(parts(), { at: new Date(from + 3 * HOUR + 5_000) });
    await look(parts(), { at: new Date(from + HOUR + 5_000) });
    await look(parts(), { at: new Date(from + 3 * HOUR + 6_000) });
    expect((await fired()).map(({ fireAt }) => fireAt?.getTime())).toEqual([from + 3 * HOUR]);
  });

  it.each([
    ['none', []],
    ['latest', [5]],
    ['all', [1, 2, 3, 4, 5]],
  ] as const)('makes up for what it missed: %s', async (catchUp, hours) => {
    const { from } = await hourly({ catchUp, overlap: 'queue' });
    await look(parts(), { at: new Date(from + 5.5 * HOUR) });
    expect((await fired()).map(({ fireAt }) => ((fireAt?.getTime() ?? 0) - from) / HOUR)).toEqual(hours);
  });

  it.each([
    ['none', 2],
    ['latest', 1],
    ['all', 22],
  ] as const)('makes up once for more than it decides in one look: %s', async (catchUp, runs) => {
    const cadence = { type: 'cron', expression: '* * * * *', time_zone: 'UTC' } as const;
    const { from } = await hourly({ catchUp, cadence, overlap: 'queue' });
    const now = new Date(from + 50 * HOUR + 10_000);
    for (let looks = 0; looks < 5; looks += 1) await look(parts(), { at: now });
    expect(await fired()).toHaveLength(runs);
  });

  it('skips an instant while its run goes on, or lets it wait until that is over', async () => {
    const { routine, from } = await hourly();
    await look(parts(), { at: new Date(from + HOUR) });
    await look(parts(), { at: new Date(from + 2 * HOUR) });
    expect(await fired()).toHaveLength(1);
    const detail = { reason: 'an earlier run is still open', instants: 1 };
    expect(await listAudit(database.pool, task.collectionId, 1)).toMatchObject([{ action: 'routine.skip', detail }]);

    await changeRoutine(database.pool, routine, { overlap: 'queue' });
    await look(parts(), { at: new Date(from + 3 * HOUR) });
    const [first, second] = await fired();
    expect(await enqueued(second as PlatformRun)).toBe(false);
    await endRun(database.pool, first?.id ?? '', { state: 'completed', exitCode: 0, error: null });
    await look(parts(), { at: new Date(from + 3 * HOUR + 1_000) });
    expect(await enqueued(second as PlatformRun)).toBe(true);
  });

  it('that is paused does not fire, and begins anew when it is resumed', async () => {
    const { routine, from } = await hourly({ paused: true });
    await look(parts(), { at: new Date(from + HOUR) });
    expect(await fired()).toEqual([]);
    await changeRoutine(database.pool, routine, { paused: false });
    const resumed = await routineByName(database.pool, task.id, 'HOURLY');
    expect(resumed?.decidedTo.getTime()).toBe(from);
  });

  it('keeps both of two changes at once, and what is due where its cadence stays the same', async () => {
    const { pool } = database;
    const { routine } = await hourly();
    await Promise.all([changeRoutine(pool, routine, { jitterS: 9 }), changeRoutine(pool, routine, { catchUp: 'all' })]);
    const long = new Date(Date.now() - 5 * HOUR);
    await pool.query('UPDATE platform.routines SET decided_to = $2 WHERE id = $1', [routine.id, long]);
    const same = await changeRoutine(pool, routine, { cadence: routine.cadence });
    expect(same).toMatchObject({ jitterS: 9, catchUp: 'all', decidedTo: long });
    const other = await changeRoutine(pool, routine, { cadence: { type: 'hourly', minute_utc: 59 } });
    expect(other?.decidedTo.getTime()).toBeGreaterThan(long.getTime() + 4 * HOUR);
  });

  it('hands its secrets to its runs', async () => {
    const { routine, from } = await hourly();
    const secrets = { secretParams: { POSTHOG_API_KEY: 'phx_value' } };
    await transaction(database.pool, (db) => setRoutineSecrets(db, { id: routine.id, secrets, cipher }));
    await look(parts(), { at: new Date(from + HOUR) });
    const [run] = await fired();
    expect(await readSecretParams(database.pool, run?.id ?? '', cipher)).toEqual({ POSTHOG_API_KEY: 'phx_value' });
  });

  it('that cannot be decided holds up none behind it', async () => {
    const { routine, from } = await hourly();
    const secrets = { secretParams: { POSTHOG_API_KEY: 'phx_value' } };
    const other = new Cipher('o'.repeat(32));
    await transaction(database.pool, (db) => setRoutineSecrets(db, { id: routine.id, secrets, cipher: other }));
    const behind = await hourly({ name: 'behind' });
    await expect(look(parts(), { at: new Date(from + HOUR) })).rejects.toThrow();
    expect((await fired()).map(({ routineId }) => routineId)).toEqual([behind.routine.id]);
  });

  it('is looked at by itself', async () => {
    const { routine } = await hourly();
    await database.pool.query(`UPDATE platform.routines SET decided_to = now() - interval '90 minutes' WHERE id = $1`, [
      routine.id,
    ]);
    const scheduler = new Scheduler(parts());
    for (let tries = 0; tries < 100 && (await fired()).length === 0; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 50));
    await scheduler.stop();
    expect(await fired()).toHaveLength(1);
  });
});
