import { beforeEach, describe, expect, it } from 'vitest';
import { Cipher } from '../../platform/secrets/cipher.ts';
import { addAudit, listAudit } from '../../platform/store/audit.ts';
import {
  type Collection,
  collectionByName,
  createCollection,
  listCollections,
} from '../../platform/store/collections.ts';
import { changeVariables, clearVariables, listVariables, readVariables } from '../../platform/store/environment.ts';
import { ingestRun } from '../../platform/store/ingested.ts';
import { labelsOf, setLabel } from '../../platform/store/labels.ts';
import { outcomeOf, type PlatformRun } from '../../platform/store/run-row.ts';
import { archiveRun, beginRun, cancelledAmong, cancelRun, changeRun, endRun } from '../../platform/store/run-states.ts';
import { createRun, earlierRuns, listRuns, runById, runByTrajectory } from '../../platform/store/runs.ts';
import {
  createTask,
  deleteTask,
  listTasks,
  type Task,
  type TaskFields,
  taskByName,
  taskVersions,
  updateTask,
} from '../../platform/store/tasks.ts';
import { createToken, listTokens, revokeToken, tokenByText } from '../../platform/store/tokens.ts';
import { withDatabase } from './postgres.ts';

const database = withDatabase();
const cipher = new Cipher('k'.repeat(32));
let collection: Collection;
let made = 0;

beforeEach(async () => {
  made += 1;
  collection = (await createCollection(database.pool, { name: `team-${made}`, description: 'Ours' })) as Collection;
});

const FIELDS: TaskFields = {
  name: 'Optimizer',
  entityType: 'task',
  description: 'd',
  version: '1.0.0',
  workflow: { init_params: { vars: { top_n: '5' } }, steps: ['run'] },
  croissantMetadata: null,
  hasFileUploads: false,
  isPrivate: true,
  isChatFlow: false,
};

async function newTask() {
  const task = await createTask(database.pool, collection.id, FIELDS);
  if (!task) throw new Error('not made');
  return task;
}

async function newRun(more: Partial<Parameters<typeof createRun>[1]> = {}) {
  const task = await newTask();
  const wanted = {
    collectionId: collection.id,
    taskId: task.id,
    initParams: { a: 1 },
    workflow: task.workflow,
    ...more,
  };
  const run = await createRun(database.pool, wanted);
  if (!run) throw new Error('not made');
  return { run, task, wanted };
}

describe('collections', () => {
  it('are found without case, and each name is taken once', async () => {
    expect(await createCollection(database.pool, { name: collection.name.toUpperCase() })).toBeUndefined();
    expect(await collectionByName(database.pool, collection.name.toUpperCase())).toEqual(collection);
    expect(await listCollections(database.pool, { id: collection.id })).toEqual([collection]);
    expect((await listCollections(database.pool, { limit: 1 })).length).toBe(1);
  });
});

describe('tokens', () => {
  it('are known by their text alone, which is not kept, until they are revoked', async () => {
    const { token, text } = await createToken(database.pool, { collectionId: collection.id, name: 'CI' });
    expect(text).toMatch(/^mlc_[a-z0-9]{32}$/u);
    expect(await tokenByText(database.pool, text)).toMatchObject({ id: token.id, lastUsed: expect.any(Date) });
    expect(await tokenByText(database.pool, `${text}x`)).toBeUndefined();
    const { rows } = await database.pool.query('SELECT t::text AS whole FROM platform.tokens t');
    expect(JSON.stringify(rows)).not.toContain(text);
    expect(await listTokens(database.pool, null)).toEqual([]);
    expect(await revokeToken(database.pool, { id: token.id, collectionId: null })).toBe(false);
    expect(await revokeToken(database.pool, token)).toBe(true);
    expect(await tokenByText(database.pool, text)).toBeUndefined();
    expect(await listTokens(database.pool, collection.id)).toEqual([]);
  });
});

describe('the environment of a collection', () => {
  it('is merged by name, null removes, and only runs read the values', async () => {
    const { pool } = database;
    const at = { collectionId: collection.id, cipher };
    await changeVariables(pool, { ...at, changes: { KEY: 'phx_value', HOST: 'h' } });
    await changeVariables(pool, { ...at, changes: { HOST: null, OTHER: 'ü' } });
    expect((await listVariables(pool, collection.id)).map(({ name }) => name)).toEqual(['KEY', 'OTHER']);
    expect(await readVariables(pool, at)).toEqual({ KEY: 'phx_value', OTHER: 'ü' });
    const { rows } = await pool.query("SELECT encode(value, 'escape') AS text FROM platform.environment");
    expect(JSON.stringify(rows)).not.toContain('phx_value');
    await clearVariables(pool, collection.id);
    expect(await readVariables(pool, at)).toEqual({});
  });
});

