import { type Db, type Pool, transaction } from '../database/pool.ts';
import { addAudit } from '../store/audit.ts';
import { deleteTask, type Task } from '../store/tasks.ts';
import type { Token } from '../store/tokens.ts';
import { actorOf } from './auth.ts';

/** The audit entry of a change of a task, which is made with it. */
export function noted(token: Token, action: 'task.create' | 'task.change' | 'task.delete') {
  return (db: Db, { collectionId, name }: Task): Promise<void> =>
    addAudit(db, { collectionId, actor: actorOf(token), action, target: name });
}

/** With its runs. */
export function removeTask(pool: Pool, token: Token, task: Task): Promise<void> {
  return transaction(pool, async (db) => {
    await deleteTask(db, task.id);
    await noted(token, 'task.delete')(db, task);
  });
}
