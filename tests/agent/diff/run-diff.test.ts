import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { diffRuns, isSame, type RunDiff } from '../../../agent/diff/run-diff.ts';
import { scriptedDriver } from '../../../agent/drivers/scripted.ts';
import { forkRun } from '../../../agent/fork.ts';
import { type RunRecord, readRecord } from '../../../agent/record/read.ts';
import { loadRunbook } from '../../../agent/runbook/load.ts';
import type { QueryRequest } from '../../../sources/source.ts';
import { finished, generation, graded, type Made, recordOf, started } from '../hand-made.ts';
import { fixedSource, manifestOf, runToy, step, temporaryFolder, toyRunbook } from '../toy.ts';

function diff(before: RunRecord, after: RunRecord): RunDiff {
  return diffRuns({ before, after }, { before: undefined, after: undefined });
}

/** The sections in which something differs. */
function sections({ runs: _runs, gates, ...rest }: RunDiff): string[] {
  const all = { ...rest, gates: [...gates.before, ...gates.after] };
  return Object.entries(all).flatMap(([name, found]) => (found.length === 0 ? [] : [name]));
}

const ask = (name: string, table: string, limit = 10) =>
  `\`\`\`tool\nhogql_query:\n  name: ${name}\n  sql: SELECT count() AS n FROM ${table} LIMIT ${limit}\n  save_as: data/${name}.csv\n\`\`\`\n`;
const REPORT =
  '```tool\nwrite_artifact:\n  path: recommendations.md\n  content: "Run {{run.id}}: {{artifacts.two.0.n}} of them"\n```\n';
const THIRD = `${ask('two', 'events')}${ask('three', 'persons')}`;
const FILES = {
  'runbook.yaml': manifestOf('steps/01.md', 'steps/02.md', 'steps/03.md', 'steps/04.md'),
  'steps/01.md': step('connect', ask('one', 'events')),
  'steps/02.md': step('between', ask('between', 'events')),
  'steps/03.md': step('metrics', THIRD),
  'steps/04.md': step('report', REPORT),
};
/** As many rows as the query's limit says. */
const rows = ({ sql }: QueryRequest) =>
  Array.from({ length: Number(/LIMIT (\d+)/u.exec(sql)?.[1]) }, (_one, n) => [n + 10]);
const source = async () => fixedSource(rows);

describe('diffRuns', () => {
  it('finds nothing between two runs of the same runbook', async () => {
    const [a, b] = [await runToy(toyRunbook(FILES), { source }), await runToy(toyRunbook(FILES), { source })];
    const found = diff(readRecord(a.outcome.resultsDir), readRecord(b.outcome.resultsDir));
    expect(sections(found)).toEqual([]);
    expect(isSame(found)).toBe(true);
    expect(found.runs).toMatchObject({ before: { run: a.outcome.id }, after: { run: b.outcome.id } });
  });

  it('shows of a fork with an edited query that query and what follows from it, and nothing else', async () => {
    const { outcome } = await runToy(toyRunbook(FILES), { source });
    const record = readRecord(outcome.resultsDir);
    const edited = { ...FILES, 'steps/03.md': step('metrics', THIRD.replace('events LIMIT 10', 'events LIMIT 3')) };
    const runbook = loadRunbook(toyRunbook(edited));
    const resultsDir = path.join(temporaryFolder(), 'fork');
    const { options, prepare } = forkRun(record, { step: 3, parameters: {}, runbook, resultsDir });
    const forked = await runToy(runbook.dir, { source, ...options, runbook, driver: scriptedDriver, prepare });
    const found = diff(record, readRecord(forked.outcome.resultsDir));
    expect(sections(found)).toEqual(['runbook', 'queries', 'files']);
    expect(found.runbook).toEqual([{ path: 'steps/03.md', kind: 'changed' }]);
    expect(found.queries).toEqual([
      {
        ...{ kind: 'changed', step: 3, tool: 'hogql_query', name: 'two', values: [], answer: 'another' },
        sql: expect.stringMatching(/^-.*LIMIT 10\n\+.*LIMIT 3$/mu),
        rows: { before: 10, after: 3 },
        error: { before: null, after: null },
      },
    ]);
    expect(found.files).toEqual([{ path: 'data/two.csv', kind: 'changed', rows: { before: 10, after: 3 } }]);
    expect(found.runs.after.parent).toEqual({ run: outcome.id, before_step: 3 });
  });

  it('shows a changed report as a patch, without the run id', async () => {
    const other = { ...FILES, 'steps/04.md': step('report', REPORT.replace('of them', 'of those')) };
    const [a, b] = [await runToy(toyRunbook(FILES), { source }), await runToy(toyRunbook(other), { source })];
    const { report } = diff(readRecord(a.outcome.resultsDir), readRecord(b.outcome.resultsDir));
    expect(report).toContain('-Run (run): 10 of them\n');
    expect(report).toContain('+Run (run): 10 of those\n');
  });

  it('says which parameters are other ones', async () => {
    const given = (greeting: string) => runToy(toyRunbook(), { source, parameters: { greeting } });
    const [a, b] = [await given('Ada'), await given('Bo')];
    const found = diff(readRecord(a.outcome.resultsDir), readRecord(b.outcome.resultsDir));
    expect(found.parameters).toEqual([{ name: 'greeting', before: 'Ada', after: 'Bo' }]);
    expect(sections(found)).toEqual(['parameters', 'report']);
  });
});

