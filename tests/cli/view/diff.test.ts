import { describe, expect, it } from 'vitest';
import type { RunDiff } from '../../../agent/diff/run-diff.ts';
import { NO_COLORS } from '../../../cli/colors.ts';
import { diffText } from '../../../cli/view/diff.ts';

const NOTHING: RunDiff = {
  runs: {
    before: { run: '06db91ba-x', place: 'a', started: '2026-10-31T09:00:00.000Z', parent: null },
    after: { run: '71835202-y', place: 'b', started: '2026-10-31T10:00:00.000Z', parent: null },
  },
  ...{ setup: [], parameters: [], runbook: [], queries: [], files: [], costs: [], findings: [], grade: [], report: '' },
  gates: { before: [], after: [] },
};

const SOME: RunDiff = {
  ...NOTHING,
  parameters: [{ name: 'top_n', before: 5, after: 7 }],
  queries: [
    {
      ...{ kind: 'changed', step: 3, tool: 'hogql_query', name: 'metrics', values: [], answer: 'another' },
      ...{ sql: '@@ -14 +14 @@\n-LIMIT 10\n+LIMIT 5', rows: { before: 10, after: 5 } },
      error: { before: null, after: null },
    },
    {
      ...{ kind: 'new', step: 4, tool: 'hogql_query', name: 'more', values: [], answer: 'another', sql: '' },
      ...{ rows: { before: null, after: 2 }, error: { before: null, after: null } },
    },
  ],
  findings: [
    { kind: 'changed', id: 'x', title: 'Time-outs of op', changes: [{ name: 'savings', before: 2, after: null }] },
    { kind: 'gone', id: 'y', title: 'Retries of \u001b[31mop', changes: [] },
  ],
  costs: [{ name: 'report', before: 12.5, after: 13 }],
  grade: [{ name: 'average', before: 5, after: 4.2 }],
  gates: { before: [], after: ['outputs: a is missing'] },
  files: [{ path: 'data/a.csv', kind: 'changed', rows: { before: 10, after: 5 } }],
  report: '@@ -1 +1 @@\n-old\n+new\u001b]0;title\u0007',
};

describe('diffText', () => {
  it('has a section for each kind of change, and prints nothing that a terminal obeys', () => {
    expect(diffText(SOME, NO_COLORS)).toMatchInlineSnapshot(`
      "- 06db91ba  2026-10-31 09:00 UTC  a
      + 71835202  2026-10-31 10:00 UTC  b

      Parameters
        top_n: 5 → 7

      Queries
        ~ step 3, hogql_query: metrics (10 → 5 rows)
            @@ -14 +14 @@
            -LIMIT 10
            +LIMIT 5
        + step 4, hogql_query: more (2 rows)

      Findings
        ~ Time-outs of op
          savings: $2.00 → –
        - Retries of  [31mop

      Costs
        spend in the report: $12.50 → $13.00

      Grade
        average: 5 → 4.2
        + gate outputs: a is missing

      Files
        ~ data/a.csv (10 → 5 rows)

      recommendations.md
        @@ -1 +1 @@
        -old
        +new ]0;title 
      "
    `);
  });

  it('says that nothing differs', () => {
    expect(diffText(NOTHING, NO_COLORS)).toContain('\n\nNothing differs.\n');
  });
});
