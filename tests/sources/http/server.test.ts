import { Agent } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { serveSource } from '../../../sources/http/server.ts';
import { AUTH, closeFaces, echo, face, hogql, post, send } from './face.ts';

afterEach(closeFaces);

const FIELDS = [
  'cache_key',
  'cache_target_age',
  'clickhouse',
  'columns',
  'error',
  'explain',
  'hasMore',
  'hogql',
  'is_cached',
  'last_refresh',
  'limit',
  'metadata',
  'modifiers',
  'next_allowed_client_refresh',
  'offset',
  'query',
  'query_status',
  'results',
  'timezone',
  'timings',
  'types',
];

describe('an answer', () => {
  it('has all of PostHog’s fields and headers', async () => {
    const { port } = await face();
    const answer = await post(port, hogql('SELECT a FROM events ;', { values: { x: ['1', null] } }));
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body).sort()).toEqual(FIELDS);
    expect(answer.body).toMatchObject({
      query: 'SELECT a FROM events ;',
      hogql: 'SELECT a FROM events',
      clickhouse: 'SELECT 1',
      columns: ['q', 'v', 'cost'],
      types: [
        ['q', 'String'],
        ['v', 'String'],
        ['cost', 'Nullable(Float64)'],
      ],
      results: [['SELECT a FROM events', '{"x":["1",null]}', 2]],
      timings: [{ k: './x', t: 0.1 }],
      limit: 100,
      offset: 0,
      hasMore: false,
      error: null,
      is_cached: false,
      timezone: 'UTC',
      query_status: null,
    });
    expect(answer.text).toContain('2.0');
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(answer.text)),
      'x-posthog-query-bytes-read': '9',
      'x-posthog-query-budget-remaining-bytes': '20000000000',
    });
  });

  it('tells of limits only where the query has none of its own', async () => {
    const { port } = await face();
    for (const sql of ['SELECT a LIMIT 5', 'SELECT a limit 5;']) {
      const { body } = await post(port, hogql(sql));
      expect(body).not.toHaveProperty('hasMore');
      expect(body).not.toHaveProperty('limit');
      expect(body).not.toHaveProperty('offset');
    }
    for (const sql of ["SELECT 'LIMIT 5'", 'SELECT a LIMIT 1 BY a', 'SELECT a FROM (SELECT 1 LIMIT 5)']) {
      expect((await post(port, hogql(sql))).body).toHaveProperty('hasMore', false);
    }
  });

  it('comes at every spelling of the place and of the body', async () => {
    const { port } = await face();
    const paths = ['/api/projects/1/query', '/api/environments/22/query/', '/api/projects/@current/query/?x=1'];
    for (const path of paths) expect((await post(port, hogql('SELECT 1'), { path })).status).toBe(200);
    const bare = await post(port, { kind: 'HogQLQuery', query: 'SELECT {a}', values: { a: 'é"\u0000' } });
    expect(bare.body.results).toEqual([['SELECT {a}', '{"a":"é\\"\\u0000"}', 2]]);
    const more = { name: 'n', refresh: 'force_blocking', client_query_id: 'x', modifiers: {}, variables: {} };
    expect((await post(port, { ...hogql('SELECT 1', { modifiers: {}, tags: {} }), ...more })).status).toBe(200);
  });

  it('comes to bodies in chunks, and many come over one connection', async () => {
    const { port } = await face();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const text = JSON.stringify(hogql('SELECT 1'));
    const sockets = new Set<number>();
    for (let n = 0; n < 3; n += 1) {
      const headers = { ...AUTH, 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
      const options = { method: 'POST', path: '/api/projects/1/query/', headers, agent };
      const answer = await send(port, options, [text.slice(0, 9), text.slice(9)]);
      expect(answer.status).toBe(200);
      for (const socket of Object.values(agent.freeSockets).flat()) if (socket) sockets.add(socket.localPort ?? 0);
    }
    expect(sockets.size).toBe(1);
    agent.destroy();
  });

  it('also tells of health, project and user', async () => {
    const { port } = await face();
    expect(await send(port, { path: '/_health' })).toMatchObject({ status: 200, text: 'ok' });
    const get = (path: string) => send(port, { path, headers: AUTH });
    expect((await get('/api/projects/42/')).body).toMatchObject({ id: 42, name: 'Local events', timezone: 'UTC' });
    expect((await get('/api/projects/@current')).body).toMatchObject({ id: 1 });
    expect((await get('/api/environments/42/')).body).toMatchObject({ id: 42 });
    expect((await get('/api/users/@me/')).body).toMatchObject({ team: { id: 1 } });
    expect((await send(port, { path: '/api/users/@me/' })).status).toBe(401);
  });
});

