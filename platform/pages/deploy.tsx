import type { Hono } from 'hono';
import { loadRunbook } from '../../agent/runbook/load.ts';
import { askForRun } from '../api/ask-for-run.ts';
import { collectionFor } from '../api/auth.ts';
import type { Platform } from '../api/platform.ts';
import { ROUTINE } from '../deploy/requests.ts';
import type { Collection } from '../store/collections.ts';
import { askedIn, assertKeys, keysOf } from './asked.ts';
import { deployTask, taskName } from './deployed.ts';
import { eventFilesIn, FILES, keptSource } from './event-files.ts';
import { page } from './layout.tsx';
import { setSchedule } from './make-schedule.ts';
import { pathOf } from './places.ts';
import { RunForm } from './run-form.tsx';
import { timingIn } from './schedule-fields.ts';
import { fieldsOf, type PageContext, type PageEnv } from './session.ts';
import { Badges, badgesOf, ShapeOfTheRun } from './steps.tsx';
import { type Fault, faultIn, type Params, runPath, shownAgain } from './submit.ts';

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
      const name = taskName(fields);
      const runbook = loadRunbook();
      const asked = askedIn(fields, runbook);
      const timing = fields.type ? timingIn(fields) : undefined;
      const files = await eventFilesIn(c, fields);
      const source = files.length > 0 ? FILES : undefined;
      if (fields.do === 'run') assertKeys(await keysOf(platform, collection.id, runbook), { source, ...asked });
      const by = c.get('token');
      const task = await keptSource(platform, { collection, files }, (kept) =>
        deployTask(platform, by, { collection, name, manifest: runbook.manifest, params: { ...asked, ...kept } }),
      );
      if (timing) await setSchedule(platform, { collection, task, by, name: ROUTINE, fields: timing });
      if (fields.do !== 'run') return c.redirect(pathOf(collection.name, task.name), 303);
      return c.redirect(runPath(collection, task, await askForRun(platform, { token: by, task, initParams: {} })), 303);
    } catch (error) {
      return deployPage(c, platform, { collection, initParams: shownAgain(fields), fault: faultIn(error) });
    }
  });
}

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
