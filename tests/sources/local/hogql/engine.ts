import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CompileOptions, SideColumn } from '../../../../sources/local/hogql/scope.ts';

interface Session {
  query(sql: string, format?: string): string;
  cleanup(): void;
}

export interface TestEvent {
  event: string;
  distinct_id: string;
  timestamp: string;
  properties: unknown;
}

/** ClickHouse in this process with a small `events` table of the shape that the compiler prints for. */
export interface TestEngine {
  load(events: readonly TestEvent[]): void;
  rows(sql: string): unknown[][];
  close(): void;
}

/** Properties that the test table keeps as columns, one of each kind. */
export const SIDE_COLUMNS: ReadonlyMap<string, SideColumn> = new Map([
  ['$ai_model', { text: 't_model' }],
  ['$ai_is_error', { text: 't_is_error' }],
  ['$ai_latency', { text: 't_latency', number: 'n_latency' }],
  ['$ai_total_cost_usd', { text: 't_cost', number: 'n_cost' }],
  ['$ai_input_tokens', { text: 't_input', number: 'n_input' }],
]);

export function optionsWith(changes: Partial<CompileOptions> = {}): CompileOptions {
  return {
    now: new Date('2026-11-01T00:00:00.123Z'),
    timezone: 'UTC',
    weekStart: 'sunday',
    teamId: 42,
    sideColumns: new Map(),
    ...changes,
  };
}

const COLUMNS = `uuid UUID DEFAULT generateUUIDv4(), event String, properties String, timestamp DateTime64(6, 'UTC'), distinct_id String,
  elements_chain String, created_at DateTime64(6, 'UTC') DEFAULT timestamp, \`$session_id\` Nullable(String), \`$window_id\` Nullable(String),
  person_mode String, person_id UUID, team_id UInt32 DEFAULT 42,
  ${['0', '1', '2', '3', '4'].map((n) => `\`$group_${n}\` String`).join(', ')}`;

function sideDefinitions(): string[] {
  return [...SIDE_COLUMNS].flatMap(([property, { text, number }]) => {
    const value = `replaceRegexpAll(nullIf(nullIf(JSONExtractRaw(properties, '${property}'), ''), 'null'), '^"|"$', '')`;
    return [
      `${text} Nullable(String) MATERIALIZED ${value}`,
      ...(number ? [`${number} Nullable(Float64) MATERIALIZED accurateCastOrNull(${value}, 'Float64')`] : []),
    ];
  });
}

const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

export async function openEngine(): Promise<TestEngine> {
  const { Session } = (await import('chdb')) as unknown as { Session: new (path: string) => Session };
  const folder = mkdtempSync(path.join(tmpdir(), 'hogql-test-'));
  const session = new Session(folder);
  session.query(
    `CREATE TABLE events (${[COLUMNS, ...sideDefinitions()].join(', ')}) ENGINE = MergeTree ORDER BY timestamp`,
  );
  session.query(
    `CREATE VIEW ai_events AS SELECT uuid, event, timestamp, distinct_id, team_id, JSONExtractString(properties, '$ai_trace_id') AS trace_id,
     JSONExtract(properties, '$ai_latency', 'Nullable(Float64)') AS latency FROM events WHERE startsWith(event, '$ai_')`,
  );
  return {
    load(events) {
      session.query('TRUNCATE TABLE events');
      const rows = events.map(
        ({ event, properties, timestamp, distinct_id }) =>
          `(${[event, JSON.stringify(properties), timestamp, distinct_id].map(quoted).join(', ')})`,
      );
      if (rows.length > 0)
        session.query(`INSERT INTO events (event, properties, timestamp, distinct_id) VALUES ${rows.join(', ')}`);
    },
    rows(sql) {
      const text = session.query(
        `${sql} SETTINGS transform_null_in = 1, output_format_json_quote_64bit_integers = 0, session_timezone = 'UTC'`,
        'JSONCompactEachRow',
      );
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as unknown[]);
    },
    close() {
      session.cleanup();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
