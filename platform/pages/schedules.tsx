import type { Hono } from 'hono';
import { RunbookError } from '../../lib/errors.ts';
import { actorOf, taskFor } from '../api/auth.ts';
import { refusal } from '../api/errors.ts';
import type { Platform } from '../api/platform.ts';
import { transaction } from '../database/pool.ts';
import { fireNow } from '../routines/fire-now.ts';
import { addAudit } from '../store/audit.ts';
import type { Collection } from '../store/collections.ts';
import { changeRoutine, deleteRoutine, listRoutines, type Routine, routineByName } from '../store/routines.ts';
import type { Task } from '../store/tasks.ts';
import { page } from './layout.tsx';
import { makeSchedule, scheduleName, timingIn } from './make-schedule.ts';
import { pathOf, taskTabs } from './places.ts';
import { NewSchedule, ScheduleTable } from './schedule-form.tsx';
import { fieldsOf, type PageContext, type PageEnv } from './session.ts';

/** The schedules of a task. */
export function schedulePages(pages: Hono<PageEnv>, platform: Platform): void {
  pages.get('/:collection/:task/schedules', async (c) => {
    return schedulesPage(c, platform, await taskFor(platform, c.get('token'), c.req.param()));
  });
  pages.post('/:collection/:task/schedules', async (c) => {
    const of = await taskFor(platform, c.get('token'), c.req.param());
    const fields = await fieldsOf(c);
    const here = pathOf(of.collection.name, of.task.name, 'schedules');
    if (fields.do === 'create') {
      try {
        await makeSchedule(platform, { ...of, by: c.get('token'), name: scheduleName(fields), ...timingIn(fields) });
        return c.redirect(here, 303);
      } catch (error) {
        if (!(error instanceof RunbookError)) throw error;
        return schedulesPage(c, platform, of, { fields, error: error.message });
      }
    }
    const routine = await routineByName(platform.pool, of.task.id, fields.name ?? '');
    if (!routine) throw refusal(404, 'There is no such schedule.');
    if (fields.do === 'run') {
      const by = { collectionId: of.collection.id, actor: actorOf(c.get('token')) };
      const run = await fireNow(platform, { routine, ...by });
      if (!run) throw refusal(400, 'It was begun a moment ago.');
      return c.redirect(pathOf(of.collection.name, of.task.name, run.trajectoryId), 303);
    }
    await change(c, platform, of.collection, { routine, wanted: fields.do ?? '' });
    return c.redirect(here, 303);
  });
}

interface Of {
  collection: Collection;
  task: Task;
}

async function change(
  c: PageContext,
  { pool }: Platform,
  collection: Collection,
  { routine, wanted }: { routine: Routine; wanted: string },
): Promise<void> {
  const entry = { collectionId: collection.id, actor: actorOf(c.get('token')), target: routine.name };
  await transaction(pool, async (db) => {
    if (wanted === 'delete') {
      await deleteRoutine(db, routine.id);
      await addAudit(db, { ...entry, action: 'routine.delete' });
    } else if (wanted === 'pause' || wanted === 'resume') {
      await changeRoutine(db, routine, { paused: wanted === 'pause' });
      await addAudit(db, { ...entry, action: 'routine.change', detail: { fields: ['paused'] } });
    } else throw refusal(400, 'This cannot be done with a schedule.');
  });
}

async function schedulesPage(
  c: PageContext,
  platform: Platform,
  { collection, task }: Of,
  { fields = {}, error }: { fields?: Record<string, string>; error?: string } = {},
) {
  const routines = await listRoutines(platform.pool, { collectionId: collection.id, taskId: task.id });
  const names = { collection: collection.name, task: task.name };
  const here = pathOf(names.collection, names.task, 'schedules');
  const children = (
    <>
      <h1>Schedules</h1>
      <p class="lead">
        Each runs the task as it is deployed; its reports follow up on the last one. What is missed while no server runs
        is made up for as each says.
      </p>
      <ScheduleTable c={c} here={here} routines={routines} />
      <NewSchedule c={c} here={here} given={fields} error={error} />
    </>
  );
  const crumbs = [{ text: names.collection, href: pathOf(names.collection) }, { text: names.task }];
  const shown = { title: `Schedules of ${task.name}`, crumbs, tabs: taskTabs(names, 'schedules'), children };
  return page(c, shown, error === undefined ? 200 : 400);
}
