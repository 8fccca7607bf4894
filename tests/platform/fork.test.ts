import { describe, expect, it } from 'vitest';
import { readRecord } from '../../agent/record/read.ts';
import { loadRunbook } from '../../agent/runbook/load.ts';
import { printRunbook } from '../../agent/runbook-md/print.ts';
import type { PlatformRun } from '../../platform/store/run-row.ts';
import { runById, runByTrajectory } from '../../platform/store/runs.ts';
import { runFolder } from '../../platform/work/results.ts';
import { loadRubric } from '../../rubric/load.ts';
import { withServer } from './server.ts';
import { Visitor } from './visitor.ts';

const running = withServer();

/** A RUNBOOK.md of somebody's own: a step is called otherwise, a bound is narrower, and there is one more parameter. */
async function ownRunbook(): Promise<string> {
  const bundled = printRunbook(loadRunbook(), { package: 'posthog-trace-optimizer', rubric: await loadRubric() });
  return bundled
    .replaceAll('Cost variance', 'Spread of costs')
    .replace('top_n: { type: integer, min: 1, max: 50 }', 'top_n: { type: integer, min: 1, max: 7 }')
    .replace('    analysis_history: { type: string }', '$&\n    team: { type: string }')
    .replace(/^\| analysis_history .*$/mu, '$&\n| team | `{{team}}` | `""` | Whose traffic it is. |');
}

async function ended(location: string | undefined): Promise<PlatformRun> {
  const { pool } = running.platform;
  const { rows } = await pool.query<{ collectionId: string; taskId: string }>(
    `SELECT collection_id AS "collectionId", id AS "taskId" FROM platform.tasks WHERE name = 'own'`,
  );
  const trajectoryId = location?.split('/').at(-1) ?? '';
  const ids = { ...(rows[0] as { collectionId: string; taskId: string }), trajectoryId };
  for (;;) {
    const run = await runByTrajectory(pool, ids);
    const now = run && (await runById(pool, run.id));
    if (now?.ended) return now;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe('a run of somebody’s own RUNBOOK.md', () => {
  it('is forked with the parameters of that one, also after the task has another', async () => {
    const request = (method: string, path: string, body: object) =>
      fetch(`${running.base}/api/v1/tasks/demo${path}`, {
        method,
        headers: { authorization: `Bearer ${running.tokens.demo}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const initParams = { instruction: await ownRunbook(), source: 'sample', driver: 'scripted' };
    const workflow = { init_params: initParams, step_configs: {}, steps: ['run'] };
    expect((await request('POST', '', { name: 'own', workflow })).status).toBe(201);
    const browser = await new Visitor(running.base).logIn(running.tokens.demo);
    const begun = await browser.post('/demo/own', '/demo/own', { do: 'run', source: 'sample', 'vars.team': 'a' });
    const here = String(begun.headers.location);
    const run = await ended(here);
    expect(run).toMatchObject({ state: 'completed', error: null });
    await request('PUT', '/own', { workflow: { ...workflow, init_params: { source: 'sample' } } });

    const step = await browser.get(`${here}/steps/4`);
    expect(step.text).toContain('Step 4: Spread of costs');
    expect(step.text).toMatch(/name="vars\.team"[^>]*value="a"/u);
    expect(step.text).toMatch(/name="vars\.top_n"[^>]*max="7"/u);
    const fork = (fields: Record<string, string>) =>
      browser.post(`${here}/steps/4`, `${here}/fork`, { step: '4', ...fields });
    expect((await fork({ 'vars.top_n': '8' })).status).toBe(400);
    const made = await ended((await fork({ 'vars.top_n': '7', 'vars.team': 'b' })).headers.location);
    expect(made).toMatchObject({ state: 'completed', error: null, forkStep: 4 });
    const { started } = readRecord(runFolder(running.platform, made));
    expect(started.params).toMatchObject({ top_n: 7, team: 'b' });
    expect(started.steps[3]?.title).toContain('Spread of costs');
  }, 180_000);
});
