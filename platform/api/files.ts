import { createReadStream } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { Context } from 'hono';
import type { Collection } from '../store/collections.ts';
import { runByTrajectory } from '../store/runs.ts';
import { type Task, taskByName } from '../store/tasks.ts';
import type { Token } from '../store/tokens.ts';
import { findUpload, placeOf } from '../store/uploads.ts';
import { outlineIn } from '../work/outlines.ts';
import { plainFileIn, runFolder } from '../work/results.ts';
import { collectionFor, taskFor, type Vars } from './auth.ts';
import { refusal } from './errors.ts';
import { withForm } from './form.ts';
import type { Platform } from './platform.ts';
import { type Api, answer, createRoute, formRoute, REFUSALS, z } from './route.ts';
import { namesOf } from './runs.ts';
import { contentTypeOf, storedFiles } from './trajectory.ts';
import { keepFiles } from './uploads.ts';

const multipart = (schema: z.ZodType) => ({ body: { content: { 'multipart/form-data': { schema } } } });

const sandboxUpload = createRoute({
  method: 'post',
  path: '/api/v1/sandbox/upload',
  request: {
    query: z.object({ collection: z.string().optional() }),
    ...multipart(
      z.object({
        files: z
          .any()
          .optional()
          .openapi({ type: 'array', items: { type: 'string', format: 'binary' } }),
      }),
    ),
  },
  responses: {
    200: answer(
      z.object({ upload_id: z.string(), file_paths: z.array(z.string()), count: z.number() }),
      'Kept; the paths go into init_params.file_paths or source',
    ),
    ...REFUSALS,
  },
});
const fileUpload = createRoute({
  method: 'post',
  path: '/api/v1/files',
  request: {
    query: z.object({ collection: z.string().optional() }),
    ...multipart(z.object({ file: z.any().optional().openapi({ type: 'string', format: 'binary' }) })),
  },
  responses: {
    200: answer(z.object({ id: z.string(), filename: z.string(), bytes: z.number(), object: z.string() }), 'Kept'),
    ...REFUSALS,
  },
});
const listFiles = createRoute({
  method: 'get',
  path: '/api/v1/list-files',
  request: { query: z.object({ prefix: z.string() }) },
  responses: { 200: answer(z.object({ files: z.array(z.string()) }), 'Stored files of runs'), ...REFUSALS },
});

export function fileRoutes(api: Api, platform: Platform): void {
  /** Keeps the files of a form that are in one of its fields. */
  const keepSent = async (c: Context<{ Variables: Vars }>, field: string, most: number) => {
    const { id: collectionId, name } = await collectionOf(platform, c.get('token'), c.req.query('collection'));
    return withForm(c, platform.uploadsDir, async (form) => {
      const files = form.files.filter((file) => file.field === field).slice(0, most);
      if (files.length === 0) throw refusal(400, `${field}: none was sent`);
      return keepFiles(platform, { collectionId, collection: name, files });
    });
  };
  formRoute(api, sandboxUpload, async (c) => {
    const { id, uploads } = await keepSent(c, 'files', Number.POSITIVE_INFINITY);
    return c.json({ upload_id: id, file_paths: uploads.map((upload) => upload.path), count: uploads.length }, 200);
  });
  formRoute(api, fileUpload, async (c) => {
    const { uploads } = await keepSent(c, 'file', 1);
    const { id, name: filename, bytes } = uploads[0] as (typeof uploads)[0];
    return c.json({ id, filename, bytes, object: 'file' }, 200);
  });
  api.openapi(listFiles, async (c) => {
    const { prefix } = c.req.valid('query');
    const names = await taskFor(platform, c.get('token'), taskIn(prefix));
    const { rows } = await platform.pool.query<{ trajectory_id: string }>(
      'SELECT trajectory_id FROM platform.runs WHERE task_id = $1 ORDER BY created DESC LIMIT 100',
      [names.task.id],
    );
    const files = await Promise.all(
      rows.map(({ trajectory_id }) => filesOf(platform, names, trajectory_id).then((run) => run.files)),
    );
    return c.json(
      { files: files.flat().flatMap(({ path: stored }) => (stored.startsWith(prefix) ? [stored] : [])) },
      200,
    );
  });
  // A path with slashes is no parameter of a route in OpenAPI: it is described by itself.
  api.openAPIRegistry.registerPath({
    method: 'get',
    path: '/api/v1/file/{path}',
    request: { params: z.object({ path: z.string().openapi({ description: 'a stored path, with its slashes' }) }) },
    responses: { 200: { description: 'The bytes of a stored file' }, 404: REFUSALS[404] },
  });
  api.get('/api/v1/file/*', async (c) => {
    const stored = decodeURIComponent(new URL(c.req.url).pathname.slice('/api/v1/file/'.length));
    const { at: file, size } = await placeOfStored(platform, c.get('token'), stored);
    const name = path.basename(stored).replaceAll(/[^\w.-]/gu, '_');
    return c.body(Readable.toWeb(createReadStream(file)) as ReadableStream, 200, {
      'content-type': contentTypeOf(path.extname(file)),
      'content-length': String(size),
      'content-disposition': `attachment; filename="${name}"`,
      // It may be a page that a model wrote.
      'content-security-policy': 'sandbox',
      'x-content-type-options': 'nosniff',
    });
  });
}

