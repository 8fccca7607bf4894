import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { queryChanges } from '../../../agent/diff/queries.ts';
import { type Made, recordOf, started } from '../hand-made.ts';

interface Asked {
  sql: string;
  values?: Record<string, unknown>;
  rows: unknown[][];
  name?: string;
  bytes?: number;
}

/** A run of one step that asked these queries. */
function run(asked: readonly Asked[], to = '2026-07-31T00:00:00.000Z') {
  const kept: Record<string, string> = {};
  const keep = (value: unknown) => {
    const text = JSON.stringify(value);
    kept[`kept-${Object.keys(kept).length}`] = text;
    return createHash('sha256').update(text).digest('hex');
  };
  const window = { from: '2026-07-01T00:00:00.000Z', to };
  const queries = asked.map(({ sql, values = {}, rows, name = 'q', bytes = 10 }, n): Made => {
    const result = { columns: ['n'], rows, hasMore: false, responseBytes: bytes, elapsedS: n };
    return {
      ...{ type: 'query', step: 3, call: 1, tool: 'hogql_query', n: n + 1, name, rows: rows.length },
      ...{ response_bytes: bytes, elapsed_s: n, error: null, request: keep({ sql, values }) },
      answer: keep({ kind: 'result', result }),
    };
  });
  const events: Made[] = [
    started(),
    { type: 'source_opened', kind: 'local', label: 'toy', window, notices: [], elapsed_s: 1 },
    { type: 'step_started', number: 3, id: 'metrics', title: 'Metrics', rendered_sha256: '' },
    { type: 'tool_started', step: 3, call: 1, tool: 'hogql_query', input: {}, payload: null },
    ...queries,
  ];
  return recordOf(events, kept);
}

const changes = (before: Asked[], after: Asked[]) => queryChanges({ before: run(before), after: run(after) });

describe('queryChanges', () => {
  it('makes nothing of time, bytes, the order of rows and the last digits of a sum', () => {
    const before = { sql: 'a', rows: [[0.1 + 0.2], ['x']], bytes: 10 };
    expect(changes([before], [{ sql: 'a', rows: [['x'], [0.3]], bytes: 99 }])).toEqual([]);
    expect(changes([before], [{ sql: 'a', rows: [['x'], [0.3001]] }])).toMatchObject([{ answer: 'another', sql: '' }]);
  });

  it('makes nothing of another window where a query is bound to it', () => {
    const to = '2026-08-01T00:00:00.000Z';
    const asked = (end: string) => [{ sql: 'a', values: { to: end }, rows: [[1]] }];
    const runs = { before: run(asked('2026-07-31T00:00:00.000Z')), after: run(asked(to), to) };
    expect(queryChanges(runs)).toEqual([]);
  });

  it('names values that are others', () => {
    const [change] = changes(
      [{ sql: 'a', values: { n: 5, same: 1 }, rows: [[1]] }],
      [{ sql: 'a', values: { n: 6, same: 1 }, rows: [[1]] }],
    );
    expect(change).toMatchObject({ kind: 'changed', values: [{ name: 'n', before: 5, after: 6 }], answer: 'same' });
  });

  it('holds queries of one name apart by what they ask', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((sql) => ({ sql, rows: [[1]] })) as [Asked, Asked, Asked];
    expect(changes([a, b], [b, a])).toEqual([]);
    expect(changes([a, b], [c, b])).toMatchObject([{ kind: 'changed', sql: expect.stringContaining('-a\n+c') }]);
    expect(changes([a], [a, b])).toMatchObject([{ kind: 'new', rows: { before: null, after: 1 } }]);
    expect(changes([a, { ...b, name: 'other' }], [a])).toMatchObject([{ kind: 'gone', name: 'other' }]);
  });
});
