import { afterEach, describe, expect, it } from 'vitest';
import { answer, json, progress, raw, success, zipped } from '../../servers/posthog.ts';
import { closeAll, errorOf, failedWith, KEY, scripted } from './client.ts';

afterEach(closeAll);

describe('a query', () => {
  it('is sent bound, named and with the key as bearer', async () => {
    const { source, server } = await scripted((_request, response) =>
      success(response, {
        'x-posthog-query-bytes-read': '512',
        'x-posthog-query-budget-remaining-bytes': '19999999488',
      }),
    );
    expect(source.budgetLeft()).toBeNull();
    const result = await source.query({ sql: 'SELECT {x} AS n', values: { x: "a'b" }, name: 'p'.repeat(70) });
    expect(result).toMatchObject({ columns: ['n'], rows: [[42]], hasMore: false, bytesRead: 512, cached: false });
    expect(result.types).toEqual([['n', 'UInt64']]);
    expect(result.responseBytes).toBe(JSON.stringify(answer()).length);
    expect(source.budgetLeft()).toBe(19999999488);
    const [seen] = server.seen;
    expect(seen).toMatchObject({ method: 'POST', url: '/api/projects/7/query/', authorization: `Bearer ${KEY}` });
    expect(seen?.headers['accept-encoding']).toContain('gzip');
    expect(JSON.parse(seen?.body ?? '')).toEqual({
      query: { kind: 'HogQLQuery', query: 'SELECT {x} AS n', values: { x: "a'b" } },
      refresh: 'force_blocking',
      name: 'p'.repeat(60),
    });
  });

  it('tells that rows are missing, and that the answer is from the cache', async () => {
    const { source } = await scripted((_request, response) =>
      json(response, 200, { ...answer(), limit: 100, offset: 0, hasMore: true, is_cached: true }),
    );
    expect(await source.query({ sql: 'SELECT 1' })).toMatchObject({ hasMore: true, cached: true, bytesRead: null });
  });

  it('reads compressed answers', async () => {
    const { source } = await scripted((_request, response) =>
      zipped(response, JSON.stringify(answer([['ü'.repeat(99)]]))),
    );
    expect((await source.query({ sql: 'SELECT 1' })).rows).toEqual([['ü'.repeat(99)]]);
  });

  it('keeps integers beyond 2^53 as text, and touches neither text nor floats', async () => {
    const text = 'a "quoted\\\\" [12345678901234567890, \\u0000 ';
    const { source } = await scripted((_request, response) =>
      raw(
        response,
        200,
        `{"columns":["a","b","c","d","e"],"results":[[18446744073709551615, -9223372036854775808,9007199254740991,0.1234567890123456,1.2345678901234e+22],[${JSON.stringify(text)},[12345678901234567890],null,"\\\\",1]]}`,
      ),
    );
    expect((await source.query({ sql: 'SELECT 1' })).rows).toEqual([
      ['18446744073709551615', '-9223372036854775808', 9007199254740991, 0.1234567890123456, 1.2345678901234e22],
      [text, ['12345678901234567890'], null, '\\', 1],
    ]);
  });

  it('asks for the own project of the key where told so, and pins now()', async () => {
    const asOf = new Date('2026-05-01T00:00:00Z');
    const { source, server } = await scripted((_request, response) => success(response), {
      projectId: '@current',
      asOf,
    });
    await source.open();
    expect(server.seen).toEqual([]);
    await source.query({ sql: 'SELECT 1' });
    expect(server.seen[0]?.url).toBe('/api/projects/@current/query/');
    expect(source.now()).toEqual(asOf);
    expect(source.label).toBe(`${new URL(server.url).host} project @current`);
  });

  it('shares the project with others: two at once, the rest in order', async () => {
    let open = 0;
    let most = 0;
    const { source, server } = await scripted((_request, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        success(response);
      }, 20);
    });
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((sql) => source.query({ sql })));
    expect(most).toBe(2);
    // Two that start together may arrive either way round; the one that had to wait for them comes last.
    const arrived = server.seen.map(({ body }) => JSON.parse(body).query.query as string);
    expect(arrived.slice(0, 2).sort()).toEqual(['a', 'b']);
    expect(arrived.slice(2, 4).sort()).toEqual(['c', 'd']);
    expect(arrived[4]).toBe('e');
  });
});

