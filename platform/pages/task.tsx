import type { Hono } from 'hono';
import { loadRunbook } from '../../agent/runbook/load.ts';
import type { Runbook } from '../../agent/runbook/manifest.ts';
import { RunbookError } from '../../lib/errors.ts';
import { actorOf, collectionFor, taskFor } from '../api/auth.ts';
import type { Platform } from '../api/platform.ts';
import { addAudit } from '../store/audit.ts';
import type { Collection } from '../store/collections.ts';
import type { PlatformRun } from '../store/runs.ts';
import { createTask, type Task, taskByName, updateTask } from '../store/tasks.ts';
import type { Token } from '../store/tokens.ts';
import { withRunbook } from '../work/perform.ts';
import { askedIn, assertKeys, keysOf } from './asked.ts';
import { page } from './layout.tsx';
import { pathOf, taskTabs } from './places.ts';
import { prose } from './prose.tsx';
import { RunForm } from './run-form.tsx';
import { fieldsOf, type PageContext, type PageEnv } from './session.ts';
import { Badges, badgesOf, ShapeOfTheRun } from './steps.tsx';

type Params = Record<string, unknown>;

/** The runbook of a task, with the form that runs it; and the same for one that is to be made. */
export function taskPages(pages: Hono<PageEnv>, platform: Platform): void {
  pages.get('/:collection/-/deploy', async (c) => {
    const collection = await collectionFor(platform, c.get('token'), c.req.param('collection'));
    return deployPage(c, platform, { collection, initParams: {} });
  });
  pages.post('/:collection/-/deploy', async (c) => {
    const collection = await collectionFor(platform, c.get('token'), c.req.param('collection'));
    const fields = await fieldsOf(c);
    const initParams = shownAgain(fields);
    try {
      const asked = askedIn(fields, loadRunbook());
      if (fields.do === 'run') assertKeys(await keysOf(platform, collection.id, loadRunbook()), asked);
      const task = await deployed(platform, c.get('token'), { collection, name: fields.name?.trim() ?? '', asked });
      if (fields.do !== 'run') return c.redirect(pathOf(collection.name, task.name), 303);
      return c.redirect(runPath(collection, task, await submitted(platform, c.get('token'), task, {})), 303);
    } catch (error) {
      return deployPage(c, platform, { collection, initParams, error: textOf(error) });
    }
  });
  pages.get('/:collection/:task', async (c) => {
    const { collection, task } = await taskFor(platform, c.get('token'), c.req.param());
    return taskPage(c, platform, { collection, task });
  });
  pages.post('/:collection/:task', async (c) => {
    const { collection, task } = await taskFor(platform, c.get('token'), c.req.param());
    const fields = await fieldsOf(c);
    try {
      const runbook = await runbookOf(task);
      const asked = askedIn(fields, runbook);
      if (fields.do === 'run') {
        assertKeys(await keysOf(platform, collection.id, runbook), { source: ownParams(task).source, ...asked });
        return c.redirect(runPath(collection, task, await submitted(platform, c.get('token'), task, asked)), 303);
      }
      const workflow = { ...task.workflow, init_params: { ...ownParams(task), ...asked } };
      await updateTask(platform.pool, task, { workflow });
      const entry = { collectionId: collection.id, actor: actorOf(c.get('token')) };
      await addAudit(platform.pool, { ...entry, action: 'task.change', target: task.name });
      return c.redirect(pathOf(collection.name, task.name), 303);
    } catch (error) {
      return taskPage(c, platform, { collection, task, initParams: shownAgain(fields), error: textOf(error) });
    }
  });
}

/** What somebody typed is shown to them again. */
function shownAgain(fields: Record<string, string>): Params {
  const vars = Object.entries(fields).map(([name, value]) => [name.replace(/^vars\./u, ''), value] as const);
  return { ...fields, vars: Object.fromEntries(vars) };
}

const SAID: readonly string[] = ['usage', 'config', 'runbook_invalid'];

/** @throws what is no fault of a form */
function textOf(error: unknown): string {
  if (error instanceof RunbookError && SAID.includes(error.code))
    return error.message.replace(/^-p /u, '').replace(/^init_params\./u, '');
  throw error;
}

function ownParams({ workflow }: Task): Params {
  return (workflow.init_params as Params | undefined) ?? {};
}

function runPath(collection: Collection, task: Task, run: PlatformRun): string {
  return pathOf(collection.name, task.name, run.trajectoryId);
}

async function submitted(platform: Platform, token: Token, task: Task, initParams: Params): Promise<PlatformRun> {
  const wanted = { collectionId: task.collectionId, taskId: task.id, workflow: task.workflow, initParams };
  return platform.queue.submit({ ...wanted, author: token.name }, async (db, { id }) => {
    const entry = { collectionId: task.collectionId, actor: actorOf(token), action: 'run.create' };
    await addAudit(db, { ...entry, target: task.name, detail: { run: id } });
  });
}

