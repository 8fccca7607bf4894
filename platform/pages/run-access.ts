import { taskFor } from '../api/auth.ts';
import { refusal } from '../api/errors.ts';
import type { Platform } from '../api/platform.ts';
import { runByTrajectory } from '../store/runs.ts';
import type { PageContext } from './session.ts';

/** The run that a path names. @throws 404 for none, and for one of a collection that the token does not see */
export async function runFor(platform: Platform, c: PageContext) {
  const { collection: inCollection = '', task: ofTask = '', trajectory = '' } = c.req.param() as Record<string, string>;
  const names = { collection: inCollection, task: ofTask };
  const { collection, task } = await taskFor(platform, c.get('token'), names);
  const ids = { collectionId: collection.id, taskId: task.id, trajectoryId: trajectory };
  const run = await runByTrajectory(platform.pool, ids);
  if (!run) throw refusal(404, `There is no run ${trajectory} of this task.`);
  return { collection, task, run };
}