describe('tasks', () => {
  it('are found without case, keep each version, and go with their runs', async () => {
    const { pool } = database;
    const task = await newTask();
    expect(await createTask(pool, collection.id, { ...FIELDS, name: 'OPTIMIZER' })).toBeUndefined();
    const updated = (await updateTask(pool, task, { description: 'e' })) as Task;
    expect(await taskByName(pool, collection.id, 'optimizer')).toEqual(updated);
    expect(updated).toMatchObject({ ...FIELDS, description: 'e' });
    const versions = await taskVersions(pool, task.id);
    expect(versions.map(({ index, operation }) => [index, operation])).toEqual([
      [1, 'update'],
      [0, 'insert'],
    ]);
    expect(new Set(versions.map(({ contentHash }) => contentHash)).size).toBe(2);
    const other = await createTask(pool, collection.id, { ...FIELDS, name: 'another' });
    await Promise.all([updateTask(pool, task, { version: '2' }), updateTask(pool, task, { isPrivate: false })]);
    const both = { ...updated, version: '2', isPrivate: false, updated: expect.any(Date) };
    expect(await taskByName(pool, collection.id, 'optimizer')).toEqual(both);
    expect(await updateTask(pool, task, { name: 'Another' })).toBe('taken');
    expect((await listTasks(pool, collection.id)).map(({ name }) => name)).toEqual(['another', 'Optimizer']);
    await deleteTask(pool, other?.id ?? '');
    expect(await listTasks(pool, collection.id)).toEqual([both]);
    expect(await updateTask(pool, { id: other?.id ?? '' }, { version: '3', name: 'x' })).toBe('gone');
    const refused = updateTask(pool, task, { version: '4' }, () => Promise.reject(new Error('no audit')));
    await expect(refused).rejects.toThrow('no audit');
    expect(await listTasks(pool, collection.id)).toEqual([both]);
  });
});

