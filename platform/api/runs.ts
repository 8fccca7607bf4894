import type { Context } from 'hono';
import type { Db } from '../database/pool.ts';
import type { Collection } from '../store/collections.ts';
import { labelsOf } from '../store/labels.ts';
import type { PlatformRun } from '../store/run-row.ts';
import { setSecretParams, setWebhookSecret } from '../store/run-secrets.ts';
import { runById } from '../store/runs.ts';
import type { Task } from '../store/tasks.ts';
import { askForRun } from './ask-for-run.ts';
import { taskFor, type Vars } from './auth.ts';
import { refusal } from './errors.ts';
import { type Form, withForm } from './form.ts';
import type { Platform } from './platform.ts';
import { type Api, answer, createRoute, formRoute, ofTask, REFUSALS, webhookUrl, z } from './route.ts';
import { type Named, shownRun, storagePath, trajectoryShape, workflowId } from './trajectory.ts';
import { keptFor } from './uploads.ts';
import { Waiting } from './waiting.ts';

/** A synchronous call waits so long; the run goes on behind it. Clients of the public platform are cut off after about 100 s. */
const SYNC_MS = 90_000;
const POLL_MS = 200;
/** Synchronous calls that wait at once; chats have as many. */
export const MOST_WAITING = { each: 50, all: 500 };

const object = z.record(z.string(), z.unknown());
const started = z
  .object({ message: z.string(), workflow_id: z.string(), result: object, trajectory: object, metadata: z.string() })
  .openapi('WorkflowResponse');

const form = {
  content: {
    'multipart/form-data': {
      schema: z.object({
        init_params: z.string().optional().openapi({ description: 'JSON; over those of the task, vars by name' }),
        secret_params: z
          .string()
          .optional()
          .openapi({ description: 'JSON; for this run alone, never stored in plain' }),
        files: z
          .any()
          .optional()
          .openapi({ type: 'array', items: { type: 'string', format: 'binary' } }),
        webhook_url: z.string().optional(),
        webhook_secret: z.string().optional(),
      }),
    },
  },
};

const run = createRoute({
  method: 'post',
  path: '/api/v1/run/{collection}/{task}',
  request: { params: ofTask, body: form },
  responses: { 200: answer(started, 'Begun; its id is behind the last -- of workflow_id'), ...REFUSALS },
});
const runSync = createRoute({
  method: 'post',
  path: '/api/v1/run-sync/{collection}/{task}',
  request: { params: ofTask, body: form },
  responses: {
    200: answer(started.extend(trajectoryShape.partial().shape), 'As it stands when it ends, or after 90 s'),
    ...REFUSALS,
  },
});

export function runRoutes(api: Api, platform: Platform): void {
  const waiting = new Waiting(MOST_WAITING);
  const asked = (c: Context<{ Variables: Vars }>) => {
    const { collection = '', task = '' } = c.req.param() as Record<string, string>;
    return taskFor(platform, c.get('token'), { collection, task });
  };
  const submitted = (c: Context<{ Variables: Vars }>, of: Awaited<ReturnType<typeof asked>>) =>
    withForm(c, platform.uploadsDir, (form) => submit(platform, c.get('token'), of, form));
  formRoute(api, run, async (c) => {
    const { names, made } = await submitted(c, await asked(c));
    return c.json(begun(names, made), 200);
  });
  formRoute(api, runSync, async (c) => {
    const of = await asked(c);
    const leave = waiting.enter(of.collection.id);
    try {
      const { names, made } = await submitted(c, of);
      const now = await endOf(platform, made, { ms: SYNC_MS, signal: c.req.raw.signal });
      const labels = (await labelsOf(platform.pool, [now.id])).get(now.id) ?? [];
      const trajectory = shownRun(platform, now, { names, labels });
      return c.json({ ...trajectory, ...begun(names, made), trajectory }, 200);
    } finally {
      leave();
    }
  });
}

/** A run as it stands when it is over, the time is, or the client has gone. */
export async function endOf(
  { pool }: Platform,
  made: PlatformRun,
  { ms, signal }: { ms: number; signal: AbortSignal },
): Promise<PlatformRun> {
  const until = performance.now() + ms;
  let run = made;
  while (!run.ended && performance.now() < until && !signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    run = (await runById(pool, made.id)) ?? run;
  }
  return run;
}

function begun(names: Named, { trajectoryId }: PlatformRun): z.infer<typeof started> {
  return {
    message: 'Workflow started',
    workflow_id: workflowId(names, trajectoryId),
    result: {},
    trajectory: {},
    metadata: `${storagePath(names)}/${trajectoryId}.json`,
  };
}

async function submit(
  platform: Platform,
  token: Parameters<typeof taskFor>[1],
  { collection, task }: { collection: Collection; task: Task },
  given: Form,
): Promise<{ names: Named; made: PlatformRun }> {
  const initParams = jsonIn(given, 'init_params');
  const secrets = z.record(z.string(), z.string()).safeParse(jsonIn(given, 'secret_params'));
  if (!secrets.success) throw refusal(400, 'secret_params: an object of texts is needed');
  const hook = webhookUrl.optional().safeParse(textIn(given, 'webhook_url'));
  if (!hook.success) throw refusal(400, 'webhook_url: it must be a URL that begins with https://');
  const files = given.files.filter(({ field }) => field === 'files');
  const also = async (db: Db, { id: runId }: PlatformRun) => {
    const { cipher } = platform;
    if (Object.keys(secrets.data).length > 0) await setSecretParams(db, { runId, secrets: secrets.data, cipher });
    const secret = textIn(given, 'webhook_secret');
    if (secret) await setWebhookSecret(db, { runId, secret, cipher });
  };
  const sent = { collectionId: collection.id, collection: collection.name, files };
  const made = await keptFor(platform, sent, (paths) =>
    askForRun(platform, { token, task, initParams: withPaths(initParams, paths), webhookUrl: hook.data, also }),
  );
  return { names: namesOf(collection, task), made };
}

export function namesOf(collection: Collection, task: Task): Named {
  return { collection: collection.name, task: task.name };
}

/** Files come under `file_paths`; where no source is named, they are what is analysed. */
function withPaths(initParams: Record<string, unknown>, paths: string[]): Record<string, unknown> {
  if (paths.length === 0) return initParams;
  const earlier = Array.isArray(initParams.file_paths) ? initParams.file_paths : [];
  return { source: paths, ...initParams, file_paths: [...earlier, ...paths] };
}

function textIn({ fields }: Form, field: string): string | undefined {
  return fields.get(field) || undefined;
}

/** A client of the public platform sends one brace too many where it gives parameters. */
function jsonIn(form: Form, field: string): Record<string, unknown> {
  const text = textIn(form, field);
  if (text === undefined) return {};
  const parsed = objectOf(text) ?? objectOf(text.replace(/\}\s*$/u, ''));
  if (!parsed) throw refusal(400, `${field}: a JSON object is needed`);
  return parsed;
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    return object.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
