import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RunbookError } from '../../../../lib/errors.ts';
import { compileHogQL } from '../../../../sources/local/hogql/compile.ts';
import { parseSelect } from '../../../../sources/local/hogql/parse.ts';
import { optionsWith } from './engine.ts';

const pad = (marker: string) => `properties.a = '${marker} ) (select ' and ${'properties.b = 1 and '.repeat(8)} 1 = 1`;

/** The tree with plain positions, and without the texts of numbers. */
function plain(tree: unknown): unknown {
  return JSON.parse(JSON.stringify(tree), (key, value: unknown) => {
    if (key === 'text') return undefined;
    return key === 'start' || key === 'end' ? (value as { offset: number }).offset : value;
  });
}

describe('parsing in parts', () => {
  let cache = '';
  beforeEach(() => {
    cache = mkdtempSync(path.join(tmpdir(), 'hogql-cache-'));
    vi.stubEnv('XDG_CACHE_HOME', cache);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('gives the positions of the whole text', async () => {
    const inner = `select '😀' as x, evnt from events where ${pad('1')}`;
    for (const sql of [
      `select x from (${inner}) as s`,
      `select '😀😀', x from (select x from (${inner}) as t where ${pad('2')}) as s where y = 2`,
      `select 1 from (select 1 as x from events where ${pad('3')}) as s where evnt = 1`,
      `select 1 from (select 1 as x from events where ${pad('3')}) as s join (${inner}) as t on s.x = t.x`,
    ]) {
      const error: unknown = await compileHogQL(sql, optionsWith()).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(RunbookError);
      const { position } = error as RunbookError;
      expect(position && sql.slice(position.start, position.end)).toBe('evnt');
    }
  });

  it('reports an error of a part as one of the whole', async () => {
    const sql = `select x from (select 1 as x from events where ${pad('4')} and ]) as s`;
    const error: unknown = await parseSelect(sql).catch((thrown: unknown) => thrown);
    expect((error as RunbookError).position?.start).toBeLessThanOrEqual(sql.indexOf(']'));
    expect((error as RunbookError).message).toContain(']');
  });

  it('gives the tree that the whole gives, whatever is nested', async () => {
    const { query } = fc.letrec<{ query: string; source: string }>((tie) => ({
      query: fc
        .tuple(tie('source'), fc.constantFrom('x', "'(select'", '1.0', 'count()'), fc.boolean())
        .map(([source, column, long]) => `select ${column} as x from ${source} where ${long ? pad('5') : '1 = 1'}`),
      source: fc.oneof(
        { maxDepth: 3 },
        fc.constant('events'),
        tie('query').map((inner) => `(${inner}) as s`),
        fc.tuple(tie('query'), tie('query')).map(([a, b]) => `(${a} union all ${b}) as s`),
      ),
    }));
    const module = (await import('@posthog/hogql-parser')) as unknown as {
      default(): Promise<{ parseSelect(text: string): string }>;
    };
    const parser = await module.default();
    await fc.assert(
      fc.asyncProperty(query, async (sql) => {
        expect(plain(await parseSelect(sql))).toEqual(plain(JSON.parse(parser.parseSelect(sql))));
      }),
      { numRuns: 20 },
    );
  });

  it('keeps trees for later runs, and takes no harm from broken files', async () => {
    const sql = `select event from events where ${pad('6')} and event = 'kept'`;
    const first = await compileHogQL(sql, optionsWith());
    const folder = path.join(cache, 'posthog-trace-optimizer', 'hogql-trees');
    const [file = ''] = readdirSync(folder);
    writeFileSync(path.join(folder, file), '{"node": "SelectQ');
    vi.resetModules();
    const anew = (await import('../../../../sources/local/hogql/compile.ts')).compileHogQL;
    expect(await anew(sql, optionsWith())).toEqual(first);
  });
});
