import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeVariables } from '../../platform/store/environment.ts';
import { ingestRun } from '../../platform/store/ingested.ts';
import { setLabel } from '../../platform/store/labels.ts';
import { createRoutine } from '../../platform/store/routines.ts';
import type { PlatformRun } from '../../platform/store/run-row.ts';
import { runById } from '../../platform/store/runs.ts';
import { createTask, updateTask } from '../../platform/store/tasks.ts';
import { axeFaults } from './axe.ts';
import { halfRun } from './half-run.ts';
import { pageFaults } from './page-faults.ts';
import { picture } from './pictures.ts';
import { TASK, withServer } from './server.ts';

const running = withServer();
let browser: Browser;
let tab: Page;
let run: PlatformRun;
let fork: PlatformRun;
let half: PlatformRun;
let elsewhere: PlatformRun | undefined;

beforeAll(async () => {
  const { pool, cipher, queue } = running.platform;
  const { rows } = await pool.query<{ id: string }>(`SELECT id FROM platform.collections WHERE name = 'demo'`);
  const collectionId = rows[0]?.id ?? '';
  const kind = { entityType: 'task', version: null, croissantMetadata: null };
  const task = await createTask(pool, collectionId, {
    ...{ ...TASK, ...kind, hasFileUploads: false, isPrivate: true, isChatFlow: false },
  });
  const workflow = { ...TASK.workflow, init_params: { source: 'sample', vars: { top_n: 5 } } };
  if (task) await updateTask(pool, task, { workflow });
  const wanted = { collectionId, taskId: task?.id ?? '', workflow: TASK.workflow, author: 'demo' };
  run = await ended(await queue.submit({ ...wanted, initParams: {} }));
  const initParams = { vars: { top_n: 3 } };
  fork = await ended(await queue.submit({ ...wanted, initParams, parent: { id: run.id, step: 4 } }));
  const told = { output: { answer: 42 }, source: 'eve', evalId: 'e1', metadata: { branch: 'main' }, labels: [] };
  const outcome = { state: 'completed', costUsd: 0.25, started: new Date(0), ended: new Date(30_000) } as const;
  const known = { ...wanted, ...outcome, trajectoryId: undefined, initParams: { case: 'a' }, ingested: told };
  elsewhere = await ingestRun(pool, known);
  const label = { key: `score.${'x'.repeat(200)}`, value: 'y'.repeat(500), author: 'ci' };
  await setLabel(pool, elsewhere?.id ?? '', label);
  half = await halfRun(running.platform, run, (event) => event.type === 'step_started' && event.number === 6);
  const cadence = { type: 'daily', hour_utc: 7, minute_utc: 5 } as const;
  const usual = { jitterS: 0, overrides: {}, webhookUrl: null, overlap: 'skip', catchUp: 'latest' } as const;
  await createRoutine(pool, wanted.taskId, { ...usual, name: 'mornings', cadence, paused: false });
  await changeVariables(pool, { collectionId, cipher, changes: { POSTHOG_PROJECT_ID: '1' } });
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  tab = await browser.newPage();
});
afterAll(() => browser?.close());

