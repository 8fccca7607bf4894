import { z } from 'zod';
import { RunbookError } from '../../lib/errors.ts';
import type { Cadence } from './cadence.ts';
import type { Client } from './client.ts';
import { failureOf } from './failures.ts';
import {
  type ApiRequest,
  getRoutine,
  getTask,
  type Place,
  patchRoutine,
  postRoutine,
  postRun,
  postTask,
  putTask,
} from './requests.ts';
import type { Task, Vars } from './task.ts';

export type Written = 'created' | 'updated';

/**
 * Makes the task what it is to be: updates it where it is there, creates it where it is not.
 * @throws RunbookError what the client throws
 */
export async function writeTask(client: Client, place: Place, task: Task): Promise<Written> {
  const there = await client.send(getTask(place), { also: [404] });
  if (there.status !== 404) {
    await client.send(putTask(place, task));
    return 'updated';
  }
  const request = postTask(place, task);
  const created = await client.send(request, { also: [400, 409] });
  if (created.status < 300) return 'created';
  // Created by somebody else in between, or there under another spelling of its name.
  if (created.status === 400 && !/exist/iu.test(created.body.toString('utf8'))) throw failureOf(created, request);
  await client.send(putTask(place, task));
  return 'updated';
}

/** The routine of the task: there is one, and another schedule changes it. @throws RunbookError what the client throws */
export async function writeRoutine(client: Client, place: Place, cadence: Cadence, vars: Vars): Promise<Written> {
  const there = await client.send(getRoutine(place), { also: [404] });
  const isThere = there.status !== 404;
  await client.send(isThere ? patchRoutine(place, cadence, vars) : postRoutine(place, cadence, vars));
  return isThere ? 'updated' : 'created';
}

const started = z.looseObject({ workflow_id: z.string() });

/** Starts a run. @returns its id @throws RunbookError what the client throws; `bad_response` where the answer names none */
export async function startRun(client: Client, place: Place, vars: Vars): Promise<string> {
  const { value } = await client.json(postRun(place, vars));
  const workflow = started.safeParse(value).data?.workflow_id ?? '';
  const id = workflow.slice(workflow.lastIndexOf('--') + 2);
  if (workflow.includes('--') && /^[\w.-]{1,200}$/u.test(id)) return id;
  throw new RunbookError('bad_response', 'The target has taken the run and named no id of it.', {
    hint: 'Look at the runs of the task there.',
  });
}

export interface Wish {
  place: Place;
  task: Task;
  vars: Vars;
  cadence: Cadence | undefined;
  run: boolean;
  follow: boolean;
}

/** A request of a plan, with the condition under which it is made. */
export interface Planned {
  request: ApiRequest;
  when: string;
}

/** The requests that write task, routine and run, in order. */
export function writesOf({ place, task, vars, cadence, run }: Wish): Planned[] {
  return [
    { request: getTask(place), when: '' },
    { request: putTask(place, task), when: 'where the task is there' },
    { request: postTask(place, task), when: 'where it is not' },
    ...(cadence
      ? [
          { request: getRoutine(place), when: '' },
          { request: patchRoutine(place, cadence, vars), when: 'where the routine is there' },
          { request: postRoutine(place, cadence, vars), when: 'where it is not' },
        ]
      : []),
    ...(run ? [{ request: postRun(place, vars), when: '' }] : []),
  ];
}