const refusals: [string, unknown, number, string, string, RegExp][] = [
  ['broken JSON', '{"query":', 400, 'invalid_request', 'parse_error', /JSON parse error - /u],
  ['one brace too many', `${JSON.stringify(hogql('SELECT 1'))}}`, 400, 'invalid_request', 'parse_error', /JSON/u],
  ['an empty body', '', 400, 'invalid_request', 'parse_error', /JSON/u],
  ['a list', [], 400, 'validation_error', 'invalid_input', /query: Field required/u],
  ['text', '"SELECT 1"', 400, 'validation_error', 'invalid_input', /query: Field required/u],
  ['no query', {}, 400, 'validation_error', 'invalid_input', /query: Field required/u],
  ['no kind', { query: { query: 'SELECT 1' } }, 400, 'validation_error', 'invalid_input', /query\.kind/u],
  ['a bare query', { query: 'SELECT 1' }, 400, 'validation_error', 'invalid_input', /query\.kind/u],
  ['another kind', { query: { kind: 'TrendsQuery' } }, 400, 'validation_error', 'invalid_input', /not TrendsQuery/u],
  ['no text', { query: { kind: 'HogQLQuery' } }, 400, 'validation_error', 'invalid_input', /query\.query/u],
  [
    'a value that cannot be bound',
    hogql('x', { values: { a: {} } }),
    400,
    'validation_error',
    'invalid_input',
    /query\.values\.a: text, number/u,
  ],
  ['a HogQL error', hogql('SELECT broken'), 400, 'validation_error', 'invalid_input', /Unable to resolve field/u],
  ['an engine error', hogql('SELECT supertype'), 400, 'validation_error', 'no_common_type', /no supertype/u],
  ['too much memory', hogql('SELECT memory'), 513, 'server_error', 'clickhouse_memory_limit_exceeded', /scope/u],
  ['a slow query', hogql('SELECT slow'), 504, 'server_error', 'timeout', /longer than/u],
  ['a closed source', hogql('SELECT closed'), 503, 'server_error', 'database_unavailable', /not open/u],
  ['a crash', hogql('SELECT crash'), 500, 'server_error', 'error', /^A server error occurred\.$/u],
];

