import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { differences } from '../../agent/compare-files.ts';
import { scriptedDriver } from '../../agent/drivers/scripted.ts';
import { liveSource } from '../../agent/opened-source.ts';
import { requery } from '../../agent/requery.ts';
import { runRunbook } from '../../agent/run.ts';
import { loadRunbook } from '../../agent/runbook/load.ts';
import type { Gate } from '../../rubric/gates.ts';
import { gradeResults } from '../../rubric/grade.ts';
import { LocalSource } from '../../sources/local/local-source.ts';
import { ResultsDir } from '../../tools/results-dir.ts';
import { generateWorld, writeWorld } from '../worlds/world.ts';
import { temporaryFolder } from './toy.ts';

const work = mkdtempSync(path.join(tmpdir(), 'requery-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));
const kept = path.join(work, 'kept');
const file = path.join(work, 'events.jsonl');
const runbook = loadRunbook();
const signal = new AbortController().signal;

beforeAll(async () => {
  vi.stubEnv('LITELLM_PRICING_URL', 'http://127.0.0.1:9/');
  const world = generateWorld({ seed: 11, days: 7, sound: 4 });
  await writeWorld(world, file);
  const parameters = { window_days: '6' };
  // What counts the traffic is enough: the other steps make the files that name traces.
  const steps = runbook.steps.filter(({ id }) => ['connect', 'pricing', 'metrics'].includes(id));
  const options = {
    runbook: { ...runbook, steps },
    parameters,
    resultsDir: kept,
    overwrite: false,
    driver: scriptedDriver,
    rounds: 1,
  };
  const open = liveSource(() => Promise.resolve(events()));
  await runRunbook(
    { ...options, open, asked: { specs: [file], as_of: null }, note: '', env: {}, signal },
    () => undefined,
  );
  const last = world.events.findLast(({ event }) => event === '$ai_generation');
  const findings = [{ id: 'x', trace_ids: [last?.properties.$ai_trace_id] }];
  writeFileSync(path.join(kept, 'data/findings.json'), JSON.stringify({ findings }));
  vi.unstubAllEnvs();
}, 120_000);

function events(asOf?: Date): LocalSource {
  return new LocalSource({ paths: [file], cacheDir: path.join(work, 'cache'), ...(asOf ? { asOf } : {}) });
}

/** The run's results with every occurrence of a text replaced in every file, as someone would who hides a change. */
function changed(from = '', to = ''): string {
  const dir = path.join(temporaryFolder(), 'results');
  cpSync(kept, dir, { recursive: true });
  for (const name of from === '' ? [] : (readdirSync(dir, { recursive: true }) as string[])) {
    const full = path.join(dir, name);
    if (statSync(full).isFile() && /\.(?:md|json|csv|jsonl|html)$/u.test(name))
      writeFileSync(full, readFileSync(full, 'utf8').replaceAll(from, to));
  }
  return dir;
}

function askAgain(dir: string): Promise<Gate> {
  const source = (asOf: Date) => Promise.resolve(events(asOf));
  return requery({ runbook, results: ResultsDir.open(dir), source, parameters: {}, env: {}, signal });
}

const read = (name: string) => readFileSync(path.join(kept, name), 'utf8');

describe('asking the source again', () => {
  it('agrees with files that nobody changed, in a bounded number of queries', async () => {
    const gate = await askAgain(changed());
    expect(gate).toMatchObject({ name: 'source', passed: true });
    expect(Number(/\((\d+) queries/u.exec(gate.detail)?.[1])).toBeLessThan(15);
  });

  it('finds a figure that was changed in every file alike', async () => {
    const [head = '', first = ''] = read('data/metrics_by_span.csv').split('\n');
    const [operation = '', , cost = ''] = first.split(',');
    expect(head.split(',')[2]).toBe('total_cost_usd');
    const gate = await askAgain(changed(cost, String(Number(cost) * 2)));
    expect(gate.passed).toBe(false);
    expect(gate.detail).toContain(`"${operation}" total_cost_usd is "${Number(cost) * 2}", the source says "${cost}"`);
  });

  it('finds a trace id that was made up in every file alike, and the grade does not pass', async () => {
    const { findings } = JSON.parse(read('data/findings.json')) as { findings: { trace_ids: string[] }[] };
    const id = findings[0]?.trace_ids[0] ?? '';
    const made = `${id.slice(0, -4)}beef`;
    const dir = changed(id, made);
    const gate = await askAgain(dir);
    expect(gate).toMatchObject({ passed: false, detail: expect.stringContaining(`no trace "${made}"`) as string });
    expect(await gradeResults(dir, { gates: [gate] })).toMatchObject({ passed: false, verdict: 'failed' });
  });

  it('cannot be done where nothing says which window was analysed', async () => {
    const dir = changed();
    for (const name of ['data/project.json', 'events.jsonl']) rmSync(path.join(dir, name));
    await expect(askAgain(dir)).rejects.toMatchObject({ code: 'usage' });
  });

  it('a source without these events contradicts the report', async () => {
    const other = path.join(temporaryFolder(), 'other.jsonl');
    await writeWorld(generateWorld({ seed: 12, days: 7, sound: 4, problems: [] }), other);
    const source = () => Promise.resolve(new LocalSource({ paths: [other], cacheDir: path.join(work, 'cache') }));
    const gate = await requery({ runbook, results: ResultsDir.open(kept), source, parameters: {}, env: {}, signal });
    expect(gate).toMatchObject({ passed: false, detail: expect.stringContaining('the source') as string });
  });
});

describe('differences between two files', () => {
  const SPANS = 'data/metrics_by_span.csv';
  const csv = (...rows: string[]) => ['operation,calls,p95_latency_s', ...rows].join('\n');
  const of = (old: string, now: string, isExact = true) => differences(SPANS, { kept: old, now }, isExact);

  it.each<[string, string[], string[], RegExp | null]>([
    ['rows in another order', ['a,1,2', 'b,3,4'], ['b,3,4', 'a,1,2'], null],
    ['what adding in another order changes', ['a,1.000000000,2'], ['a,1.0000000001,2'], null],
    ['another count', ['a,1,2'], ['a,2,2'], /"a" calls is "1", the source says "2"/u],
    ['a row too many', ['a,1,2', 'b,3,4'], ['a,1,2'], /"b" calls is "3", the source has no such value/u],
    ['a row too few', ['a,1,2'], ['a,1,2', 'b,3,4'], /"b" calls is missing, the source says "3"/u],
    ['a row twice', ['a,1,2', 'a,1,2'], ['a,1,2'], /"a" has two rows/u],
    ['an empty cell', ['a,,2'], ['a,0,2'], /"a" calls is ""/u],
    ['another quantile', ['a,1,2.00'], ['a,1,2.04'], /p95_latency_s is "2\.00"/u],
    ['no CSV at all', ['"a,1'], ['a,1,2'], /"a" calls is missing/u],
  ])('%s', (_name, old, now, wanted) => {
    const found = of(csv(...old), csv(...now)).join('\n');
    if (wanted) expect(found).toMatch(wanted);
    else expect(found).toBe('');
  });

  it('leave room for the sampled quantiles of a live project, and for nothing else', () => {
    expect(of(csv('a,1,2.00'), csv('a,1,2.04'), false)).toEqual([]);
    expect(of(csv('a,100,2'), csv('a,102,2'), false)).toHaveLength(1);
  });

  it('of a JSON file name the field, and leave out where it was read', () => {
    const text = (more: object) => JSON.stringify({ label: 'x', generations: 5, window: { days: 7 }, ...more });
    const found = differences(
      'data/project.json',
      { kept: text({}), now: text({ label: 'y', window: { days: 8 } }) },
      true,
    );
    expect(found).toEqual(['data/project.json: window.days is "7", the source says "8"']);
  });
});