function collectionOf(platform: Platform, token: Token, name: string | undefined) {
  return name === undefined ? ownCollection(platform, token) : collectionFor(platform, token, name);
}

async function ownCollection({ pool }: Platform, token: Token): Promise<{ id: string; name: string }> {
  const { rows } = await pool.query<{ id: string; name: string }>(
    'SELECT id, name FROM platform.collections WHERE id = $1',
    [token.collectionId],
  );
  if (rows[0]) return rows[0];
  throw refusal(400, 'collection: say which one (?collection=NAME), since this token is for all of them');
}

/** Of `{collection}/{task}`, or a stored path that begins so; names of tasks may hold slashes. */
function taskIn(stored: string): { collection: string; task: string } {
  const [collection = '', ...parts] = stored.replace(/\/+$/u, '').split('/');
  const folder = parts.lastIndexOf('0000');
  return { collection, task: parts.slice(0, folder > 0 ? folder : parts.length).join('/') };
}

/** Where a stored file lies. @throws 404 for none, and for one of a collection that the token does not see */
async function placeOfStored(platform: Platform, token: Token, stored: string) {
  const { collection: name, task } = taskIn(stored);
  const collection = await collectionFor(platform, token, name);
  if (stored.startsWith(`${name}/_sandbox_uploads/`)) {
    const upload = await findUpload(platform.pool, collection.id, stored);
    const place = upload && path.parse(placeOf(platform.uploadsDir, upload));
    const kept = place && plainFileIn(place.dir, place.base);
    if (kept) return kept;
  } else {
    const found = await taskByName(platform.pool, collection.id, task);
    const file = stored.slice(stored.lastIndexOf('/') + 1);
    const { run, files } = found
      ? await filesOf(platform, { collection, task: found }, file.slice(0, 8))
      : { run: undefined, files: [] };
    const entry = files.find((each) => each.path === stored);
    const left = run && entry && plainFileIn(runFolder(platform, run), entry.file);
    if (left) return left;
  }
  throw refusal(404, 'File not found');
}

async function filesOf(
  platform: Platform,
  { collection, task }: { collection: Collection; task: Task },
  trajectoryId: string,
) {
  const run = await runByTrajectory(platform.pool, { collectionId: collection.id, taskId: task.id, trajectoryId });
  return { run, files: run ? storedFiles(namesOf(collection, task), run, outlineIn(runFolder(platform, run))) : [] };
}
