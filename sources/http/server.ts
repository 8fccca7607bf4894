import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { isLocalHost, type Listening, listen } from '../../lib/listen.ts';
import type { QueryRequest } from '../source.ts';
import { answerJson, type DetailedAnswer } from './answer.ts';
import { ApiError, toApiError } from './api-error.ts';
import { QueryGate } from './query-gate.ts';
import { readRequest } from './request.ts';

/** What the face needs of a source. */
export interface DetailedSource {
  queryDetailed(request: QueryRequest): Promise<DetailedAnswer>;
  /** What relative dates of filters count from; default: the wall clock. */
  now?(): Date;
}

export interface ServeOptions {
  /** 0 for any free port. */
  port: number;
  /** Loopback only: the face has no accounts. */
  host?: '127.0.0.1';
  /** The only project id that is answered; any number where absent. */
  projectId?: string;
  /** The only key that is accepted; any personal key where absent. */
  apiKey?: string;
  /** Longest time that a query waits for one of the three places, ms; default 30,000 as PostHog. */
  queueMs?: number;
}

const MAX_BODY = 10 * 1024 * 1024;
const QUEUE_MS = 30_000;
const KEEP_ALIVE_MS = 75_000;
/** What PostHog gives a project an hour without a subscription; nothing is taken from it here. */
const HOURLY_BUDGET_BYTES = 20e9;

/**
 * Puts a source behind PostHog's HTTP API (`POST /api/projects/{id}/query/`), with its limits, error bodies and headers, so that any PostHog
 * client can query event files.
 * @throws RunbookError `usage` where the port cannot be used
 */
export async function serveSource(source: DetailedSource, options: ServeOptions): Promise<Listening> {
  const app = build(source, options);
  const host = options.host ?? '127.0.0.1';
  // Node closes idle connections after 5 s, in the middle of a slow client's next request.
  return listen(app.fetch, { port: options.port, host, keepAliveMs: KEEP_ALIVE_MS });
}

function build(source: DetailedSource, options: ServeOptions): Hono {
  const app = new Hono({ strict: false });
  const gate = new QueryGate(options.queueMs ?? QUEUE_MS);
  app.onError((error, c) => failed(c, toApiError(error)));
  app.notFound((c) => failed(c, new ApiError(404, NOT_FOUND, 'Endpoint not found.')));
  app.use('*', async (c, next) => {
    // A page of the web cannot reach this server under a name of its own (DNS rebinding).
    if (!isLocalHost(c.req.header('host')))
      throw new ApiError(403, { type: 'authentication_error', code: 'permission_denied' }, 'This Host is not served.');
    return next();
  });
  app.get('/_health', (c) => c.text('ok'));
  app.use('/api/*', async (c, next) => {
    authenticate(c.req.header('authorization'), options.apiKey);
    return next();
  });
  app.use('/api/*', bodyLimit({ maxSize: MAX_BODY, onError: tooLarge }));
  const project = options.projectId ?? '1';
  route(app, 'GET', '/api/users/@me', (c) => c.json(user(project)));
  for (const place of ['/api/projects/:id', '/api/environments/:id']) {
    route(app, 'GET', place, (c) => c.json(projectInfo(idOf(c, options), project)));
    route(app, 'POST', `${place}/query`, (c) => query(c, source, gate, options));
  }
  return app;
}

function route(app: Hono, method: 'GET' | 'POST', path: string, handler: (c: Context) => Response | Promise<Response>) {
  app.on(method, path, handler);
  app.all(path, (c) => {
    c.header('Allow', method);
    const kind = { type: 'invalid_request', code: 'method_not_allowed' };
    return failed(c, new ApiError(405, kind, `Method "${c.req.method}" not allowed.`));
  });
}

const NOT_FOUND = { type: 'invalid_request', code: 'not_found' };

function failed(c: Context, error: ApiError): Response {
  if (error.status === 401) c.header('WWW-Authenticate', 'Bearer');
  if (error.status === 503) c.header('Retry-After', '1');
  return c.json(error.body(), error.status as 400);
}

function tooLarge(): never {
  const kind = { type: 'validation_error', code: 'request_too_large' };
  throw new ApiError(413, kind, 'The body is larger than 10 MB.');
}

function authenticate(header: string | undefined, apiKey: string | undefined): void {
  const refuse = (code: string, detail: string) => new ApiError(401, { type: 'authentication_error', code }, detail);
  const key = /^Bearer\s+(\S+)$/iu.exec(header ?? '')?.[1];
  if (!key) throw refuse('not_authenticated', 'Authentication credentials were not provided.');
  if (key.startsWith('phc_') || (apiKey !== undefined && key !== apiKey))
    throw refuse('authentication_failed', 'Personal API key found in request Authorization header is invalid.');
}

/** The project that a path names. @throws ApiError 404 */
function idOf(c: Context, { projectId }: ServeOptions): string {
  const id = c.req.param('id') ?? '';
  if (id === '@current' || (projectId === undefined ? /^\d+$/u.test(id) : id === projectId)) return id;
  throw new ApiError(404, NOT_FOUND, 'Project not found.');
}

function projectInfo(id: string, own: string): Record<string, unknown> {
  return { id: Number(id === '@current' ? own : id), name: 'Local events', timezone: 'UTC', is_demo: false };
}

function user(project: string): Record<string, unknown> {
  return {
    id: 1,
    first_name: 'Local',
    email: 'local@localhost',
    team: projectInfo(project, project),
    organization: { name: 'Local events' },
  };
}

async function query(c: Context, source: DetailedSource, gate: QueryGate, options: ServeOptions): Promise<Response> {
  idOf(c, options);
  const { signal } = c.req.raw;
  const { text, request } = readRequest(await c.req.text(), source.now?.() ?? new Date());
  const result = await gate.run(() => source.queryDetailed({ ...request, signal }), signal);
  return c.body(answerJson(text, result), 200, {
    'Content-Type': 'application/json',
    'X-PostHog-Query-Bytes-Read': String(result.bytesRead ?? 0),
    'X-PostHog-Query-Budget-Remaining-Bytes': String(HOURLY_BUDGET_BYTES),
  });
}
