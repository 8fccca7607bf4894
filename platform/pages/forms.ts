import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { refusal } from '../api/errors.ts';
import { withForm } from '../api/form.ts';
import type { Platform } from '../api/platform.ts';
import { sessionToken } from '../store/sessions.ts';
import { type PageEnv, sessionIdOf } from './session.ts';

/** A value of a variable, and the other fields. */
const MAX_FORM = 200_000;

/** Bounds what is read of a form. Forms with files may be large: they go to disk as they come, and are taken only of who is logged in. */
export function forms({ pool, uploadsDir }: Platform): MiddlewareHandler<PageEnv> {
  const onError = () => {
    throw refusal(400, `The form is too large: ${MAX_FORM / 1e6} MB are the most.`);
  };
  const small = bodyLimit({ maxSize: MAX_FORM, onError });
  return async (c, next) => {
    const id = sessionIdOf(c);
    const hasFiles = c.req.header('content-type')?.toLowerCase().startsWith('multipart/form-data') ?? false;
    if (!hasFiles || id === undefined || !(await sessionToken(pool, id))) return small(c, next);
    return withForm(c, uploadsDir, async (form) => {
      c.set('form', form);
      await next();
    });
  };
}
