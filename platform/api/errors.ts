import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { Scrubber } from '../../agent/secrets.ts';
import { RunbookError } from '../../lib/errors.ts';
import { isDiskFull, isUnanswered, isUnstorable } from '../database/pool.ts';

/** An answer that is an error: `{"detail": "text"}`, as Jetty's. */
export function refusal(status: ContentfulStatusCode, detail: string): HTTPException {
  return new HTTPException(status, { message: detail });
}

/** `{"detail": [{loc, msg, type}]}`, as FastAPI's. */
interface Issue {
  loc: (string | number)[];
  msg: string;
  type: string;
}

export function invalid(c: Context, issues: Issue[]): Response {
  return c.json({ detail: issues }, 422);
}

/** What a handler threw, as an answer. What we did not foresee is no text for others: it may hold anything. */
export function answerTo(error: Error, c: Context): Response {
  if (error instanceof HTTPException) {
    if (error.status === 401) c.header('WWW-Authenticate', 'Bearer');
    return c.json({ detail: error.message }, error.status);
  }
  if (error instanceof RunbookError && (error.code === 'usage' || error.code === 'config'))
    return c.json({ detail: error.hint ? `${error.message} ${error.hint}` : error.message }, 400);
  if (isDiskFull(error)) return c.json({ detail: 'The disk of the server is full; nothing was kept' }, 507);
  if (isUnanswered(error)) {
    c.header('Retry-After', '1');
    return c.json({ detail: 'The database does not answer; try again' }, 503);
  }
  if (isMalformed(error)) return c.json({ detail: MALFORMED }, 400);
  logFailure(error);
  return c.json({ detail: 'The server failed; what it could not do is in its log.' }, 500);
}

export const MALFORMED = 'It holds characters or a depth that cannot be kept';

/** A fault of what was sent that shows only where it is used: half an escape in a path, a NUL, JSON that is nested too deeply. */
export function isMalformed(error: Error): boolean {
  return error instanceof URIError || error instanceof RangeError || isUnstorable(error);
}

/** One line for whoever runs the server; nothing in it can begin another line, and no secret of the environment stands in it. */
export function logFailure(error: Error): void {
  const text = JSON.stringify(error.stack ?? String(error));
  process.stderr.write(`${new Date().toISOString()} failed: ${new Scrubber(process.env).text(text)}\n`);
}
