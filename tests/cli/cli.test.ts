import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { manifestOf, step, temporaryFolder, toyRunbook } from '../agent/toy.ts';
import { type Built, build, start } from './child.ts';

let built: Built;
beforeAll(async () => {
  built = await build();
});
afterAll(() => built.remove());

const runbook = (args: string[], options: { cwd?: string; env?: Record<string, string> } = {}) =>
  start(built.main, args, { cwd: temporaryFolder(), ...options }).ended;

/** A folder with three events. */
function folderWithEvents(): string {
  const dir = temporaryFolder();
  const events = [1, 2, 3].map((n) => ({
    uuid: `00000000-0000-4000-8000-00000000000${n}`,
    event: '$ai_generation',
    timestamp: `2026-07-0${n}T00:00:00.000Z`,
    distinct_id: 'd',
    properties: {
      $ai_model: 'gpt-4o',
      $ai_trace_id: `t${n}`,
      $ai_total_cost_usd: 0.1,
      $ai_input_tokens: 10,
      $ai_output_tokens: 5,
    },
  }));
  writeFileSync(path.join(dir, 'events.jsonl'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  return dir;
}

const COUNT = `\`\`\`tool
hogql_query:
  name: calls
  sql: SELECT count() AS calls FROM events LIMIT 10
  save_as: data/calls.csv
\`\`\`
\`\`\`tool
write_artifact: { path: recommendations.md, content: "{{params.greeting}}" }
\`\`\`
`;
const counting = () => toyRunbook({ 'runbook.yaml': manifestOf('steps/01.md'), 'steps/01.md': step('connect', COUNT) });

describe('runbook', () => {
  it('lists its commands, and only those that there are', async () => {
    const { code, stdout } = await runbook(['--help']);
    expect(code).toBe(0);
    for (const name of [
      'run',
      'grade',
      'resume',
      'replay',
      'fork',
      'diff',
      'export',
      'import',
      'deploy',
      'runs',
      'show',
      'lint',
      'tool',
      'mcp',
      'schedule list',
      'schedule set',
      'source serve',
    ])
      expect(stdout).toContain(`  ${name} `);
    expect((await runbook(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/u);
    expect(await runbook([])).toMatchObject({ code: 2, stdout: '' });
  });

  it('shows the options of a command', async () => {
    const { code, stdout } = await runbook(['run', '--help']);
    expect(code).toBe(0);
    for (const option of ['--source', '--results-dir', '--param', '--as-of', '--agent', '--max-cost', '--json'])
      expect(stdout).toContain(option);
  });

  it.each([
    [['grdae'], /there is no such command[\s\S]*Did you mean runbook grade\?/u],
    [['source'], /Did you mean runbook source serve\?/u],
    [['run', '--sauce', 'x'], /unknown option '--sauce'/u],
    [['run'], /No source is given[\s\S]*--source sample/u],
    [['run', '--source', 'sample', '--agent', 'claude'], /no model key[\s\S]*--agent scripted/u],
    [['run', '--source', 'sample', '--agent', 'gpt'], /there is no such agent/u],
    [['run', '--source', 'sample', '--rounds', '0'], /--rounds 0: must be a whole number/u],
    [['run', '--source', 'sample', '--max-cost', 'free'], /--max-cost free/u],
    [['run', '--source', 'sample', '--max-turns', '0'], /--max-turns 0: must be a whole number from 1/u],
    [['run', '--source', 'sample', '--max-minutes', '1.5'], /--max-minutes 1\.5/u],
    [['run', '--source', 'sample', '--max-tokens', '-1'], /--max-tokens/u],
    [['run', '--source', 'sample', '--as-of', 'yesterday'], /--as-of yesterday: is no time/u],
    [['run', '--source', 'sample', '-p', 'window_days'], /-p window_days: must be name=value/u],
    [['run', '--source', 'sample', '-p', 'windw_days=3'], /Did you mean window_days\?/u],
    [['run', '--source', 'sample', 'posthog'], /cannot be combined/u],
    [['run', 'nowhere', '--source', 'sample'], /nowhere is no runbook/u],
    [['run', '--source', 'nowhere.jsonl'], /nowhere\.jsonl/u],
    [['grade', 'nowhere'], /There is no results dir/u],
    [['grade', '.', '--json', '--markdown', '-'], /Only one of --json, --junit - and --markdown -/u],
    [['grade', '.', '--max-cost', 'abc'], /--max-cost abc: must be an amount/u],
    [['grade', '.', '--as-of', 'foo'], /--as-of foo: is no time/u],
    [['grade', '.', '-p', 'a=b'], /-p a: the runbook has no such parameter/u],
    [['grade', '.', '-p', 'window_days=x'], /-p window_days=x: must be a whole number/u],
    [['grade', '.', '--judge', 'checks', '--provider', 'nobody'], /--provider nobody: there is no such provider/u],
    [['grade', '.', '--judge', 'checks', '--judge-model', 'gpt'], /The model "gpt" is not known/u],
    [['grade', '.', '--runbook', 'nowhere'], /nowhere is no runbook/u],
    [['tool', 'hogql_qery'], /Did you mean hogql_query\?/u],
    [['tool', 'hogql_query', '--input', '{'], /--input is not valid JSON/u],
    [['tool', 'hogql_query', '--input', '{"sql": 1}'], /--input: hogql_query: sql: /u],
    [['tool', 'hogql_query', '--input', '{"sql": "SELECT 1"}'], /no source is given/u],
    [['source', 'serve', 'x.jsonl', '--port', '99999'], /--port 99999/u],
  ])('%j is a usage error: exit 2, nothing on stdout, no stack, nothing left behind', async (args, expected) => {
    const cwd = temporaryFolder();
    const { code, stdout, stderr } = await runbook(args, { cwd });
    expect(stderr).toMatch(expected);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toMatch(/^\s+at .*:\d+/mu);
    if (args[0] === 'run') expect(existsSync(path.join(cwd, 'results'))).toBe(false);
  });

  it('shows the stack of an error with DEBUG=runbook', async () => {
    expect((await runbook(['show', 'nowhere'], { env: { DEBUG: 'runbook' } })).stderr).toMatch(/^\s+at .*:\d+/mu);
  });
});

describe('runbook run', () => {
  it('prints the path of the report on stdout, and progress as lines on stderr', async () => {
    const cwd = folderWithEvents();
    const folder = counting();
    const { code, stdout, stderr } = await runbook(['run', folder, '--source', 'events.jsonl', '-p', 'greeting=hi'], {
      cwd,
    });
    expect(stderr).toContain('step 1: connect');
    expect(stderr).toMatch(/hogql_query calls: .*queries 1, rows 1/u);
    expect(stderr).toContain('NOT PASSED');
    expect(stdout).toBe(`${path.join(cwd, 'results', 'recommendations.md')}\n`);
    expect(code).toBe(1);
    expect(readFileSync(path.join(cwd, 'results', 'data', 'calls.csv'), 'utf8')).toBe('calls\n3\n');
    expect(stderr).not.toContain('\u001b');
    const grade = ['grade', 'results', '--runbook', folder];
    expect((await runbook(grade, { cwd })).code).toBe(1);
    expect(JSON.parse((await runbook([...grade, '--json'], { cwd })).stdout)).toMatchObject({ passed: false });
    const junit = await runbook([...grade, '--junit', '-', '--markdown', 'new/grade.md'], { cwd });
    expect(junit.stdout).toMatch(/^<\?xml .*<failure message="failed: gate /su);
    expect(readFileSync(path.join(cwd, 'new', 'grade.md'), 'utf8')).toMatch(/^### ❌ Failed/u);
    const other = await runbook(['grade', 'results'], { cwd });
    expect(other).toMatchObject({ code: 2, stdout: '' });
    expect(other.stderr).toMatch(/of the runbook toy, not of posthog-trace-optimizer[\s\S]*--runbook FOLDER/u);
  });

  it('is graded with its source asked again', async () => {
    const cwd = folderWithEvents();
    const manifest = manifestOf('steps/01.md').replace('name: toy', 'name: posthog-trace-optimizer');
    const folder = toyRunbook({ 'runbook.yaml': manifest, 'steps/01.md': step('connect', COUNT) });
    await runbook(['run', folder, '--source', 'events.jsonl'], { cwd });
    const { stdout } = await runbook(['grade', 'results', '--source', 'events.jsonl', '--json'], { cwd });
    expect(stdout).toContain('"name": "source"');
  }, 180_000);

  it('prints one event a line with --json, the same as in the log', async () => {
    const cwd = folderWithEvents();
    const { stdout, stderr } = await runbook(['run', counting(), '--source', 'events.jsonl', '--json'], { cwd });
    expect(stdout).toBe(readFileSync(path.join(cwd, 'results', 'events.jsonl'), 'utf8'));
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ type: 'run_finished', exit: 1 });
    expect(stderr).toBe('');
  });

  it('says nothing but failures with --quiet', async () => {
    const cwd = folderWithEvents();
    const quiet = ['--source', 'events.jsonl', '--quiet', '--overwrite'];
    expect((await runbook(['run', counting(), ...quiet], { cwd })).stderr).toBe('');
    const broken = toyRunbook({
      'runbook.yaml': manifestOf('steps/01.md'),
      'steps/01.md': step('connect', '{{nothing}}'),
    });
    const { code, stdout, stderr } = await runbook(['run', broken, ...quiet], { cwd });
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(stderr).toMatch(/^Step 1 failed\. steps\/01\.md:6: .*nothing.*\n hint: /u);
  });

  it('shows what a trace or a server says, and never obeys it', async () => {
    const cwd = folderWithEvents();
    const hostile = step(
      'connect',
      '```tool\nhogql_query:\n  name: "a\\x1b]0;owned\\x07\\x1b[2Jb"\n  sql: SELECT 1\n```\n',
    );
    const dir = toyRunbook({ 'runbook.yaml': manifestOf('steps/01.md'), 'steps/01.md': hostile });
    const { stderr } = await runbook(['run', dir, '--source', 'events.jsonl'], { cwd });
    expect(stderr).toContain('hogql_query a ]0;owned [2Jb:');
    expect(stderr).not.toContain('\u001b');
    expect(stderr).not.toContain('\u0007');
  });

  it('refuses a results dir that is not empty', async () => {
    const cwd = folderWithEvents();
    const { code, stderr } = await runbook(['run', counting(), '--source', 'events.jsonl', '--results-dir', '.'], {
      cwd,
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/is not empty[\s\S]*--overwrite/u);
  });

  it('takes its environment from .env too, and stops at the gate where no credentials are complete', async () => {
    const cwd = temporaryFolder();
    writeFileSync(path.join(cwd, '.env'), 'POSTHOG_API_KEY=phx_from_the_env_file\n');
    const { code, stdout, stderr } = await runbook(['run'], { cwd });
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/POSTHOG_PROJECT_ID/u);
    expect(readFileSync(path.join(cwd, 'results', 'summary.md'), 'utf8')).toMatch(/POSTHOG_PROJECT_ID/u);
    expect(existsSync(path.join(cwd, 'results', 'recommendations.md'))).toBe(false);
    expect(stderr).not.toContain('phx_from_the_env_file');
  });

  describe('when interrupted', () => {
    const body = '```tool\nfetch_litellm_pricing: {}\n```\n';
    const waiting = () =>
      toyRunbook({
        'runbook.yaml': manifestOf('steps/01.md'),
        'steps/01.md': step('a', body, 'tools: [fetch_litellm_pricing]'),
      });

    /** A server that never answers. */
    async function silentServer(): Promise<string> {
      const server = createServer(() => undefined);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => {
        server.closeAllConnections();
        server.close();
      });
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}/prices.json`;
    }

    it.each(['SIGINT', 'SIGTERM'] as const)('by %s it ends with 130 and a whole log', async (signal) => {
      const cwd = folderWithEvents();
      const env = { LITELLM_PRICING_URL: await silentServer() };
      const child = start(built.main, ['run', waiting(), '--source', 'events.jsonl'], { cwd, env });
      await child.says(/step 1/u);
      child.process.kill(signal);
      expect((await child.ended).code).toBe(130);
      const lines = readFileSync(path.join(cwd, 'results', 'events.jsonl'), 'utf8')
        .trimEnd()
        .split('\n');
      expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ type: 'run_finished', exit: 130 });
    });

    it('by a second Ctrl-C it ends at once', async () => {
      const cwd = folderWithEvents();
      const env = { LITELLM_PRICING_URL: await silentServer() };
      const child = start(built.main, ['run', waiting(), '--source', 'events.jsonl'], { cwd, env });
      await child.says(/step 1/u);
      child.process.kill('SIGINT');
      child.process.kill('SIGINT');
      expect((await child.ended).code).toBe(130);
    });
  });
});

describe('the other commands', () => {
  it('show prints the shape of the runbook', async () => {
    const { code, stdout } = await runbook(['show']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^PostHog Trace Optimizer\n/u);
    expect(stdout).toMatch(/agent claude-code {3}model anthropic\/claude-sonnet-4\.6 .* eval rubric {3}steps 11/u);
    expect(stdout).toMatch(/window_days +integer, 30/u);
    expect(stdout).toMatch(/ 1 {2}Environment setup and connectivity check {2}gate/u);
    expect(stdout).not.toContain('\u001b');
  });

  it('lint passes the runbook of the project, and fails a broken one with its lines', async () => {
    expect(await runbook(['lint'])).toMatchObject({
      code: 0,
      stdout: 'PostHog Trace Optimizer: 11 steps, no problems\n',
      stderr: '',
    });
    const broken = toyRunbook({ 'steps/01.md': step('a', '```tool\nhogql_query: {}\n```\n') });
    const { code, stdout, stderr } = await runbook(['lint', broken]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: 'Toy runbook: 1 steps, 2 problems\n' });
    expect(stderr).toMatch(/steps\/01\.md:7: hogql_query: sql: /u);
  });

  it('tool runs one tool', async () => {
    const cwd = folderWithEvents();
    const input = JSON.stringify({ sql: "SELECT count() AS n FROM events WHERE event = '$ai_generation' LIMIT 5" });
    const { code, stdout } = await runbook(['tool', 'hogql_query', '--input', input, '--source', 'events.jsonl'], {
      cwd,
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ columns: ['n'], row_count: 1, saved_as: null });
    const write = await runbook(['tool', 'write_artifact', '--input', '{"path": "a.md", "content": "x"}'], { cwd });
    expect(JSON.parse(write.stdout)).toEqual({ path: 'a.md', bytes: 1 });
    expect((await runbook(['tool', '--list'])).stdout).toMatch(/^hogql_query +Runs one/mu);
  });

  it('source serve answers until it is stopped', async () => {
    const cwd = folderWithEvents();
    const child = start(built.main, ['source', 'serve', 'events.jsonl', '--port', '0'], { cwd });
    const [, url] = await child.says(/POSTHOG_HOST=(\S+)/u);
    const response = await fetch(`${url}/api/projects/1/query/`, {
      method: 'POST',
      headers: { authorization: 'Bearer phx_local', 'content-type': 'application/json' },
      body: JSON.stringify({ query: { kind: 'HogQLQuery', query: 'SELECT count() FROM events' } }),
    });
    expect(await response.json()).toMatchObject({ results: [[3]] });
    child.process.kill('SIGINT');
    expect(await child.ended).toMatchObject({ code: 0, stdout: `${url}\n` });
  });
});
