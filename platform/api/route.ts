import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { NAME } from '../store/names.ts';
import type { Vars } from './auth.ts';
import { detail } from './shapes.ts';

export type Api = OpenAPIHono<{ Variables: Vars }>;

/** A JSON answer for `responses`. */
export function answer<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

/** Answers that any route may give. */
export const REFUSALS = {
  400: answer(detail, 'What was asked for cannot be done'),
  401: answer(detail, 'No token, or none of ours'),
  403: answer(detail, 'Not with this token'),
  404: answer(detail, 'It is not there, or not of the collection of this token'),
};

/** A JSON body. */
export function body<T extends z.ZodType>(schema: T) {
  return { body: { required: true, content: { 'application/json': { schema } } } } as const;
}

export const inCollection = z.object({ collection: z.string() });
export const ofTask = inCollection.extend({ task: z.string() });
export const ofRun = ofTask.extend({ trajectory: z.string() });

/** A route whose form is read as it comes (`form.ts`): described as the others, but not parsed before its handler begins. */
export function formRoute(
  api: Api,
  route: Parameters<Api['openAPIRegistry']['registerPath']>[0] & { getRoutingPath(): string },
  handler: (c: Context<{ Variables: Vars }>) => Promise<Response>,
): void {
  api.openAPIRegistry.registerPath(route);
  api.post(route.getRoutingPath(), handler);
}

/** Where it may go is decided when something is sent there. */
export const webhookUrl = z.url({ protocol: /^https?$/u, error: 'must be a URL that begins with https://' });

/** A part of paths. */
export const nameOf = z.string().regex(NAME, 'must have 1 to 200 characters, and be neither . nor ..');

/** Whole numbers in queries, as FastAPI takes them. */
export function integer(least: number, most: number, standard: number) {
  return z.coerce.number().int().min(least).max(most).default(standard);
}

export { createRoute, z };
