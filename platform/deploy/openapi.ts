import { z } from 'zod';
import { RunbookError } from '../../lib/errors.ts';
import type { Client } from './client.ts';
import { type ApiRequest, getOpenApi } from './requests.ts';

const openapi = z.looseObject({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });

/** No answer is fine: nobody waits long for it. */
const TIMEOUT_MS = 10_000;

/**
 * What the target's own description of its API lacks of the requests that will be made; nothing where it has none.
 * @throws RunbookError `interrupted`
 */
export async function missingRoutes(client: Client, requests: readonly ApiRequest[]): Promise<string[]> {
  const described = await description(client);
  if (!described) return [];
  const known = new Set(
    Object.entries(described.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${normal(path)}`),
    ),
  );
  const used = new Set(
    requests.filter(({ isPublic }) => !isPublic).map(({ method, route }) => `${method} ${normal(route)}`),
  );
  return [...used].filter((route) => !known.has(route));
}

async function description(client: Client): Promise<z.infer<typeof openapi> | undefined> {
  try {
    const { value } = await client.json(getOpenApi(), { retries: 0, timeoutMs: TIMEOUT_MS });
    return openapi.safeParse(value).data;
  } catch (error) {
    if (error instanceof RunbookError && error.code !== 'interrupted') return undefined;
    throw error;
  }
}

/** The names of variable parts, and a slash at the end, make no difference. */
function normal(path: string): string {
  return path.replace(/\{[^}]*\}/gu, '{}').replace(/\/$/u, '');
}
