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
});