describe('a refusal has PostHog’s form and tells nothing internal', () => {
  it.each(refusals)('%s', async (_name, body, status, type, code, detail) => {
    const { port } = await face();
    const answer = await post(port, body);
    expect(answer).toMatchObject({ status, body: { type, code, detail: expect.stringMatching(detail) } });
    const { extra: _extra, ...rest } = answer.body;
    expect(Object.keys(rest).sort()).toEqual(['attr', 'code', 'detail', 'type']);
    expect(answer.text).not.toContain('/internal');
  });

  it('names the field, and the place in the query', async () => {
    const { port } = await face();
    expect((await post(port, hogql('x', { values: { a: {} } }))).body.attr).toBe('query.values.a');
    expect((await post(port, hogql('SELECT broken'))).body.extra).toMatchObject({
      hogql_metadata: { isValid: false, errors: [{ message: 'Unable to resolve field: broken', start: 7, end: 13 }] },
    });
    expect((await post(port, hogql('SELECT supertype'))).body).not.toHaveProperty('extra');
  });

  it.each([
    ['no key', {}, 401, 'not_authenticated'],
    ['another scheme', { authorization: 'Basic cGh4X2E6' }, 401, 'not_authenticated'],
    ['an empty key', { authorization: 'Bearer ' }, 401, 'not_authenticated'],
    ['a project key', { authorization: 'Bearer phc_x' }, 401, 'authentication_failed'],
  ])('%s', async (_name, headers, status, code) => {
    const { port } = await face();
    const answer = await post(port, hogql('SELECT 1'), { headers: headers as Record<string, string> });
    expect(answer).toMatchObject({ status, body: { type: 'authentication_error', code, attr: null } });
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  it('another key or project than the configured ones', async () => {
    const { port } = await face(undefined, { apiKey: 'phx_mine', projectId: '7' });
    const mine = { authorization: 'Bearer phx_mine' };
    const path = '/api/projects/7/query/';
    expect((await post(port, hogql('SELECT 1'), { path })).status).toBe(401);
    expect((await post(port, hogql('SELECT 1'), { path, headers: mine })).status).toBe(200);
    const other = await post(port, hogql('SELECT 1'), { headers: mine });
    expect(other).toMatchObject({ status: 404, body: { code: 'not_found', detail: 'Project not found.' } });
    expect((await send(port, { path: '/api/projects/1/', headers: mine })).status).toBe(404);
    expect((await send(port, { path: '/api/projects/@current/', headers: mine })).body).toMatchObject({ id: 7 });
  });

  it('a project that is no number, an unknown place, another method', async () => {
    const { port } = await face();
    expect((await post(port, hogql('SELECT 1'), { path: '/api/projects/abc/query/' })).status).toBe(404);
    expect((await post(port, hogql('SELECT 1'), { path: '/api/projects/1/insights/' })).body.code).toBe('not_found');
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await send(port, { method, path: '/api/projects/1/query/', headers: AUTH });
      expect(answer).toMatchObject({ status: 405, headers: { allow: 'POST' }, body: { code: 'method_not_allowed' } });
    }
    expect((await post(port, {}, { path: '/api/projects/1/' })).headers.allow).toBe('GET');
  });

  it.each(['length', 'chunks'])('a body beyond 10 MB, by its %s', async (by) => {
    const { port } = await face();
    const text = JSON.stringify(hogql('x'.repeat(10 * 1024 * 1024)));
    const options = { method: 'POST', path: '/api/projects/1/query/', headers: { ...AUTH } };
    const answer =
      by === 'length' ? await post(port, text) : await send(port, options, [text.slice(0, 1e6), text.slice(1e6)]);
    expect(answer).toMatchObject({ status: 413, body: { code: 'request_too_large' } });
  });
});

describe('only this machine is served', () => {
  it.each([
    ['localhost:1', 200],
    ['LOCALHOST', 200],
    ['127.0.0.1:80', 200],
    ['[::1]:80', 200],
    ['evil.example', 403],
    ['localhost.evil.example', 403],
    ['127.0.0.1.evil.example:80', 403],
  ])('Host %s', async (host, status) => {
    const { port } = await face();
    expect((await send(port, { path: '/_health', headers: { host } })).status).toBe(status);
    expect((await post(port, hogql('SELECT 1'), { headers: { ...AUTH, host } })).status).toBe(status);
  });

  it('allows no page of the web to read answers', async () => {
    const { port } = await face();
    const answer = await post(port, hogql('SELECT 1'), { headers: { ...AUTH, origin: 'https://evil.example' } });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('says which port is taken', async () => {
    const { port } = await face();
    const source = { queryDetailed: async () => echo({ sql: '' }) };
    await expect(serveSource(source, { port })).rejects.toMatchObject({ code: 'usage', at: '--port' });
  });
});
