import type { Hono } from 'hono';
import { plural } from '../../lib/format.ts';
import { taskFor } from '../api/auth.ts';
import { removeTask } from '../api/change-task.ts';
import type { Platform } from '../api/platform.ts';
import { listRoutines } from '../store/routines.ts';
import { listRuns, openRuns } from '../store/runs.ts';
import { Csrf, FormError, page } from './layout.tsx';
import { pathOf, taskTabs } from './places.ts';
import { fieldsOf, type PageContext, type PageEnv } from './session.ts';

type Found = Awaited<ReturnType<typeof taskFor>>;

/** Deletes a task, once its name is typed. */
export function deleteTaskPages(pages: Hono<PageEnv>, platform: Platform): void {
  pages.get('/:collection/:task/delete', async (c) => {
    return deletePage(c, platform, await taskFor(platform, c.get('token'), c.req.param()));
  });
  pages.post('/:collection/:task/delete', async (c) => {
    const found = await taskFor(platform, c.get('token'), c.req.param());
    const { collection, task } = found;
    const { name = '' } = await fieldsOf(c);
    if (name.trim() !== task.name.trim()) return deletePage(c, platform, found, 'This is not the name of the task.');
    if ((await openRuns(platform.pool, task.id)) > 0)
      return deletePage(c, platform, found, 'A run of it goes on: cancel it, or wait for its end.');
    await removeTask(platform.pool, c.get('token'), task);
    return c.redirect(pathOf(collection.name), 303);
  });
}

async function deletePage(c: PageContext, { pool }: Platform, { collection, task }: Found, error?: string) {
  const { total } = await listRuns(pool, { taskId: task.id, limit: 1, offset: 0 });
  const routines = await listRoutines(pool, { collectionId: collection.id, taskId: task.id });
  const names = { collection: collection.name, task: task.name };
  const here = pathOf(names.collection, names.task);
  const children = (
    <form method="post" action={`${here}/delete`} class="card narrow">
      <Csrf c={c} />
      <h1>Delete the task?</h1>
      <p>
        <b>{task.name}</b> goes, with {plural(total, 'run')} and {plural(routines.length, 'schedule')}: their pages are
        gone, and nothing brings them back. Files of runs stay in the data folder of the server.
      </p>
      <FormError text={error} />
      <label>
        Type its name
        <input name="name" required autocomplete="off" spellcheck={false} />
        <small>So that it is no slip.</small>
      </label>
      <div class="actions">
        <button type="submit" class="danger">
          Delete {task.name}
        </button>
        <a href={here}>Keep it</a>
      </div>
    </form>
  );
  const crumbs = [
    { text: names.collection, href: pathOf(names.collection) },
    { text: names.task, href: here },
  ];
  const shown = { title: `Delete ${task.name}`, crumbs, tabs: taskTabs(names), children };
  return page(c, shown, error === undefined ? 200 : 400);
}
