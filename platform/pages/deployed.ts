import type { Manifest } from '../../agent/runbook/manifest.ts';
import { RunbookError } from '../../lib/errors.ts';
import { noted } from '../api/change-task.ts';
import type { Platform } from '../api/platform.ts';
import type { Collection } from '../store/collections.ts';
import { NAME } from '../store/names.ts';
import { createTask, type Task, taskByName, updateTask } from '../store/tasks.ts';
import type { Token } from '../store/tokens.ts';
import { objectIn } from '../work/plan.ts';
import { ownParams, type Params } from './submit.ts';

interface Deployed {
  collection: Collection;
  name: string;
  manifest: Manifest;
  /** Of the task; with an `instruction` where it is of a RUNBOOK.md. */
  params: Params;
}

/** Makes a task of a runbook, or brings one of the same runbook up to date. @throws RunbookError `usage` */
export async function deployTask(
  { pool }: Platform,
  token: Token,
  { collection, name, manifest, params }: Deployed,
): Promise<Task> {
  const { agent, snapshot, description, version } = manifest;
  const known = await taskByName(pool, collection.id, name);
  const own = known ? ownParams(known) : {};
  if (known && (own.instruction === undefined) !== (params.instruction === undefined))
    throw new RunbookError('usage', `The task ${name} is of another runbook: choose another name.`);
  const workflow = {
    // No model and no provider: these would be asked for even where the collection has the key of another one.
    init_params: { ...(params.instruction === undefined ? {} : keptOf(own, manifest)), agent, snapshot, ...params },
    step_configs: { run: { activity: 'runbook', template_variables_path: 'init_params.vars' } },
    steps: ['run'],
  };
  const fields = { name: known?.name ?? name, description, version, workflow };
  const task = known
    ? await updateTask(pool, known, fields, noted(token, 'task.change'))
    : await createTask(pool, collection.id, { ...NEW, ...fields }, noted(token, 'task.create'));
  if (typeof task === 'object') return task;
  throw new RunbookError('usage', `The task ${name} was made or deleted meanwhile: try again.`);
}

/** Of the parameters that a task had those that its new text knows: a run refuses the others. */
function keptOf({ vars, ...others }: Params, { parameters }: Manifest): Params {
  const kept = Object.entries(objectIn(vars)).filter(([name]) => Object.hasOwn(parameters, name));
  return { ...others, vars: Object.fromEntries(kept) };
}

const NEW = { entityType: 'task', croissantMetadata: null, hasFileUploads: false, isPrivate: true, isChatFlow: false };

/** What a form calls a task. @throws RunbookError `usage` */
export function taskName({ name = '' }: Readonly<Record<string, string>>, standard = ''): string {
  const called = name.trim() || standard;
  if (!NAME.test(called)) throw new RunbookError('usage', 'The task needs a name.');
  return called;
}
