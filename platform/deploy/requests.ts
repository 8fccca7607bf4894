import type { WrittenCadence } from './cadence.ts';
import type { Task, Vars } from './task.ts';

/** One request to the target: sent by the client, or shown by `--dry-run`. */
export interface ApiRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the target, every segment encoded. */
  path: string;
  /** The path with `{}` for each variable part, as the target's own description may have it. */
  route: string;
  json?: unknown;
  /** Fields of multipart/form-data. */
  form?: Readonly<Record<string, string>>;
  /** Without the token. */
  isPublic?: true;
}

/** Name of the routine that `--schedule` keeps: another schedule changes it. */
export const ROUTINE = 'runbook-schedule';

function request(method: ApiRequest['method'], template: string, parts: readonly string[]): ApiRequest {
  const rest = [...parts];
  const filled = template.replace(/\{\}/gu, () => encodeURIComponent(rest.shift() ?? ''));
  return { method, path: filled, route: template };
}

export interface Place {
  collection: string;
  task: string;
}

const ENVIRONMENT = '/api/v1/collections/{}/environment';
const TASK = '/api/v1/tasks/{}/{}';
const ROUTINES = '/api/v1/routines/{}/{}';

/** What the platform says of its own API. */
export const getOpenApi = (): ApiRequest => ({ ...request('GET', '/openapi.json', []), isPublic: true });

export const getEnvironment = ({ collection }: Place) => request('GET', ENVIRONMENT, [collection]);

/** Adds to the collection's variables, or replaces those of the same name. */
export const patchEnvironment = ({ collection }: Place, variables: Readonly<Record<string, string>>): ApiRequest => ({
  ...request('PATCH', ENVIRONMENT, [collection]),
  json: { environment_variables: variables },
});

export const getTask = ({ collection, task }: Place) => request('GET', TASK, [collection, task]);

/** The name stands in the path: sending it again could only rename. */
export const putTask = ({ collection, task }: Place, { name: _name, ...rest }: Task): ApiRequest => ({
  ...request('PUT', TASK, [collection, task]),
  json: rest,
});

export const postTask = ({ collection }: Place, body: Task): ApiRequest => ({
  ...request('POST', '/api/v1/tasks/{}', [collection]),
  json: body,
});

/** What is said of a routine. Overrides are replaced, not merged: the whole of `vars` is said again. The rest is our platform's own. */
export interface RoutineFields {
  cadence: WrittenCadence;
  init_params_overrides?: { vars: Vars };
  overlap?: 'skip' | 'queue';
  catch_up?: 'none' | 'latest' | 'all';
  jitter_seconds?: number;
  webhook_url?: string;
}

export const getRoutines = ({ collection }: Pick<Place, 'collection'>) =>
  request('GET', '/api/v1/routines/{}', [collection]);

const ofRoutine = (method: ApiRequest['method'], { collection, task }: Place, name: string, action = '') =>
  request(method, `${ROUTINES}/{}${action}`, [collection, task, name]);

export const getRoutine = (place: Place, name: string) => ofRoutine('GET', place, name);

export const patchRoutine = (place: Place, name: string, fields: RoutineFields): ApiRequest => ({
  ...ofRoutine('PATCH', place, name),
  json: fields,
});

export const postRoutine = ({ collection, task }: Place, name: string, fields: RoutineFields): ApiRequest => ({
  ...request('POST', ROUTINES, [collection, task]),
  json: { name, ...fields },
});

export const deleteRoutine = (place: Place, name: string) => ofRoutine('DELETE', place, name);

export const pauseRoutine = (place: Place, name: string) => ofRoutine('POST', place, name, '/pause');

export const resumeRoutine = (place: Place, name: string) => ofRoutine('POST', place, name, '/resume');

export const fireRoutine = (place: Place, name: string) => ofRoutine('POST', place, name, '/run-now');

export const postRun = ({ collection, task }: Place, vars: Vars): ApiRequest => ({
  ...request('POST', '/api/v1/run/{}/{}', [collection, task]),
  form: { init_params: JSON.stringify({ vars }) },
});

export const getTrajectory = ({ collection, task }: Place, id: string) =>
  request('GET', '/api/v1/db/trajectory/{}/{}/{}', [collection, task, id]);

/** The same run as storage has it, with the outputs of its steps. */
export const getStoredTrajectory = ({ collection, task }: Place, id: string) =>
  request('GET', '/api/v1/trajectory/{}/{}/{}', [collection, task, id]);

/** @param stored path with slashes, each segment a name: neither empty nor dots */
export const getFile = (stored: string): ApiRequest => ({
  method: 'GET',
  path: `/api/v1/file/${stored.split('/').map(encodeURIComponent).join('/')}`,
  route: '/api/v1/file/{}',
});
