import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventBody, RunEvent } from '../../agent/events.ts';
import { ofType, readRecord } from '../../agent/record/read.ts';
import type { PlatformRun } from '../../platform/store/run-row.ts';
import { endRun } from '../../platform/store/run-states.ts';
import { runById } from '../../platform/store/runs.ts';
import { createTask } from '../../platform/store/tasks.ts';
import { runFolder } from '../../platform/work/results.ts';
import { axeFaults } from './axe.ts';
import { halfRun } from './half-run.ts';
import { TASK, withServer } from './server.ts';
import { Visitor } from './visitor.ts';

const HOSTILE = '<img src=x onerror="window.hit = 1">';
const running = withServer();
let browser: Browser;
let run: PlatformRun;
let half: PlatformRun;

beforeAll(async () => {
  const { pool, queue } = running.platform;
  const { rows } = await pool.query<{ id: string }>(`SELECT id FROM platform.collections WHERE name = 'demo'`);
  const collectionId = rows[0]?.id ?? '';
  const kind = { entityType: 'task', version: null, croissantMetadata: null };
  const task = await createTask(pool, collectionId, {
    ...{ ...TASK, ...kind, hasFileUploads: false, isPrivate: true, isChatFlow: false },
  });
  run = await queue.submit({ collectionId, taskId: task?.id ?? '', workflow: TASK.workflow, initParams: {} });
  while (!run.ended) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    run = (await runById(pool, run.id)) ?? run;
  }
  half = await halfRun(running.platform, run, ({ type }) => type === 'graded');
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
});
afterAll(() => browser?.close());

async function loggedIn(javaScriptEnabled: boolean): Promise<Page> {
  const context = await browser.newContext({ javaScriptEnabled });
  const [name = '', value = ''] = (await new Visitor(running.base).logIn(running.tokens.demo)).cookie.split('=');
  await context.addCookies([{ name, value, url: running.base }]);
  return context.newPage();
}

function eventsOf(of: PlatformRun): RunEvent[] {
  return readRecord(runFolder(running.platform, of)).events;
}

/** Writes events as if the run had gone on. */
function goOn(...bodies: EventBody[]): void {
  const log = path.join(runFolder(running.platform, half), 'events.jsonl');
  for (const body of bodies) {
    const { v, seq, time } = eventsOf(half).at(-1) as RunEvent;
    appendFileSync(log, `${JSON.stringify({ ...body, v, seq: seq + 1, time, run: half.id })}\n`);
  }
}

const here = () => `${running.base}/demo/t1/${half.trajectoryId}`;

describe('a run that goes on', () => {
  it('shows each round of grading and mending as it happens', async () => {
    const [grade] = ofType(eventsOf(run), 'graded');
    const step = ofType(eventsOf(run), 'step_started').at(-1);
    if (!grade || !step) throw new Error('the run was not graded');
    const mending = { ...step, number: step.number + 1, id: 'mend', title: 'Mend' };

    const tab = await loggedIn(true);
    await tab.goto(here());
    const rounds = tab.locator('[data-rounds] details');
    expect(await rounds.count()).toBe(1);
    await tab.evaluate('window.isSame = true');
    const scores = grade.scores.map((score) => ({ ...score, score: 2, reasons: [HOSTILE] }));
    goOn({ ...grade, round: 2, average: 2.25, passed: false, scores, failed_gates: ['no cost'] }, mending);
    await tab.getByText('Mending after round 2', { exact: true }).waitFor();
    expect(await rounds.nth(1).locator('summary').textContent()).toBe('2Round 22.25 of 5failed');
    expect(await rounds.nth(2).locator('.state').textContent()).toBe('running');
    await rounds.nth(1).locator('summary').click();
    expect(await rounds.nth(1).locator('li').allTextContents()).toEqual(
      expect.arrayContaining(['Failed gate: no cost', `${scores[0]?.name}, 2: ${HOSTILE}`]),
    );
    goOn(
      { type: 'tool_started', step: mending.number, call: 900, tool: 'write_artifact', input: {}, payload: null },
      { type: 'step_finished', number: mending.number, id: 'mend', note: null, elapsed_s: 2 },
      { ...grade, round: 3 },
      mending,
    );
    await rounds.nth(4).waitFor();
    expect(await rounds.nth(2).locator('.state').textContent()).toBe('done');
    expect(await rounds.nth(2).locator('code').textContent()).toBe('write_artifact');
    expect(await rounds.nth(3).locator('.state').textContent()).toBe('passed');
    expect(await tab.evaluate('window.isSame')).toBe(true);
    expect(await axeFaults(tab)).toEqual([]);

    // Who comes later sees the same.
    const told = await rounds.locator('summary').allTextContents();
    await tab.reload();
    expect(await rounds.locator('summary').allTextContents()).toEqual(told);
    expect(await tab.evaluate('window.hit')).toBeUndefined();
  });

  it('is followed without scripts as well', async () => {
    const tab = await loggedIn(false);
    await tab.goto(here());
    await tab.locator('main noscript p', { hasText: 'loads itself anew' }).waitFor();
    await endRun(running.platform.pool, half.id, { state: 'failed', exitCode: 1, error: 'It was ended.' });
    await tab.getByText('It was ended.').waitFor({ timeout: 20_000 });
    expect(await tab.locator('[data-rounds] details').count()).toBe(5);
    expect(await tab.locator('noscript, template').count()).toBe(0);
  });
});
