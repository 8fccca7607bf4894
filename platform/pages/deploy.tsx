import type { Hono } from 'hono';
import { loadRunbook } from '../../agent/runbook/load.ts';
import { RunbookError } from '../../lib/errors.ts';
import { askForRun } from '../api/ask-for-run.ts';
import { actorOf, collectionFor } from '../api/auth.ts';
import type { Platform } from '../api/platform.ts';
import { ROUTINE } from '../deploy/requests.ts';
import { addAudit } from '../store/audit.ts';
import type { Collection } from '../store/collections.ts';
import { NAME } from '../store/names.ts';
import { createTask, type Task, taskByName, updateTask } from '../store/tasks.ts';
import type { Token } from '../store/tokens.ts';
import { askedIn, assertKeys, keysOf } from './asked.ts';
import { eventFilesIn, FILES, keptSource } from './event-files.ts';
import { page } from './layout.tsx';
import { setSchedule, timingIn } from './make-schedule.ts';
import { pathOf } from './places.ts';
import { RunForm } from './run-form.tsx';
import { fieldsOf, type PageContext, type PageEnv } from './session.ts';
import { Badges, badgesOf, ShapeOfTheRun } from './steps.tsx';
import { type Fault, faultIn, ownParams, type Params, runPath, shownAgain } from './submit.ts';

/** Makes a task of the runbook that ships with the program. */
export function deployPages(pages: Hono<PageEnv>, platform: Platform): void {
  pages.get('/:collection/-/deploy', async (c) => {
    const collection = await collectionFor(platform, c.get('token'), c.req.param('collection'));
    return deployPage(c, platform, { collection, initParams: {} });
  });
  pages.post('/:collection/-/deploy', async (c) => {
    const collection = await collectionFor(platform, c.get('token'), c.req.param('collection'));
    const fields = await fieldsOf(c);
    try {
      const name = nameIn(fields);
      const asked = askedIn(fields, loadRunbook());
      const timing = fields.type ? timingIn(fields) : undefined;
      const files = await eventFilesIn(c, fields);
      const source = files.length > 0 ? FILES : undefined;
      if (fields.do === 'run') assertKeys(await keysOf(platform, collection.id, loadRunbook()), { source, ...asked });
      Object.assign(asked, await keptSource(platform, collection, files));
      const by = c.get('token');
      const task = await deployed(platform, by, { collection, name, asked });
      if (timing) await setSchedule(platform, { collection, task, by, name: ROUTINE, ...timing });
      if (fields.do !== 'run') return c.redirect(pathOf(collection.name, task.name), 303);
      return c.redirect(runPath(collection, task, await askForRun(platform, { token: by, task, initParams: {} })), 303);
    } catch (error) {
      return deployPage(c, platform, { collection, initParams: shownAgain(fields), fault: faultIn(error) });
    }
  });
}

/** @throws RunbookError `usage` */
function nameIn({ name = '' }: Record<string, string>): string {
  const called = name.trim();
  if (!NAME.test(called)) throw new RunbookError('usage', 'The task needs a name.');
  return called;
}

/** Makes a task of the runbook that ships with the program, or brings one up to date. @throws RunbookError `usage` */
async function deployed(
  { pool }: Platform,
  token: Token,
  { collection, name, asked }: { collection: Collection; name: string; asked: Params },
): Promise<Task> {
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
  { collection, ...form }: { collection: Collection; initParams: Params; fault?: Fault },
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
  return page(c, { title: `Deploy ${title}`, crumbs, children }, form.fault === undefined ? 200 : 400);
}
