import { JettyClient } from '@jetty/sdk';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TASK, withServer } from './server.ts';

const running = withServer();

describe("Jetty's own MCP server", () => {
  it('drives the platform: a task, its secrets, runs, labels and a schedule', async () => {
    const client = new Client({ name: 'test', version: '1' });
    const env = { PATH: process.env.PATH ?? '', JETTY_API_URL: running.base, JETTY_API_TOKEN: running.tokens.demo };
    const args = ['node_modules/jetty-mcp-server/dist/index.js'];
    await client.connect(new StdioClientTransport({ command: process.execPath, args, env }));
    onTestFinished(() => client.close());
    const call = async (name: string, input: Record<string, unknown> = {}) => {
      const { content, isError } = await client.callTool({ name, arguments: input });
      const [{ text }] = content as [{ text: string }];
      expect(isError, text).not.toBe(true);
      return JSON.parse(text);
    };
    const of = { collection: 'demo', task: 'optimizer' };

    expect(await call('list-collections')).toMatchObject([{ name: 'demo' }]);
    await call('create-task', { collection: 'demo', name: 'optimizer', workflow: TASK.workflow });
    await call('set-environment-vars', {
      collection: 'demo',
      variables: { POSTHOG_API_KEY: 'phx_secret' },
    });
    const secrets = JSON.stringify(
      await call('check-secrets', { collection: 'demo', required_keys: ['POSTHOG_API_KEY', 'POSTHOG_HOST'] }),
    );
    expect(secrets).toMatch(/POSTHOG_HOST/u);
    expect(secrets).not.toContain('phx_secret');

    const begun = await call('run-workflow', { ...of, init_params: { vars: { top_n: '3' } } });
    const trajectory_id = String(begun.workflow_id).split('--').at(-1);
    let trajectory = await call('get-trajectory', { ...of, trajectory_id });
    while (['pending', 'running'].includes(trajectory.status)) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      trajectory = await call('get-trajectory', { ...of, trajectory_id });
    }
    expect(trajectory).toMatchObject({ status: 'completed', steps: { metrics: { status: 'completed' } } });
    await call('add-label', { ...of, trajectory_id, key: 'quality', value: 'high', author: 'a@b.c' });
    const listed = await call('list-trajectories', of);
    expect(listed).toMatchObject({ total: 1, trajectories: [{ labels: [{ key: 'quality', value: 'high' }] }] });
    expect(await call('get-stats', of)).toMatchObject({ total: 1, success_rate: 1 });

    const routine = { ...of, name: 'daily' };
    const made = await call('create-routine', { ...routine, cadence: { type: 'daily', hour_utc: 9 } });
    expect(made).toMatchObject({ name: 'daily', paused: false, next_run_at: expect.stringMatching(/T09:00:00/u) });
    expect(await call('pause-routine', routine)).toMatchObject({ paused: true });
    expect(await call('resume-routine', routine)).toMatchObject({ paused: false });
    const fired = await call('run-routine-now', routine);
    expect(fired.workflow_id).toMatch(/^demo-optimizer--[0-9a-f]{8}$/u);
    const runs = await call('list-routine-runs', routine);
    expect(runs.trajectories).toMatchObject([{ triggered_by_routine_id: made.id }]);
    expect(await call('list-routines', { collection: 'demo' })).toMatchObject({ routines: [{ name: 'daily' }] });
  }, 120_000);
});

describe("Jetty's SDK", () => {
  it('runs a task and waits for what it leaves; a run that fails is thrown', async () => {
    const jetty = new JettyClient({ apiUrl: running.base, token: running.tokens.demo });
    await jetty.createTask('demo', 'sdk', TASK.workflow);
    const done = await jetty.runAndWait('demo', 'sdk', {});
    expect(done.status).toBe('completed');
    expect(done.steps.run?.outputs).toMatchObject({ success: true });
    const told = await jetty.ingestTrajectory('demo', 'sdk', { input: 'q', output: 'a', scores: { exact: 1 } });
    expect(told).toMatchObject({ name: 'demo/sdk', status: 'completed', labels: [{ key: 'score.exact', value: '1' }] });
    expect(await jetty.getTrajectory('demo', 'sdk', told.trajectory_id)).toMatchObject({ init_params: { input: 'q' } });
    const failing = jetty.runAndWait('demo', 'sdk', { source: 'posthog' });
    await expect(failing).rejects.toThrow(/failed/iu);
  }, 120_000);
});
