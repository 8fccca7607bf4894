import { z } from 'zod';
import { RunbookError } from '../../lib/errors.ts';
import type { WrittenCadence } from './cadence.ts';
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
  ROUTINE,
  type RoutineFields,
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

/** Makes a routine of the task, or changes the one of that name. @throws RunbookError what the client throws */
export async function writeRoutine(
  client: Client,
  place: Place,
  name: string,
  fields: RoutineFields,
): Promise<Written> {
  const there = await client.send(getRoutine(place, name), { also: [404] });
  const isThere = there.status !== 404;
  await client.send(isThere ? patchRoutine(place, name, fields) : postRoutine(place, name, fields));
  return isThere ? 'updated' : 'created';
}

const started = z.looseObject({ workflow_id: z.string() });

/** Starts a run. @returns its id @throws RunbookError what the client throws; `bad_response` where the answer names none */
export async function startRun(client: Client, place: Place, vars: Vars): Promise<string> {
  return idOf((await client.json(postRun(place, vars))).value);
}

/** The id behind the last `--` of a workflow's. @throws RunbookError `bad_response` where there is none */
export function idOf(value: unknown): string {
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
  cadence: WrittenCadence | undefined;
  run: boolean;
  follow: boolean;
}

/** A request of a plan, with the condition under which it is made. */
export interface Planned {
  request: ApiRequest;
  when: string;
}

/** The routine that `runbook deploy --schedule` keeps. */
export function routineOf(cadence: WrittenCadence, vars: Vars): RoutineFields {
  return { cadence, init_params_overrides: { vars } };
}

/** The requests that write task, routine and run, in order. */
export function writesOf({ place, task, vars, cadence, run }: Wish): Planned[] {
  return [
    { request: getTask(place), when: '' },
    { request: putTask(place, task), when: 'where the task is there' },
    { request: postTask(place, task), when: 'where it is not' },
    ...(cadence
      ? [
          { request: getRoutine(place, ROUTINE), when: '' },
          { request: patchRoutine(place, ROUTINE, routineOf(cadence, vars)), when: 'where the routine is there' },
          { request: postRoutine(place, ROUTINE, routineOf(cadence, vars)), when: 'where it is not' },
        ]
      : []),
    ...(run ? [{ request: postRun(place, vars), when: '' }] : []),
  ];
}
