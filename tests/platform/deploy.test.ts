import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveSource } from '../../sources/http/server.ts';
import type { LocalSource } from '../../sources/local/local-source.ts';
import { openSource } from '../../sources/open-source.ts';
import { type Built, build, start } from '../cli/child.ts';
import { withServer } from './server.ts';

const running = withServer();
const work = mkdtempSync(path.join(tmpdir(), 'deploy-'));
let built: Built;
let source: LocalSource;
let posthog: Awaited<ReturnType<typeof serveSource>>;

beforeAll(async () => {
  built = await build();
  source = (await openSource(['sample'], { env: process.env })) as LocalSource;
  await source.open();
  posthog = await serveSource(source, { port: 0 });
});
afterAll(async () => {
  await posthog?.close();
  await source?.close();
  built?.remove();
  rmSync(work, { recursive: true, force: true });
});

describe('runbook deploy against the platform', () => {
  it('installs the runbook, sets its variables, schedules it, runs it, fetches what it left and grades it', async () => {
    const env = {
      JETTY_API_URL: running.base,
      JETTY_API_TOKEN: running.tokens.demo,
      POSTHOG_HOST: posthog.url,
      POSTHOG_PROJECT_ID: '1',
      POSTHOG_API_KEY: 'phx_of_the_test',
    };
    const args = ['deploy', '--collection', 'demo', '--task', 'deployed', '--schedule', 'daily@09:00', '-p', 'top_n=4'];
    const run = ['--set-env', '--run', '--follow', '--results-dir', 'out'];
    const { code, stdout, stderr } = await start(built.main, [...args, ...run], { cwd: work, env }).ended;
    expect(code, stderr).toBe(0);
    expect(stdout + stderr).not.toContain('phx_of_the_test');
    expect(readFileSync(path.join(work, 'out/recommendations.md'), 'utf8')).toContain('## Executive Summary');
    expect(existsSync(path.join(work, 'out/data/findings.json'))).toBe(true);
    expect(JSON.parse(readFileSync(path.join(work, 'out/grade.json'), 'utf8'))).toMatchObject({ passed: true });

    const headers = { authorization: `Bearer ${running.tokens.demo}` };
    const listed = await fetch(`${running.base}/api/v1/routines/demo`, { headers });
    expect(await listed.json()).toMatchObject({ routines: [{ task: 'deployed', cadence: { hour_utc: 9 } }] });
    const again = await start(built.main, args, { cwd: work, env }).ended;
    expect(again.code, again.stderr).toBe(0);
  }, 240_000);

  it('keeps further schedules of the task, and runs one at once', async () => {
    const env = { JETTY_API_URL: running.base, JETTY_API_TOKEN: running.tokens.demo };
    const place = ['--collection', 'demo', '--task', 'deployed'];
    const schedule = (...args: string[]) => start(built.main, ['schedule', ...args], { cwd: work, env }).ended;
    const listed = async () => {
      const { stdout } = await schedule('list', '--collection', 'demo', '--json');
      return (JSON.parse(stdout) as { name: string }[]).find(({ name }) => name === 'early');
    };
    const options = ['-p', 'top_n=2', '--overlap', 'queue', '--catch-up', 'none', '--jitter', '60'];
    const made = await schedule('set', 'early', '30 7 * * mon-fri Europe/Berlin', ...place, ...options);
    expect(made.code, made.stderr).toBe(0);
    expect(made.stderr).toContain('early of deployed created: 30 7 * * mon-fri Europe/Berlin');
    expect(await listed()).toMatchObject({
      ...{ overlap: 'queue', catch_up: 'none', jitter_seconds: 60, paused: false },
      init_params_overrides: { vars: { top_n: '2' } },
    });
    expect((await schedule('set', 'early', 'daily@06:15', ...place)).stderr).toContain('updated: daily@06:15');
    expect((await schedule('pause', 'early', ...place)).code).toBe(0);
    const { stdout } = await schedule('list', '--collection', 'demo', '--task', 'deployed');
    expect(stdout).toMatch(/^early +deployed +daily@06:15 +paused$/mu);
    await schedule('resume', 'early', ...place);
    expect(await listed()).toMatchObject({ paused: false, overlap: 'queue', cadence: { hour_utc: 6, minute_utc: 15 } });
    const fired = await schedule('run', 'early', ...place);
    expect(fired.stdout, fired.stderr).toMatch(/^[0-9a-f]{8}\n$/u);
    expect((await schedule('remove', 'early', ...place)).code).toBe(0);
    expect(await listed()).toBeUndefined();
    const gone = await schedule('pause', 'early', ...place);
    expect(gone.code).toBe(2);
    expect(gone.stderr).toContain("Routine 'early' not found");
    const wrong = await schedule('set', 'late', 'at noon', ...place);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('is no schedule')]);
  }, 120_000);
});