describe('runs', () => {
  it('begin, change and end once', async () => {
    const { pool } = database;
    const { run, task } = await newRun();
    expect(run).toMatchObject({ state: 'pending', initParams: { a: 1 }, workflow: FIELDS.workflow, attempts: 0 });
    expect(await beginRun(pool, run.id, 'w1')).toMatchObject({ state: 'running', worker: 'w1', attempts: 1 });
    expect(await beginRun(pool, run.id, 'w2')).toMatchObject({ worker: 'w2', attempts: 2 });
    await changeRun(pool, { id: run.id, worker: 'w2' }, { doneSteps: 3, costUsd: 0.25, model: 'm' });
    await changeRun(pool, { id: run.id, worker: 'w1' }, { doneSteps: 1 });
    const end = { state: 'completed', exitCode: 0, error: null } as const;
    expect(await endRun(pool, run.id, end)).toMatchObject({ state: 'completed', doneSteps: 3, costUsd: 0.25 });
    expect(await endRun(pool, run.id, { ...end, state: 'failed' })).toBeUndefined();
    expect(await beginRun(pool, run.id, 'w3')).toBeUndefined();
    expect(await cancelRun(pool, run.id)).toBeUndefined();
    expect(await archiveRun(pool, run.id)).toMatchObject({ state: 'archived' });
    const wanted = { collectionId: collection.id, taskId: task.id, trajectoryId: run.trajectoryId };
    expect(await runByTrajectory(pool, wanted)).toEqual(await runById(pool, run.id));
    expect(await listRuns(pool, { taskId: task.id, limit: 10, offset: 0 })).toMatchObject({ total: 1 });
  });

  it('that are cancelled end at once where nobody has begun them, else when their worker sees it', async () => {
    const { pool } = database;
    const { run, wanted } = await newRun();
    const cancelled = { state: 'cancelled', exitCode: 130, error: 'Cancelled.' };
    expect(await cancelRun(pool, run.id)).toMatchObject({ ...cancelled, ended: expect.any(Date) });
    const begun = await createRun(pool, wanted);
    await beginRun(pool, begun?.id ?? '', 'w');
    expect(await cancelRun(pool, begun?.id ?? '')).toMatchObject({
      state: 'running',
      cancelRequested: expect.any(Date),
    });
    expect(await archiveRun(pool, begun?.id ?? '')).toBeUndefined();
  });

  it('that go on are to be broken off where they are cancelled, or gone with their task', async () => {
    const { pool } = database;
    const { run, task, wanted } = await newRun();
    const other = await createRun(pool, wanted);
    const ids = [run.id, other?.id ?? ''];
    for (const id of ids) await beginRun(pool, id, 'w');
    expect(await cancelledAmong(pool, ids)).toEqual([]);
    await cancelRun(pool, run.id);
    expect(await cancelledAmong(pool, ids)).toEqual([run.id]);
    await deleteTask(pool, task.id);
    expect(await cancelledAmong(pool, ids)).toEqual(ids);
  });

  it('follow up on the run before them, also where that ended while they waited', async () => {
    const { pool } = database;
    const { run, wanted } = await newRun();
    const fork = await createRun(pool, { ...wanted, parent: { id: run.id, step: 3 } });
    const elsewhere = { output: null, source: 'eve', evalId: null, metadata: {}, labels: [] };
    const at = { started: new Date(0), ended: new Date(1_000) };
    const outcome = { ...at, state: 'completed', author: null, costUsd: 0, trajectoryId: undefined } as const;
    await ingestRun(pool, { ...wanted, ...outcome, ingested: elsewhere });
    const waiting = await createRun(pool, { ...wanted, waits: true });
    if (!waiting) throw new Error('not made');
    await endRun(pool, fork?.id ?? '', { state: 'completed', exitCode: 0, error: null });
    expect(await earlierRuns(pool, waiting, 10)).toEqual([]);
    await endRun(pool, run.id, { state: 'completed', exitCode: 0, error: null });
    expect((await earlierRuns(pool, waiting, 10)).map(({ id }) => id)).toEqual([run.id]);
    expect(await earlierRuns(pool, run, 10)).toEqual([]);
  });

  it('that are put away came out as they did', async () => {
    const { pool } = database;
    const { run, wanted } = await newRun();
    await endRun(pool, run.id, { state: 'completed', exitCode: 0, error: null });
    expect(outcomeOf((await archiveRun(pool, run.id)) as PlatformRun)).toBe('completed');
    const other = await createRun(pool, wanted);
    expect(outcomeOf((await cancelRun(pool, other?.id ?? '')) as PlatformRun)).toBe('cancelled');
  });

  it('are made once by an instant of a schedule, however many processes try', async () => {
    const { pool } = database;
    const { wanted, task } = await newRun();
    const { rows } = await pool.query(
      `INSERT INTO platform.routines (task_id, name, cadence) VALUES ($1, 'daily', '{}') RETURNING id`,
      [task.id],
    );
    const fire = { routineId: Number(rows[0].id), at: new Date('2026-11-28T09:00:00Z') };
    const made = await Promise.all(Array.from({ length: 8 }, () => createRun(pool, { ...wanted, fire })));
    expect(made.filter((run) => run !== undefined)).toHaveLength(1);
    const listed = await listRuns(pool, { taskId: task.id, routineId: fire.routineId, limit: 1, offset: 0 });
    expect(listed).toMatchObject({ total: 1, runs: [{ fireAt: fire.at }] });
  });

  it('carry labels, one of a key', async () => {
    const { pool } = database;
    const { run } = await newRun();
    await setLabel(pool, run.id, { key: 'quality', value: 'low', author: 'a' });
    await setLabel(pool, run.id, { key: 'quality', value: 'high', author: 'b' });
    expect((await labelsOf(pool, [run.id])).get(run.id)).toMatchObject([{ value: 'high', author: 'b' }]);
  });
});

describe('the audit log', () => {
  it('tells of a collection, newest first', async () => {
    const { pool } = database;
    const entry = { collectionId: collection.id, actor: 'CI mlc_abc', target: 'KEY' };
    await addAudit(pool, { ...entry, action: 'environment.set' });
    await addAudit(pool, { ...entry, action: 'environment.remove', detail: { n: 1 } });
    expect(await listAudit(pool, collection.id, 10)).toMatchObject([
      { action: 'environment.remove', detail: { n: 1 } },
      { action: 'environment.set', detail: {} },
    ]);
  });
});
