import type { Db } from '../database/pool.ts';
import { addAudit } from '../store/audit.ts';
import type { PlatformRun } from '../store/run-row.ts';
import type { NewRun } from '../store/runs.ts';
import type { Task } from '../store/tasks.ts';
import type { Token } from '../store/tokens.ts';
import { actorOf } from './auth.ts';
import type { Platform } from './platform.ts';

/** What is asked for beside the task, and more that belongs to the run. */
type Asked = Omit<NewRun, 'collectionId' | 'taskId' | 'workflow' | 'author' | 'fire'> & {
  /** Where it is not the task's as it is. */
  workflow?: NewRun['workflow'];
  also?: (db: Db, made: PlatformRun) => Promise<void>;
};

/** Lets a run of a task be performed, and notes who asked for it: all of it happens, or nothing. */
export function askForRun(
  { queue }: Pick<Platform, 'queue'>,
  { token, task, ...asked }: Asked & { token: Token; task: Task },
): Promise<PlatformRun> {
  const { also, ...wanted } = asked;
  const { id: taskId, collectionId, workflow } = task;
  return queue.submit({ collectionId, taskId, workflow, author: token.name, ...wanted }, async (db, made) => {
    await also?.(db, made);
    const action = wanted.parent ? 'run.fork' : 'run.create';
    const entry = { collectionId, actor: actorOf(token), action, target: task.name };
    await addAudit(db, { ...entry, detail: { run: made.id } });
  });
}
