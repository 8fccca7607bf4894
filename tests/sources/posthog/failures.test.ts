import { afterEach, describe, expect, it } from 'vitest';
import { cutOff, failure, json, raw, success, zipped } from '../../servers/posthog.ts';
import { closeAll, errorOf, failedWith, KEY, scripted } from './client.ts';

afterEach(closeAll);

const NO_ACCESS = "You don't have access to the project.";
const NO_KEYS = 'This action does not support Personal API Key access';

describe('refusals are not retried and say what to do', () => {
  it.each([
    [
      401,
      'authentication_failed',
      'Personal API key found in request Authorization header is invalid.',
      'auth',
      /does not accept the key.*personal API key \(phx_…\) made at http:\/\/127\.0\.0\.1:\d+\/settings/u,
    ],
    [
      401,
      'not_authenticated',
      'Authentication credentials were not provided.',
      'auth',
      /another region does not work/u,
    ],
    [402, 'api_queries_quota_exceeded', 'Quota exceeded', 'budget', /quota is used up/u],
    [
      403,
      'permission_denied',
      "API key missing required scope 'query:read'",
      'forbidden',
      /may not query this project.*Give the key the scope query:read/u,
    ],
    [403, 'permission_denied', NO_ACCESS, 'forbidden', /project 7.*query:read.*127\.0\.0\.1.* is the region/u],
    [403, 'permission_denied', NO_KEYS, 'forbidden', /Personal API keys cannot query here/u],
    [
      404,
      'not_found',
      'Project not found.',
      'not_found',
      /knows no such project.*POSTHOG_PROJECT_ID \(7\).*US and EU/u,
    ],
    [413, 'too_large', 'Request body exceeded', 'hogql', /too long/u],
    [512, 'error', 'Estimated query execution time is too long.', 'timeout', /window_days/u],
    [513, 'clickhouse_memory_limit_exceeded', 'Memory', 'timeout', /memory.*window_days/u],
    [418, 'teapot', 'Short and stout', 'bad_response', /status 418/u],
  ])('%i %s: %s', async (status, code, detail, expected, says) => {
    const { error, asked, waits } = await errorOf((_request, response) => failure(response, status, code, detail));
    expect(error).toMatchObject({ code: expected, status });
    expect(error.message).toContain(detail);
    expect(`${error.message} ${error.hint}`).toMatch(says);
    expect(asked).toBe(1);
    expect(waits).toEqual([]);
  });

  it('names the place of a HogQL error, as PostHog tells it or as its text allows', async () => {
    const sql = 'SELECT nope, count() AS n\nFROM events';
    const at = async (detail: string, more = {}) => {
      const { error } = await errorOf(
        (_request, response) => failure(response, 400, 'invalid_input', detail, {}, more),
        {},
        sql,
      );
      expect(error).toMatchObject({ code: 'hogql', status: 400, message: `PostHog refuses the query: ${detail}` });
      return error.position;
    };
    const told = { extra: { hogql_metadata: { isValid: false, errors: [{ message: 'x', start: 20, end: 24 }] } } };
    expect(await at('Something else', told)).toEqual({ start: 20, end: 24 });
    expect(await at('Unable to resolve field: nope')).toEqual({ start: 7, end: 11 });
    expect(await at('Unknown table `events`.')).toEqual({ start: 31, end: 37 });
    expect(await at("Unsupported function call 'count(...)'. Perhaps you meant")).toEqual({ start: 13, end: 18 });
    expect(await at('Syntax error: line 2, column 5: no viable alternative')).toEqual({ start: 31, end: 32 });
    expect(await at('Unable to resolve field: other')).toBeUndefined();
    expect(await at('OFFSET is not supported on queries made with a personal API key')).toBeUndefined();
    const beyond = { extra: { hogql_metadata: { errors: [{ start: 20, end: 2400 }] } } };
    expect(await at('Something else', beyond)).toBeUndefined();
  });

  it('a redirect is not followed: the key would go elsewhere', async () => {
    const { error, asked } = await errorOf((_request, response) =>
      json(response, 301, {}, { location: 'https://us.posthog.com/api/projects/7/query/' }),
    );
    expect(error).toMatchObject({ code: 'bad_response', hint: 'Set POSTHOG_HOST to https://us.posthog.com.' });
    expect(asked).toBe(1);
  });
});

