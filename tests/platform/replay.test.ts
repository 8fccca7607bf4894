import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectionByName } from '../../platform/store/collections.ts';
import type { PlatformRun } from '../../platform/store/run-row.ts';
import { runById, runByTrajectory } from '../../platform/store/runs.ts';
import { createTask, type Task } from '../../platform/store/tasks.ts';
import { hostileRun } from './hostile-run.ts';
import { closeServers, serve } from './loopback.ts';
import { pageFaults } from './page-faults.ts';
import { inBothLooks } from './pictures.ts';
import { TASK, withServer } from './server.ts';
import { Visitor } from './visitor.ts';

const running = withServer();
let browser: Browser;
let tab: Page;
let task: Task;
let run: PlatformRun;
const complaints: string[] = [];

beforeAll(async () => {
  const { pool, queue } = running.platform;
  const collectionId = (await collectionByName(pool, 'demo'))?.id ?? '';
  task = (await createTask(pool, collectionId, {
    ...{ ...TASK, entityType: 'task', version: null, croissantMetadata: null },
    ...{ hasFileUploads: false, isPrivate: true, isChatFlow: false },
  })) as Task;
  run = await queue.submit({ collectionId, taskId: task.id, initParams: {}, workflow: task.workflow });
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  tab = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  tab.on('console', (message) => {
    // The other site has no icon.
    if (!message.text().includes('404')) complaints.push(message.text());
  });
  tab.on('pageerror', (error) => complaints.push(error.message));
  await tab.goto(`${running.base}/login`);
  await tab.getByLabel('API token').fill(running.tokens.demo);
  await tab.keyboard.press('Enter');
  await tab.waitForURL(/\/$|\/demo$/u);
  run = await ended(run.id);
});
afterAll(() => browser?.close());

