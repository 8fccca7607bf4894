import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { RunbookError } from '../../lib/errors.ts';
import type { QueryRequest, QueryResult } from '../source.ts';
import { ApiError, toApiError } from './api-error.ts';
import { QueryGate } from './query-gate.ts';
import { readRequest } from './request.ts';

/** What the face needs of a source: answers with both prints of the query. */
export interface DetailedSource {
  queryDetailed(
    request: QueryRequest,
  ): Promise<QueryResult & { clickhouse: string; hogql: string; timings: { k: string; t: number }[] }>;
}

export interface ServeOptions {
  /** 0 for any free port. */
  port: number;
  /** Loopback only: the face has no accounts. */
  host?: '127.0.0.1';
  /** The only project id that is answered; any where absent. */
  projectId?: string;
  /** The only key that is accepted; any personal key where absent. */
  apiKey?: string;
}

const MAX_BODY = 10 * 1024 * 1024;
const LOCAL_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/u;

/**
 * Puts a source behind PostHog's HTTP API (`POST /api/projects/{id}/query/`), with its limits, error bodies and headers, so that any PostHog
 * client can query event files.
 * @throws RunbookError `usage` where the port is taken
 */
export async function serveSource(
  source: DetailedSource,
  options: ServeOptions,
): Promise<{ url: string; close(): Promise<void> }> {
  const app = build(source, options);
  const server = createAdaptorServer({ fetch: app.fetch, hostname: options.host ?? '127.0.0.1' });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new RunbookError('usage', `Port ${options.port} cannot be used: ${cause.message}`, {
          at: '--port',
          hint: 'Choose another port, or 0 for any.',
          cause,
        }),
      ),
    );
    server.listen(options.port, options.host ?? '127.0.0.1', () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}

function build(source: DetailedSource, options: ServeOptions): Hono {
  const app = new Hono({ strict: false });
  const gate = new QueryGate();
  app.onError((error, c) => answer(c, toApiError(error)));
  app.notFound((c) => answer(c, new ApiError(404, 'invalid_request', 'not_found', 'Endpoint not found.')));
  app.use('*', async (c, next) => {
    if (!LOCAL_HOST.test(c.req.header('host') ?? ''))
      return answer(c, new ApiError(403, 'authentication_error', 'permission_denied', 'This Host is not served.'));
    return next();
  });
  app.get('/_health', (c) => c.text('ok'));
  app.use('/api/*', async (c, next) => {
    authenticate(c.req.header('authorization'), options.apiKey);
    return next();
  });
  app.use(
    '/api/*',
    bodyLimit({
      maxSize: MAX_BODY,
      onError: () => {
        throw new ApiError(413, 'validation_error', 'request_too_large', 'The body is larger than 10 MB.');
      },
    }),
  );
  app.get('/api/projects/:id', (c) => {
    checkProject(c.req.param('id'), options.projectId);
    return c.json({ id: Number(c.req.param('id')) || 1, name: 'Local events', timezone: 'UTC' });
  });
  for (const path of ['/api/projects/:id/query', '/api/environments/:id/query']) {
    app.post(path, (c) => query(c, source, gate, options));
    app.all(path, (c) =>
      answer(c, new ApiError(405, 'invalid_request', 'method_not_allowed', `Method "${c.req.method}" not allowed.`)),
    );
  }
  return app;
}

function answer(c: Context, error: ApiError): Response {
  return c.json({ type: error.type, code: error.code, detail: error.message, attr: error.attr }, error.status as 400);
}

function authenticate(header: string | undefined, apiKey: string | undefined): void {
  const key = /^Bearer\s+(\S+)$/iu.exec(header ?? '')?.[1];
  if (!key)
    throw new ApiError(
      401,
      'authentication_error',
      'not_authenticated',
      'Authentication credentials were not provided.',
    );
  if (key.startsWith('phc_') || (apiKey !== undefined && key !== apiKey)) {
    throw new ApiError(
      401,
      'authentication_error',
      'authentication_failed',
      'Personal API key found in request Authorization header is invalid.',
    );
  }
}

function checkProject(id: string | undefined, projectId: string | undefined): void {
  if (id === '@current' || (projectId === undefined && /^\d+$/u.test(id ?? '')) || id === projectId) return;
  throw new ApiError(404, 'invalid_request', 'not_found', 'Project not found.');
}

async function query(c: Context, source: DetailedSource, gate: QueryGate, options: ServeOptions): Promise<Response> {
  checkProject(c.req.param('id'), options.projectId);
  const request = readRequest(await c.req.text());
  const result = await gate.run(() => source.queryDetailed({ ...request, signal: c.req.raw.signal }));
  c.header('X-PostHog-Query-Bytes-Read', String(result.bytesRead ?? 0));
  c.header('X-PostHog-Query-Budget-Remaining-Bytes', String(20e9));
  return c.json(responseBody(request.sql, result));
}

type Detailed = Awaited<ReturnType<DetailedSource['queryDetailed']>>;

/** `limit`, `offset` and `hasMore` are there only where the query has no LIMIT of its own, as in PostHog's answers. */
function responseBody(sql: string, result: Detailed): Record<string, unknown> {
  const own = /\bLIMIT\s+\d+\s*;?\s*$/iu.test(result.hogql);
  return {
    query: sql,
    hogql: result.hogql,
    clickhouse: result.clickhouse,
    columns: result.columns,
    types: result.types,
    results: result.rows,
    timings: result.timings,
    modifiers: {},
    ...(own ? {} : { limit: 100, offset: 0, hasMore: result.hasMore }),
    error: null,
    explain: null,
    metadata: null,
    is_cached: false,
    cache_key: null,
    last_refresh: new Date().toISOString(),
    next_allowed_client_refresh: null,
    timezone: 'UTC',
    query_status: null,
  };
}
