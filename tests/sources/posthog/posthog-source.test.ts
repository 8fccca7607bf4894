import { afterEach, describe, expect, it } from 'vitest';
import { RunbookError } from '../../../lib/errors.ts';
import { PostHogSource } from '../../../sources/posthog/posthog-source.ts';
import { failure, json, type PostHogServer, posthogServer, type Script, success } from '../../servers/posthog.ts';

const KEY = 'phx_secret_key_that_must_not_leak';
let server: PostHogServer | undefined;
const waits: number[] = [];

afterEach(async () => {
  await server?.close();
  server = undefined;
  waits.length = 0;
});

async function source(
  script: Script,
  options: { timeoutMs?: number; maxAttempts?: number } = {},
): Promise<PostHogSource> {
  server = await posthogServer(script);
  return new PostHogSource({
    host: server.url,
    projectId: '7',
    apiKey: KEY,
    sleep: async (ms) => {
      waits.push(ms);
    },
    ...options,
  });
}

async function errorOf(
  script: Script,
  options: { timeoutMs?: number; maxAttempts?: number } = {},
): Promise<RunbookError> {
  const error: unknown = await (await source(script, options))
    .query({ sql: 'SELECT 1' })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RunbookError);
  const failed = error as RunbookError;
  expect(`${failed.message} ${failed.hint} ${JSON.stringify(failed)}`).not.toContain(KEY);
  expect(failed.hint ?? '').not.toBe('');
  return failed;
}

describe('a query', () => {
  it('is sent bound, named and with the key as bearer', async () => {
    const posthog = await source((_request, response) => success(response, { 'x-posthog-query-bytes-read': '512' }));
    const result = await posthog.query({ sql: 'SELECT {x} AS n', values: { x: "a'b" }, name: 'probe' });
    expect(result).toMatchObject({ columns: ['n'], rows: [[42]], hasMore: false, bytesRead: 512, cached: false });
    const [seen] = server?.seen ?? [];
    expect(seen).toMatchObject({ method: 'POST', url: '/api/projects/7/query/', authorization: `Bearer ${KEY}` });
    expect(JSON.parse(seen?.body ?? '')).toEqual({
      query: { kind: 'HogQLQuery', query: 'SELECT {x} AS n', values: { x: "a'b" } },
      refresh: 'force_blocking',
      name: 'probe',
    });
  });

  it('that moved to the background is asked for until it is done', async () => {
    const posthog = await source((request, response, n) => {
      if (n === 0) json(response, 202, { query_status: { id: 'q1', complete: false } });
      else if (n === 1) json(response, 202, { query_status: { id: 'q1', complete: false } });
      else
        json(response, 200, {
          query_status: { id: 'q1', complete: true, results: { columns: ['n'], results: [[1]] } },
        });
      expect(request.url).toBe(n === 0 ? '/api/projects/7/query/' : '/api/projects/7/query/q1/');
    });
    expect((await posthog.query({ sql: 'SELECT 1' })).rows).toEqual([[1]]);
  });
});

describe('refusals are not retried and say what to do', () => {
  it.each([
    [400, 'invalid_input', 'Unable to resolve field: nope', 'hogql', /Unable to resolve field: nope/u],
    [401, 'authentication_failed', 'Invalid key', 'auth', /personal API key/u],
    [403, 'permission_denied', "API key missing required scope 'query:read'", 'forbidden', /query:read/u],
    [404, 'not_found', 'Project not found.', 'not_found', /POSTHOG_PROJECT_ID/u],
    [402, 'api_queries_quota_exceeded', 'Quota exceeded', 'budget', /quota/u],
  ])('%i', async (status, code, detail, expected, says) => {
    const error = await errorOf((_request, response) => failure(response, status, code, detail));
    expect(error).toMatchObject({ code: expected, status });
    expect(`${error.message} ${error.hint}`).toMatch(says);
    expect(server?.seen.length).toBe(1);
  });
});

