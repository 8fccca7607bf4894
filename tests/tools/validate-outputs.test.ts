import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Source } from '../../sources/source.ts';
import { FactStore } from '../../tools/facts.ts';
import { ResultsDir } from '../../tools/results-dir.ts';
import type { ToolContext } from '../../tools/tool.ts';
import { validateOutputs } from '../../tools/validate-outputs.ts';
import { edit, type Files, goodFiles, without, writeFiles } from '../rubric/fixture.ts';

/** The tool reads files only; a source that is asked fails the test. */
const source: Source = {
  kind: 'local',
  label: 'shop.jsonl',
  open: () => Promise.reject(new Error('not asked for')),
  query: () => Promise.reject(new Error('not asked for')),
  now: () => new Date('2026-07-31T00:00:00Z'),
  notices: () => [],
  close: () => Promise.resolve(),
};

function contextOf(files: Files, params: ToolContext['params'] = { min_recommendations: 3 }): ToolContext {
  const results = ResultsDir.open(writeFiles(files));
  return {
    source,
    results,
    facts: new FactStore(results),
    params,
    window: { from: new Date('2026-07-01T00:00:00Z'), to: new Date('2026-07-31T00:00:00Z') },
    signal: new AbortController().signal,
    outside: (_name, ask) => ask(),
    progress: () => undefined,
  };
}

async function run(files: Files, params?: ToolContext['params']) {
  const context = contextOf(files, params);
  const output = await validateOutputs.run({}, context);
  const text = readFileSync(context.results.resolve('validation_report.json'), 'utf8');
  return { output, report: JSON.parse(text) as Record<string, unknown> };
}

const failing = (output: { stages: { name: string; passed: boolean }[] }) =>
  output.stages.filter((stage) => !stage.passed).map((stage) => stage.name);

describe('validate_outputs', () => {
  it('writes what the contract says', async () => {
    const { output, report } = await run(goodFiles());
    expect(output).toMatchObject({ overall_passed: true, saved_as: 'validation_report.json' });
    expect(output.stages.map((stage) => stage.name)).toEqual([
      'connect',
      'pricing',
      'metrics',
      'variance',
      'failures',
      'qualitative',
      'report',
    ]);
    expect(report).toMatchObject({
      version: '1.0.0',
      run_date: '2026-07-31T00:00:00.000Z',
      backend: 'local',
      parameters: { min_recommendations: 3 },
      results: {
        generations_analyzed: 26735,
        total_cost_usd: 842.647778,
        recommendations: 3,
        qualitative_findings: 2,
        projected_monthly_savings_usd: 294.95,
      },
      overall_passed: true,
    });
  });

  it.each<[string, string, (files: Files) => Files]>([
    ['connect', 'no project', (f) => without(f, 'data/project.json')],
    ['pricing', 'no price', (f) => ({ ...f, 'data/model_pricing.json': '{}' })],
    ['metrics', 'calls that differ between tables', (f) => edit(f, 'data/metrics_by_model.csv', '16861', '16862')],
    ['variance', 'a broken file', (f) => ({ ...f, 'data/cost_variance.json': 'null' })],
    ['failures', 'no failures file', (f) => without(f, 'data/failure_modes.json')],
    ['qualitative', 'an unknown tag', (f) => edit(f, 'data/qualitative_samples.json', 'retry_storm', 'bad_mood')],
    ['report', 'a section missing', (f) => edit(f, 'recommendations.md', '## Executive Summary', '## Preface')],
    [
      'report',
      'no trace id',
      (f) => ({ ...f, 'recommendations.md': (f['recommendations.md'] ?? '').replace(/`0194[^`]*`/gu, 'some') }),
    ],
  ])('fails stage %s for %s', async (stage, _name, make) => {
    const { output } = await run(make(goodFiles()));
    expect(failing(output)).toEqual([stage]);
    expect(output.overall_passed).toBe(false);
  });

  it('asks for as many recommendations as the parameter says', async () => {
    expect((await run(goodFiles(), { min_recommendations: 4 })).output.overall_passed).toBe(false);
  });

  it('reports an empty folder without crashing', async () => {
    const { output } = await run({});
    expect(failing(output)).toHaveLength(7);
  });
});
