import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inBothLooks } from './pictures.ts';
import { withServer } from './server.ts';

const CHROMIUM = '/usr/bin/chromium';
const running = withServer();
let browser: Browser;
let tab: Page;
/** What the browser's console said, policies that were broken among it. */
const complaints: string[] = [];
const strangers: string[] = [];

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
  tab = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  tab.on('console', (message) => complaints.push(message.text()));
  tab.on('pageerror', (error) => complaints.push(error.message));
  tab.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${running.base}/`) && !url.startsWith('data:')) strangers.push(url);
  });
});
afterAll(() => browser?.close());

/** Nothing hangs over the edge, wide or narrow, light or dark. */
async function lookAt(name: string): Promise<void> {
  await inBothLooks(tab, name, async (width) => {
    expect(await tab.evaluate('document.documentElement.scrollWidth'), `${name}, ${width} px`).toBe(width);
  });
}

const VARIABLES = {
  POSTHOG_API_KEY: 'phx_of_the_test',
  POSTHOG_PROJECT_ID: '1',
  POSTHOG_HOST: 'https://eu.posthog.com',
};

describe('the pages in a browser', () => {
  it('lead from the login to a report, and to a schedule', async () => {
    await tab.goto(`${running.base}/demo/-/deploy`);
    await lookAt('login');
    await tab.getByLabel('API token').fill(running.tokens.demo);
    await tab.keyboard.press('Enter');
    const notice = tab.getByText('A run of PostHog’s data needs');
    await notice.waitFor();
    expect(await notice.textContent()).toContain('POSTHOG_API_KEY, POSTHOG_PROJECT_ID, POSTHOG_HOST');
    await lookAt('deploy');
    await tab.getByRole('button', { name: 'Deploy and run' }).click();
    await tab.getByRole('alert').getByText('POSTHOG_API_KEY').waitFor();
    // The browser's own word for a form that was refused.
    expect(complaints.splice(0)).toEqual([expect.stringContaining('400 (Bad Request)')]);
    await tab.getByRole('link', { name: 'Set them' }).click();
    for (const [name, value] of Object.entries(VARIABLES)) {
      await tab.getByLabel('Name').fill(name);
      await tab.getByLabel('Value').fill(value);
      await tab.getByRole('button', { name: 'Set', exact: true }).click();
      await tab.getByRole('cell', { name, exact: true }).waitFor();
    }
    await tab.goto(`${running.base}/demo/-/deploy`);
    expect(await notice.count()).toBe(0);
    await tab.getByLabel('Source').selectOption('sample');
    await tab.locator('[name=type]').selectOption('daily');
    await tab.getByText('Aggregate metrics by operation').click();
    await tab.getByRole('button', { name: 'Deploy and run' }).click();

    await tab.waitForURL(/\/demo\/posthog-trace-optimizer\/[0-9a-f]{8}$/u);
    // The same page from here on: what it shows next it was told.
    await tab.locator('[data-step="1"] .state.done').waitFor();
    await tab.evaluate('window.isSame = true');
    await tab.locator('[data-step="5"] .state.done').waitFor();
    expect(await tab.locator('[data-step="5"] .calls li').count()).toBeGreaterThan(0);
    expect(await tab.evaluate('window.isSame')).toBe(true);
    await lookAt('live');
    await tab.locator('h1 .state.completed').waitFor();

    await tab.getByRole('link', { name: 'Read the report' }).click();
    expect(await tab.getByRole('heading', { name: 'Executive Summary' }).count()).toBe(1);
    expect(await tab.evaluate('[...document.images].map((image) => image.naturalWidth > 0)')).toEqual([
      true,
      true,
      true,
    ]);
    await lookAt('run');
    const [file] = await Promise.all([
      tab.waitForEvent('download'),
      tab.getByRole('link', { name: 'recommendations.md', exact: true }).click(),
    ]);
    expect(file.suggestedFilename()).toBe('recommendations.md');

    await tab.getByRole('link', { name: 'Runs', exact: true }).click();
    expect(await tab.locator('tbody tr').count()).toBe(1);
    await lookAt('runs');
    await tab.getByRole('link', { name: 'Schedules' }).click();
    await tab.getByRole('textbox', { name: 'Name', exact: true }).fill('mornings');
    await tab.locator('[name=type]').selectOption('weekdays');
    expect(await tab.locator('[name=day_of_week]').isVisible()).toBe(false);
    await tab.getByRole('button', { name: 'Make', exact: true }).click();
    for (const words of ['Monday to Friday at 09:00 UTC', 'every day at 09:00 UTC'])
      expect(await tab.getByRole('cell', { name: words }).count(), words).toBe(1);
    await tab.getByRole('button', { name: 'Pause: mornings' }).click();
    await tab.getByText('paused', { exact: true }).waitFor();
    await lookAt('schedules');
    await tab.getByRole('link', { name: 'Change: mornings' }).click();
    expect(await tab.locator('[name=type]').inputValue()).toBe('weekdays');
    await tab.locator('[name=at]').fill('08:15');
    await tab.getByLabel('top_n').fill('3');
    await tab.getByRole('button', { name: 'Keep' }).click();
    expect(await tab.getByRole('cell', { name: 'Monday to Friday at 08:15 UTC' }).count()).toBe(1);
    expect(await tab.getByText('paused', { exact: true }).count()).toBe(1);
    await tab.goto(`${running.base}/demo/-/import`);
    const wrong = { name: 'RUNBOOK.md', mimeType: 'text/markdown', buffer: Buffer.from('# Nothing') };
    await tab.locator('[name=runbook]').setInputFiles(wrong);
    await tab.getByRole('button', { name: 'Make the task' }).click();
    await tab.getByRole('alert').getByText('no frontmatter').waitFor();
    expect(complaints.splice(0)).toEqual([expect.stringContaining('400 (Bad Request)')]);
    for (const name of ['Variables', 'Tokens', 'Audit']) {
      await tab.goto(`${running.base}/demo/-/${name.toLowerCase()}`);
      expect(await tab.getByRole('heading', { level: 1, name }).count()).toBe(1);
      await lookAt(name.toLowerCase());
    }
    await tab.getByRole('button', { name: 'Log out' }).click();
    await tab.getByRole('heading', { name: 'Log in' }).waitFor();
    expect(complaints).toEqual([]);
    expect(strangers).toEqual([]);
  }, 180_000);

  it('run nothing that is not a file of theirs', async () => {
    await tab.goto(`${running.base}/login`);
    const inline = `const script = document.createElement('script'); script.textContent = 'window.hit = 1'; document.body.append(script)`;
    await tab.evaluate(inline);
    expect(await tab.evaluate('window.hit')).toBeUndefined();
    expect(complaints.join()).toContain('Content Security Policy');
  });
});
