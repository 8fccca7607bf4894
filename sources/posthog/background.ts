import { RunbookError } from '../../lib/errors.ts';
import { jsonOf, type Reply, toProgress } from './answer.ts';
import type { Api } from './api.ts';
import { type Asked, failureOf } from './failures.ts';

/** PostHog's limit for a query in the background is 600 s. */
const MAX_WAIT_MS = 600_000;
const FIRST_POLL_MS = 500;
const MAX_POLL_MS = 5000;

/**
 * Waits for a query that PostHog moved to the background (202) and gives its body. One that is given up is cancelled there.
 * @param path of the query endpoint, with its closing slash
 * @throws RunbookError what a query throws, and `timeout` after 600 s
 */
export async function finishInBackground(
  api: Api,
  path: string,
  first: Reply,
  asked: Asked,
  signal?: AbortSignal,
): Promise<{ body: unknown; reply: Reply }> {
  const { id } = toProgress(jsonOf(first.text));
  const place = `${path}${encodeURIComponent(id)}/`;
  try {
    return await poll(api, place, asked, signal);
  } catch (error) {
    const givenUp = error instanceof RunbookError && (error.code === 'interrupted' || error.code === 'timeout');
    if (givenUp) api.send({ method: 'DELETE', path: place, asked, once: true }).catch(() => undefined);
    throw error;
  }
}

async function poll(
  api: Api,
  path: string,
  asked: Asked,
  signal?: AbortSignal,
): Promise<{ body: unknown; reply: Reply }> {
  let pause = FIRST_POLL_MS;
  for (let waited = 0; waited < MAX_WAIT_MS; waited += pause) {
    await api.wait(pause, signal);
    pause = Math.min(MAX_POLL_MS, pause * 1.5);
    const reply = await api.send({ method: 'GET', path, asked }, signal).catch(lost);
    const state = toProgress(jsonOf(reply.text));
    if (state.error) throw failureOf({ ...reply, status: state.error_message ? 400 : 500 }, asked).error;
    if (state.complete) return { body: state.results, reply };
  }
  throw new RunbookError('timeout', 'The query did not finish in the background within 600 s.', {
    hint: 'Shorten the window (-p window_days=7) or aggregate further.',
  });
}

/** A 404 here is about the query, not about the project. */
function lost(error: unknown): never {
  if (!(error instanceof RunbookError) || error.code !== 'not_found') throw error;
  throw new RunbookError('server', 'PostHog no longer knows the query that it moved to the background.', {
    status: 404,
    hint: 'Run again, with a shorter window if it happens again (-p window_days=7).',
  });
}
