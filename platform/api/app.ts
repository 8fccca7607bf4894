import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { programVersion } from '../../lib/version.ts';
import { archiveRoutes } from './archive.ts';
import { authenticate, type Vars } from './auth.ts';
import { chatRoutes } from './chat.ts';
import { collectionRoutes } from './collections.ts';
import { answerTo, invalid, refusal } from './errors.ts';
import { fileRoutes } from './files.ts';
import { ingestRoutes } from './ingest.ts';
import { miscRoutes, openRoutes } from './misc.ts';
import type { Platform } from './platform.ts';
import { limitGuesses, limitRate } from './rate.ts';
import type { Api } from './route.ts';
import { routineRoutes } from './routines.ts';
import { runRoutes } from './runs.ts';
import { taskRoutes } from './tasks.ts';
import { trajectoryRoutes } from './trajectories.ts';

/** A runbook has tens of kilobytes. Forms are read by `form.ts`, which has a bound of its own. */
const MAX_JSON = 4_000_000;

const limitBody: MiddlewareHandler = (c, next) => {
  if (c.req.header('content-type')?.toLowerCase().startsWith('multipart/form-data')) return next();
  const onError = () => {
    throw refusal(413, 'The body is too large');
  };
  return bodyLimit({ maxSize: MAX_JSON, onError })(c, next);
};

/** Answers are of whoever asked: kept nowhere, and taken for nothing but what they are. */
const safeHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  c.res.headers.set('x-content-type-options', 'nosniff');
  c.res.headers.set('cache-control', 'no-store');
};

/** The public API, as Jetty's clients speak it; `GET /openapi.json` describes it. */
export function createApi(platform: Platform): Api {
  const api: Api = new OpenAPIHono<{ Variables: Vars }>({
    strict: false,
    defaultHook(result, c) {
      if (result.success) return undefined;
      const place = result.target === 'json' ? 'body' : result.target;
      const issues = result.error.issues.map(({ path, message, code }) => ({
        ...{ loc: [place, ...path.map((part) => (typeof part === 'symbol' ? String(part) : part))], msg: message },
        type: code,
      }));
      return invalid(c, issues);
    },
  });
  api.onError(answerTo);
  api.use(safeHeaders);
  api.notFound((c) => c.json({ detail: 'Not Found' }, 404));
  api.doc('/openapi.json', { openapi: '3.0.0', info: { title: 'Runbook platform', version: programVersion() } });
  openRoutes(api, platform);
  // Nothing of a body is read before it is known who sends it.
  const ours = [limitGuesses(), authenticate(platform), limitRate(), limitBody] as const;
  api.use('/api/*', ...ours);
  api.use('/v1/*', ...ours);
  collectionRoutes(api, platform);
  taskRoutes(api, platform);
  runRoutes(api, platform);
  trajectoryRoutes(api, platform);
  ingestRoutes(api, platform);
  archiveRoutes(api, platform);
  routineRoutes(api, platform);
  fileRoutes(api, platform);
  chatRoutes(api, platform);
  miscRoutes(api, platform);
  return api;
}
