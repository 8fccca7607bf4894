import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveSource } from '../../../sources/http/server.ts';
import { LocalSource } from '../../../sources/local/local-source.ts';
import { queryAllRows } from '../../../sources/posthog/paging.ts';
import { PostHogSource } from '../../../sources/posthog/posthog-source.ts';
import { hogql, post } from './face.ts';

/** The live client against event files: real sockets, real engine. */
const CALLS = 250;
let source: PostHogSource;
let local: LocalSource;
let server: { url: string; close(): Promise<void> };
const folder = mkdtempSync(path.join(tmpdir(), 'http-face-test-'));

function call(n: number): string {
  const properties = {
    $ai_model: n % 2 ? 'gpt-4o' : "o'brien-1",
    $ai_total_cost_usd: n / 100,
    $ai_is_error: n % 10 === 0,
    text: 'é"\u0000',
  };
  const uuid = `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
  const timestamp = `2026-10-0${1 + (n % 5)}T10:00:00.000000+00:00`;
  return JSON.stringify({ event: '$ai_generation', uuid, distinct_id: `user ${n}`, timestamp, properties });
}

beforeAll(async () => {
  const file = path.join(folder, 'events.jsonl');
  writeFileSync(file, Array.from({ length: CALLS }, (_, n) => `${call(n)}\n`).join(''));
  local = new LocalSource({ paths: [file], cacheDir: path.join(folder, 'cache') });
  await local.open();
  server = await serveSource(local, { port: 0 });
  source = new PostHogSource({ host: server.url, projectId: '1', apiKey: 'phx_local' });
});
afterAll(async () => {
  await server.close();
  await local.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the live client reads event files through the HTTP face', () => {
  it('with bound values, types and sums', async () => {
    const result = await source.query({
      sql: `SELECT properties.$ai_model AS model, count() AS calls, sum(toFloat(properties.$ai_total_cost_usd)) AS cost,
        max(timestamp) AS latest, any(properties.text) AS text
        FROM events WHERE event = {event} AND properties.$ai_model = {model} GROUP BY model`,
      values: { event: '$ai_generation', model: "o'brien-1" },
      name: 'test',
    });
    expect(result.columns).toEqual(['model', 'calls', 'cost', 'latest', 'text']);
    expect(result.rows[0]?.slice(0, 2)).toEqual(["o'brien-1", 125]);
    expect(result.rows[0]?.[2]).toBeCloseTo(155, 9);
    expect(result.rows[0]?.[3]).toBe('2026-10-05T10:00:00Z');
    expect(result.types.map(([column]) => column)).toEqual(result.columns);
    expect(result.bytesRead).toBeGreaterThan(0);
  });

  it('under the limits of the live API', async () => {
    const short = await source.query({ sql: 'SELECT uuid FROM events' });
    expect([short.rows.length, short.hasMore]).toEqual([100, true]);
    const own = await source.query({ sql: 'SELECT uuid FROM events LIMIT 200' });
    expect([own.rows.length, own.hasMore]).toEqual([200, false]);
    await expect(source.query({ sql: 'SELECT uuid FROM events LIMIT 5 OFFSET 0' })).rejects.toMatchObject({
      code: 'hogql',
      message: expect.stringMatching(/OFFSET is not supported/u),
    });
  });

  it('with the place of an error', async () => {
    const sql = 'SELECT count(), nope FROM events';
    const error = await source.query({ sql }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'hogql', status: 400, position: { start: 16, end: 20 } });
  });

  it('with 64-bit integers exact', async () => {
    const { rows } = await source.query({ sql: "SELECT cityHash64('a') AS h, toString(cityHash64('a')) AS s" });
    expect(String(rows[0]?.[0])).toBe(rows[0]?.[1]);
    expect(typeof rows[0]?.[0]).toBe('string');
  });

  it('and floats and integers as PostHog writes them', async () => {
    const { port } = new URL(server.url);
    const { text } = await post(Number(port), hogql("SELECT toFloat('2') AS f, 2 AS n, cityHash64('a') AS h"));
    expect(text).toMatch(/"results":\[\[2\.0,2,\d{16,20}\]\]/u);
  });

  it('page by page, all rows as counted', async () => {
    const all = await queryAllRows(source, {
      sql: `SELECT concat(toString(timestamp), '|', toString(uuid)) AS key, distinct_id FROM events
        WHERE key > {cursor} AND event = {event} ORDER BY key LIMIT {page_rows}`,
      countSql: 'SELECT count() FROM events WHERE event = {event}',
      values: { event: '$ai_generation' },
      key: 'key',
      pageRows: 60,
    });
    expect(new Set(all.rows.map(([, id]) => id)).size).toBe(CALLS);
  });

  it.each([
    ['a date range', { dateRange: { date_from: '2026-10-02', date_to: '2026-10-04' } }, 100],
    ['days before the newest event', { dateRange: { date_from: '-1d' } }, 100],
    ['a property', { properties: [{ key: '$ai_model', value: ["o'brien-1", 'x'], type: 'event' }] }, 125],
    ['another property', { properties: [{ key: '$ai_model', value: 'gpt-4o', operator: 'is_not' }] }, 125],
    ['a part of the text', { properties: [{ key: '$ai_model', value: 'BRIEN', operator: 'icontains' }] }, 125],
    ['an expression', { properties: [{ key: '$ai_model', value: '^gpt', operator: 'regex' }] }, 125],
    ['a number', { properties: [{ key: '$ai_total_cost_usd', value: 2, operator: 'gte' }] }, 50],
    ['a flag', { properties: [{ key: '$ai_is_error', value: [true] }] }, 25],
    ['what is not there', { properties: [{ key: 'absent', operator: 'is_not_set' }] }, CALLS],
    ['no test accounts', { filterTestAccounts: true }, CALLS],
  ])('with filters: %s', async (_name, filters, calls) => {
    const { port } = new URL(server.url);
    const { body } = await post(Number(port), hogql('SELECT count() FROM events WHERE {filters}', { filters }));
    expect(body.results ?? body).toEqual([[calls]]);
  });
});