describe('an interrupted query is no network failure', () => {
  it('before it began', async () => {
    const { source, server } = await scripted((_request, response) => success(response));
    await expect(source.query({ sql: 'SELECT 1', signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'interrupted',
    });
    expect(server.seen).toEqual([]);
  });

  it('while it runs', async () => {
    const controller = new AbortController();
    const { source, server } = await scripted(() => controller.abort());
    await expect(source.query({ sql: 'SELECT 1', signal: controller.signal })).rejects.toMatchObject({
      code: 'interrupted',
    });
    expect(server.seen.length).toBe(1);
  });

  it('while it waits for its turn, and the others go on', async () => {
    const controller = new AbortController();
    const { source, server } = await scripted((_request, response, n) => {
      if (n === 1) controller.abort();
      setTimeout(() => success(response), 20);
    });
    const others = Promise.all(['a', 'b'].map((sql) => source.query({ sql })));
    const query = source.query({ sql: 'c', signal: controller.signal });
    const last = source.query({ sql: 'd' });
    await expect(query).rejects.toMatchObject({ code: 'interrupted' });
    await others;
    await last;
    expect(server.seen.map(({ body }) => JSON.parse(body).query.query).sort()).toEqual(['a', 'b', 'd']);
  });

  it('while it waits for its next try', async () => {
    const controller = new AbortController();
    const { source, server } = await scripted(
      (_request, response) => json(response, 429, { detail: 'slow' }, { 'retry-after': '30' }),
      {
        sleep: (_ms, signal) =>
          new Promise((_resolve, reject) => {
            signal?.addEventListener('abort', () => reject(signal.reason));
            controller.abort();
          }),
      },
    );
    await expect(source.query({ sql: 'SELECT 1', signal: controller.signal })).rejects.toMatchObject({
      code: 'interrupted',
    });
    expect(server.seen.length).toBe(1);
  });
});

describe('a query that moved to the background', () => {
  it('is asked for until it is done', async () => {
    const { source, server, waits } = await scripted((_request, response, n) => {
      if (n < 3) json(response, 202, progress('q/1'));
      else json(response, 200, progress('q/1', { complete: true, results: { ...answer(), is_cached: true } }));
    });
    expect(await source.query({ sql: 'SELECT 1' })).toMatchObject({ rows: [[42]], cached: true });
    expect(server.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /api/projects/7/query/',
      ...Array(3).fill('GET /api/projects/7/query/q%2F1/'),
    ]);
    expect(waits).toEqual([500, 750, 1125]);
  });

  it('fails there with what PostHog says', async () => {
    const failed = progress('q1', { error: true, error_message: 'Unable to resolve field: nope' });
    const { error } = await errorOf(
      (_request, response, n) => json(response, n === 0 ? 202 : 400, n === 0 ? progress('q1') : failed),
      {},
      'SELECT nope FROM events',
    );
    expect(error).toMatchObject({ code: 'hogql', position: { start: 7, end: 11 } });
    expect(error.message).toContain('Unable to resolve field: nope');
    const hidden = progress('q1', { error: true });
    const internal = await errorOf((_request, response, n) =>
      json(response, n === 0 ? 202 : 500, n === 0 ? progress('q1') : hidden),
    );
    expect(internal.error.code).toBe('server');
  });

  it('may be lost', async () => {
    const { error } = await errorOf((_request, response, n) =>
      n === 0 ? json(response, 202, progress('q1')) : json(response, 404, { detail: 'Not found.' }),
    );
    expect(error).toMatchObject({ code: 'server', message: expect.stringMatching(/no longer knows the query/u) });
  });

  it('is given up after ten minutes, and cancelled', async () => {
    const { source, server, waits } = await scripted((_request, response) => json(response, 202, progress('q1')));
    const error = failedWith(await source.query({ sql: 'SELECT 1' }).catch((thrown: unknown) => thrown));
    expect(error.code).toBe('timeout');
    const waited = waits.reduce((sum, ms) => sum + ms, 0);
    expect(waited).toBeGreaterThan(590_000);
    expect(waited).toBeLessThan(610_000);
    await expect.poll(() => server.seen.at(-1)?.method).toBe('DELETE');
  });
});
