import { createTask, listTasks, type TaskFields, taskVersions, updateTask } from '../store/tasks.ts';
import { collectionFor, notFound, taskFor } from './auth.ts';
import { noted, removeTask } from './change-task.ts';
import { refusal } from './errors.ts';
import type { Platform } from './platform.ts';
import { type Api, answer, body, createRoute, inCollection, integer, nameOf, ofTask, REFUSALS, z } from './route.ts';
import { shownTask, taskShape } from './shapes.ts';

const object = z.record(z.string(), z.unknown());
const changes = z.object({
  name: nameOf.optional(),
  workflow: object.optional(),
  description: z.string().nullish(),
  version: z.string().nullish(),
  has_file_uploads: z.boolean().optional(),
  is_private: z.boolean().optional(),
  is_chat_flow: z.boolean().optional(),
  entity_type: z.string().optional(),
  croissant_metadata: object.nullish(),
});

const list = createRoute({
  method: 'get',
  path: '/api/v1/tasks/{collection}',
  request: { params: inCollection, query: z.object({ skip: integer(0, 1e9, 0), limit: integer(1, 500, 100) }) },
  responses: { 200: answer(z.array(taskShape), 'In the order of their names'), ...REFUSALS },
});
const create = createRoute({
  method: 'post',
  path: '/api/v1/tasks/{collection}',
  request: { params: inCollection, ...body(changes.extend({ name: nameOf, workflow: object })) },
  responses: { 201: answer(taskShape, 'Made'), ...REFUSALS },
});
const get = createRoute({
  method: 'get',
  path: '/api/v1/tasks/{collection}/{task}',
  request: { params: ofTask },
  responses: { 200: answer(taskShape, 'It'), ...REFUSALS },
});
const update = createRoute({
  method: 'put',
  path: '/api/v1/tasks/{collection}/{task}',
  request: { params: ofTask, ...body(changes) },
  responses: { 200: answer(taskShape, 'Changed; what is not given stays'), ...REFUSALS },
});
const remove = createRoute({
  method: 'delete',
  path: '/api/v1/tasks/{collection}/{task}',
  request: { params: ofTask },
  responses: { 200: answer(z.object({ message: z.string() }), 'Gone, with its runs'), ...REFUSALS },
});
const versionShape = z.object({
  index: z.number(),
  content_hash: z.string(),
  tags: z.array(z.string()),
  created_at: z.string(),
  operation_type: z.string(),
});
const history = createRoute({
  method: 'get',
  path: '/api/v1/tasks/{collection}/{task}/history',
  request: { params: ofTask },
  responses: {
    200: answer(
      z.object({
        entity_name: z.string(),
        entity_type: z.string(),
        collection_name: z.string(),
        total_versions: z.number(),
        versions: z.array(versionShape),
      }),
      'Every change, newest first',
    ),
    ...REFUSALS,
  },
});

export function taskRoutes(api: Api, platform: Platform): void {
  const { pool } = platform;
  api.openapi(list, async (c) => {
    const collection = await collectionFor(platform, c.get('token'), c.req.valid('param').collection);
    const tasks = await listTasks(pool, collection.id, c.req.valid('query'));
    return c.json(
      tasks.map((task) => shownTask(task, collection)),
      200,
    );
  });
  api.openapi(create, async (c) => {
    const collection = await collectionFor(platform, c.get('token'), c.req.valid('param').collection);
    const { name: wanted, workflow, ...given } = c.req.valid('json');
    const fields = { ...STANDARD, ...fieldsOf(given), name: wanted, workflow };
    const task = await createTask(pool, collection.id, fields, noted(c.get('token'), 'task.create'));
    if (!task) throw taken(wanted, collection.name);
    return c.json(shownTask(task, collection), 201);
  });
  api.openapi(get, async (c) => {
    const { collection, task } = await taskFor(platform, c.get('token'), c.req.valid('param'));
    return c.json(shownTask(task, collection), 200);
  });
  api.openapi(update, async (c) => {
    const { collection, task } = await taskFor(platform, c.get('token'), c.req.valid('param'));
    const given = c.req.valid('json');
    const changed = await updateTask(pool, task, fieldsOf(given), noted(c.get('token'), 'task.change'));
    if (changed === 'gone') throw notFound(task.name, collection.name);
    if (changed === 'taken') throw taken(given.name ?? task.name, collection.name);
    return c.json(shownTask(changed, collection), 200);
  });
  api.openapi(remove, async (c) => {
    const { task } = await taskFor(platform, c.get('token'), c.req.valid('param'));
    await removeTask(pool, c.get('token'), task);
    return c.json({ message: 'Task deleted successfully' }, 200);
  });
  api.openapi(history, async (c) => {
    const { collection, task } = await taskFor(platform, c.get('token'), c.req.valid('param'));
    const versions = (await taskVersions(pool, task.id)).map(({ index, contentHash, operation, created }) => ({
      ...{ index, content_hash: contentHash, tags: [] as string[], operation_type: operation.toUpperCase() },
      created_at: created.toISOString(),
    }));
    const about = { entity_name: task.name, entity_type: task.entityType, collection_name: collection.name };
    return c.json({ ...about, total_versions: versions.length, versions }, 200);
  });
}

const STANDARD: Omit<TaskFields, 'name' | 'workflow'> = {
  entityType: 'task',
  description: null,
  version: null,
  croissantMetadata: null,
  hasFileUploads: false,
  isPrivate: true,
  isChatFlow: false,
};

/** Those that are given, in our names. */
function fieldsOf(given: z.infer<typeof changes>): Partial<TaskFields> {
  const fields = {
    name: given.name,
    workflow: given.workflow,
    description: given.description,
    version: given.version,
    entityType: given.entity_type,
    croissantMetadata: given.croissant_metadata,
    hasFileUploads: given.has_file_uploads,
    isPrivate: given.is_private,
    isChatFlow: given.is_chat_flow,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function taken(task: string, collection: string) {
  return refusal(400, `Task with name '${task}' already exists in collection '${collection}'`);
}