const MOST_NAME = 200;

/** Makes a task of the runbook that ships with the program, or brings one up to date. @throws RunbookError `usage` */
async function deployed(
  { pool }: Platform,
  token: Token,
  { collection, name, asked }: { collection: Collection; name: string; asked: Params },
): Promise<Task> {
  if (name === '' || name.length > MOST_NAME) throw new RunbookError('usage', 'The task needs a name.');
  const { manifest } = loadRunbook();
  const { agent, snapshot, description, version } = manifest;
  const workflow = {
    // No model and no provider: these would be asked for even where the collection has the key of another one.
    init_params: { agent, snapshot, ...asked },
    step_configs: { run: { activity: 'runbook', template_variables_path: 'init_params.vars' } },
    steps: ['run'],
  };
  const known = await taskByName(pool, collection.id, name);
  if (known && ownParams(known).instruction !== undefined)
    throw new RunbookError('usage', `The task ${name} is of another runbook: choose another name.`);
  const fields = { name: known?.name ?? name, description, version, workflow };
  const task = known
    ? await updateTask(pool, known, fields)
    : await createTask(pool, collection.id, { ...NEW, ...fields });
  if (!task) throw new RunbookError('usage', `There is a task ${name} already.`);
  const action = known ? 'task.change' : 'task.create';
  await addAudit(pool, { collectionId: collection.id, actor: actorOf(token), action, target: task.name });
  return task;
}

const NEW = { entityType: 'task', croissantMetadata: null, hasFileUploads: false, isPrivate: true, isChatFlow: false };

async function deployPage(
  c: PageContext,
  platform: Platform,
  { collection, ...form }: { collection: Collection; initParams: Params; error?: string },
) {
  const runbook = loadRunbook();
  const keys = await keysOf(platform, collection.id, runbook);
  const { title, description } = runbook.manifest;
  const children = (
    <>
      <h1>{title}</h1>
      <p class="lead">{description}</p>
      <Badges facts={badgesOf(runbook)} />
      <RunForm c={c} runbook={runbook} collection={collection.name} keys={keys} {...form} />
      <ShapeOfTheRun runbook={runbook} />
    </>
  );
  const crumbs = [{ text: collection.name, href: pathOf(collection.name) }, { text: 'Deploy' }];
  return page(c, { title: `Deploy ${title}`, crumbs, children }, form.error === undefined ? 200 : 400);
}

interface TaskProps {
  collection: Collection;
  task: Task;
  initParams?: Params;
  error?: string;
}

async function taskPage(c: PageContext, platform: Platform, { collection, task, initParams, error }: TaskProps) {
  const names = { collection: collection.name, task: task.name };
  const shown = {
    title: task.name,
    crumbs: [{ text: names.collection, href: pathOf(names.collection) }, { text: names.task }],
    tabs: taskTabs(names, 'runbook'),
  };
  const runbook = await runbookOf(task).catch((fault: unknown) => fault);
  if (runbook instanceof RunbookError) return page(c, { ...shown, children: <Unread task={task} fault={runbook} /> });
  if (runbook instanceof Error) throw runbook;
  const read = runbook as Runbook;
  const form = {
    ...{ c, runbook: read, ...names, error },
    initParams: initParams ?? ownParams(task),
    keys: await keysOf(platform, collection.id, read),
  };
  const children = (
    <>
      <h1>{read.manifest.title}</h1>
      <p class="lead">{task.description ?? read.manifest.description}</p>
      <Badges facts={badgesFor(task, read)} />
      <RunForm {...form} />
      <ShapeOfTheRun runbook={read} />
    </>
  );
  return page(c, { ...shown, children }, error === undefined ? 200 : 400);
}

/** The runbook of a task: its own text, or the one that ships with the program. @throws RunbookError where the text is none */
function runbookOf(task: Task): Promise<Runbook> {
  const { instruction } = ownParams(task);
  return withRunbook(
    instruction === undefined ? { instruction } : { instruction: String(instruction) },
    async (runbook) => runbook,
  );
}

function badgesFor(task: Task, runbook: Runbook) {
  const { agent, model, snapshot } = ownParams(task);
  const own = { agent: shown(agent), model: shown(model), snapshot: shown(snapshot) };
  const known = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== ''));
  return {
    ...badgesOf(runbook),
    ...known,
    ...(task.version ? { version: `v${task.version.replace(/^v/u, '')}` } : {}),
  };
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A text that cannot be read as a runbook, with why. */
async function Unread({ task, fault }: { task: Task; fault: RunbookError }) {
  const body = String(ownParams(task).instruction).replace(/^---\r?\n[\s\S]*?\r?\n---\r?\n/u, '');
  return (
    <>
      <h1>{task.name}</h1>
      {task.description && <p class="lead">{task.description}</p>}
      <p class="error">This is no runbook that can be performed: {fault.message}</p>
      <div class="report">{await prose(body)}</div>
    </>
  );
}
