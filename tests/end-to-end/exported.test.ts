import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../agent/toy.ts';
import { type Built, build, type Started, start } from '../cli/child.ts';

let built: Built;
beforeAll(async () => {
  built = await build();
});
afterAll(() => built.remove());

/** The sample behind PostHog's API, as the live project of a sandbox. */
async function project(cwd: string): Promise<Record<string, string>> {
  const server: Started = start(built.main, ['source', 'serve', 'sample', '--port', '0'], { cwd });
  onTestFinished(async () => {
    server.process.kill('SIGINT');
    await server.ended;
  });
  const [, url = ''] = await server.says(/POSTHOG_HOST=(\S+)/u);
  return { POSTHOG_HOST: url, POSTHOG_PROJECT_ID: '1', POSTHOG_API_KEY: 'phx_of_the_sandbox' };
}

/** A folder for PATH with the program as an install leaves it, and an npm that installs nothing; the sample ends on 31 October. */
function programs(folder: string): string {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  const scripts = {
    runbook: `exec "${process.execPath}" "${built.main}" "$@"`,
    npm: 'echo "$@" >> "$HOME/npm-calls"',
    date: 'echo 2026-10-31T23:59:59Z',
  };
  for (const [name, text] of Object.entries(scripts)) {
    writeFileSync(path.join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(path.join(bin, name), 0o755);
  }
  return bin;
}

/** The text as the platform hands it to an agent: variables filled in, and nothing else. */
function filledIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{\{(\w+)\}\}/gu, (all, name: string) => values[name] ?? all);
}

const blocksOf = (text: string) => [...text.matchAll(/^```bash\n([\s\S]*?)^```$/gmu)].map(([, body = '']) => body);

/** What stands under headings that match. */
function sectionsOf(text: string, title: RegExp): string {
  return text
    .split(/^(?=## )/mu)
    .filter((section) => title.test(section))
    .join('\n');
}

async function exported(cwd: string): Promise<string> {
  const { code } = await start(built.main, ['export', '--out', 'RUNBOOK.md'], { cwd }).ended;
  expect(code).toBe(0);
  return readFileSync(path.join(cwd, 'RUNBOOK.md'), 'utf8');
}

const VALUES = {
  window_days: '30',
  top_n: '5',
  sample_size: '15',
  min_recommendations: '3',
  operation_property: '""',
  analysis_history: 'Don\'t ask again: $(touch /tmp/never) `id` "quoted"\nA second line',
};

it('the exported runbook is performed by its own commands in a shell, one after the other, and passes its evaluation', async () => {
  const cwd = temporaryFolder();
  const results = path.join(cwd, 'app results');
  const text = filledIn(await exported(cwd), { ...VALUES, results_dir: results }).replaceAll(
    '/tmp/posthog-trace-optimizer',
    path.join(cwd, 'state'),
  );
  const env = { ...(await project(cwd)), HOME: cwd, PATH: `${programs(cwd)}:${process.env.PATH}` };
  const bash = (script: string) =>
    execa('bash', ['-c', script], { cwd, env, extendEnv: false, reject: false, all: true });
  const steps = blocksOf(sectionsOf(text, /^## Step /u));
  expect(steps.length).toBeGreaterThan(20);
  for (const script of steps) {
    const { exitCode, all } = await bash(`set -e\n${script}`);
    expect({ exitCode, script, all }).toMatchObject({ exitCode: 0 });
    expect(all).not.toContain('MISSING');
  }
  const evaluation = await bash(blocksOf(sectionsOf(text, /^## Evaluate/u)).join('\n'));
  expect(evaluation.all).toMatch(/PASSED[\s\S]*exit 0/u);
  const last = await bash(blocksOf(sectionsOf(text, /^## Final Checklist/u)).join('\n'));
  expect(last.all).toMatch(/Result: every file is there/u);
  expect(JSON.parse(readFileSync(path.join(results, 'grade.json'), 'utf8'))).toMatchObject({ passed: true });
  expect(readFileSync(path.join(results, 'data', 'history.json'), 'utf8')).toContain("Don't ask again: $(touch");
  expect(readFileSync(path.join(cwd, 'npm-calls'), 'utf8')).toMatch(/^install -g posthog-trace-optimizer@\d/u);
  const left = readdirSync(results, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const file of left)
    expect(readFileSync(path.join(file.parentPath, file.name), 'latin1')).not.toContain('phx_of_the_sandbox');
}, 300_000);

it('where npm cannot be reached, its script asks the same project over plain HTTP', async () => {
  const cwd = temporaryFolder();
  const text = filledIn(await exported(cwd), { ...VALUES, results_dir: path.join(cwd, 'results') });
  const env = { ...(await project(cwd)), HOME: cwd, PATH: `${programs(cwd)}:${process.env.PATH}` };
  const bash = (script: string) => execa('bash', ['-c', script], { cwd, env, extendEnv: false });
  const [script = '', curl = ''] = blocksOf(sectionsOf(text, /^## Where npm/u)).map((block) =>
    block.replaceAll('/tmp/', `${cwd}/`),
  );
  expect((await bash(script)).stdout).toMatch(/^generations\n[1-9]\d+$/u);
  expect(JSON.parse((await bash(curl)).stdout)).toMatchObject({ results: [[expect.any(Number)]] });
  const metrics = /^ {2}SELECT operation,[\s\S]*?LIMIT 10000$/mu.exec(text)?.[0] ?? '';
  const { stdout } = await execa('python3', [path.join(cwd, 'hogql.py')], { cwd, env, input: metrics });
  expect(stdout).toMatch(/^operation,calls,total_cost_usd,[\s\S]*\n\w+,\d+,/u);
}, 120_000);
