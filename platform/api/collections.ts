import { transaction } from '../database/pool.ts';
import { addAudit } from '../store/audit.ts';
import { COLLECTION_NAME, createCollection, listCollections } from '../store/collections.ts';
import { changeVariables, clearVariables, listVariables, VARIABLE_NAME } from '../store/environment.ts';
import { isOfServer } from '../work/environment.ts';
import { actorOf, assertAdministrator, collectionFor } from './auth.ts';
import { refusal } from './errors.ts';
import type { Platform } from './platform.ts';
import { type Api, answer, body, createRoute, inCollection, integer, REFUSALS, z } from './route.ts';
import { collectionShape, shownCollection } from './shapes.ts';

/** What stands in the place of a value: clients look at names. */
const HIDDEN = '********';
const MAX_VALUE = 64_000;

const list = createRoute({
  method: 'get',
  path: '/api/v1/collections',
  request: { query: z.object({ skip: integer(0, 1e9, 0), limit: integer(1, 500, 100) }) },
  responses: { 200: answer(z.array(collectionShape), 'Those that the token may see'), ...REFUSALS },
});
const create = createRoute({
  method: 'post',
  path: '/api/v1/collections',
  request: body(
    z.looseObject({
      name: z
        .string()
        .regex(COLLECTION_NAME, 'letters, digits, - and _, at most 63; not api, v1, assets, login or logout'),
      description: z.string().optional(),
    }),
  ),
  responses: { 200: answer(collectionShape, 'Made'), ...REFUSALS },
});
const get = createRoute({
  method: 'get',
  path: '/api/v1/collections/{collection}',
  request: { params: inCollection },
  responses: { 200: answer(collectionShape, 'It'), ...REFUSALS },
});

const variableName = z
  .string()
  .regex(VARIABLE_NAME, 'must be the name of a variable')
  .refine((name) => !isOfServer(name), "is the server's own: it says which programs and files are used");
const withEnvironment = collectionShape.extend({
  environment_variables: z.record(z.string(), z.string()).nullable(),
});
const readEnvironment = createRoute({
  method: 'get',
  path: '/api/v1/collections/{collection}/environment',
  request: { params: inCollection },
  responses: { 200: answer(withEnvironment, 'Names of variables; values are never given'), ...REFUSALS },
});
const changeEnvironment = createRoute({
  method: 'patch',
  path: '/api/v1/collections/{collection}/environment',
  request: {
    params: inCollection,
    ...body(
      z.object({
        environment_variables: z.record(variableName, z.string().max(MAX_VALUE).nullable()).nullable(),
      }),
    ),
  },
  responses: { 200: answer(withEnvironment, 'Merged by name; null removes one, or all'), ...REFUSALS },
});

export function collectionRoutes(api: Api, platform: Platform): void {
  const { pool, cipher } = platform;
  api.openapi(list, async (c) => {
    const id = c.get('token').collectionId;
    return c.json((await listCollections(pool, { id, ...c.req.valid('query') })).map(shownCollection), 200);
  });
  api.openapi(create, async (c) => {
    assertAdministrator(c.get('token'));
    const made = await createCollection(pool, c.req.valid('json'));
    if (!made) throw refusal(400, 'Collection already exists');
    const actor = actorOf(c.get('token'));
    await addAudit(pool, { collectionId: made.id, actor, action: 'collection.create', target: made.name });
    return c.json(shownCollection(made), 200);
  });
  api.openapi(get, async (c) => {
    const collection = await collectionFor(platform, c.get('token'), c.req.valid('param').collection);
    return c.json(shownCollection(collection), 200);
  });
  const shown = async (collection: Awaited<ReturnType<typeof collectionFor>>) => {
    const names = (await listVariables(pool, collection.id)).map(({ name }) => [name, HIDDEN] as const);
    const variables = names.length === 0 ? null : Object.fromEntries(names);
    return { ...shownCollection(collection), environment_variables: variables };
  };
  api.openapi(readEnvironment, async (c) => {
    return c.json(await shown(await collectionFor(platform, c.get('token'), c.req.valid('param').collection)), 200);
  });
  api.openapi(changeEnvironment, async (c) => {
    const collection = await collectionFor(platform, c.get('token'), c.req.valid('param').collection);
    const { environment_variables: changes } = c.req.valid('json');
    const entry = { collectionId: collection.id, actor: actorOf(c.get('token')) };
    await transaction(pool, async (db) => {
      if (changes === null) {
        await clearVariables(db, collection.id);
        await addAudit(db, { ...entry, action: 'environment.clear', target: collection.name });
        return;
      }
      await changeVariables(db, { collectionId: collection.id, cipher, changes });
      for (const [name, value] of Object.entries(changes))
        await addAudit(db, { ...entry, action: `environment.${value === null ? 'remove' : 'set'}`, target: name });
    });
    return c.json(await shown(collection), 200);
  });
}
