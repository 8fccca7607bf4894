import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../agent/toy.ts';
import { type Built, build, start } from '../cli/child.ts';
import { COLLECTION, type JettyServer, jettyServer, look, RUN_ID, storedPath, TOKEN } from '../servers/jetty.ts';

let built: Built;
beforeAll(async () => {
  built = await build();
});
afterAll(() => built.remove());

const TASK = 'posthog-trace-optimizer';
const SECRETS = {
  POSTHOG_API_KEY: 'phx_kept_to_itself',
  POSTHOG_PROJECT_ID: '12345',
  POSTHOG_HOST: 'https://eu.posthog.com',
};
const ALL = { ...SECRETS, OPENROUTER_API_KEY: 'sk-or-of-the-collection' };

interface Bench {
  server: JettyServer;
  cwd: string;
  /** The built program, as a user calls it. */
  deploy(
    args?: string[],
    env?: Record<string, string>,
  ): Promise<{ code: number | null; stdout: string; stderr: string }>;
  asked(): string[];
}

async function bench(): Promise<Bench> {
  const server = await jettyServer();
  onTestFinished(() => server.close());
  const cwd = temporaryFolder();
  return {
    ...{ server, cwd },
    deploy: (args = [], env = {}) =>
      start(built.main, ['deploy', '--target', server.url, '--collection', COLLECTION, ...args], {
        ...{ cwd, env: { JETTY_API_TOKEN: TOKEN, ...env } },
      }).ended,
    asked: () => server.seen.map(({ method, url }) => `${method} ${url}`),
  };
}

const TASK_AT = `/api/v1/tasks/${COLLECTION}/${TASK}`;
const ENVIRONMENT = `/api/v1/collections/${COLLECTION}/environment`;

