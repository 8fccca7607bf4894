import { transaction } from '../database/pool.ts';
import { addAudit } from '../store/audit.ts';
import { labelsOf, setLabel } from '../store/labels.ts';
import type { PlatformRun } from '../store/run-row.ts';
import { archiveRun, cancelRun } from '../store/run-states.ts';
import { listRuns, runByTrajectory } from '../store/runs.ts';
import { actorOf, collectionFor, runFor, taskFor } from './auth.ts';
import { refusal } from './errors.ts';
import type { Platform } from './platform.ts';
import { type Api, answer, body, createRoute, integer, ofRun, ofTask, REFUSALS, z } from './route.ts';
import { namesOf } from './runs.ts';
import { recordOf, shownLabel, shownRun, trajectoryShape } from './trajectory.ts';

/** Runs that the figures of a task are made from. */
const STATS_RUNS = 500;

const list = createRoute({
  method: 'get',
  path: '/api/v1/db/trajectories/{collection}/{task}',
  request: { params: ofTask, query: z.object({ limit: integer(1, 200, 20), page: integer(1, 1e6, 1) }) },
  responses: {
    200: answer(
      z.object({
        trajectories: z.array(trajectoryShape),
        total: z.number(),
        page: z.number(),
        limit: z.number(),
        has_more: z.boolean(),
      }),
      'Newest first',
    ),
    ...REFUSALS,
  },
});
const one = { request: { params: ofRun }, responses: { 200: answer(trajectoryShape, 'It'), ...REFUSALS } };
const get = createRoute({ method: 'get', path: '/api/v1/db/trajectory/{collection}/{task}/{trajectory}', ...one });
const getStored = createRoute({ method: 'get', path: '/api/v1/trajectory/{collection}/{task}/{trajectory}', ...one });
const text = z.string().min(1).max(2_000);
const label = createRoute({
  method: 'post',
  path: '/api/v1/trajectory/{collection}/{task}/{trajectory}/labels',
  request: { params: ofRun, ...body(z.object({ key: text, value: text, author: text })) },
  responses: {
    200: answer(z.object({ key: text, value: text, author: text, created: z.string() }), 'Set'),
    ...REFUSALS,
  },
});
const statuses = createRoute({
  method: 'post',
  path: '/api/v1/trajectory/{collection}/{task}/statuses',
  request: { params: ofTask, ...body(z.record(z.string(), z.enum(['cancelled', 'archived']))) },
  responses: {
    200: answer(z.record(z.string(), z.string()), 'What they are now; all are changed, or none'),
    ...REFUSALS,
  },
});
const stats = createRoute({
  method: 'get',
  path: '/api/v1/db/stats/{collection}/{task}',
  request: { params: ofTask },
  responses: {
    200: answer(
      z.object({
        total: z.number(),
        by_status: z.record(z.string(), z.number()),
        success_rate: z.number().nullable(),
        average_score: z.number().nullable(),
        total_cost_usd: z.number(),
        median_duration_seconds: z.number().nullable(),
      }),
      'Of its newest 500 runs',
    ),
    ...REFUSALS,
  },
});
const logs = createRoute({
  method: 'get',
  path: '/api/v1/workflows-logs/{workflow}',
  request: { params: z.object({ workflow: z.string() }) },
  responses: {
    200: answer(
      z.object({ workflow_id: z.string(), status: z.string(), events: z.array(z.record(z.string(), z.unknown())) }),
      'The events of a run, as its log has them',
    ),
    ...REFUSALS,
  },
});

