import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileHogQL, compileHogQLExpr } from '../../../../sources/local/hql/compile.ts';

interface Case {
  id: string;
  group: string;
  hogql: string;
  kind?: string;
  fixture?: string;
  expected?: unknown[][];
  expected_clickhouse?: string;
  expected_error?: string;
}
const FILE = '../shared/reference/hogql_cases.json';
if (!existsSync(FILE)) process.stderr.write(`LOUD: ${FILE} is missing; PostHog's own HogQL cases are not run\n`);
const data = existsSync(FILE)
  ? (JSON.parse(readFileSync(FILE, 'utf8')) as {
      fixtures: Record<
        string,
        { rows: { event: string; distinct_id: string; timestamp: string; properties: unknown }[] }
      >;
      cases: Case[];
    })
  : { fixtures: {}, cases: [] };

const options = {
  now: new Date('2026-11-01T00:00:00Z'),
  timezone: 'UTC',
  weekStart: 'sunday' as const,
  teamId: 1,
  sideColumns: new Map(),
};
let run: (sql: string) => unknown[][];
let cleanup = () => {};

beforeAll(async () => {
  const { Session } = (await import('chdb')) as unknown as {
    Session: new (path: string) => { query(sql: string, format?: string): string; cleanup(): void };
  };
  const session = new Session(mkdtempSync(path.join(tmpdir(), 'cases-')));
  cleanup = () => session.cleanup();
  session.query('CREATE DATABASE d ENGINE=Atomic');
  run = (sql) => {
    const text = session.query(
      `${sql} SETTINGS transform_null_in=1, output_format_json_quote_64bit_integers=0`,
      'JSONCompactEachRow',
    );
    return text.trim() === ''
      ? []
      : text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as unknown[]);
  };
  session.query('DROP TABLE IF EXISTS events');
  session.query(
    "CREATE TABLE events (uuid UUID DEFAULT generateUUIDv4(), event String, properties String, timestamp DateTime64(6,'UTC'), distinct_id String, created_at DateTime64(6,'UTC'), team_id UInt32 DEFAULT 1) ENGINE=MergeTree ORDER BY timestamp",
  );
  load = (name) => {
    session.query('TRUNCATE TABLE events');
    for (const row of data.fixtures[name]?.rows ?? []) {
      const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
      session.query(
        `INSERT INTO events (event, properties, timestamp, distinct_id) VALUES (${[row.event, JSON.stringify(row.properties), row.timestamp, row.distinct_id].map(quote).join(',')})`,
      );
    }
  };
});
let load: (name: string) => void;
afterAll(() => cleanup());

describe('PostHog’s own cases', () => {
  it.each(data.cases.map((c) => [`${c.id} ${c.group}: ${c.hogql.slice(0, 90)}`, c] as const))(
    '%s',
    async (_name, c) => {
      if (c.expected_error !== undefined) {
        const compile = c.kind === 'select' ? compileHogQL(c.hogql, options) : compileHogQLExpr(c.hogql, options);
        await expect(compile).rejects.toThrow(c.expected_error);
      } else if (c.expected_clickhouse !== undefined) {
        const compiled =
          c.group === 'expr_print' ? await compileHogQLExpr(c.hogql, options) : await compileHogQL(c.hogql, options);
        expect(compiled.clickhouse).toBe(c.expected_clickhouse.replaceAll('<TEAM>', '1'));
      } else {
        load(c.fixture ?? 'random_events');
        const compiled = await compileHogQL(c.hogql, options);
        expect(run(compiled.executable)).toEqual(c.expected);
        expect(run(compiled.clickhouse)).toEqual(c.expected);
      }
    },
  );
});
