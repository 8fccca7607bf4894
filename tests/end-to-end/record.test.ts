import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunDiff } from '../../agent/diff/run-diff.ts';
import type { RunSummary } from '../../agent/record/summary.ts';
import type { Timeline } from '../../agent/record/timeline.ts';
import { type Built, build, start } from '../cli/child.ts';

const work = mkdtempSync(path.join(tmpdir(), 'record-'));
const elsewhere = path.join(work, '.elsewhere');
let built: Built;

const runbook = (args: string[], env: Record<string, string> = {}, cwd = work) =>
  start(built.main, args, { cwd, env: { LITELLM_PRICING_URL: 'http://127.0.0.1:9/', ...env } }).ended;
const json = async <T>(args: string[]) => JSON.parse((await runbook([...args, '--json'])).stdout) as T;

beforeAll(async () => {
  built = await build();
  const { code, stderr } = await runbook(['run', '--source', 'sample', '--results-dir', 'first', '--quiet']);
  expect(code, stderr).toBe(0);
}, 400_000);
afterAll(() => {
  built.remove();
  rmSync(work, { recursive: true, force: true });
});

describe('a run of the sample', () => {
  it('is packed, and replayed and shown in another folder with nothing else there', async () => {
    const packed = await runbook(['export', 'first']);
    expect(packed).toMatchObject({ code: 0, stderr: '' });
    const file = packed.stdout.trim();
    expect(file).toMatch(/^posthog-trace-optimizer-[\da-f]{8}\.run\.tgz$/u);
    await runbook(['export', 'first', '--out', 'again.tgz']);
    expect(readFileSync(path.join(work, 'again.tgz')).equals(readFileSync(path.join(work, file)))).toBe(true);

    mkdirSync(elsewhere);
    renameSync(path.join(work, file), path.join(elsewhere, file));
    const replayed = await runbook(['replay', file], { HOME: elsewhere, XDG_CACHE_HOME: elsewhere }, elsewhere);
    expect(replayed.stderr).toBe('');
    expect(replayed.stdout).toMatch(/steps 1 to 11 and the grading[\s\S]*\n(\d+) of \1 artifacts are identical\n$/u);
    expect(replayed.code).toBe(0);
    const shown = await runbook(['show', file], {}, elsewhere);
    expect(shown.stdout).toContain(`\n${file}\n`);
    expect(shown.stdout).toContain('PASSED  5 of 5');

    const fork = await runbook(['fork', file, '--step', '10', '--results-dir', 'fork', '--quiet'], {}, elsewhere);
    expect(fork).toMatchObject({ code: 0, stderr: '' });
    const differ = await runbook(['diff', file, 'fork'], {}, elsewhere);
    expect(differ.stdout).toContain('Nothing differs.');
    const resumed = await runbook(['resume', file], {}, elsewhere);
    expect(resumed).toMatchObject({ code: 2, stdout: '' });
    expect(resumed.stderr).toContain('hint: Unpack it into a folder');
  }, 120_000);

  it('shows of a fork with another query in step 3 that query and what follows from it', async () => {
    const text = readFileSync('runbook/steps/03-metrics.md', 'utf8');
    const at = text.indexOf('name: metrics by operation, 3 days');
    writeFileSync(path.join(work, '03.md'), text.slice(0, at) + text.slice(at).replace('LIMIT 10000', 'LIMIT 5'));
    const fork = ['fork', 'first', '--step', '3', '--step-file', '03.md', '--results-dir', 'second', '--quiet'];
    expect(await runbook(fork)).toMatchObject({ code: 0 });

    const found = await json<RunDiff>(['diff', 'first', 'second']);
    const { setup, parameters, costs, findings, grade, gates, queries, files } = found;
    expect({ setup, parameters, costs, findings, grade, gates }).toEqual({
      ...{ setup: [], parameters: [], costs: [], findings: [], grade: [], gates: { before: [], after: [] } },
    });
    expect(found.runbook).toEqual([{ path: 'steps/03-metrics.md', kind: 'changed' }]);
    expect(queries).toMatchObject([
      { kind: 'changed', step: 3, name: 'metrics by operation, 3 days', values: [], rows: { before: 16, after: 5 } },
    ]);
    expect(files.map((file) => file.path)).toEqual([
      ...['data/metrics_by_span_3d.csv', 'data/report_view.json', 'report.html'],
    ]);
    expect(found.report.split('\n').filter((line) => /^[+-]/u.test(line))).toEqual([
      expect.stringContaining('-| `summarise_thread`'),
      expect.stringContaining('+| `summarise_thread`'),
    ]);
    expect(await runbook(['diff', 'first', 'first'])).toMatchObject({ code: 0 });
  }, 120_000);

  it('is listed with its fork, newest first, and found by its id', async () => {
    mkdirSync(path.join(work, 'broken'));
    writeFileSync(path.join(work, 'broken/events.jsonl'), '{"v":1,"seq":7}\n');
    const list = await json<RunSummary[]>(['runs']);
    const [fork, first, broken] = list;
    expect(list.map(({ place, status }) => [path.basename(place), status])).toEqual([
      ['second', 'passed'],
      ['first', 'passed'],
      ['broken', 'damaged'],
    ]);
    expect(fork?.parent).toEqual({ run: first?.run, before_step: 3 });
    expect(broken).toMatchObject({ message: 'events.jsonl:1 has the number 7.' });
    const { code, stdout } = await runbook(['runs']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${first?.run.slice(0, 8)}  passed `, 'mu'));

    const timeline = await json<Timeline>(['show', fork?.run.slice(0, 8) ?? '']);
    expect(timeline.run).toMatchObject({ run: fork?.run, score: 5 });
    const steps = timeline.entries.filter((entry) => entry.kind === 'step');
    expect(steps.map(({ number, from }) => [number, from !== null])).toEqual(
      Array.from({ length: 11 }, (_one, n) => [n + 1, n < 2]),
    );
  }, 60_000);
});

describe('what is no run', () => {
  it.each([
    [['show', 'none'], 2, /There is no run none\./u],
    [['export', 'none'], 2, /There is no run none\./u],
    [['runs', 'none'], 2, /There is no folder/u],
    [['show', 'damaged', '--json'], 2, /events\.jsonl:1: field run: /u],
    [['show', 'damaged/events.jsonl'], 2, /events\.jsonl:1: field run: /u],
    [['replay', 'none', '--json', '--interactive'], 2, /--json and --interactive do not go together/u],
    [['replay', 'bad.tgz'], 2, /bad\.tgz is no archive of a run/u],
  ])('%j is refused', async (args, code, said) => {
    writeFileSync(path.join(work, 'bad.tgz'), 'no archive');
    mkdirSync(path.join(work, 'damaged'), { recursive: true });
    const event = { v: 1, seq: 1, type: 'model_text', time: '2026-07-31T12:00:00.000Z' };
    writeFileSync(path.join(work, 'damaged/events.jsonl'), `${JSON.stringify(event)}\n`);
    const ended = await runbook(args);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toMatch(said);
    expect(ended.stderr).toContain('hint: ');
  });

  it('is shown as a runbook where a folder holds one', async () => {
    const { stdout, code } = await runbook(['show', path.resolve('runbook'), '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'posthog-trace-optimizer', steps: expect.any(Array) });
  });
});
