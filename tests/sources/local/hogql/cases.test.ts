import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileHogQL, compileHogQLExpr } from '../../../../sources/local/hogql/compile.ts';
import { openEngine, optionsWith, SIDE_COLUMNS, type TestEngine, type TestEvent } from './engine.ts';

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
const present = existsSync(FILE);
if (!present) process.stderr.write(`SKIPPED: ${FILE} is missing, so PostHog's own HogQL cases are not run\n`);
const { fixtures, cases } = (present ? JSON.parse(readFileSync(FILE, 'utf8')) : { fixtures: {}, cases: [] }) as {
  fixtures: Record<string, { rows: TestEvent[] }>;
  cases: Case[];
};

const options = optionsWith();
const named = (wanted: Case[]) => wanted.map((c) => [`${c.id} ${c.hogql.slice(0, 100)}`, c] as const);

describe.skipIf(!present)('PostHog’s own cases', () => {
  it.each(named(cases.filter((c) => c.expected_error)))('refuses %s', async (_name, c) => {
    const compiled = c.kind === 'select' ? compileHogQL(c.hogql, options) : compileHogQLExpr(c.hogql, options);
    const error: unknown = await compiled.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'hogql', position: expect.anything() as unknown });
    expect((error as Error).message.startsWith(c.expected_error ?? '')).toBe(true);
  });

  it.each(named(cases.filter((c) => c.expected_clickhouse)))('prints %s', async (_name, c) => {
    const compile = c.group === 'expr_print' ? compileHogQLExpr : compileHogQL;
    const { clickhouse } = await compile(c.hogql, options);
    expect(clickhouse).toBe(c.expected_clickhouse?.replaceAll('<TEAM>', '42'));
  });
});

describe.skipIf(!present)('results of PostHog’s own cases', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await openEngine();
  });
  afterAll(() => engine.close());

  it.each(named(cases.filter((c) => c.expected)))('%s', async (_name, c) => {
    engine.load(fixtures[c.fixture ?? 'random_events']?.rows ?? []);
    const plain = await compileHogQL(c.hogql, options);
    const sided = await compileHogQL(c.hogql, optionsWith({ sideColumns: SIDE_COLUMNS }));
    expect(engine.rows(plain.clickhouse)).toEqual(c.expected);
    expect(engine.rows(plain.executable)).toEqual(c.expected);
    expect(engine.rows(sided.executable)).toEqual(c.expected);
    const again = await compileHogQL(plain.hogql, options);
    expect(engine.rows(again.executable)).toEqual(c.expected);
  });
});
