import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunbookError } from '../../../lib/errors.ts';
import { type DetailedSource, serveSource } from '../../../sources/http/server.ts';
import { PostHogSource } from '../../../sources/posthog/posthog-source.ts';

/** Echoes the query, or fails as its text asks. */
const echo: DetailedSource = {
  async queryDetailed({ sql, values }) {
    if (sql.includes('broken'))
      throw new RunbookError('hogql', 'Unable to resolve field: broken', { position: { start: 0, end: 6 } });
    if (sql.includes('type')) throw new RunbookError('hogql', 'NO_COMMON_TYPE: There is no supertype');
    if (sql.includes('crash')) throw new Error('/internal/path exploded');
    return {
      columns: ['q', 'v'],
      types: [
        ['q', 'String'],
        ['v', 'String'],
      ],
      rows: [[sql, JSON.stringify(values ?? {})]],
      hasMore: false,
      responseBytes: 1,
      bytesRead: 9,
      elapsedS: 0.1,
      cached: false,
      clickhouse: 'SELECT 1',
      hogql: sql,
      timings: [{ k: './x', t: 0.1 }],
    };
  },
};

let server: { url: string; close(): Promise<void> };
beforeAll(async () => {
  server = await serveSource(echo, { port: 0 });
});
afterAll(() => server.close());

async function post(
  body: unknown,
  headers: Record<string, string> = { authorization: 'Bearer phx_any' },
  path = '/api/projects/1/query/',
) {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}
const query = (sql: string, values?: unknown) => ({
  query: { kind: 'HogQLQuery', query: sql, ...(values ? { values } : {}) },
});

describe('the HTTP face', () => {
  it('answers in PostHog’s form, with limits only where the query has none', async () => {
    const open = await post(query('SELECT a FROM events', { x: 1 }));
    expect(open.status).toBe(200);
    expect(open.body).toMatchObject({
      columns: ['q', 'v'],
      results: [['SELECT a FROM events', '{"x":1}']],
      limit: 100,
      offset: 0,
      hasMore: false,
      timezone: 'UTC',
      is_cached: false,
      error: null,
    });
    expect(open.headers.get('x-posthog-query-bytes-read')).toBe('9');
    expect((await post(query('SELECT a FROM events LIMIT 5'))).body).not.toHaveProperty('hasMore');
  });

  it('takes paths with and without the slash, and environments', async () => {
    for (const path of ['/api/projects/1/query', '/api/environments/22/query/', '/api/projects/@current/query/']) {
      expect((await post(query('SELECT 1'), undefined, path)).status).toBe(200);
    }
  });

  it.each([
    ['no key', query('SELECT 1'), {}, 401, 'not_authenticated'],
    ['a project key', query('SELECT 1'), { authorization: 'Bearer phc_x' }, 401, 'authentication_failed'],
    ['broken JSON', '{"query":', undefined, 400, 'invalid_json'],
    ['another kind', { query: { kind: 'TrendsQuery', query: 'x' } }, undefined, 400, 'invalid_input'],
    ['no query', {}, undefined, 400, 'invalid_input'],
    ['a HogQL error', query('SELECT broken'), undefined, 400, 'invalid_input'],
    ['an engine error', query('SELECT type'), undefined, 400, 'no_common_type'],
  ])('refuses %s', async (_name, body, headers, status, code) => {
    const answer = await post(body, headers as Record<string, string> | undefined);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ code, detail: expect.any(String) });
    expect(Object.keys(answer.body).sort()).toEqual(['attr', 'code', 'detail', 'type']);
  });

  it('tells nothing internal', async () => {
    const answer = await post(query('SELECT crash'));
    expect(answer.status).toBe(500);
    expect(JSON.stringify(answer.body)).not.toContain('/internal');
  });

  it('refuses another Host, an unknown project and a huge body', async () => {
    const port = Number(new URL(server.url).port);
    const status = await new Promise<number>((resolve) => {
      httpRequest({ port, host: '127.0.0.1', path: '/_health', headers: { host: 'evil.example' } }, (response) =>
        resolve(response.statusCode ?? 0),
      ).end();
    });
    expect(status).toBe(403);
    expect((await post(query('SELECT 1'), undefined, '/api/projects/abc/query/')).status).toBe(404);
    expect((await post(query('x'.repeat(11 * 1024 * 1024)))).status).toBe(413);
  });

  it('serves our own client', async () => {
    const source = new PostHogSource({ host: server.url, projectId: '1', apiKey: 'phx_any' });
    expect((await source.query({ sql: 'SELECT {a}', values: { a: 'é"\u0000' } })).rows).toEqual([
      ['SELECT {a}', '{"a":"é\\"\\u0000"}'],
    ]);
    await expect(source.query({ sql: 'SELECT broken' })).rejects.toMatchObject({ code: 'hogql' });
  });
});
