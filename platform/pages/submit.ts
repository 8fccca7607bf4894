import { RunbookError } from '../../lib/errors.ts';
import type { Collection } from '../store/collections.ts';
import type { PlatformRun } from '../store/run-row.ts';
import type { Task } from '../store/tasks.ts';
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
