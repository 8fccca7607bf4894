import { createHmac } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { wfQueueRunner } from '@dbos-inc/dbos-sdk/internal/wfqueue';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ofType, readRecord } from '../../agent/record/read.ts';
import { loadRunbook } from '../../agent/runbook/load.ts';
import { printRunbook } from '../../agent/runbook-md/print.ts';
import { transaction } from '../../platform/database/pool.ts';
import { Cipher } from '../../platform/secrets/cipher.ts';
import { listAudit } from '../../platform/store/audit.ts';
import { createCollection } from '../../platform/store/collections.ts';
import { changeVariables } from '../../platform/store/environment.ts';
import type { PlatformRun } from '../../platform/store/run-row.ts';
import { setWebhookSecret } from '../../platform/store/run-secrets.ts';
import { cancelRun, unannounced } from '../../platform/store/run-states.ts';
import { createRun, runById } from '../../platform/store/runs.ts';
import { createTask, type Task } from '../../platform/store/tasks.ts';
import { addUpload } from '../../platform/store/uploads.ts';
import { RunQueue } from '../../platform/work/queue.ts';
import { Worker } from '../../platform/work/worker.ts';
import { loadRubric } from '../../rubric/load.ts';
import { withDatabase } from './postgres.ts';

const database = withDatabase();
const runsDir = mkdtempSync(path.join(tmpdir(), 'platform-runs-'));
const uploadsDir = path.join(runsDir, 'uploads');
const cipher = new Cipher('k'.repeat(32));
let receiver: Server;
let hooks: string;
const received: { path: string; headers: Record<string, unknown>; text: string }[] = [];
let queue: RunQueue;
let worker: Worker;
let task: Task;

beforeAll(async () => {
  const { pool, url } = database;
  queue = await RunQueue.open(pool, { url, concurrency: { collection: 4, worker: 4 } });
  receiver = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += String(chunk);
    });
    request.on('end', () => {
      received.push({ path: request.url ?? '', headers: request.headers, text });
      response.writeHead(request.url === '/down' ? 503 : 200).end('ok');
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  hooks = `http://127.0.0.1:${port}`;
  const env = {
    ...process.env,
    LITELLM_PRICING_URL: 'http://127.0.0.1:9/',
    PLATFORM_ALLOW_HOSTS: `127.0.0.1:${port}`,
    PLATFORM_ALLOW_HTTP: '1',
    RUNBOOK_URL: 'https://runs.example',
  };
  worker = await Worker.start({ pool, url, cipher, runsDir, uploadsDir, env });
  const collection = await createCollection(pool, { name: 'team' });
  task = (await createTask(pool, collection?.id ?? '', {
    ...{ name: 'optimizer', entityType: 'task', description: null, version: null, croissantMetadata: null },
    workflow: { init_params: { vars: { top_n: '5', results_dir: '/app/results' }, source: 'sample' }, steps: ['run'] },
    ...{ hasFileUploads: false, isPrivate: true, isChatFlow: false },
  })) as Task;
});
afterAll(async () => {
  await worker?.stop();
  receiver?.close();
  await queue?.close();
  rmSync(runsDir, { recursive: true, force: true });
});

const dirOf = (run: PlatformRun) => path.join(runsDir, run.collectionId, run.trajectoryId);

async function submit(initParams: Record<string, unknown> = {}): Promise<PlatformRun> {
  const { id: taskId, collectionId, workflow } = task;
  return queue.submit({ collectionId, taskId, initParams, workflow });
}