async function ended(id: string): Promise<PlatformRun> {
  for (;;) {
    const now = await runById(running.platform.pool, id);
    if (now?.ended) return now;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const at = (...rest: string[]) => `${running.base}${['/demo/t1', ...rest].join('/')}`;

async function lookAt(name: string, address: string): Promise<void> {
  await inBothLooks(tab, name, async (width) => {
    await tab.goto(address);
    expect(await pageFaults(tab), `${name}, ${width} px`).toEqual([]);
  });
}

describe('a run that is over', () => {
  it('is looked into call by call, forked at a step, and compared with its fork', async () => {
    expect(run.state).toBe('completed');
    await tab.goto(at(run.trajectoryId));
    const place = tab.getByRole('link', { name: /^recommendations\.md:\d+$/u }).first();
    const line = (await place.textContent())?.split(':')[1];
    await place.click();
    expect(new URL(tab.url()).hash).toBe(`#L${line}`);
    expect(await tab.locator(`#L${line}`).count()).toBe(1);
    await tab.getByRole('link', { name: /^Each step/u }).click();
    await tab.getByRole('link', { name: /^Cost variance/u }).click();
    await tab.locator('summary', { hasText: 'cost_variance' }).click();
    expect(await tab.locator('details[open] pre').first().textContent()).toContain('"top_n": 5');
    await tab.getByLabel('top_n').fill('3');
    await tab.getByRole('button', { name: 'Fork from this step' }).click();
    await tab.waitForURL((url) => !url.href.includes(run.trajectoryId));
    const { pool } = running.platform;
    const trajectoryId = tab.url().split('/').at(-1) ?? '';
    const ids = { collectionId: run.collectionId, taskId: run.taskId, trajectoryId };
    const fork = await ended((await runByTrajectory(pool, ids))?.id ?? '');
    expect(fork).toMatchObject({ state: 'completed', parentId: run.id, forkStep: 4 });

    // The page loads itself anew at the end of its run.
    await tab.getByRole('heading', { name: 'Evaluation' }).waitFor();
    await tab.goto(at('runs'));
    await tab.getByRole('button', { name: 'Compare before and after' }).click();
    expect(await tab.locator('section', { hasText: 'Parameters' }).first().textContent()).toMatch(/top_n53/u);
    await lookAt('diff', tab.url());
    await lookAt('trends', at('trends'));
    await lookAt('steps', at(run.trajectoryId, 'steps'));
    await lookAt('step', at(run.trajectoryId, 'steps', '4'));
    await lookAt('runs-compare', at('runs'));
    expect(complaints).toEqual([]);
  }, 120_000);

  it('does nothing that its report or a trace says, wherever that is shown', async () => {
    const hostile = await hostileRun(running.platform, run);
    const here = at(hostile.trajectoryId);
    for (const address of [
      ...[here, `${here}/steps`, `${here}/steps/4`],
      at(`diff?before=${run.trajectoryId}&after=${hostile.trajectoryId}`),
    ]) {
      await tab.goto(address, { waitUntil: 'networkidle' });
      await tab.evaluate('for (const node of document.querySelectorAll("details")) node.open = true');
      expect(await tab.evaluate('window.hit'), address).toBeUndefined();
      expect(await tab.locator('main :is(script, iframe, object, embed, [onerror], [onload])').count()).toBe(0);
      expect(await tab.locator('a[href^="javascript:"], a[href^="data:"]').count()).toBe(0);
      expect(await tab.evaluate('document.documentElement.scrollWidth'), address).toBeLessThanOrEqual(1280);
    }
    expect(complaints).toEqual([]);
  }, 60_000);

  it('has a report whose links lead to its files', async () => {
    const hostile = await hostileRun(running.platform, run);
    const here = `/demo/t1/${hostile.trajectoryId}`;
    await tab.goto(at(hostile.trajectoryId));
    const report = tab.locator('.report');
    const href = (name: string) => report.getByText(name, { exact: true }).getAttribute('href');
    expect(await href('file')).toBe(`${here}/files/data/findings.json`);
    expect(await href('chart')).toBe(`${here}/figures/cost_by_operation.svg`);
    expect(await href('[image: picture]')).toBe(`${here}/files/data/metrics_by_span.csv`);
    for (const name of ['gone', 'out', 'script', 'data']) expect(await href(name), name).toBeNull();
    const browser = await new Visitor(running.base).logIn(running.tokens.demo);
    for (const file of ['files/data/findings.json', 'figures/cost_by_operation.svg'])
      expect((await browser.get(`${here}/${file}`)).status, file).toBe(200);
  }, 60_000);

  it('is reached from a link on another site by whoever is logged in', async () => {
    const elsewhere = await serve((response) => {
      response.setHeader('content-type', 'text/html');
      response.end(`<a href="${at(run.trajectoryId)}">the run</a>`);
    }, 'localhost');
    await tab.goto(`http://localhost:${elsewhere.port}/`);
    await tab.getByRole('link').click();
    await tab.getByRole('heading', { name: `Run ${run.trajectoryId}` }).waitFor();
    await closeServers();
  });

  it('is of its own collection, and gives plain texts', async () => {
    const [own, other] = await Promise.all(
      [running.tokens.demo, running.tokens.other].map((token) => new Visitor(running.base).logIn(token)),
    );
    const here = `/demo/t1/${run.trajectoryId}`;
    const more = ['/steps', '/steps/4', '/calls/9/output', `/payloads/${'0'.repeat(64)}`];
    const rest = ['/demo/t1/trends', `/demo/t1/diff?before=${run.trajectoryId}&after=${run.trajectoryId}`];
    for (const address of [...more.map((each) => here + each), ...rest])
      expect((await other?.get(address))?.status, address).toBe(404);
    expect((await other?.post('/other/-/variables', `${here}/fork`, { step: '4' }))?.status).toBe(404);
    const output = await own?.get(`${here}/calls/9/output`);
    expect(output?.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-security-policy': expect.stringMatching(/sandbox$/u),
    });
    expect((await own?.post(`${here}/steps/4`, `${here}/fork`, { step: '99' }))?.status).toBe(400);
    expect((await own?.post(`${here}/steps/4`, `${here}/fork`, { step: '4', 'vars.top_n': '0' }))?.status).toBe(400);
    expect((await own?.get(rest[1] ?? ''))?.text).toContain('Nothing differs');
  });
});
