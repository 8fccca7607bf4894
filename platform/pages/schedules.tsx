import type { Hono } from 'hono';
import { RunbookError } from '../../lib/errors.ts';
import { actorOf, taskFor } from '../api/auth.ts';
import { refusal } from '../api/errors.ts';
import type { Platform } from '../api/platform.ts';
import { transaction } from '../database/pool.ts';
import { fireNow } from '../routines/fire-now.ts';
import { addAudit } from '../store/audit.ts';
import type { Collection } from '../store/collections.ts';
import { deleteRoutine, hasWebhookSecret, listRoutines, type Routine, routineByName } from '../store/routines.ts';
import type { Task } from '../store/tasks.ts';
import { page } from './layout.tsx';
import { changeSchedule, makeSchedule } from './make-schedule.ts';
import { pathOf, taskTabs } from './places.ts';
import { runbookOfTask } from './runbooks.ts';
import { moreIn, scheduleName, timingIn } from './schedule-fields.ts';
import { ScheduleForm } from './schedule-form.tsx';
import { ScheduleTable } from './schedule-table.tsx';
import { fieldsOf, type PageContext, type PageEnv } from './session.ts';
import { faultIn } from './submit.ts';

/** The schedules of a task. */
export function schedulePages(pages: Hono<PageEnv>, platform: Platform): void {
  pages.get('/:collection/:task/schedules', async (c) => {
    const of = await taskFor(platform, c.get('token'), c.req.param());
    const name = c.req.query('change');
    const routine = name === undefined ? undefined : await routineFor(platform, of, name);
    return schedulesPage(c, platform, of, { routine });
  });
  pages.post('/:collection/:task/schedules', async (c) => {
    const of = await taskFor(platform, c.get('token'), c.req.param());
    const fields = await fieldsOf(c);
    const here = pathOf(of.collection.name, of.task.name, 'schedules');
    const routine = fields.do === 'create' ? undefined : await routineFor(platform, of, fields.name ?? '');
    if (!routine || fields.do === 'save') {
      try {
        await keep(c, platform, of, { fields, routine });
        return c.redirect(here, 303);
      } catch (error) {
        return schedulesPage(c, platform, of, { fields, routine, error: faultIn(error).text });
      }
    }
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

/** @throws 404 */
async function routineFor({ pool }: Platform, { task }: Of, name: string): Promise<Routine> {
  const routine = await routineByName(pool, task.id, name);
  if (!routine) throw refusal(404, 'There is no such schedule.');
  return routine;
}

/** Of a text that is no runbook there are no parameters. */
async function runbookIn({ task }: Of) {
  return runbookOfTask(task).catch((error: unknown) => {
    if (error instanceof RunbookError) return undefined;
    throw error;
  });
}

interface Given {
  fields?: Record<string, string>;
  routine?: Routine | undefined;
  error?: string;
}

/** What the form says becomes a schedule, or that of one. @throws RunbookError `usage` */
async function keep(c: PageContext, platform: Platform, of: Of, { fields = {}, routine }: Given): Promise<void> {
  const more = moreIn(fields, await runbookIn(of), routine);
  const secret = { webhookSecret: fields.webhook_secret?.trim() };
  const wanted = { ...of, by: c.get('token'), ...secret, fields: { ...timingIn(fields), ...more } };
  if (routine) return changeSchedule(platform, routine, wanted);
  return makeSchedule(platform, { ...wanted, name: scheduleName(fields) });
}

async function change(
  c: PageContext,
  platform: Platform,
  collection: Collection,
  { routine, wanted }: { routine: Routine; wanted: string },
): Promise<void> {
  const by = c.get('token');
  if (wanted === 'pause' || wanted === 'resume')
    return changeSchedule(platform, routine, { collection, by, fields: { paused: wanted === 'pause' } });
  if (wanted !== 'delete') throw refusal(400, 'This cannot be done with a schedule.');
  await transaction(platform.pool, async (db) => {
    await deleteRoutine(db, routine.id);
    const entry = { collectionId: collection.id, actor: actorOf(by), target: routine.name };
    await addAudit(db, { ...entry, action: 'routine.delete' });
  });
}

async function schedulesPage(c: PageContext, platform: Platform, of: Of, { fields = {}, routine, error }: Given) {
  const { collection, task } = of;
  const { pool } = platform;
  const routines = await listRoutines(pool, { collectionId: collection.id, taskId: task.id });
  const known = routine && { routine, hasSecret: await hasWebhookSecret(pool, routine.id) };
  const names = { collection: collection.name, task: task.name };
  const here = pathOf(names.collection, names.task, 'schedules');
  // A secret is shown to nobody, not even to who typed it.
  const { webhook_secret: _secret, ...given } = fields;
  const form = { c, here, task, known, given, error, runbook: await runbookIn(of) };
  const children = (
    <>
      <h1>Schedules</h1>
      <p class="lead">
        Each runs the task as it is deployed; its reports follow up on the last one. What is missed while no server runs
        is made up for as each says.
      </p>
      <ScheduleTable c={c} here={here} routines={routines} />
      <ScheduleForm {...form} />
    </>
  );
  const crumbs = [{ text: names.collection, href: pathOf(names.collection) }, { text: names.task }];
  const shown = { title: `Schedules of ${task.name}`, crumbs, tabs: taskTabs(names, 'schedules'), children };
  return page(c, shown, error === undefined ? 200 : 400);
}
