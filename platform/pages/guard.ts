import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { refusal } from '../api/errors.ts';

/** Whatever a page shows, it runs and loads nothing but our own files. */
const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Headers of every page; a route that says otherwise is followed. */
export const safeHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  const headers = c.res.headers;
  if (!headers.has('content-security-policy')) headers.set('content-security-policy', POLICY);
  headers.set('x-content-type-options', 'nosniff');
  // Nothing goes to other sites; `no-referrer` would make browsers send `Origin: null` with our own forms.
  headers.set('referrer-policy', 'same-origin');
  headers.set('cross-origin-opener-policy', 'same-origin');
  headers.set('cross-origin-resource-policy', 'same-origin');
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
};

/** What a form of a session carries: it cannot be made without the session's id, and does not tell it. */
export function formToken(sessionId: string): string {
  return createHash('sha256').update(`form ${sessionId}`).digest('base64url');
}

/** @param given what the form carries. @throws 403 where it was not sent from a page of this session */
export function assertOwnForm(c: Context, sessionId: string, given: string | undefined): void {
  const site = c.req.header('sec-fetch-site');
  const origin = c.req.header('origin');
  const isOurs = origin !== undefined && URL.parse(origin)?.host === c.req.header('host');
  if ((site !== undefined && site !== 'same-origin') || !isOurs)
    throw refusal(403, 'This form was sent from another site.');
  if (given === undefined || !isSame(given, formToken(sessionId)))
    throw refusal(403, 'This form is of another session: open its page again.');
}

function isSame(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return one.length === other.length && timingSafeEqual(one, other);
}
