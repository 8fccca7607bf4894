import { transaction } from '../database/pool.ts';
import { cadenceSchema, parseCadence } from '../routines/cadence.ts';
import { fireNow } from '../routines/fire-now.ts';
import { nextFire } from '../routines/schedule.ts';
import { addAudit } from '../store/audit.ts';
import { labelsOf } from '../store/labels.ts';
import {
  changeRoutine,
  createRoutine,
  deleteRoutine,
  listRoutines,
  ROUTINE_DEFAULTS,
  type Routine,
  type RoutineFields,
  routineByName,
  setRoutineSecrets,
} from '../store/routines.ts';
import { listRuns } from '../store/runs.ts';
import type { Task } from '../store/tasks.ts';
import { actorOf, collectionFor, taskFor } from './auth.ts';
import { refusal } from './errors.ts';
import type { Platform } from './platform.ts';
import {
  type Api,
  answer,
  body,
  createRoute,
  inCollection,
  integer,
  nameOf,
  ofTask,
  REFUSALS,
  webhookUrl,
  z,
} from './route.ts';
import { namesOf } from './runs.ts';
import { shownRun, trajectoryShape, workflowId } from './trajectory.ts';

const object = z.record(z.string(), z.unknown());
const routineShape = z
  .object({
    id: z.number(),
    name: z.string(),
    collection: z.string(),
    task: z.string(),
    cadence: object,
    overlap: z.string(),
    catch_up: z.string(),
    jitter_seconds: z.number(),
    init_params_overrides: object,
    webhook_url: z.string().nullable(),
    paused: z.boolean(),
    next_run_at: z.string().nullable(),
    created: z.string(),
    updated: z.string(),
  })
  .openapi('Routine');

const fields = z.object({
  cadence: z.unknown().optional(),
  overlap: z.enum(['skip', 'queue']).optional(),
  catch_up: z.enum(['none', 'latest', 'all']).optional(),
  jitter_seconds: z.number().int().min(0).max(3600).optional(),
  init_params_overrides: object.optional(),
  secret_params: z.record(z.string(), z.string()).optional(),
  webhook_url: webhookUrl.nullish(),
  webhook_secret: z.string().min(1).optional(),
  paused: z.boolean().optional(),
});
const ofRoutine = ofTask.extend({ routine: z.string() });
const path = '/api/v1/routines/{collection}/{task}/{routine}' as const;
const many = { 200: answer(z.object({ routines: z.array(routineShape) }), 'By name'), ...REFUSALS };
const one = { request: { params: ofRoutine }, responses: { 200: answer(routineShape, 'It'), ...REFUSALS } };

const list = createRoute({
  method: 'get',
  path: '/api/v1/routines/{collection}',
  request: { params: inCollection },
  responses: many,
});
const listOfTask = createRoute({
  method: 'get',
  path: '/api/v1/routines/{collection}/{task}',
  request: { params: ofTask },
  responses: many,
});
const create = createRoute({
  method: 'post',
  path: '/api/v1/routines/{collection}/{task}',
  request: {
    params: ofTask,
    ...body(fields.extend({ name: nameOf, cadence: z.unknown().openapi({ type: 'object' }) })),
  },
  responses: { 201: answer(routineShape, 'Made'), ...REFUSALS },
});
const get = createRoute({ method: 'get', path, ...one });
const change = createRoute({
  method: 'patch',
  path,
  request: { params: ofRoutine, ...body(fields) },
  responses: { 200: answer(routineShape, 'Changed; overrides and secrets are replaced, not merged'), ...REFUSALS },
});
const remove = createRoute({
  method: 'delete',
  path,
  request: { params: ofRoutine },
  responses: { 200: answer(z.object({ message: z.string() }), 'Gone; its runs stay'), ...REFUSALS },
});
const pause = createRoute({ method: 'post', path: `${path}/pause`, ...one });
const resume = createRoute({ method: 'post', path: `${path}/resume`, ...one });
const runNow = createRoute({
  method: 'post',
  path: `${path}/run-now`,
  request: { params: ofRoutine },
  responses: {
    200: answer(z.object({ message: z.string(), workflow_id: z.string(), trajectory_id: z.string() }), 'Begun'),
    ...REFUSALS,
  },
});
const runs = createRoute({
  method: 'get',
  path: `${path}/runs`,
  request: { params: ofRoutine, query: z.object({ limit: integer(1, 200, 20) }) },
  responses: { 200: answer(z.object({ trajectories: z.array(trajectoryShape) }), 'Newest first'), ...REFUSALS },
});

type Token = Parameters<typeof taskFor>[1];

