import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { programVersion } from '../../lib/version.ts';
import { authenticate, type Vars } from './auth.ts';
import { chatRoutes } from './chat.ts';
import { collectionRoutes } from './collections.ts';
import { answerTo, invalid, refusal } from './errors.ts';
import { fileRoutes } from './files.ts';
import { miscRoutes, openRoutes } from './misc.ts';
import type { Platform } from './platform.ts';
import { limitRate } from './rate.ts';
import type { Api } from './route.ts';
import { routineRoutes } from './routines.ts';
import { runRoutes } from './runs.ts';
import { taskRoutes } from './tasks.ts';
import { trajectoryRoutes } from './trajectories.ts';

/** A runbook has tens of kilobytes. */
const MAX_JSON = 4_000_000;
/** Exported events; a form is held in memory while it is read. */
const MAX_FILES = 256_000_000;

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
  api.notFound((c) => c.json({ detail: 'Not Found' }, 404));
  api.use('*', (c, next) => {
    const isForm = c.req.header('content-type')?.startsWith('multipart/form-data');
    const onError = () => {
      throw refusal(413, 'The body is too large');
    };
    return bodyLimit({ maxSize: isForm ? MAX_FILES : MAX_JSON, onError })(c, next);
  });
  api.doc('/openapi.json', { openapi: '3.0.0', info: { title: 'Runbook platform', version: programVersion() } });
  openRoutes(api, platform);
  const limit = limitRate();
  api.use('/api/*', limit, authenticate(platform));
  api.use('/v1/*', limit, authenticate(platform));
  collectionRoutes(api, platform);
  taskRoutes(api, platform);
  runRoutes(api, platform);
  trajectoryRoutes(api, platform);
  routineRoutes(api, platform);
  fileRoutes(api, platform);
  chatRoutes(api, platform);
  miscRoutes(api, platform);
  return api;
}
