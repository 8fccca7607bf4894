import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import type { Form } from '../api/form.ts';
import type { Platform } from '../api/platform.ts';
import { newSessionId, sessionToken } from '../store/sessions.ts';
import type { Token } from '../store/tokens.ts';
import { assertOwnForm, formToken } from './guard.ts';

/** What every page knows of who looks at it. */
export interface PageVars {
  sessionId: string;
  /** For a hidden field of each form. */
  csrf: string;
  /** Of whoever is logged in; pages behind `loggedIn` have one. */
  token: Token;
  /** What was sent with files; other forms are read where they are asked for. */
  form?: Form;
}
export type PageEnv = { Variables: PageVars };
export type PageContext = Context<PageEnv>;

const COOKIE = 'runbook_session';

/** The id that a browser has; undefined for one that comes for the first time. */
export function sessionIdOf(c: Context): string | undefined {
  return getCookie(c, COOKIE);
}

/** Gives each browser an id, which means nothing until it logs in, and takes forms from pages of ours only. */
export function sessions(): MiddlewareHandler<PageEnv> {
  return async (c, next) => {
    const known = sessionIdOf(c);
    // A link on another site sends no cookie that is strict: a new one would end the session that there is. The page asks again from here.
    const isFollowed = c.req.method === 'GET' && c.req.header('sec-fetch-site') === 'cross-site';
    if (known === undefined && isFollowed)
      return c.html('<!doctype html><meta http-equiv="refresh" content="0"><title>Runbooks</title>');
    const id = known ?? newSessionId();
    if (known === undefined) setSessionCookie(c, id);
    c.set('sessionId', id);
    c.set('csrf', formToken(id));
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') assertOwnForm(c, id, (await fieldsOf(c)).csrf);
    await next();
  };
}

/** Sends whoever is not logged in to the login page. */
export function loggedIn({ pool }: Platform): MiddlewareHandler<PageEnv> {
  return async (c, next) => {
    const token = await sessionToken(pool, c.get('sessionId'));
    if (!token) {
      const { pathname, search } = new URL(c.req.url);
      const back = c.req.method === 'GET' && pathname !== '/' ? `?to=${encodeURIComponent(pathname + search)}` : '';
      return c.redirect(`/login${back}`, 303);
    }
    c.set('token', token);
    return next();
  };
}

export function setSessionCookie(c: Context, id: string): void {
  const origin = c.req.header('origin') ?? '';
  setCookie(c, COOKIE, id, { httpOnly: true, sameSite: 'Strict', path: '/', secure: origin.startsWith('https:') });
}

/** A field of a form as text; empty where it is not there. */
export async function fieldsOf(c: PageContext): Promise<Record<string, string>> {
  const form = c.get('form');
  if (form) return Object.fromEntries(form.fields);
  const body = await c.req.parseBody();
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, typeof value === 'string' ? value : ''] as const),
  );
}