async function ended({ id }: PlatformRun): Promise<PlatformRun> {
  for (;;) {
    const now = await runById(running.platform.pool, id);
    if (now?.ended) return now;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Everything that opens is open: what a page hides at first can be read as well. */
const OPEN = 'for (const node of document.querySelectorAll("details")) node.open = true';

async function lookAt(name: string, address: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await tab.emulateMedia({ colorScheme });
    for (const width of [390, 1280]) {
      await tab.setViewportSize({ width, height: 900 });
      await tab.goto(running.base + address);
      await picture(tab, `${name}-${width}-${colorScheme}`);
      await tab.evaluate(OPEN);
      const faults = [...(await pageFaults(tab)), ...(await axeFaults(tab))];
      expect(faults, `${name}, ${width} px, ${colorScheme}`).toEqual([]);
    }
  }
}

const PAGES: Record<string, () => string> = {
  collections: () => '/',
  tasks: () => '/demo',
  'no tasks': () => '/other',
  deploy: () => '/demo/-/deploy',
  'runbook of one’s own': () => '/demo/-/import',
  task: () => '/demo/t1',
  history: () => '/demo/t1/history',
  'deleting a task': () => '/demo/t1/delete',
  runs: () => '/demo/t1/runs',
  'live run': () => `/demo/t1/${half.trajectoryId}`,
  'finished run and report': () => `/demo/t1/${run.trajectoryId}`,
  'run of others': () => `/demo/t1/${elsewhere?.trajectoryId}`,
  steps: () => `/demo/t1/${run.trajectoryId}/steps`,
  'recorded calls and fork': () => `/demo/t1/${run.trajectoryId}/steps/4`,
  diff: () => `/demo/t1/diff?before=${run.trajectoryId}&after=${fork.trajectoryId}`,
  trends: () => '/demo/t1/trends',
  schedules: () => '/demo/t1/schedules',
  'change of a schedule': () => '/demo/t1/schedules?change=mornings',
  variables: () => '/demo/-/variables',
  tokens: () => '/demo/-/tokens',
  'tokens of all': () => '/-/tokens',
  'audit of all': () => '/-/audit',
  audit: () => '/demo/-/audit',
  'no such page': () => '/nowhere',
};

it('finds what keeps people out', async () => {
  await tab.goto('data:text/html,<img src="data:,"><input><p style="color:silver;background:white">faint');
  const found = (await axeFaults(tab)).map((fault) => fault.split('\n')[0]);
  expect(found).toEqual(expect.arrayContaining(['image-alt', 'label', 'color-contrast', 'html-has-lang']));
});

describe('everybody can read and use', () => {
  it('the page of the login', async () => {
    await lookAt('login', '/login');
    await tab.getByLabel('API token').fill(running.tokens.admin);
    await tab.keyboard.press('Enter');
    await tab.getByRole('heading', { name: 'Collections' }).waitFor();
  });

  it('the help of the keys, and lists by keys', async () => {
    await tab.setViewportSize({ width: 1280, height: 900 });
    await tab.goto(`${running.base}/`);
    await tab.keyboard.press('?');
    const dialog = tab.getByRole('dialog', { name: 'Keys' });
    await dialog.waitFor();
    expect([...(await pageFaults(tab)), ...(await axeFaults(tab))]).toEqual([]);
    await picture(tab, 'keys-1280-dark');
    await tab.keyboard.press('j');
    await tab.keyboard.press('Escape');
    expect(await dialog.isVisible()).toBe(false);
    const focused = () => tab.evaluate('document.activeElement.textContent');
    for (const [key, name] of ['jdemo', 'jother', 'jother', 'kdemo', 'kdemo'].map((each) => [each[0], each.slice(1)])) {
      await tab.keyboard.press(key ?? '');
      expect(await focused(), key).toBe(name);
    }
    await tab.getByLabel('Name').pressSequentially('jk?');
    expect(await tab.getByLabel('Name').inputValue()).toBe('jk?');
    await tab.goto(`${running.base}/`);
    await tab.keyboard.press('j');
    await tab.keyboard.press('Enter');
    await tab.getByRole('heading', { name: 'demo' }).waitFor();
    await tab.goto(`${running.base}/demo/t1`);
    await tab.keyboard.press('k');
    await tab.keyboard.press('Enter');
    expect(await tab.locator('.steps details[open]').count()).toBe(1);
  });

  it('the field of files, and what is wrong with one', async () => {
    await tab.goto(`${running.base}/demo/-/deploy`);
    const field = tab.locator('[name=files]');
    expect(await field.isVisible()).toBe(false);
    await tab.locator('[name=source]').selectOption('files');
    await field.setInputFiles({ name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from('event') });
    await tab.getByRole('button', { name: 'Deploy', exact: true }).click();
    await tab.getByText('a.csv is no JSON').waitFor();
    expect(await tab.evaluate('document.activeElement.name')).toBe('files');
    expect([...(await pageFaults(tab)), ...(await axeFaults(tab))]).toEqual([]);
    await picture(tab, 'wrong-file-1280-dark');
  });

  it('pages without keys, for who turns them off', async () => {
    await tab.goto(`${running.base}/`);
    await tab.getByRole('button', { name: 'Keys' }).click();
    await tab.getByLabel('Letters are keys').uncheck();
    await tab.getByRole('button', { name: 'Close' }).click();
    await tab.goto(`${running.base}/`);
    for (const key of ['j', '?']) await tab.keyboard.press(key);
    expect(await tab.evaluate('document.activeElement.tagName')).toBe('BODY');
    expect(await tab.getByRole('dialog').isVisible()).toBe(false);
    await tab.getByRole('button', { name: 'Keys' }).click();
    await tab.getByLabel('Letters are keys').check();
  });

  it.each(Object.entries(PAGES))('the page of %s', async (name, address) => {
    await lookAt(name.replaceAll(' ', '-'), address());
  });
});