describe('passing failures are retried, not for ever', () => {
  it('waits as long as Retry-After says', async () => {
    const posthog = await source((_request, response, n) =>
      n === 0 ? failure(response, 429, 'throttled', 'slow down', { 'retry-after': '7' }) : success(response),
    );
    expect((await posthog.query({ sql: 'SELECT 1' })).rows).toEqual([[42]]);
    expect(waits).toEqual([7000]);
  });

  it('reads the wait from the text, and from a date', async () => {
    const date = new Date(Date.now() + 5000).toUTCString();
    const posthog = await source((_request, response, n) => {
      if (n === 0) failure(response, 429, 'throttled', 'Request was throttled. Expected available in 3 seconds.');
      else if (n === 1) failure(response, 429, 'throttled', 'again', { 'retry-after': date });
      else success(response);
    });
    await posthog.query({ sql: 'SELECT 1' });
    expect(waits[0]).toBe(3000);
    expect(waits[1]).toBeGreaterThan(3000);
    expect(waits[1]).toBeLessThanOrEqual(5000);
  });

  it('stops with a resume time when the read budget is used up', async () => {
    const error = await errorOf((_request, response) =>
      failure(response, 429, 'api_queries_budget_exceeded', 'Budget used', { 'retry-after': '1800' }),
    );
    expect(error.code).toBe('budget');
    expect(error.hint).toMatch(/\d{4}-\d\d-\d\dT/u);
    expect(waits).toEqual([]);
  });

  it('gives up on a rate limit after its tries', async () => {
    const error = await errorOf((_request, response) =>
      failure(response, 429, 'throttled', 'slow', { 'retry-after': '1' }),
    );
    expect(error.code).toBe('rate_limited');
    expect(server?.seen.length).toBe(4);
  });

  it('retries 500 once, and 503 and 504 with back-off', async () => {
    expect((await errorOf((_request, response) => failure(response, 500, 'error', 'boom'))).code).toBe('server');
    expect(server?.seen.length).toBe(2);
    await server?.close();
    const error = await errorOf((_request, response, n) => failure(response, n % 2 ? 503 : 504, 'timeout', 'busy'));
    expect(error.code).toBe('timeout');
    expect(error.hint).toMatch(/window_days/u);
    expect(server?.seen.length).toBe(4);
  });

  it('retries a connection that is cut in the middle of an answer', async () => {
    const posthog = await source((_request, response, n) => {
      if (n > 0) return success(response);
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"columns":["n"],"resu');
      setTimeout(() => response.destroy(), 20);
    });
    expect((await posthog.query({ sql: 'SELECT 1' })).rows).toEqual([[42]]);
    expect(server?.seen.length).toBe(2);
  });

  it('names a time-out', async () => {
    const error = await errorOf(() => undefined, { timeoutMs: 60, maxAttempts: 2 });
    expect(error.code).toBe('timeout');
    expect(server?.seen.length).toBe(2);
  });

  it('names a host that refuses the connection', async () => {
    const posthog = await source((_request, response) => success(response), { maxAttempts: 2 });
    await server?.close();
    await expect(posthog.query({ sql: 'SELECT 1' })).rejects.toMatchObject({
      code: 'network',
      hint: expect.stringMatching(/POSTHOG_HOST/u),
    });
  });
});

describe('answers that are none', () => {
  it.each([
    ['broken JSON', '{"results": ['],
    ['no results', '{"columns": []}'],
    ['an HTML page', '<html>Log in</html>'],
  ])('%s', async (_name, body) => {
    const error = await errorOf((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(body);
    });
    expect(error.code).toBe('bad_response');
  });

  it('never repeats the key that a proxy echoes', async () => {
    const error = await errorOf((request, response) =>
      failure(response, 403, 'x', `denied for ${request.authorization}`),
    );
    expect(error.message).toContain('[redacted]');
  });
});