describe('passing failures are retried, not for ever', () => {
  it('waits as long as Retry-After says', async () => {
    const { source, waits } = await scripted((_request, response, n) =>
      n === 0 ? failure(response, 429, 'throttled', 'slow down', { 'retry-after': '7' }) : success(response),
    );
    expect((await source.query({ sql: 'SELECT 1' })).rows).toEqual([[42]]);
    expect(waits).toEqual([7000]);
  });

  it('reads the wait from a date or from the text, and has a pace of its own where none is given', async () => {
    const date = new Date(Date.now() + 5000).toUTCString();
    const { source, waits } = await scripted((_request, response, n) => {
      if (n === 0) failure(response, 429, 'throttled', 'Request was throttled. Expected available in 3 seconds.');
      else if (n === 1) failure(response, 429, 'throttled', 'again', { 'retry-after': date });
      else if (n === 2) failure(response, 429, 'throttled', 'Concurrency limit', { 'retry-after': 'soon' });
      else success(response);
    });
    await source.query({ sql: 'SELECT 1' });
    expect(waits[0]).toBe(3000);
    expect(waits[1]).toBeGreaterThan(3000);
    expect(waits[1]).toBeLessThanOrEqual(5000);
    expect(waits[2]).toBeGreaterThanOrEqual(1500);
    expect(waits[2]).toBeLessThanOrEqual(2000);
  });

  it('gives up on a rate limit after its tries', async () => {
    const { error, asked } = await errorOf((_request, response) =>
      failure(response, 429, 'throttled', 'slow', { 'retry-after': '1' }),
    );
    expect(error).toMatchObject({ code: 'rate_limited', status: 429 });
    expect(error.hint).toMatch(/Run again after \d{4}-\d\d-\d\dT[\d:]{8}Z/u);
    expect(asked).toBe(4);
    expect((await errorOf((_request, response) => failure(response, 429, 'x', 'y'), { maxRetries: 0 })).asked).toBe(1);
  });

  it('does not sit out an hour', async () => {
    for (const status of [429, 503]) {
      const { error, asked, waits } = await errorOf((_request, response) =>
        failure(response, status, 'throttled', 'hourly limit', { 'retry-after': '1800' }),
      );
      expect(error.code).toBe(status === 429 ? 'rate_limited' : 'server');
      expect([asked, waits]).toEqual([1, []]);
    }
  });

  it('does not wait more than two minutes altogether', async () => {
    const { asked, waits } = await errorOf((_request, response) =>
      failure(response, 429, 'throttled', 'slow', { 'retry-after': '50' }),
    );
    expect([asked, waits]).toEqual([3, [50_000, 50_000]]);
  });

  it('stops with a resume time when the read budget is used up', async () => {
    const { error, asked } = await errorOf((_request, response) =>
      failure(response, 429, 'api_queries_budget_exceeded', 'Budget used', { 'retry-after': '30' }),
    );
    expect(error).toMatchObject({ code: 'budget', status: 429 });
    expect(error.message).toMatch(/hourly read budget is used up: Budget used/u);
    const resume = Date.parse(/after (\S+Z)/u.exec(error.hint ?? '')?.[1] ?? '');
    expect(Math.abs(resume - Date.now() - 30_000)).toBeLessThan(5000);
    expect(asked).toBe(1);
  });

  it('retries 500 once: it hides the cause, which is often the query', async () => {
    const { error, asked } = await errorOf((_request, response) =>
      failure(response, 500, 'error', 'A server error occurred.'),
    );
    expect(error).toMatchObject({ code: 'server', status: 500 });
    expect(asked).toBe(2);
  });

  it.each([
    [502, 'server', /few minutes/u],
    [503, 'server', /few minutes/u],
    [504, 'timeout', /window_days/u],
  ])('%i is tried four times with growing pauses', async (status, code, says) => {
    const { error, asked, waits } = await errorOf((_request, response) => failure(response, status, 'error', 'busy'));
    expect(error).toMatchObject({ code, status, hint: expect.stringMatching(says) });
    expect(asked).toBe(4);
    expect(waits.map((ms, n) => ms >= 375 * 2 ** n && ms <= 500 * 2 ** n)).toEqual([true, true, true]);
  });

  it.each([
    ['a length', { 'content-length': '1000' }],
    ['chunks', {}],
  ])('retries a connection that is cut in the middle of an answer with %s', async (_name, headers) => {
    const { source, server } = await scripted((_request, response, n) =>
      n === 0 ? cutOff(response, headers as Record<string, string>) : success(response),
    );
    expect((await source.query({ sql: 'SELECT 1' })).rows).toEqual([[42]]);
    expect(server.seen.length).toBe(2);
    const always = await errorOf((_request, response) => cutOff(response, headers as Record<string, string>));
    expect(always.error.code).toBe('network');
    expect(always.asked).toBe(4);
  });

  it('retries one that is closed before the answer', async () => {
    const { source } = await scripted((_request, response, n) => {
      if (n === 0) response.destroy();
      else success(response);
    });
    expect((await source.query({ sql: 'SELECT 1' })).rows).toEqual([[42]]);
  });

  it('names a time-out, before the answer and within it, and tries once more', async () => {
    const silent = await errorOf(() => undefined, { timeoutMs: 400 });
    expect(silent.error).toMatchObject({ code: 'timeout', message: expect.stringMatching(/within 0\.4 s/u) });
    expect(silent.error.hint).toMatch(/window_days/u);
    expect(silent.asked).toBe(2);
    const slow = await errorOf(
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{');
      },
      { timeoutMs: 400 },
    );
    expect(slow.error.code).toBe('timeout');
  });

  it('names a host that refuses the connection, and one that is none', async () => {
    const { source, server, waits } = await scripted((_request, response) => success(response));
    await server.close();
    const refused = failedWith(await source.query({ sql: 'SELECT 1' }).catch((thrown: unknown) => thrown));
    expect(refused).toMatchObject({
      code: 'network',
      hint: expect.stringMatching(/Nothing listens there.*POSTHOG_HOST/u),
    });
    expect(waits.length).toBe(3);
  });

  it('knows https spoken to a server without it', async () => {
    const { server } = await scripted((_request, response) => success(response));
    const { error } = await errorOf((_request, response) => success(response), {
      host: server.url.replace('http:', 'https:'),
    });
    expect(error).toMatchObject({ code: 'network', hint: expect.stringMatching(/does not speak https/u) });
  });
});

