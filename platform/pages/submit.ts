import { RunbookError } from '../../lib/errors.ts';
import { actorOf } from '../api/auth.ts';
import type { Platform } from '../api/platform.ts';
import { addAudit } from '../store/audit.ts';
import type { Collection } from '../store/collections.ts';
import type { PlatformRun } from '../store/runs.ts';
import type { Task } from '../store/tasks.ts';
import type { Token } from '../store/tokens.ts';
import { pathOf } from './places.ts';

export type Params = Record<string, unknown>;

/** What is wrong with a form. */
export interface Fault {
  text: string;
  /** The field at fault, where it is told there. */
  at?: string | undefined;
}

/** What somebody typed is shown to them again. */
export function shownAgain(fields: Record<string, string>): Params {
  const vars = Object.entries(fields).map(([name, value]) => [name.replace(/^vars\./u, ''), value] as const);
  return { ...fields, vars: Object.fromEntries(vars) };
}

const SAID: readonly string[] = ['usage', 'config', 'runbook_invalid'];

/** What is wrong with a form, of what was thrown. @throws what is no fault of a form */
export function faultIn(error: unknown): Fault {
  if (error instanceof RunbookError && SAID.includes(error.code))
    return { text: error.message.replace(/^-p /u, '').replace(/^init_params\./u, ''), at: error.at };
  throw error;
}

/** A task's own `init_params`. */
export function ownParams({ workflow }: Task): Params {
  return (workflow.init_params as Params | undefined) ?? {};
}

/** The page of a run. */
export function runPath(collection: Collection, task: Task, run: PlatformRun): string {
  return pathOf(collection.name, task.name, run.trajectoryId);
}

/** Lets a run of a task be performed, and notes who asked for it. */
export async function submitted(
  platform: Platform,
  token: Token,
  task: Task,
  initParams: Params,
): Promise<PlatformRun> {
  const wanted = { collectionId: task.collectionId, taskId: task.id, workflow: task.workflow, initParams };
  return platform.queue.submit({ ...wanted, author: token.name }, async (db, { id }) => {
    const entry = { collectionId: task.collectionId, actor: actorOf(token), action: 'run.create' };
    await addAudit(db, { ...entry, target: task.name, detail: { run: id } });
  });
}
