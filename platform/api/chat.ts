import { messageOf } from '../../lib/errors.ts';
import { ResultsDir } from '../../tools/results-dir.ts';
import type { Db } from '../database/pool.ts';
import { guardedRequest } from '../network/guard.ts';
import { allowedBy } from '../network/target.ts';
import { setLabel } from '../store/labels.ts';
import type { PlatformRun } from '../store/run-row.ts';
import { createTask, type Task, taskByName } from '../store/tasks.ts';
import { outlineIn } from '../work/outlines.ts';
import { runFolder } from '../work/results.ts';
import { askForRun } from './ask-for-run.ts';
import { collectionFor } from './auth.ts';
import { refusal } from './errors.ts';
import type { Platform } from './platform.ts';
import { type Api, answer, body, createRoute, nameOf, webhookUrl, z } from './route.ts';
import { endOf, MOST_WAITING, namesOf } from './runs.ts';
import { type Named, storagePath, storedFiles, workflowId } from './trajectory.ts';
import { Waiting } from './waiting.ts';

/** A call waits so long where it does not say, s; as the public platform does. */
const WAIT_S = 1_200;
const MAX_RUNBOOK = 1_000_000;
const FETCH_MS = 15_000;

const object = z.record(z.string(), z.unknown());
const text = z.string().min(1).max(2_000);
const message = z.looseObject({ role: z.string(), content: z.string() });
const jetty = z.looseObject({
  runbook: z.boolean().optional(),
  runbook_url: z.url().optional(),
  collection: z.string(),
  task: nameOf,
  template_variables: object.optional(),
  /** Stored paths, and ids of files: both are files that were sent. */
  file_paths: z.array(z.string()).default([]),
  files: z.array(z.string()).default([]),
  model_provider: z.string().optional(),
  driver: z.string().optional(),
  source: z.union([z.string(), z.array(z.string())]).optional(),
  webhook_url: webhookUrl.optional(),
  labels: z.array(z.object({ key: text, value: text })).default([]),
  timeout_hint: z.number().min(0).max(WAIT_S).default(WAIT_S),
});

const complete = createRoute({
  method: 'post',
  path: '/v1/chat/completions',
  request: body(
    z.looseObject({
      model: z.string().optional(),
      messages: z.array(message).default([]),
      stream: z.boolean().optional(),
      jetty: jetty.optional(),
    }),
  ),
  responses: {
    200: answer(object, 'The run is over: an OpenAI object with `jetty_metadata` and `files`'),
    202: answer(object, 'It still goes on; `jetty_metadata.workflow_id` names it'),
    400: answer(object, 'What was asked for cannot be done'),
  },
});

type Wish = z.infer<typeof jetty>;

/** A runbook as a chat: the system message is its text, and the answer is what the run has to say. */
export function chatRoutes(api: Api, platform: Platform): void {
  const waiting = new Waiting(MOST_WAITING);
  api.openapi(complete, async (c) => {
    const { jetty: wish, messages, model, stream } = c.req.valid('json');
    if (!wish) throw refusal(400, 'jetty: this endpoint performs runbooks; it is no proxy for models');
    if (stream) throw refusal(400, 'stream: it is not offered; follow the run by its id');
    const collection = await collectionFor(platform, c.get('token'), wish.collection);
    const leave = waiting.enter(collection.id);
    try {
      const instruction = await instructionOf(wish, messages);
      const task = await taskOf(platform, collection.id, wish.task);
      const initParams = initParamsOf(wish, { instruction, model });
      const { webhook_url: webhookUrl, labels } = wish;
      const token = c.get('token');
      const also = async (db: Db, { id }: PlatformRun) => {
        for (const label of labels) await setLabel(db, id, { ...label, author: token.name });
      };
      const made = await askForRun(platform, { token, task, initParams, webhookUrl, also });
      const run = await endOf(platform, made, { ms: wish.timeout_hint * 1_000, signal: c.req.raw.signal });
      const names = namesOf(collection, task);
      return run.ended ? c.json(finished(platform, names, run), 200) : c.json(running(names, run), 202);
    } finally {
      leave();
    }
  });
}

async function instructionOf(wish: Wish, messages: readonly z.infer<typeof message>[]): Promise<string | undefined> {
  if (wish.runbook_url === undefined) return messages.find(({ role }) => role === 'system')?.content;
  const got = await guardedRequest({
    ...{ url: wish.runbook_url, method: 'GET', timeoutMs: FETCH_MS, maxBytes: MAX_RUNBOOK },
    allow: allowedBy(process.env),
  }).catch((error: unknown) => {
    throw refusal(400, `runbook_url: ${messageOf(error)}`);
  });
  if (got.status !== 200) throw refusal(400, `runbook_url: it answers with status ${got.status}`);
  return got.body.toString('utf8');
}

/** The task of that name; one that is not there is made. */
async function taskOf({ pool }: Platform, collectionId: string, name: string): Promise<Task> {
  const flags = { hasFileUploads: false, isPrivate: true, isChatFlow: true };
  const fields = { entityType: 'task', description: null, version: null, croissantMetadata: null, ...flags };
  const workflow = { init_params: {}, step_configs: { run: { activity: 'runbook' } }, steps: ['run'] };
  const task =
    (await taskByName(pool, collectionId, name)) ??
    (await createTask(pool, collectionId, { name, workflow, ...fields })) ??
    (await taskByName(pool, collectionId, name));
  if (!task) throw refusal(400, `jetty.task: ${name} cannot be made`);
  return task;
}

function initParamsOf(
  wish: Wish,
  { instruction, model }: { instruction: string | undefined; model: string | undefined },
): Record<string, unknown> {
  const files = [...wish.file_paths, ...wish.files];
  const given = {
    instruction,
    model,
    vars: wish.template_variables,
    model_provider: wish.model_provider,
    driver: wish.driver,
    file_paths: files.length > 0 ? files : undefined,
    source: wish.source ?? (files.length > 0 ? files : undefined),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function metadataOf(names: Named, run: PlatformRun) {
  const id = run.trajectoryId;
  const about = { mode: 'runbook', status: run.ended ? run.state : 'running', trajectory_id: id, ...names };
  return { ...about, storage_path: storagePath(names), workflow_id: workflowId(names, id) };
}

function running(names: Named, run: PlatformRun): Record<string, unknown> {
  const jetty_metadata = metadataOf(names, run);
  return { id: `chatcmpl-${jetty_metadata.workflow_id}`, object: 'chat.completion', jetty_metadata };
}

function finished(platform: Platform, names: Named, run: PlatformRun): Record<string, unknown> {
  const content = run.error ?? summaryIn(platform, run) ?? 'Runbook completed (no text output)';
  const files = storedFiles(names, run, outlineIn(runFolder(platform, run))).map(({ path }) => path);
  return {
    ...{ id: `chatcmpl-${run.trajectoryId}`, object: 'chat.completion', model: run.model ?? run.agent ?? '' },
    created: Math.floor(run.created.getTime() / 1_000),
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    ...{ jetty_metadata: metadataOf(names, run), files },
  };
}

function summaryIn(platform: Platform, run: PlatformRun): string | undefined {
  try {
    return ResultsDir.open(runFolder(platform, run)).readText('summary.md');
  } catch {
    return undefined; // the runbook leaves none
  }
}
