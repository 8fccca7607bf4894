import { getConnInfo } from '@hono/node-server/conninfo';
import type { Hono } from 'hono';
import { actorOf } from '../api/auth.ts';
import type { Platform } from '../api/platform.ts';
import { addAudit } from '../store/audit.ts';
import { createSession, endSession, newSessionId } from '../store/sessions.ts';
import { tokenByText } from '../store/tokens.ts';
import { LoginAttempts } from './attempts.ts';
import { Csrf, FormError, page } from './layout.tsx';
import { fieldsOf, type PageContext, type PageEnv, setSessionCookie } from './session.ts';

/** Login with an API token, and logout. */
export function loginRoutes(pages: Hono<PageEnv>, { pool }: Platform): void {
  const attempts = new LoginAttempts();
  pages.get('/login', (c) => loginPage(c, { to: c.req.query('to') ?? '/' }));
  pages.post('/login', async (c) => {
    const { token: text = '', to = '/' } = await fieldsOf(c);
    const address = getConnInfo(c).remote.address ?? '';
    if (!attempts.mayTry(address))
      return loginPage(c, {
        to,
        status: 429,
        error: 'Too many attempts from this address: wait a quarter of an hour.',
      });
    const token = await tokenByText(pool, text.trim());
    if (!token) {
      attempts.refused(address);
      const entry = { collectionId: null, actor: address, action: 'session.refused', target: 'login' };
      await addAudit(pool, entry);
      return loginPage(c, { to, status: 401, error: 'This is no token of this server, or it was revoked.' });
    }
    await endSession(pool, c.get('sessionId'));
    setSessionCookie(c, await createSession(pool, token.id));
    const entry = { collectionId: token.collectionId, actor: actorOf(token), action: 'session.begin', target: 'login' };
    await addAudit(pool, entry);
    return c.redirect(isPath(to) ? to : '/', 303);
  });
  pages.post('/logout', async (c) => {
    await endSession(pool, c.get('sessionId'));
    setSessionCookie(c, newSessionId());
    return c.redirect('/login', 303);
  });
}

/** Of this server: `//other` and `/\other` lead elsewhere. */
function isPath(to: string): boolean {
  return /^\/(?![/\\])[^\\]*$/u.test(to) && URL.parse(to, 'http://here')?.origin === 'http://here';
}

function loginPage(
  c: PageContext,
  { to, error, status = 200 }: { to: string; error?: string; status?: 200 | 401 | 429 },
) {
  const form = (
    <section class="narrow">
      <h1>Log in</h1>
      <p class="muted">
        With an API token of a collection, or the administrator’s, which <code>runbook serve</code> showed when it first
        started.
      </p>
      <form method="post" action="/login" class="stack">
        <Csrf c={c} />
        <input type="hidden" name="to" value={to} />
        <FormError text={error} />
        {/* What a password manager files the token under. */}
        <input type="text" name="username" autocomplete="username" value="API token" readonly hidden />
        <label>
          API token
          <input type="password" name="token" autocomplete="current-password" required placeholder="mlc_…" />
        </label>
        <button type="submit">Log in</button>
      </form>
    </section>
  );
  return page(c, { title: 'Log in', children: form }, status);
}