describe('answers that are none', () => {
  it.each([
    ['broken JSON', '{"results": [', /no JSON/u],
    ['nothing', '', /empty/u],
    ['no results', '{"columns": []}', /no results/u],
    ['rows that are none', '{"results": [1]}', /results\.0/u],
    ['a list', '[]', /the whole/u],
    ['a web page', `<html>Log in ${KEY}</html>`, /web page/u],
    ['another text', `${KEY} is what you sent`, /no JSON/u],
  ])('%s', async (_name, body, says) => {
    const { error, asked } = await errorOf((_request, response) => raw(response, 200, body));
    expect(error.code).toBe('bad_response');
    expect(error.message).toMatch(says);
    expect(error.hint).toMatch(/POSTHOG_HOST/u);
    expect(asked).toBe(1);
  });

  it('an error within a success is a refusal', async () => {
    const { error } = await errorOf((_request, response) =>
      json(response, 200, { results: null, error: 'Unknown table' }),
    );
    expect(error).toMatchObject({ code: 'hogql', message: 'PostHog refuses the query: Unknown table' });
  });

  it('a web page with an error status is not repeated', async () => {
    for (const status of [403, 404, 500]) {
      const { error } = await errorOf((_request, response) => raw(response, status, '<!doctype html><p>Proxy</p>'));
      expect(error.message).toContain(`a web page with status ${status}`);
      expect(error.message).not.toContain('<p>');
    }
  });

  it('a huge one is not read to its end, compressed or not', async () => {
    const bytes = Buffer.alloc(65 * 1024 * 1024, 0x20);
    const plain = await errorOf((_request, response) => response.end(bytes));
    expect(plain.error).toMatchObject({ code: 'bad_response', message: 'The answer is larger than 64 MB.' });
    expect(plain.asked).toBe(1);
    const bomb = await errorOf((_request, response) => zipped(response, bytes));
    expect(bomb.error.message).toBe('The answer is larger than 64 MB.');
  });
});

describe('the key', () => {
  it.each([400, 401, 403, 404, 429, 500, 503, 504])(
    'is not repeated where a proxy echoes it with %i',
    async (status) => {
      const { error } = await errorOf((request, response) =>
        failure(response, status, 'x', `denied for ${request.authorization} unknown field ${KEY}`),
      );
      expect(error.message).toContain('Bearer [redacted]');
    },
  );

  it('is not repeated where it cannot stand in a header', async () => {
    const apiKey = `${KEY}\nx`;
    const { error } = await errorOf((_request, response) => success(response), { apiKey, maxRetries: 0 });
    expect(error.code).toBe('network');
  });
});