describe('findings, costs and grades', () => {
  const finding = (id: string, more: object = {}) => ({
    ...{ id, kind: 'timeouts', operation: 'op', severity: 'high', title: `Title of ${id}`, trace_ids: [], metrics: {} },
    ...{ frequency: { seen: 3, of: 9 }, monthly_savings_usd: { low: 1, expected: 2, high: 3 } },
    ...more,
  });
  const run = (findings: object[], spend: number, more: Made[] = []) =>
    recordOf([started(), ...more], {
      'data/findings.json': JSON.stringify({ version: 1, findings }),
      'data/facts.json': JSON.stringify({ 'totals.cost_usd': { value: spend, unit: 'usd', source: '' } }),
    });

  it('tells new, gone and changed findings apart, and what changed', () => {
    const seen = finding('b', { frequency: { seen: 4, of: 9 }, monthly_savings_usd: null, title: 'Another title' });
    const found = diff(run([finding('a'), finding('b')], 1), run([seen, finding('c')], 1)).findings;
    expect(found.map(({ kind, id }) => [kind, id])).toEqual([
      ['gone', 'a'],
      ['changed', 'b'],
      ['new', 'c'],
    ]);
    expect(found[1]?.changes).toEqual([
      { name: 'savings', before: 2, after: null },
      { name: 'savings_high', before: 3, after: null },
      { name: 'savings_low', before: 1, after: null },
      { name: 'seen', before: 3, after: 4 },
    ]);
  });

  it('compares the spend of the report, the cost of the model, scores and gates', () => {
    const found = diff(
      run([], 12.5, [generation(1), graded(1, 5, true), finished(0)]),
      run([], 13, [graded(1, 3, false), finished(1)]),
    );
    expect(found.costs).toEqual([
      { name: 'model', before: 0.25, after: 0 },
      { name: 'report', before: 12.5, after: 13 },
    ]);
    expect(found.grade).toEqual([
      { name: 'Evidence', before: 5, after: 3 },
      { name: 'average', before: 5, after: 3 },
      { name: 'verdict', before: 'passed', after: 'not passed' },
    ]);
    expect(found.gates).toEqual({ before: [], after: ['outputs: data/a.csv is missing'] });
    expect(found.setup).toEqual([{ name: 'status', before: 'passed', after: 'not_passed' }]);
  });

  it('makes no findings of a file that holds something else', () => {
    const other = recordOf([started()], { 'data/findings.json': 'no JSON' });
    expect(diff(other, run([finding('a')], 1)).findings).toMatchObject([{ kind: 'new', id: 'a' }]);
  });
});
