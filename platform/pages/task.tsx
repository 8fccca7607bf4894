import type { Hono } from 'hono';
import type { Runbook } from '../../agent/runbook/manifest.ts';
import { RunbookError } from '../../lib/errors.ts';
import { askForRun } from '../api/ask-for-run.ts';
import { notFound, taskFor } from '../api/auth.ts';
import { noted } from '../api/change-task.ts';
import type { Platform } from '../api/platform.ts';
import type { Collection } from '../store/collections.ts';
import { type Task, updateTask } from '../store/tasks.ts';
import type { Token } from '../store/tokens.ts';
import { askedIn, assertKeys, keysOf } from './asked.ts';
import { eventFilesIn, FILES, keptSource } from './event-files.ts';
import { page } from './layout.tsx';
import { pathOf, taskTabs } from './places.ts';
import { prose } from './prose.tsx';
import { RunForm } from './run-form.tsx';
import { runbookOfTask } from './runbooks.ts';
import { fieldsOf, type PageContext, type PageEnv } from './session.ts';
import { Badges, badgesOf, ShapeOfTheRun } from './steps.tsx';
import { type Fault, faultIn, ownParams, type Params, runPath, shownAgain } from './submit.ts';

/** The runbook of a task, with the form that runs it. */
export function taskPages(pages: Hono<PageEnv>, platform: Platform): void {
  pages.get('/:collection/:task', async (c) => {
    const { collection, task } = await taskFor(platform, c.get('token'), c.req.param());
    return taskPage(c, platform, { collection, task });
  });
  pages.post('/:collection/:task', async (c) => {
    const { collection, task } = await taskFor(platform, c.get('token'), c.req.param());
    const fields = await fieldsOf(c);
    try {
      const runbook = await runbookOfTask(task);
      const asked = askedIn(fields, runbook);
      const files = await eventFilesIn(c, fields);
      const source = files.length > 0 ? FILES : ownParams(task).source;
      if (fields.do === 'run') assertKeys(await keysOf(platform, collection.id, runbook), { source, ...asked });
      const of = { platform, token: c.get('token'), collection, task };
      const next = await keptSource(platform, { collection, files }, (kept) =>
        (fields.do === 'run' ? begin : keep)(of, { ...asked, ...kept }),
      );
      return c.redirect(next, 303);
    } catch (error) {
      return taskPage(c, platform, { collection, task, initParams: shownAgain(fields), fault: faultIn(error) });
    }
  });
}

interface Of {
  platform: Platform;
  token: Token;
  collection: Collection;
  task: Task;
}

/** Runs the task with parameters of the run's own. @returns the page of the run */
async function begin({ platform, token, collection, task }: Of, initParams: Params): Promise<string> {
  return runPath(collection, task, await askForRun(platform, { token, task, initParams }));
}

/** Keeps parameters as the task's. @returns the page of the task */
async function keep({ platform, token, collection, task }: Of, asked: Params): Promise<string> {
  const workflow = { ...task.workflow, init_params: { ...ownParams(task), ...asked } };
  const changed = await updateTask(platform.pool, task, { workflow }, noted(token, 'task.change'));
  if (typeof changed !== 'object') throw notFound(task.name, collection.name);
  return pathOf(collection.name, task.name);
}

interface TaskProps {
  collection: Collection;
  task: Task;
  initParams?: Params;
  fault?: Fault;
}

async function taskPage(c: PageContext, platform: Platform, { collection, task, initParams, fault }: TaskProps) {
  const names = { collection: collection.name, task: task.name };
  const shown = {
    title: task.name,
    crumbs: [{ text: names.collection, href: pathOf(names.collection) }, { text: names.task }],
    tabs: taskTabs(names, 'runbook'),
  };
  const runbook = await runbookOfTask(task).catch((fault: unknown) => fault);
  if (runbook instanceof RunbookError)
    return page(c, { ...shown, children: <Unread task={task} names={names} fault={runbook} /> });
  if (runbook instanceof Error) throw runbook;
  const read = runbook as Runbook;
  const form = {
    ...{ c, runbook: read, ...names, fault },
    initParams: initParams ?? ownParams(task),
    keys: await keysOf(platform, collection.id, read),
  };
  const children = (
    <>
      <TaskHead title={read.manifest.title} names={names} />
      <p class="lead">{task.description ?? read.manifest.description}</p>
      <Badges facts={badgesFor(task, read)} />
      <RunForm {...form} />
      <ShapeOfTheRun runbook={read} />
    </>
  );
  return page(c, { ...shown, children }, fault === undefined ? 200 : 400);
}

interface Names {
  collection: string;
  task: string;
}

function TaskHead({ title, names: { collection, task } }: { title: string; names: Names }) {
  return (
    <div class="top">
      <h1>{title}</h1>
      <a class="button quiet" href={pathOf(collection, task, 'delete')}>
        Delete …
      </a>
    </div>
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
async function Unread({ task, names, fault }: { task: Task; names: Names; fault: RunbookError }) {
  const body = String(ownParams(task).instruction).replace(/^---\r?\n[\s\S]*?\r?\n---\r?\n/u, '');
  return (
    <>
      <TaskHead title={task.name} names={names} />
      {task.description && <p class="lead">{task.description}</p>}
      <p class="error">This is no runbook that can be performed: {fault.message}</p>
      <div class="report">{await prose(body)}</div>
    </>
  );
}