async function until(id: string, holds: (run: PlatformRun) => boolean): Promise<PlatformRun> {
  for (;;) {
    const run = await runById(database.pool, id);
    if (run && holds(run)) return run;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
const ended = (run: PlatformRun) => run.ended !== null;

describe('a worker', () => {
  it('performs a run of the sample, which completes because its report passes', async () => {
    const run = await submit({ vars: { top_n: 3 } });
    const done = await until(run.id, ended);
    expect(done).toMatchObject({ state: 'completed', exitCode: 0, error: null, agent: 'scripted', attempts: 1 });
    expect(done).toMatchObject({ totalSteps: 11, doneSteps: 11, score: 5 });
    expect(existsSync(path.join(dirOf(run), 'recommendations.md'))).toBe(true);
    expect(readRecord(dirOf(run)).started.params).toMatchObject({ top_n: 3 });

    const { id: taskId, collectionId, workflow } = task;
    const wanted = { collectionId, taskId, initParams: { vars: { top_n: 4 } }, workflow };
    const fork = await queue.submit({ ...wanted, parent: { id: run.id, step: 4 } });
    expect(await until(fork.id, ended)).toMatchObject({ state: 'completed', parentId: run.id, forkStep: 4 });
    const { events, started } = readRecord(dirOf(fork));
    expect(started).toMatchObject({ params: { top_n: 4 }, parent: { before_step: 4 } });
    const steps = ofType(events, 'step_started');
    expect(steps.filter(({ from }) => from !== undefined).map(({ number }) => number)).toEqual([1, 2, 3]);

    const tooFar = await queue.submit({ ...wanted, parent: { id: run.id, step: 40 } });
    const error = expect.stringContaining('cannot be forked there');
    expect(await until(tooFar.id, ended)).toMatchObject({ state: 'failed', exitCode: 2, error });
  }, 120_000);

  it('performs a RUNBOOK.md that a task has as its text', async () => {
    const instruction = printRunbook(loadRunbook(), { package: 'posthog-trace-optimizer', rubric: await loadRubric() });
    const jettys = { agent: 'claude-code', model: 'anthropic/claude-sonnet-4.6', model_provider: 'openrouter' };
    const run = await submit({ instruction, ...jettys, vars: { top_n: 4, results_dir: '/app/results' } });
    const done = await until(run.id, ended);
    expect(done).toMatchObject({ state: 'completed', agent: 'scripted', totalSteps: 11, error: null });
    const { started } = readRecord(dirOf(run));
    expect(started).toMatchObject({ runbook: { dir: 'record' }, params: { top_n: 4 } });
  }, 120_000);

  it('takes runs also where its clock was set back by hours, again and again', async () => {
    const now = Date.now.bind(Date);
    let behindMs = 0;
    let going = 0;
    let most = 0;
    vi.spyOn(Date, 'now').mockImplementation(() => now() - behindMs);
    const loop = vi.spyOn(wfQueueRunner, 'dispatchLoop').mockImplementation(async () => {
      going += 1;
      most = Math.max(most, going);
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      going -= 1;
    });
    try {
      for (let times = 0; times < 3; times += 1) {
        behindMs += 3_600_000;
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
      await vi.waitFor(() => expect(loop).toHaveBeenCalledTimes(3), 20_000);
      expect(most).toBe(1);
      loop.mockRestore();
      behindMs += 3_600_000;
      expect(await until((await submit({ source: 7 })).id, ended)).toMatchObject({ state: 'failed' });
    } finally {
      vi.restoreAllMocks();
    }
  }, 40_000);

  it('performs a run that the queue gave to it without its hearing of that', async () => {
    const { id: taskId, collectionId, workflow } = task;
    const made = await transaction(database.pool, async (db) => {
      const run = await queue.submitIn(db, { collectionId, taskId, initParams: { source: 7 }, workflow });
      const { rows } = await db.query<{ number: number }>('SELECT number FROM platform.workers');
      const given = `UPDATE dbos.workflow_status SET status = 'PENDING', executor_id = $2 WHERE workflow_uuid = $1`;
      await db.query(given, [run?.id, String(rows[0]?.number)]);
      return run;
    });
    expect(await until(made?.id ?? '', ended)).toMatchObject({ state: 'failed', attempts: 1 });
  }, 30_000);

  it('reads files of its own collection alone', async () => {
    const { pool } = database;
    const events = path.join(uploadsDir, 'events.jsonl');
    mkdirSync(uploadsDir, { recursive: true });
    writeFileSync(events, '');
    const theirs = await createCollection(pool, { name: 'others' });
    const stored = 'others/_sandbox_uploads/1/events.jsonl';
    await addUpload(pool, { collectionId: theirs?.id ?? '', path: stored, name: 'events.jsonl', bytes: 0 });
    for (const source of [events, stored, '../../events.jsonl'])
      expect(await until((await submit({ source })).id, ended), source).toMatchObject({
        ...{ state: 'failed', exitCode: 2, error: expect.stringContaining('is no source of this collection') },
      });
  });

  it.each([
    [{ instruction: '# No runbook' }, 2, /init_params\.instruction/u],
    [{ source: 'posthog' }, 3, /POSTHOG_API_KEY/u],
    [{ vars: { top_n: 'many' } }, 2, /top_n/u],
    [{ source: 7 }, 2, /init_params\.source/u],
    [{ driver: 'claude' }, 2, /key/u],
  ])('fails what cannot be performed, with the reason: %j', async (initParams, exitCode, why) => {
    const done = await until((await submit(initParams)).id, ended);
    expect(done).toMatchObject({ state: 'failed', exitCode, error: expect.stringMatching(why) });
  });

  it('tells the end of a run to a webhook, signed, and to Slack; the next one follows up on its report', async () => {
    const { pool } = database;
    const at = { collectionId: task.collectionId, cipher };
    await changeVariables(pool, { ...at, changes: { SLACK_WEBHOOK_URL: `${hooks}/slack` } });
    const { id: taskId, collectionId, workflow } = task;
    const initParams = { vars: { analysis_history: 'auto' } };
    const run = await queue.submit(
      { collectionId, taskId, initParams, workflow, webhookUrl: `${hooks}/hook` },
      (db, { id: runId }) => setWebhookSecret(db, { runId, secret: 'whsec', cipher }),
    );
    await until(run.id, ended);
    // The end of an earlier run may be told only now.
    const told = (where: string) =>
      received.find(({ path, text }) => path === where && text.includes(run.trajectoryId));
    while (!told('/hook') || !told('/slack')) await new Promise((resolve) => setTimeout(resolve, 50));
    await changeVariables(pool, { ...at, changes: { SLACK_WEBHOOK_URL: null } });
    const [hook, slack] = ['/hook', '/slack'].map(told);
    expect(hook?.headers).toMatchObject({ 'x-mise-trajectory-id': run.trajectoryId });
    expect(JSON.parse(hook?.text ?? '')).toMatchObject({ name: 'team/optimizer', status: 'completed' });
    const signature = createHmac('sha256', 'whsec').update(`${hook?.headers['x-mise-timestamp']}.${hook?.text}`);
    expect(hook?.headers['x-mise-signature']).toBe(signature.digest('hex'));
    expect(slack?.text).toContain(`https://runs.example/team/optimizer/${run.trajectoryId}`);
    expect((await listAudit(pool, task.collectionId, 10)).map(({ action }) => action)).toContain('webhook.delivered');

    const history = readFileSync(path.join(dirOf(run), 'data/history.json'), 'utf8');
    const { given, entries } = JSON.parse(history) as {
      given: boolean;
      entries: { status: string; baseline: number }[];
    };
    expect(given).toBe(true);
    expect(entries.length).toBeGreaterThan(2);
    expect(entries[0]).toMatchObject({ status: 'open', baseline: expect.any(Number) });
  }, 60_000);

  const told = (where: string) => received.filter((each) => each.path === where);

  it('tells of a run whose workflow was given up', async () => {
    const { id: taskId, collectionId, workflow } = task;
    const wanted = { collectionId, taskId, initParams: {}, workflow, webhookUrl: `${hooks}/given-up` };
    await transaction(database.pool, async (db) => {
      const run = await queue.submitIn(db, wanted);
      await db.query(`UPDATE dbos.workflow_status SET status = 'ERROR' WHERE workflow_uuid = $1`, [run?.id]);
    });
    // Noticed within 5 s, told when nobody else has begun to for 10 s.
    await expect.poll(() => told('/given-up').length, { timeout: 40_000 }).toBe(1);
    expect(JSON.parse(told('/given-up')[0]?.text ?? '')).toMatchObject({ status: 'failed' });
  }, 60_000);

  it('tells of a run that was cancelled while it waited for another one, once', async () => {
    const { id: taskId, collectionId, workflow } = task;
    const wanted = { collectionId, taskId, initParams: {}, workflow, webhookUrl: `${hooks}/waited`, waits: true };
    const waiting = await transaction(database.pool, (db) => createRun(db, wanted));
    await cancelRun(database.pool, waiting?.id ?? '');
    await expect.poll(() => told('/waited').length, { timeout: 40_000 }).toBe(1);
    expect(JSON.parse(told('/waited')[0]?.text ?? '')).toMatchObject({ status: 'cancelled' });
    // Two more looks.
    await new Promise((resolve) => setTimeout(resolve, 11_000));
    expect(told('/waited')).toHaveLength(1);
    expect(await unannounced(database.pool, 10)).not.toContain(waiting?.id);
  }, 60_000);

  it('gives up a delivery whose secret cannot be read, and says so', async () => {
    const { id: taskId, collectionId, workflow } = task;
    const wanted = { collectionId, taskId, initParams: { source: 7 }, workflow, webhookUrl: `${hooks}/sealed` };
    const other = new Cipher('o'.repeat(32));
    const run = await queue.submit(wanted, (db, { id: runId }) =>
      setWebhookSecret(db, { runId, secret: 's', cipher: other }),
    );
    const outcomes = async () =>
      (await listAudit(database.pool, collectionId, 20)).flatMap(({ action, detail }) =>
        detail.run === run.id ? [action] : [],
      );
    await expect.poll(outcomes, { timeout: 15_000 }).toEqual(['webhook.gave_up']);
    expect(told('/sealed')).toEqual([]);
  }, 30_000);

  it('makes a delivery that the queue gave to it without its hearing of that', async () => {
    const { id: taskId, collectionId, workflow } = task;
    const webhookUrl = `${hooks}/unheard`;
    const run = await queue.submit({ collectionId, taskId, initParams: { source: 7 }, workflow, webhookUrl });
    await expect.poll(() => told('/unheard').length, { timeout: 15_000 }).toBe(1);
    const { rows } = await database.pool.query<{ number: number }>('SELECT number FROM platform.workers');
    await expect
      .poll(async () => {
        // As it is where the database ends between giving it out and saying so; its one step was not made.
        const { rowCount } = await database.pool.query(
          `UPDATE dbos.workflow_status SET status = 'PENDING', executor_id = $2, output = NULL
           WHERE workflow_uuid = $1 AND status = 'SUCCESS'`,
          [`trajectory-${run.id}-1`, String(rows[0]?.number)],
        );
        return rowCount;
      })
      .toBe(1);
    await database.pool.query('DELETE FROM dbos.operation_outputs WHERE workflow_uuid = $1', [
      `trajectory-${run.id}-1`,
    ]);
    await expect.poll(() => told('/unheard').length, { timeout: 40_000 }).toBe(2);
  }, 60_000);

  it('tells others while many deliveries wait for a receiver that is down', async () => {
    const { id: taskId, collectionId, workflow } = task;
    const ending = (where: string) =>
      queue.submit({ collectionId, taskId, initParams: { source: 7 }, workflow, webhookUrl: `${hooks}${where}` });
    await Promise.all(Array.from({ length: 60 }, () => ending('/down')));
    await expect.poll(() => told('/down').length, { timeout: 60_000 }).toBeGreaterThanOrEqual(50);
    await ending('/up');
    await expect.poll(() => told('/up').length, { timeout: 15_000 }).toBe(1);
  }, 90_000);

  it('cancels a run that it performs', async () => {
    const run = await submit();
    await until(run.id, ({ doneSteps }) => doneSteps > 1);
    await cancelRun(database.pool, run.id);
    expect(await until(run.id, ended)).toMatchObject({ state: 'cancelled', exitCode: 130 });
  }, 60_000);
});