export function trajectoryRoutes(api: Api, platform: Platform): void {
  const { pool } = platform;
  api.openapi(list, async (c) => {
    const { collection, task } = await taskFor(platform, c.get('token'), c.req.valid('param'));
    const { limit, page } = c.req.valid('query');
    const { runs, total } = await listRuns(pool, { taskId: task.id, limit, offset: (page - 1) * limit });
    const labels = await labelsOf(
      pool,
      runs.map(({ id }) => id),
    );
    const names = namesOf(collection, task);
    const trajectories = runs.map((run) => shownRun(platform, run, { names, labels: labels.get(run.id) ?? [] }));
    return c.json({ trajectories, total, page, limit, has_more: page * limit < total }, 200);
  });
  const shown = async (token: Parameters<typeof taskFor>[1], params: z.infer<typeof ofRun>) => {
    const { collection, task, run } = await runFor(platform, token, params);
    const labels = (await labelsOf(pool, [run.id])).get(run.id) ?? [];
    return shownRun(platform, run, { names: namesOf(collection, task), labels });
  };
  api.openapi(get, async (c) => c.json(await shown(c.get('token'), c.req.valid('param')), 200));
  api.openapi(getStored, async (c) => c.json(await shown(c.get('token'), c.req.valid('param')), 200));
  api.openapi(label, async (c) => {
    const { run, collection, task } = await runFor(platform, c.get('token'), c.req.valid('param'));
    const set = await setLabel(pool, run.id, c.req.valid('json'));
    const entry = { collectionId: collection.id, actor: actorOf(c.get('token')), target: task.name };
    await addAudit(pool, { ...entry, action: 'run.label', detail: { run: run.id, key: set.key } });
    return c.json(shownLabel(set), 200);
  });
  api.openapi(statuses, async (c) => {
    const { collection, task } = await taskFor(platform, c.get('token'), c.req.valid('param'));
    const entry = { collectionId: collection.id, actor: actorOf(c.get('token')), target: task.name };
    // In one order, so that two requests at once cannot wait for each other.
    const wanted = Object.entries(c.req.valid('json')).sort(([a], [b]) => (a < b ? -1 : 1));
    const now = await transaction(pool, async (db) => {
      const states: Record<string, string> = {};
      for (const [trajectoryId, state] of wanted) {
        const run = await runByTrajectory(db, { collectionId: collection.id, taskId: task.id, trajectoryId });
        if (!run) throw refusal(404, `Trajectory '${trajectoryId}' not found`);
        const changed = await (state === 'cancelled' ? cancelRun : archiveRun)(db, run.id);
        if (!changed) throw refusal(400, `Trajectory '${trajectoryId}' is ${run.state} and cannot be ${state}`);
        await addAudit(db, { ...entry, action: `run.${state}`, detail: { run: run.id } });
        states[trajectoryId] = changed.state;
      }
      return states;
    });
    return c.json(now, 200);
  });
  api.openapi(stats, async (c) => {
    const { task } = await taskFor(platform, c.get('token'), c.req.valid('param'));
    return c.json(statsOf(await listRuns(pool, { taskId: task.id, limit: STATS_RUNS, offset: 0 })), 200);
  });
  api.openapi(logs, async (c) => {
    const { run, workflow } = await runOfWorkflow(platform, c.get('token'), c.req.valid('param').workflow);
    const events = (recordOf(platform, run)?.events ?? []) as unknown as Record<string, never>[];
    return c.json({ workflow_id: workflow, status: run.state, events }, 200);
  });
}

/** By a workflow id, whose beginning cannot be taken apart: names may hold dashes. The id behind the last `--` is unique in a collection. */
async function runOfWorkflow(
  platform: Platform,
  token: Parameters<typeof taskFor>[1],
  workflow: string,
): Promise<{ run: PlatformRun; workflow: string }> {
  const { rows } = await platform.pool.query<{
    collection: string;
    task: string;
    task_id: string;
    collection_id: string;
  }>(
    `SELECT c.name AS collection, t.name AS task, t.id AS task_id, c.id AS collection_id
     FROM platform.runs r JOIN platform.tasks t ON t.id = r.task_id JOIN platform.collections c ON c.id = r.collection_id
     WHERE r.trajectory_id = $1 AND replace(c.name || '/' || t.name, '/', '-') || '--' || r.trajectory_id = $2`,
    [workflow.split('--').at(-1), workflow],
  );
  for (const { collection, collection_id, task_id } of rows) {
    const isOurs = await collectionFor(platform, token, collection).catch(() => undefined);
    if (!isOurs) continue;
    const trajectoryId = workflow.split('--').at(-1) ?? '';
    const run = await runByTrajectory(platform.pool, { collectionId: collection_id, taskId: task_id, trajectoryId });
    if (run) return { run, workflow };
  }
  throw refusal(404, `Workflow '${workflow}' not found`);
}

function statsOf({ runs, total }: { runs: readonly PlatformRun[]; total: number }) {
  const by_status: Record<string, number> = {};
  for (const { state } of runs) by_status[state] = (by_status[state] ?? 0) + 1;
  const over = runs.filter(({ ended, exitCode }) => ended !== null && exitCode !== 130);
  const scores = runs.flatMap(({ score }) => (score === null ? [] : [score]));
  const seconds = runs
    .flatMap(({ started, ended }) => (started && ended ? [(ended.getTime() - started.getTime()) / 1000] : []))
    .sort((a, b) => a - b);
  return {
    total,
    by_status,
    success_rate: over.length === 0 ? null : over.filter(({ exitCode }) => exitCode === 0).length / over.length,
    average_score: scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length,
    total_cost_usd: runs.reduce((sum, { costUsd }) => sum + costUsd, 0),
    median_duration_seconds: seconds[Math.floor((seconds.length - 1) / 2)] ?? null,
  };
}
