import { describe, expect, it } from 'vitest';
import { loadRunbook } from '../../agent/runbook/load.ts';
import { printRunbook } from '../../agent/runbook-md/print.ts';
import { listRoutines } from '../../platform/store/routines.ts';
import { endRun } from '../../platform/store/run-states.ts';
import { createRun } from '../../platform/store/runs.ts';
import { taskByName, updateTask } from '../../platform/store/tasks.ts';
import { loadRubric } from '../../rubric/load.ts';
import { withServer } from './server.ts';
import { Visitor } from './visitor.ts';

const running = withServer();
const { tokens } = running;
const HOSTILE = '<script>alert(1)</script>';
const FORM = { source: 'sample', driver: 'scripted', do: 'save' };

async function deployed(name: string) {
  const browser = await new Visitor(running.base).logIn(tokens.demo);
  await browser.post('/demo/-/deploy', '/demo/-/deploy', { ...FORM, name, 'vars.top_n': '4' });
  const { pool } = running.platform;
  const { rows } = await pool.query<{ id: string }>(`SELECT id FROM platform.collections WHERE name = 'demo'`);
  const task = await taskByName(pool, rows[0]?.id ?? '', name);
  if (!task) throw new Error('it was not deployed');
  return { browser, task };
}

describe('the form that deploys', () => {
  it('makes a schedule as well, and changes it when the task is deployed again', async () => {
    const { browser, task } = await deployed('timed');
    const again = (fields: Record<string, string>) =>
      browser.post('/demo/-/deploy', '/demo/-/deploy', { ...FORM, name: 'timed', ...fields });
    expect((await browser.get('/demo/timed/schedules')).text).toContain('None yet.');
    expect((await again({ type: 'daily', at: '07:05' })).status).toBe(303);
    expect((await browser.get('/demo/timed/schedules')).text).toContain('every day at 07:05 UTC');
    await again({ type: 'cron', expression: '30 7 * * mon-fri', time_zone: 'Europe/Berlin' });
    await again({ type: '' });
    const { text } = await browser.get('/demo/timed/schedules');
    expect(text).toContain('30 7 * * mon-fri (Europe/Berlin)');
    expect(text).not.toContain('every day at');
    const routines = await listRoutines(running.platform.pool, { collectionId: task.collectionId, taskId: task.id });
    expect(routines).toHaveLength(1);
  });

  it('makes nothing where the schedule is none', async () => {
    const { browser } = await deployed('others');
    const wrong = { ...FORM, name: 'untimed', type: 'cron', expression: '61 * * * *' };
    const { status, text } = await browser.post('/demo/-/deploy', '/demo/-/deploy', wrong);
    expect([status, (await browser.get('/demo/untimed')).status]).toEqual([400, 404]);
    expect(text).toMatch(/role="alert">\s*The cadence cannot be used/u);
    expect(text).toContain('value="61 * * * *"');
  });
});

