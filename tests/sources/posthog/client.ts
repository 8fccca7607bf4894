import { expect } from 'vitest';
import { RunbookError } from '../../../lib/errors.ts';
import { type PostHogOptions, PostHogSource } from '../../../sources/posthog/posthog-source.ts';
import { type PostHogServer, posthogServer, type Script } from '../../servers/posthog.ts';

export const KEY = 'phx_secret_key_that_must_not_leak';

/** A client of a scripted server, with the waits it made (ms) instead of waiting. */
export interface Scripted {
  source: PostHogSource;
  server: PostHogServer;
  waits: number[];
}

const open: PostHogServer[] = [];

export async function closeAll(): Promise<void> {
  await Promise.all(open.splice(0).map((server) => server.close()));
}

export async function scripted(script: Script, options: Partial<PostHogOptions> = {}): Promise<Scripted> {
  const server = await posthogServer(script);
  open.push(server);
  const waits: number[] = [];
  const sleep = async (ms: number) => {
    waits.push(ms);
  };
  return {
    server,
    waits,
    source: new PostHogSource({ host: server.url, projectId: '7', apiKey: KEY, sleep, ...options }),
  };
}

/** The typed error of a query, which says what to do and holds no key, however it is written down. */
export async function errorOf(
  script: Script,
  options: Partial<PostHogOptions> = {},
  sql = 'SELECT 1',
): Promise<{ error: RunbookError; asked: number; waits: number[] }> {
  const { source, server, waits } = await scripted(script, options);
  const error = failedWith(await source.query({ sql }).catch((thrown: unknown) => thrown));
  return { error, asked: server.seen.length, waits };
}

export function failedWith(thrown: unknown): RunbookError {
  expect(thrown).toBeInstanceOf(RunbookError);
  const error = thrown as RunbookError;
  const written = `${error.stack} ${error.message} ${error.hint} ${JSON.stringify(error)} ${String(error.cause ?? '')}`;
  expect(written).not.toContain(KEY);
  expect(error.hint ?? '').not.toBe('');
  return error;
}