describe('runbook deploy', () => {
  it('makes the runbook a task with the whole RUNBOOK.md and literal parameters, and names what is missing', async () => {
    const { server, deploy, asked } = await bench();
    const { code, stdout, stderr } = await deploy(['-p', 'top_n=7']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${COLLECTION}/${TASK}\n` });
    expect(asked()).toEqual([
      ...['GET /openapi.json', `GET ${ENVIRONMENT}`, `GET ${TASK_AT}`, `POST /api/v1/tasks/${COLLECTION}`],
    ]);
    const task = server.seen[3]?.body as { workflow: { init_params: Record<string, unknown> } };
    const { instruction, ...params } = task.workflow.init_params;
    expect(params).toEqual({
      ...{
        agent: 'claude-code',
        model: 'anthropic/claude-sonnet-4.6',
        model_provider: 'openrouter',
        snapshot: 'python312-uv',
      },
      vars: {
        ...{ results_dir: '/app/results', window_days: '30', top_n: '7', sample_size: '15', min_recommendations: '3' },
        ...{ operation_property: '', analysis_history: '' },
      },
      file_paths: [],
    });
    expect(instruction).toMatch(/^---\n[\s\S]*POSTHOG_API_KEY[\s\S]*\n---\n\n# PostHog Trace Optimizer\n/u);
    expect(task).toMatchObject({
      ...{
        name: TASK,
        version: '1.0.0',
        has_file_uploads: false,
        is_chat_flow: true,
        is_private: true,
        entity_type: 'task',
      },
      workflow: {
        step_configs: {
          run: {
            ...{ activity: 'runbook', agent_path: 'init_params.agent', model_path: 'init_params.model' },
            ...{ snapshot_path: 'init_params.snapshot', instruction_path: 'init_params.instruction' },
            ...{ template_variables_path: 'init_params.vars', files_path: 'init_params.file_paths' },
            ...{ cpus: 4, memory: '8G', timeout_sec: 1200, network_enabled: true },
          },
        },
        steps: ['run'],
      },
    });
    expect(stderr).toMatch(/warning: the collection lacks POSTHOG_API_KEY, POSTHOG_PROJECT_ID, POSTHOG_HOST/u);
    expect(stderr).toMatch(/note: the collection has no OPENROUTER_API_KEY/u);
    expect((await deploy()).stderr).toContain(`task ${TASK}: updated`);
  });

  it('sets what is missing there and is here, keeps a routine, and says names only', async () => {
    const { server, deploy, asked } = await bench();
    server.state.environment = { POSTHOG_HOST: 'https://us.posthog.com', POSTHOG_PROJECT_ID: null };
    const { code, stdout, stderr } = await deploy(['--set-env', '--schedule', 'weekly:mon@06:30', '--json'], SECRETS);
    expect(code).toBe(0);
    const patch = server.seen.find(({ method }) => method === 'PATCH');
    expect(patch?.body).toEqual({
      environment_variables: { POSTHOG_API_KEY: 'phx_kept_to_itself', POSTHOG_PROJECT_ID: '12345' },
    });
    expect(asked().slice(-2)).toEqual([
      `GET /api/v1/routines/${COLLECTION}/${TASK}/runbook-schedule`,
      `POST /api/v1/routines/${COLLECTION}/${TASK}`,
    ]);
    expect(server.seen.at(-1)?.body).toEqual({
      name: 'runbook-schedule',
      cadence: { type: 'weekly', day_of_week: 'mon', hour_utc: 6, minute_utc: 30 },
      init_params_overrides: { vars: expect.objectContaining({ results_dir: '/app/results', analysis_history: '' }) },
    });
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ task: TASK, task_state: 'created', routine: 'created' },
      secrets: { there: ['POSTHOG_HOST'], set: ['POSTHOG_API_KEY', 'POSTHOG_PROJECT_ID'], missing: [] },
    });
    expect(stdout + stderr).not.toMatch(/phx_kept_to_itself|mlc_/u);
  });

  it('starts no run that would lack its secrets, and writes nothing then', async () => {
    const { deploy, asked } = await bench();
    const { code, stdout, stderr } = await deploy(['--run']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/lacks POSTHOG_API_KEY, POSTHOG_PROJECT_ID, POSTHOG_HOST[\s\S]*--set-env/u);
    expect(asked()).toEqual(['GET /openapi.json', `GET ${ENVIRONMENT}`]);
  });

  it('prints every request of a dry run and sends none', async () => {
    const { server, cwd, deploy } = await bench();
    const args = ['--dry-run', '--set-env', '--schedule', 'hourly', '--run', '--follow'];
    const { code, stdout } = await deploy(args, SECRETS);
    expect(code).toBe(0);
    expect(server.seen).toEqual([]);
    expect(readdirSync(cwd)).toEqual([]);
    for (const line of [
      ...[`GET ${server.url}/openapi.json`, `PATCH ${server.url}${ENVIRONMENT}   (those that are missing)`],
      ...[
        `PUT ${server.url}${TASK_AT}   (where the task is there)`,
        `POST ${server.url}/api/v1/run/${COLLECTION}/${TASK}`,
      ],
      ...['authorization: Bearer ***', 'user-agent: posthog-trace-optimizer/', '"POSTHOG_API_KEY": "***"'],
    ])
      expect(stdout).toContain(line);
    expect(stdout).toMatch(/"instruction": "---\\nversion: .{20,120}… \(\d{5} characters\)"/u);
    expect(stdout).not.toMatch(/phx_kept|mlc_|12345/u);
    const plan = JSON.parse((await deploy([...args, '--json'], SECRETS)).stdout) as { method: string }[];
    expect(plan.map(({ method }) => method)).toEqual([
      ...['GET', 'GET', 'PATCH', 'GET', 'PUT', 'POST', 'GET', 'PATCH', 'POST', 'POST', 'GET', 'GET'],
    ]);
    expect((await deploy(['--dry-run'], { JETTY_API_TOKEN: '' })).stderr).toMatch(/JETTY_API_TOKEN is not set/u);
  });

  it.each([
    [['--schedule', 'now'], /--schedule now: is no schedule/u],
    [['--follow'], /--follow goes with --run/u],
    [['-p', 'windw_days=3'], /Did you mean window_days/u],
    [['-p', 'window_days=0'], /-p window_days=0: must lie between/u],
    [['--task', ' '], /--task "": is no name/u],
    [['--package', 'a b'], /--package a b/u],
    [['--run', '--follow', '--results-dir', '.'], /is not empty/u],
  ])('%j is a usage error: nothing is sent', async (args, expected) => {
    const { server, cwd, deploy } = await bench();
    writeFileSync(path.join(cwd, 'mine.txt'), 'x');
    const { code, stdout, stderr } = await deploy(args);
    expect(stderr).toMatch(expected);
    expect({ code, stdout, seen: server.seen }).toEqual({ code: 2, stdout: '', seen: [] });
  });

  it('reads the token from the file of the other tools, and says where one comes from', async () => {
    const { cwd, server, deploy } = await bench();
    const without = await deploy([], { JETTY_API_TOKEN: '' });
    expect(without).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/JETTY_API_TOKEN is not set[\s\S]*~\/\.config\/jetty\/token/u),
    });
    expect(server.seen).toEqual([]);
    mkdirSync(path.join(cwd, '.config', 'jetty'), { recursive: true });
    writeFileSync(path.join(cwd, '.config', 'jetty', 'token'), `${TOKEN}\n`);
    expect((await deploy([], { JETTY_API_TOKEN: '' })).code).toBe(0);
  });

  it.each([
    [
      { JETTY_API_TOKEN: 'mlc_wrong_token' },
      undefined,
      2,
      /does not accept the token[\s\S]*Invalid or inactive API key/u,
    ],
    [{}, { status: 403, body: '<html><title>Access denied</title>' }, 2, /a page of the web: Access denied/u],
    [{}, { status: 400, body: { detail: 'nope' } }, 5, /The target refused[\s\S]*“nope”/u],
    [{}, { status: 200, body: '{"id": ' }, 5, /is no JSON/u],
  ])('a failure of the target %# ends with what it says and no secret', async (env, answer, code, expected) => {
    const { server, deploy } = await bench();
    if (answer) server.state.first.set(`GET ${ENVIRONMENT}`, [answer]);
    const ended = await deploy([], env);
    expect(ended.stderr).toMatch(expected);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).not.toMatch(/mlc_/u);
  });
});

/** Puts the files of a run where the platform keeps them. */
function store(server: JettyServer, dir: string): string[] {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('payloads'))
    .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name)));
  return files.map((file, n) => {
    const stored = storedPath(TASK, n, file);
    server.state.files.set(stored, readFileSync(path.join(dir, file)));
    return stored;
  });
}

describe('runbook deploy --run --follow', () => {
  const queued = { status: 404, body: { detail: 'Trajectory not found' } };

  it('follows the run to its end, fetches what it left and grades it from outside', async () => {
    const { server, cwd, deploy } = await bench();
    await start(built.main, ['run', '--source', 'sample', '--results-dir', 'sandbox', '--quiet'], { cwd }).ended;
    const stored = store(server, path.join(cwd, 'sandbox'));
    const log = `${COLLECTION}/${TASK}/0000/${RUN_ID}.run.0099.agent--claude-code.txt`;
    const hostile = [
      `../../../collections/${COLLECTION}/environment`,
      `${COLLECTION}/x/${RUN_ID}.run.0001.app--results--..--..--out.txt`,
    ];
    server.state.environment = ALL;
    server.state.looks = [queued, look('running'), look('completed', [...stored, log, ...hostile])];
    const args = ['--run', '--follow', '--results-dir', 'fetched', '-p', 'window_days=30', '--json'];
    const { code, stdout, stderr } = await deploy(args);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/PASSED {2}average/u) });
    const run = server.seen.find(({ url }) => url === `/api/v1/run/${COLLECTION}/${TASK}`);
    expect(run?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/u);
    const form = run?.body as { init_params: string };
    expect(Object.keys(form)).toEqual(['init_params']);
    expect(JSON.parse(form.init_params)).toEqual({
      vars: expect.objectContaining({ results_dir: '/app/results', window_days: '30', analysis_history: '' }),
    });
    expect(JSON.parse(stdout)).toMatchObject({ run: { id: RUN_ID, status: 'completed' }, passed: true });
    for (const file of [
      'recommendations.md',
      'data/findings.json',
      'data/metrics_by_span_3d.csv',
      'figures/cost_variance.svg',
    ])
      expect(readFileSync(path.join(cwd, 'fetched', file))).toEqual(readFileSync(path.join(cwd, 'sandbox', file)));
    expect(stderr).toMatch(/run a1b2c3d4: queued\nrun a1b2c3d4: running\nrun a1b2c3d4: completed/u);
    expect(stderr).toMatch(/note: \.\.\/\.\.\/\.\.\/collections\/acme\/environment was not fetched/u);
    expect(existsSync(path.join(cwd, 'out.txt'))).toBe(false);
    expect(server.seen.filter(({ url }) => url.includes('/file/'))).toHaveLength(stored.length);
  }, 180_000);

  it.each([
    ['left no file', look('completed', []), /reported as completed and left no file: it did nothing/u],
    [
      'failed',
      { status: 200, body: { status: 'failed', error: 'No step registered', steps: {} } },
      /ended as failed; the target says “No step registered”/u,
    ],
    ['was cancelled', look('cancelled'), /ended as cancelled/u],
  ])('a run that %s is a failure, whatever its status: exit 1', async (_what, end, expected) => {
    const { server, deploy } = await bench();
    server.state.environment = ALL;
    server.state.looks = [end];
    const { code, stderr } = await deploy(['--run', '--follow']);
    expect(stderr).toMatch(expected);
    expect(code).toBe(1);
  });

  it('a run whose files say nothing does not pass: exit 1', async () => {
    const { server, cwd, deploy } = await bench();
    const stored = [storedPath(TASK, 0, 'recommendations.md'), storedPath(TASK, 1, 'validation_report.json')];
    server.state.files.set(stored[0] as string, Buffer.from('# All is well\n'));
    server.state.files.set(stored[1] as string, Buffer.from('{"overall_passed": true}\n'));
    server.state.environment = ALL;
    server.state.looks = [look('completed', stored)];
    const { code, stdout, stderr } = await deploy(['--run', '--follow']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/FAILED[\s\S]*do not pass when they are graded from outside/u);
    expect(stdout).toBe(`${path.join(cwd, 'results')}\n`);
    expect(JSON.parse(readFileSync(path.join(cwd, 'results', 'grade.json'), 'utf8'))).toMatchObject({ passed: false });
  });

  it('an interruption ends it with 130 and says that the run may go on', async () => {
    const { server, cwd } = await bench();
    server.state.environment = ALL;
    server.state.looks = [look('running')];
    const args = ['deploy', '--target', server.url, '--collection', COLLECTION, '--run', '--follow'];
    const child = start(built.main, args, { cwd, env: { JETTY_API_TOKEN: TOKEN } });
    await child.says(/run a1b2c3d4: running/u);
    child.process.kill('SIGINT');
    const { code, stderr } = await child.ended;
    expect(stderr).toMatch(/run a1b2c3d4 may go on there/u);
    expect(code).toBe(130);
  });
});
