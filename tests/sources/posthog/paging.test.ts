import { afterEach, describe, expect, it } from 'vitest';
import { pageByKey, queryAllRows } from '../../../sources/posthog/paging.ts';
import { answer, json, type Script } from '../../servers/posthog.ts';
import { closeAll, scripted } from './client.ts';

afterEach(closeAll);

const KEYS = Array.from({ length: 25 }, (_, n) => `k${String(n).padStart(2, '0')}`);
const sql = 'SELECT k, 1 AS n FROM t WHERE k > {cursor} AND m = {m} ORDER BY k LIMIT {page_rows}';
const countSql = 'SELECT count() FROM t WHERE m = {m}';

/** Answers pages as an engine would; the count may differ. */
const table =
  (count = KEYS.length): Script =>
  (request, response) => {
    const { query, values } = JSON.parse(request.body).query;
    if (query === countSql) json(response, 200, answer([[count]]));
    else {
      const rows = KEYS.filter((key) => key > values.cursor).slice(0, values.page_rows);
      json(
        response,
        200,
        answer(
          rows.map((key) => [key, 1]),
          ['k', 'n'],
        ),
      );
    }
  };

const query = { sql, key: 'k', values: { m: 'x' }, pageRows: 10 };

describe('rows beyond the limit of an answer', () => {
  it('come page by page, each beginning after the last key', async () => {
    const { source, server } = await scripted(table());
    const pages: number[] = [];
    for await (const { rows } of pageByKey(source, query)) pages.push(rows.length);
    expect(pages).toEqual([10, 10, 5]);
    expect(server.seen.map(({ body }) => JSON.parse(body).query.values)).toEqual(
      ['', 'k09', 'k19'].map((cursor) => ({ m: 'x', cursor, page_rows: 10 })),
    );
    expect(server.seen.some(({ body }) => body.includes('OFFSET'))).toBe(false);
  });

  it('end with an empty page where the last was full, and with one request where nothing is there', async () => {
    const { source, server } = await scripted(table());
    for await (const _page of pageByKey(source, { ...query, pageRows: 5 }));
    expect(server.seen.length).toBe(6);
    const none = await scripted((_request, response) => json(response, 200, answer([], ['k', 'n'])));
    for await (const { rows } of pageByKey(none.source, query)) expect(rows).toEqual([]);
    expect(none.server.seen.length).toBe(1);
  });

  it('are all there, as counted', async () => {
    const { source } = await scripted(table());
    const all = await queryAllRows(source, { ...query, countSql });
    expect(all.columns).toEqual(['k', 'n']);
    expect(all.rows.map(([key]) => key)).toEqual(KEYS);
    const fewer = await scripted(table(30));
    await expect(queryAllRows(fewer.source, { ...query, countSql })).rejects.toMatchObject({
      code: 'bad_response',
      message: '25 rows came page by page, but 30 were counted.',
    });
  });

  it('ask for pages of 50,000 unless told otherwise', async () => {
    const { source, server } = await scripted(table());
    const { pageRows: _pageRows, ...unsized } = query;
    for await (const _page of pageByKey(source, unsized));
    expect(JSON.parse(server.seen[0]?.body ?? '').query.values.page_rows).toBe(50_000);
  });
});

describe('a query that cannot be paged is refused, not read for ever', () => {
  const full =
    (columns: string[], row: (n: number) => unknown[], more = {}): Script =>
    (_request, response) =>
      json(response, 200, {
        ...answer(
          Array.from({ length: 10 }, (_, n) => row(n)),
          columns,
        ),
        ...more,
      });

  it.each([
    ['no LIMIT', full(['k'], (n) => [`a${n}`], { hasMore: true }), /LIMIT \{page_rows\}/u],
    ['a cursor that is not used', full(['k'], (n) => [`a${n}`]), /does not grow/u],
    ['another column', full(['other'], (n) => [n]), /column k is missing/u],
    ['a key that is null', full(['k'], () => [null]), /null in the last row/u],
  ])('%s', async (_name, script, message) => {
    const { source, server } = await scripted(script);
    await expect(queryAllRows(source, { ...query, countSql })).rejects.toMatchObject({
      code: 'hogql',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/ORDER BY key LIMIT/u),
    });
    expect(server.seen.length).toBeLessThanOrEqual(2);
  });
});
