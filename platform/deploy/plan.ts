import { shownHeaders } from './client.ts';
import { type Planned, type Wish, writesOf } from './deploy.ts';
import { getEnvironment, getFile, getOpenApi, getTrajectory, patchEnvironment } from './requests.ts';

/** Longer texts of a body are cut, characters: an instruction is a whole RUNBOOK.md. */
const MAX_TEXT = 120;

/**
 * Every request of a deployment in order, also those that depend on an answer.
 * @param toSet names of the variables that may be set; their values are left out
 */
export function planOf(wish: Wish, toSet: readonly string[]): Planned[] {
  const { place, follow } = wish;
  const values = Object.fromEntries(toSet.map((name) => [name, '***']));
  return [
    { request: getOpenApi(), when: '' },
    { request: getEnvironment(place), when: '' },
    ...(toSet.length > 0 ? [{ request: patchEnvironment(place, values), when: 'those that are missing' }] : []),
    ...writesOf(wish),
    ...(follow
      ? [
          { request: getTrajectory(place, 'RUN_ID'), when: 'until the run has ended' },
          { request: getFile(`${place.collection}/${place.task}/0000/FILE`), when: 'for each file that it left' },
        ]
      : []),
  ];
}

/** A planned request as it would be sent, without the token. */
export function shownRequest({ request, when }: Planned, target: string) {
  const { method, path, json, form, isPublic } = request;
  const type = form ? 'multipart/form-data' : json === undefined ? undefined : 'application/json';
  return {
    method,
    url: target + path,
    headers: {
      ...shownHeaders(),
      ...(isPublic ? {} : { authorization: 'Bearer ***' }),
      ...(type === undefined ? {} : { 'content-type': type }),
    },
    ...(json === undefined && !form ? {} : { body: shortened(json ?? form) }),
    ...(when === '' ? {} : { when }),
  };
}

function shortened(value: unknown): unknown {
  if (typeof value === 'string')
    return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}… (${value.length} characters)` : value;
  if (Array.isArray(value)) return value.map(shortened);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shortened(item)]));
}