export function routineRoutes(api: Api, platform: Platform): void {
  const { pool, cipher } = platform;
  api.openapi(list, async (c) => {
    const collection = await collectionFor(platform, c.get('token'), c.req.valid('param').collection);
    const found = await listRoutines(pool, { collectionId: collection.id });
    const routines = found.map((routine) => shown(routine, { collection: collection.name, task: routine.task }));
    return c.json({ routines }, 200);
  });
  api.openapi(listOfTask, async (c) => {
    const { collection, task } = await taskFor(platform, c.get('token'), c.req.valid('param'));
    const found = await listRoutines(pool, { collectionId: collection.id, taskId: task.id });
    return c.json({ routines: found.map((routine) => shown(routine, namesOf(collection, task))) }, 200);
  });
  api.openapi(create, async (c) => {
    const { collection, task } = await taskFor(platform, c.get('token'), c.req.valid('param'));
    const { name: wanted, ...given } = c.req.valid('json');
    const made = await transaction(pool, async (db) => {
      const asked = {
        ...ROUTINE_DEFAULTS,
        ...fieldsOf(given, task),
        name: wanted,
        cadence: parseCadence(given.cadence),
      };
      const routine = await createRoutine(db, task.id, asked);
      if (!routine) throw refusal(400, `Routine '${wanted}' already exists for task '${task.name}'`);
      await setRoutineSecrets(db, { id: routine.id, secrets: secretsOf(given), cipher });
      const entry = { collectionId: collection.id, actor: actorOf(c.get('token')), target: routine.name };
      await addAudit(db, { ...entry, action: 'routine.create' });
      return routine;
    });
    return c.json(shown(made, namesOf(collection, task)), 201);
  });
  api.openapi(get, async (c) => {
    const { routine, names } = await routineFor(platform, c.get('token'), c.req.valid('param'));
    return c.json(shown(routine, names), 200);
  });
  const changed = async (token: Token, params: z.infer<typeof ofRoutine>, given: z.infer<typeof fields>) => {
    const { routine, names, task, collection } = await routineFor(platform, token, params);
    const now = await transaction(pool, async (db) => {
      const next = await changeRoutine(db, routine, fieldsOf(given, task));
      if (!next) throw refusal(404, `Routine '${routine.name}' not found`);
      await setRoutineSecrets(db, { id: routine.id, secrets: secretsOf(given), cipher });
      const entry = { collectionId: collection.id, actor: actorOf(token), target: routine.name };
      await addAudit(db, { ...entry, action: 'routine.change', detail: { fields: Object.keys(given) } });
      return next;
    });
    return shown(now, names);
  };
  api.openapi(change, async (c) =>
    c.json(await changed(c.get('token'), c.req.valid('param'), c.req.valid('json')), 200),
  );
  api.openapi(pause, async (c) => c.json(await changed(c.get('token'), c.req.valid('param'), { paused: true }), 200));
  api.openapi(resume, async (c) => c.json(await changed(c.get('token'), c.req.valid('param'), { paused: false }), 200));
  api.openapi(remove, async (c) => {
    const { routine, collection } = await routineFor(platform, c.get('token'), c.req.valid('param'));
    await deleteRoutine(pool, routine.id);
    const entry = { collectionId: collection.id, actor: actorOf(c.get('token')), target: routine.name };
    await addAudit(pool, { ...entry, action: 'routine.delete' });
    return c.json({ message: 'Routine deleted successfully' }, 200);
  });
  api.openapi(runNow, async (c) => {
    const { routine, names, collection } = await routineFor(platform, c.get('token'), c.req.valid('param'));
    const actor = actorOf(c.get('token'));
    const run = await fireNow(platform, { collectionId: collection.id, routine, actor });
    if (!run) throw refusal(400, 'It was begun a moment ago');
    const id = run.trajectoryId;
    return c.json({ message: 'Workflow started', workflow_id: workflowId(names, id), trajectory_id: id }, 200);
  });
  api.openapi(runs, async (c) => {
    const { routine, names } = await routineFor(platform, c.get('token'), c.req.valid('param'));
    const { limit } = c.req.valid('query');
    const found = await listRuns(pool, { taskId: routine.taskId, routineId: routine.id, limit, offset: 0 });
    const ids = found.runs.map(({ id }) => id);
    const labels = await labelsOf(pool, ids);
    const trajectories = found.runs.map((run) => shownRun(platform, run, { names, labels: labels.get(run.id) ?? [] }));
    return c.json({ trajectories }, 200);
  });
}

async function routineFor(platform: Platform, token: Token, params: z.infer<typeof ofRoutine>) {
  const { collection, task } = await taskFor(platform, token, params);
  const routine = await routineByName(platform.pool, task.id, params.routine);
  if (!routine) throw refusal(404, `Routine '${params.routine}' not found`);
  return { collection, task, routine, names: namesOf(collection, task) };
}

/** Those that are given, in our names. @throws 400 for overrides of what the task does not have */
function fieldsOf(given: z.infer<typeof fields>, { workflow }: Task): Partial<RoutineFields> {
  const known = Object.keys((workflow.init_params as Record<string, unknown> | undefined) ?? {});
  const strange = Object.keys(given.init_params_overrides ?? {}).filter((key) => !known.includes(key));
  if (strange.length > 0)
    throw refusal(400, `init_params_overrides: the task has no ${strange.join(', ')}; it has ${known.join(', ')}`);
  const found = {
    cadence: given.cadence === undefined ? undefined : parseCadence(given.cadence),
    overlap: given.overlap,
    catchUp: given.catch_up,
    jitterS: given.jitter_seconds,
    overrides: given.init_params_overrides,
    webhookUrl: given.webhook_url,
    paused: given.paused,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

function secretsOf({ secret_params, webhook_secret }: z.infer<typeof fields>) {
  return {
    ...(secret_params === undefined ? {} : { secretParams: secret_params }),
    ...(webhook_secret === undefined ? {} : { webhookSecret: webhook_secret }),
  };
}

function shown(
  routine: Routine,
  { collection, task }: { collection: string; task: string },
): z.infer<typeof routineShape> {
  const { id, name: called, overlap, paused, created, updated } = routine;
  const next = paused ? null : nextFire(cadenceSchema.parse(routine.cadence), new Date());
  return {
    ...{ id, name: called, collection, task, overlap, paused, cadence: routine.cadence },
    catch_up: routine.catchUp,
    jitter_seconds: routine.jitterS,
    init_params_overrides: routine.overrides,
    webhook_url: routine.webhookUrl,
    next_run_at: next?.toISOString() ?? null,
    created: created.toISOString(),
    updated: updated.toISOString(),
  };
}
