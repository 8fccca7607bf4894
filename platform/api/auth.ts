import type { MiddlewareHandler } from 'hono';
import { type Collection, collectionByName } from '../store/collections.ts';
import type { PlatformRun } from '../store/run-row.ts';
import { runByTrajectory } from '../store/runs.ts';
import { type Task, taskByName } from '../store/tasks.ts';
import { type Token, tokenByText } from '../store/tokens.ts';
import { refusal } from './errors.ts';
import type { Platform } from './platform.ts';

/** Who asks; set for every route but those that need no token. */
export interface Vars {
  token: Token;
}

const FORM = /^Bearer (mlc_[a-z0-9]{32})$/u;

/** Lets nobody in without a token. */
export function authenticate({ pool }: Platform): MiddlewareHandler<{ Variables: Vars }> {
  return async (c, next) => {
    const header = c.req.header('authorization');
    if (header === undefined) throw refusal(401, 'Not authenticated');
    const text = FORM.exec(header.trim())?.[1];
    if (text === undefined) throw refusal(401, 'Invalid API key format');
    const token = await tokenByText(pool, text);
    if (!token) throw refusal(401, 'Invalid or inactive API key');
    c.set('token', token);
    await next();
  };
}

/** A collection that the token may see. @throws 404 for any other: whether it exists is nobody else's business */
export async function collectionFor({ pool }: Platform, token: Token, name: string): Promise<Collection> {
  const collection = await collectionByName(pool, name);
  const mayRead = collection && (token.collectionId === null || token.collectionId === collection.id);
  if (!mayRead) throw refusal(404, 'Collection not found');
  return collection;
}

export async function taskFor(
  platform: Platform,
  token: Token,
  names: { collection: string; task: string },
): Promise<{ collection: Collection; task: Task }> {
  const collection = await collectionFor(platform, token, names.collection);
  const task = await taskByName(platform.pool, collection.id, names.task);
  if (!task) throw notFound(names.task, names.collection);
  return { collection, task };
}

/** @throws 404 for none, and for one of a collection that the token does not see */
export async function runFor(
  platform: Platform,
  token: Token,
  { trajectory: trajectoryId, ...names }: { collection: string; task: string; trajectory: string },
): Promise<{ collection: Collection; task: Task; run: PlatformRun }> {
  const { collection, task } = await taskFor(platform, token, names);
  const run = await runByTrajectory(platform.pool, { collectionId: collection.id, taskId: task.id, trajectoryId });
  if (!run) throw refusal(404, `Trajectory '${trajectoryId}' not found`);
  return { collection, task, run };
}

/** The administrator's token, which has no collection. @throws 403 */
export function assertAdministrator(token: Token): void {
  if (token.collectionId !== null) throw refusal(403, 'This needs the token of the administrator');
}

/** As the audit log names it. */
export function actorOf({ name, prefix }: Token): string {
  return `${name} (${prefix}…)`;
}

/** Of a task that is not there. */
export function notFound(task: string, collection: string) {
  return refusal(404, `Task '${task}' in collection '${collection}' not found`);
}