describe('a runbook of somebody’s own', () => {
  const where = '/demo/-/import';
  const printed = async () =>
    printRunbook(loadRunbook(), { package: 'posthog-trace-optimizer', rubric: await loadRubric() });

  it('becomes a task with its parameters, from its text or its file, and gets a new text under the same name', async () => {
    const { browser } = await deployed('shipped');
    const text = await printed();
    const made = await browser.post(where, where, { name: 'mine', text: text.replaceAll('\n', '\r\n') });
    expect([made.status, made.headers.location]).toEqual([303, '/demo/mine']);
    const shown = await browser.get('/demo/mine');
    expect(shown.text).toContain('name="vars.top_n"');
    await browser.post('/demo/mine', '/demo/mine', { ...FORM, 'vars.top_n': '4' });
    const file = new File([text.replace('# PostHog', '# Our PostHog')], 'RUNBOOK.md');
    expect((await browser.postFiles(where, where, { name: 'MINE' }, [file], 'runbook')).status).toBe(303);
    const sql = `SELECT workflow->'init_params' AS params FROM platform.tasks WHERE lower(name) = 'mine'`;
    const params = async () => (await running.platform.pool.query<{ params: object }>(sql)).rows[0]?.params;
    expect(await params()).toMatchObject({ vars: { top_n: 4 }, instruction: expect.stringContaining('# Our PostHog') });
    // A run would refuse a parameter that its text does not know.
    await browser.post(where, where, { name: 'mine', text: text.replaceAll('top_n', 'best_n') });
    expect(await params()).toMatchObject({ vars: expect.not.objectContaining({ top_n: 4 }) });
    expect((await browser.get('/demo/-/audit')).text).toContain('task.create');
    // A task of the runbook that ships with the program stays one.
    const other = await browser.post(where, where, { name: 'shipped', text });
    expect([other.status, other.text.includes('is of another runbook')]).toEqual([400, true]);
  });

  it('is refused with its field where it cannot be performed, and shown again as text', async () => {
    const { browser } = await deployed('shipped');
    const text = (await printed()).replace('evaluation: rubric', 'evaluation: guess');
    const wrong = await browser.post(where, where, { name: 'no', text: `${text}\n${HOSTILE}</textarea>` });
    expect(wrong.status).toBe(400);
    expect(wrong.text).toMatch(/role="alert">\s*It is no runbook that can be performed: .*evaluation/u);
    expect(wrong.text).not.toContain(HOSTILE);
    expect(wrong.text).toContain('&lt;/textarea&gt;');
    const binary = new File([new Uint8Array([0xff, 0xfe, 0x00])], 'x.md');
    for (const [fields, files, why] of [
      [{}, [], 'Choose a RUNBOOK.md'],
      [{}, [binary], 'no text in UTF-8'],
      [{ text: '# Nothing' }, [], 'no frontmatter'],
      [{}, [new File(['x'.repeat(1_700_000)], 'large.md')], 'too large'],
    ] as const) {
      const refused = await browser.postFiles(where, where, { name: 'no', ...fields }, files, 'runbook');
      expect([refused.status, refused.text.includes(why)], why).toEqual([400, true]);
    }
    expect((await browser.get('/demo/no')).status).toBe(404);
  });
});

describe('the history of a task', () => {
  it('has what changed each time: values, and lines of its runbook', async () => {
    const { browser, task } = await deployed('changing');
    await browser.post('/demo/changing', '/demo/changing', { ...FORM, 'vars.top_n': '6' });
    const { pool } = running.platform;
    const init = (instruction: string) => ({ workflow: { ...task.workflow, init_params: { instruction } } });
    for (const text of [`# Do\n\nOne ${HOSTILE}\n`, '# Do\n\nTwo\n']) await updateTask(pool, task, init(text));
    const { status, text } = await browser.get('/demo/changing/history');
    expect(status).toBe(200);
    expect([...text.matchAll(/<summary><b>(\d)<\/b>/gu)].map(([, number]) => number)).toEqual(['4', '3', '2', '1']);
    expect(text).toMatch(/<code>vars\.top_n<\/code><\/td><td>4<\/td><td>6<\/td>/u);
    expect(text).toContain('From the bundled runbook to a text of its own.');
    expect(text).toMatch(/<del>-One &lt;script&gt;[^<]*<\/del><ins>\+Two\n<\/ins>/u);
    expect(text).not.toContain(HOSTILE);
  });

  it('is nobody else’s', async () => {
    const other = await new Visitor(running.base).logIn(tokens.other);
    for (const page of ['history', 'delete']) expect((await other.get(`/demo/changing/${page}`)).status).toBe(404);
    const sent = await other.post('/other', '/demo/changing/delete', { name: 'changing' });
    expect(sent.status).toBe(404);
  });
});

describe('a task', () => {
  it('is deleted by whoever types its name, when none of its runs goes on', async () => {
    const { browser, task } = await deployed('short-lived');
    const { pool } = running.platform;
    const ids = { collectionId: task.collectionId, taskId: task.id };
    const run = await createRun(pool, { ...ids, initParams: {}, workflow: {} });
    const here = '/demo/short-lived/delete';
    expect((await browser.get('/demo/short-lived')).text).toContain(`href="${here}"`);
    expect((await browser.get(here)).text).toMatch(/1 run\b.*0 schedules/su);
    const remove = (name: string) => browser.post(here, here, { name });
    expect((await remove('short')).text).toContain('This is not the name of the task.');
    expect((await remove('short-lived')).text).toContain('A run of it goes on');
    await endRun(pool, run?.id ?? '', { state: 'cancelled', exitCode: 130, error: null });
    expect((await browser.send(here, { name: 'short-lived' })).status).toBe(403);
    expect(await remove('short-lived')).toMatchObject({ status: 303, headers: { location: '/demo' } });
    expect((await browser.get('/demo/short-lived')).status).toBe(404);
    expect((await browser.get('/demo/-/audit')).text).toContain('task.delete');
  });
});
