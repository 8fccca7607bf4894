import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadRunbook } from '../../agent/runbook/load.ts';
import { printRunbook } from '../../agent/runbook-md/print.ts';
import { createCollection } from '../../platform/store/collections.ts';
import { setLabel } from '../../platform/store/labels.ts';
import { readRoutineSecrets } from '../../platform/store/routines.ts';
import { createToken, revokeToken } from '../../platform/store/tokens.ts';
import { loadRubric } from '../../rubric/load.ts';
import { withServer } from './server.ts';
import { Visitor } from './visitor.ts';

const running = withServer();
const { tokens } = running;
const visitor = () => new Visitor(running.base);
const HOSTILE = '<script>alert(1)</script>';
/** Anything but a file of ours. */
const FOREIGN_SCRIPT = /<script(?! src="\/assets\/\w+\.js" type="module"><\/script>)/u;

describe('sessions', () => {
  it('asks for a token, keeps who has one logged in, and leads back to where it was asked for', async () => {
    const browser = visitor();
    const away = await browser.get('/demo?page=2');
    expect(away).toMatchObject({ status: 303, headers: { location: '/login?to=%2Fdemo%3Fpage%3D2' } });
    const refused = await browser.post('/login', '/login', { token: 'mlc_wrong' });
    expect(refused.status).toBe(401);
    const before = browser.cookie;
    const entered = await browser.post('/login?to=/demo', '/login', { token: tokens.demo, to: '/demo' });
    expect(entered).toMatchObject({ status: 303, headers: { location: '/demo' } });
    expect(browser.cookie).not.toBe(before);
    expect(entered.headers['set-cookie']?.[0]).toMatch(/HttpOnly.*SameSite=Strict/u);
    const seen = await browser.get('/demo');
    expect(seen.status).toBe(200);
    expect(seen.headers['content-security-policy']).toMatch(/^default-src 'none';/u);
    expect(seen.text).not.toContain(tokens.demo);
    const stolen = browser.cookie;
    expect((await browser.post('/demo', '/logout', {})).status).toBe(303);
    browser.cookie = stolen;
    expect((await browser.get('/demo')).status).toBe(303);
  });

  it.each(['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', '/\t/evil.example'])(
    'never leads from the login to %j',
    async (to) => {
      const entered = await visitor().post('/login', '/login', { token: tokens.demo, to });
      expect(entered.headers.location).toBe('/');
    },
  );

  it('ends with its token, and when it was not used for long', async () => {
    const { pool } = running.platform;
    const { token, text } = await createToken(pool, { collectionId: null, name: 'brief' });
    const browser = await visitor().logIn(text);
    expect((await browser.get('/')).status).toBe(200);
    await pool.query(`UPDATE platform.sessions SET expires = now() - interval '1 s' WHERE token_id = $1`, [token.id]);
    expect((await browser.get('/')).status).toBe(303);
    await browser.logIn(text);
    await revokeToken(pool, token);
    expect((await browser.get('/')).status).toBe(303);
  });

  it('takes forms only from its own pages', async () => {
    const browser = await visitor().logIn(tokens.demo);
    const other = await visitor().logIn(tokens.demo);
    const theirs = /name="csrf" value="([^"]+)"/u.exec((await other.get('/demo')).text)?.[1] ?? '';
    expect((await browser.send('/logout', {})).status).toBe(403);
    expect((await browser.send('/logout', { csrf: theirs })).status).toBe(403);
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: '' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ])
      expect(await browser.post('/demo', '/logout', {}, headers as Record<string, string>)).toMatchObject({
        status: 403,
      });
    expect((await browser.get('/demo')).status).toBe(200);
  });
});

describe('who may see what', () => {
  it.each(['/', '/demo', '/api/v1/health', '/openapi.json', '/assets/style.css', '/login'])(
    'answers %s only to names of its own',
    async (path) => {
      for (const host of ['evil.example', 'demo.localhost.evil.example', '192.0.2.1', ''])
        expect(await visitor().get(path, { host: host || ' ' }), host).toMatchObject({
          status: expect.toBeOneOf([400, 421]),
        });
      for (const host of ['localhost', '127.0.0.1:80', '[::1]:8000'])
        expect((await visitor().get(path, { host })).status, host).toBeLessThan(400);
    },
  );

  it('shows a collection only to its own token and the administrator', async () => {
    const other = await visitor().logIn(tokens.other);
    expect((await other.get('/')).headers.location).toBe('/other');
    expect((await other.get('/demo')).status).toBe(404);
    expect((await other.get('/nowhere')).text.replaceAll('nowhere', 'demo')).toBe((await other.get('/demo')).text);
    const admin = await visitor().logIn(tokens.admin);
    expect((await admin.get('/')).text).toContain('href="/demo"');
    expect((await admin.get('/demo')).status).toBe(200);
  });

  it('shows texts of others as text', async () => {
    await createCollection(running.platform.pool, { name: 'hostile', description: HOSTILE });
    const admin = await visitor().logIn(tokens.admin);
    for (const path of ['/', '/hostile']) {
      const { text } = await admin.get(path);
      expect(text).not.toContain(HOSTILE);
      expect(text).toContain('&lt;script&gt;');
    }
  });
});

describe('a task', () => {
  const FORM = { name: 'optimizer', source: 'sample', driver: 'scripted', 'vars.top_n': '4', do: 'save' };

  it('is made of the runbook that ships with the program, and brought up to date', async () => {
    const browser = await visitor().logIn(tokens.demo);
    const page = '/demo/-/deploy';
    const { text } = await browser.get(page);
    expect(text).toMatch(/name="vars\.window_days"[^>]*value="30"/u);
    expect(text).toContain('{{window.from}}');
    for (const top of ['4', '6'])
      expect(await browser.post(page, page, { ...FORM, 'vars.top_n': top })).toMatchObject({
        status: 303,
        headers: { location: '/demo/optimizer' },
      });
    const { rows } = await running.platform.pool.query(
      `SELECT workflow->'init_params' AS params FROM platform.tasks WHERE name = 'optimizer'`,
    );
    expect(rows).toEqual([{ params: expect.objectContaining({ source: 'sample', vars: { top_n: 6 } }) }]);
    const task = await browser.get('/demo/optimizer');
    expect(task.text).toMatch(/name="vars\.top_n"[^>]*value="6"/u);
    expect((await browser.post('/demo/optimizer', '/demo/optimizer', { ...FORM, do: 'save' })).status).toBe(303);
  });

  it('says what is wrong with what it is to run with, and shows it again', async () => {
    const browser = await visitor().logIn(tokens.demo);
    const send = (fields: Record<string, string>) =>
      browser.post('/demo/optimizer', '/demo/optimizer', { ...FORM, do: 'run', ...fields });
    const lacking = await send({ source: 'posthog', 'vars.top_n': '7' });
    expect(lacking.status).toBe(400);
    expect(lacking.text).toContain('needs POSTHOG_API_KEY, POSTHOG_PROJECT_ID, POSTHOG_HOST');
    expect(lacking.text).toMatch(/name="vars\.top_n"[^>]*value="7"/u);
    const wrong = await send({ 'vars.top_n': `"><b>${HOSTILE}` });
    expect(wrong.status).toBe(400);
    expect(wrong.text).toContain('must be a whole number');
    expect(wrong.text).not.toContain(HOSTILE);
    expect((await send({ driver: 'claude' })).text).toContain('Claude needs one of ANTHROPIC_API_KEY');
    expect((await send({ max_cost_usd: '-1' })).status).toBe(400);
    expect((await send({ 'vars.unheard_of': '1' })).status).toBe(400);
  });

  it('of another runbook has the steps and the parameters of that one', async () => {
    const own = { package: 'posthog-trace-optimizer', rubric: await loadRubric() };
    const instruction = printRunbook(loadRunbook(), own).replace(
      'Environment setup and connectivity check',
      'First of all',
    );
    const made = await fetch(`${running.base}/api/v1/tasks/demo`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokens.demo}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'sent', workflow: { init_params: { instruction, source: 'sample' } } }),
    });
    expect(made.status).toBe(201);
    const browser = await visitor().logIn(tokens.demo);
    const { text } = await browser.get('/demo/sent');
    expect(text).toContain('<b>First of all</b>');
    expect(text).toMatch(/name="vars\.window_days"[^>]*value="30"/u);
    const begun = await browser.post('/demo/sent', '/demo/sent', { source: 'sample', 'vars.nothing': '1', do: 'run' });
    expect(begun.status).toBe(400);
  });

  it('of somebody else is shown as text, whatever it is called', async () => {
    const { pool } = running.platform;
    const { rows } = await pool.query<{ id: string }>(`SELECT id FROM platform.collections WHERE name = 'demo'`);
    await pool.query(
      `INSERT INTO platform.tasks (collection_id, name, description, workflow) VALUES ($1, $2, $2, $3)`,
      [
        ...[rows[0]?.id, `a/b ${HOSTILE}`],
        JSON.stringify({
          init_params: { model: HOSTILE, instruction: `# Do\n\n${HOSTILE}\n[x](javascript:alert(1))` },
        }),
      ],
    );
    const browser = await visitor().logIn(tokens.demo);
    for (const path of ['/demo', `/demo/${encodeURIComponent(`a/b ${HOSTILE}`)}`]) {
      const { status, text } = await browser.get(path);
      expect(status).toBe(200);
      expect(text).not.toMatch(FOREIGN_SCRIPT);
      expect(text).not.toContain('javascript:');
    }
  });
});

/** Runs the sample with the form of the task. @returns the path of the run's page */
async function begin(browser: Visitor): Promise<string> {
  const form = { source: 'sample', driver: 'scripted', do: 'run' };
  return String((await browser.post('/demo/optimizer', '/demo/optimizer', form)).headers.location);
}

describe('a run', () => {
  it('is followed as it happens, from any event on, until it ends', async () => {
    const browser = await visitor().logIn(tokens.demo);
    const here = await begin(browser);
    expect(here).toMatch(/^\/demo\/optimizer\/[0-9a-f]{8}$/u);
    const other = await visitor().logIn(tokens.other);
    expect((await browser.get(here)).text).toContain(`data-live="${here}/events?after=`);
    const stream = await browser.get(`${here}/events`);
    expect(stream.headers['content-type']).toBe('text/event-stream');
    const ids = [...stream.text.matchAll(/^id: (\d+)$/gmu)].map(([, id]) => Number(id));
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(stream.text).toContain('"step":11,"state":"done"');
    expect(stream.text).toMatch(/event: end\ndata: completed\n\n$/u);
    const [last = 0] = ids.slice(-1);
    const rest = await browser.get(`${here}/events`, { 'last-event-id': String(last - 1) });
    expect([...rest.text.matchAll(/^id: (\d+)$/gmu)].map(([, id]) => Number(id))).toEqual([last]);
    const over = await browser.get(here);
    expect(over.text).toContain('<b>Passed</b>: 5.00 of 5');
    expect(over.text).toContain('src="data:image/svg+xml;base64,');
    expect(over.text).not.toContain('live.js');
    expect((await browser.get('/demo/optimizer/runs')).text).toContain(`href="${here}"`);
    expect((await browser.post('/demo', `${here}/cancel`, {})).status).toBe(400);
    const report = await browser.get(`${here}/files/recommendations.md`);
    expect(report.headers).toMatchObject({
      'content-security-policy': 'sandbox',
      'content-disposition': expect.stringMatching(/^attachment/u),
    });
    const figure = await browser.get(`${here}/figures/cost_by_operation.svg`);
    expect(figure.headers).toMatchObject({
      'content-type': 'image/svg+xml',
      'content-security-policy': expect.stringMatching(/sandbox$/u),
    });
    for (const path of ['', '/events', '/files/recommendations.md', '/figures/cost_by_operation.svg'])
      expect((await other.get(here + path)).status, path).toBe(404);
    for (const path of ['/files/..%2F..%2Fsecret', '/files/payloads/x', '/files/%2Fetc%2Fpasswd', '/figures/x.svg'])
      expect((await browser.get(here + path)).status, path).toBe(404);
  }, 120_000);

  it('shows its report and its findings as what they are: texts of others', async () => {
    const { pool, runsDir } = running.platform;
    const { rows } = await pool.query<{ id: string; collection_id: string; trajectory_id: string }>(
      'SELECT id, collection_id, trajectory_id FROM platform.runs',
    );
    const [run] = rows;
    const label = { key: 'recommendation.x', value: `merged ${HOSTILE}`, author: 'a' };
    await setLabel(pool, run?.id ?? '', label);
    const dir = path.join(runsDir, run?.collection_id ?? '', run?.trajectory_id ?? '');
    const hostile = `# T\n\n${HOSTILE} <img src=x onerror=alert(1)> [x](javascript:alert(1)) ![y](https://evil.example/y.png)\n`;
    writeFileSync(path.join(dir, 'recommendations.md'), hostile);
    const findings = path.join(dir, 'data/findings.json');
    writeFileSync(findings, readFileSync(findings, 'utf8').replace(/"title": "/u, `"title": "${HOSTILE}`));
    const browser = await visitor().logIn(tokens.demo);
    const { text } = await browser.get(`/demo/optimizer/${run?.trajectory_id}`);
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(text).toContain('<span>recommendation.x</span><b>merged &lt;script&gt;');
    expect(text).not.toMatch(FOREIGN_SCRIPT);
    for (const evil of ['onerror', 'javascript:', 'evil.example']) expect(text).not.toContain(evil);
  });

  it('is cancelled by its page', async () => {
    const browser = await visitor().logIn(tokens.demo);
    const here = await begin(browser);
    expect((await browser.post(here, `${here}/cancel`, {})).status).toBe(303);
    expect((await browser.get(`${here}/events`)).text).toMatch(/event: end\ndata: cancelled\n\n$/u);
    expect((await browser.get(here)).text).toContain('<span class="state cancelled">cancelled</span>');
  }, 60_000);
});

describe('a collection', () => {
  it('takes variables, and never gives them back', async () => {
    const browser = await visitor().logIn(tokens.other);
    const here = '/other/-/variables';
    const send = (fields: Record<string, string>) => browser.post(here, here, fields);
    expect((await send({ do: 'set', name: 'POSTHOG_API_KEY', value: 'phx_secret' })).status).toBe(303);
    expect((await send({ do: 'set', name: '1 bad', value: 'x' })).status).toBe(400);
    const set = await browser.get(here);
    expect(set.text).toContain('<code>POSTHOG_API_KEY</code></td>');
    expect((await browser.get('/other/-/deploy')).text).toContain('needs <code>POSTHOG_PROJECT_ID</code>');
    expect((await send({ do: 'remove', name: 'POSTHOG_API_KEY' })).status).toBe(303);
    const audit = await browser.get('/other/-/audit');
    expect(audit.text).toMatch(/environment\.remove.*environment\.set/su);
    for (const { text } of [set, audit]) expect(text).not.toContain('phx_secret');
  });

  it('makes tokens, shown once, and revokes them', async () => {
    const browser = await visitor().logIn(tokens.other);
    const here = '/other/-/tokens';
    const made = await browser.post(here, here, { do: 'create', name: HOSTILE });
    const [text = ''] = /mlc_[a-z0-9]{32}/u.exec(made.text) ?? [];
    expect(made.text).not.toContain(HOSTILE);
    const list = await browser.get(here);
    expect(list.text).not.toContain(text);
    const theirs = await visitor().logIn(text);
    expect((await theirs.get('/other')).status).toBe(200);
    const ids = [...list.text.matchAll(/name="id" value="([^"]+)"/gu)].map(([, id]) => id ?? '');
    const demo = await visitor().logIn(tokens.demo);
    expect((await demo.post('/demo/-/tokens', '/demo/-/tokens', { do: 'revoke', id: ids.at(-1) ?? '' })).status).toBe(
      404,
    );
    expect((await browser.post(here, here, { do: 'revoke', id: ids.at(-1) ?? '' })).status).toBe(303);
    expect((await theirs.get('/other')).status).toBe(303);
    expect((await browser.post(here, here, { do: 'revoke', id: 'x' })).status).toBe(404);
  });

  it('keeps schedules of its tasks', async () => {
    const browser = await visitor().logIn(tokens.demo);
    const here = '/demo/optimizer/schedules';
    const send = (fields: Record<string, string>) => browser.post(here, here, fields);
    const weekly = { do: 'create', name: HOSTILE, type: 'weekly', day_of_week: 'tue', at: '07:05' };
    expect((await send(weekly)).status).toBe(303);
    const twice = await send(weekly);
    expect(twice.status).toBe(400);
    expect(twice.text).toContain('has a schedule');
    const cron = await send({ do: 'create', name: 'c', type: 'cron', expression: 'nonsense' });
    expect(cron.status).toBe(400);
    expect(cron.text).toContain('value="nonsense"');
    const { text } = await browser.get(here);
    expect(text).toContain('Tuesdays at 07:05 UTC');
    expect(text).not.toContain(HOSTILE);
    expect((await send({ do: 'pause', name: HOSTILE })).status).toBe(303);
    expect((await browser.get(here)).text).toContain('>paused</span>');
    expect((await send({ do: 'resume', name: HOSTILE })).status).toBe(303);
    expect((await send({ do: 'run', name: HOSTILE })).headers.location).toMatch(/^\/demo\/optimizer\/[0-9a-f]{8}$/u);
    expect((await browser.get('/demo/-/audit')).text).toContain('routine.run');
    await changed(browser, here);
    expect((await send({ do: 'delete', name: HOSTILE })).status).toBe(303);
    expect((await send({ do: 'pause', name: HOSTILE })).status).toBe(404);
  });

  /** A schedule is changed by the form that shows it. */
  async function changed(browser: Visitor, here: string) {
    const form = `${here}?change=${encodeURIComponent(HOSTILE)}`;
    const shown = await browser.get(form);
    expect(shown.text).toMatch(/option value="tue" selected/u);
    expect(shown.text).toContain('value="07:05"');
    const save = { do: 'save', name: HOSTILE, type: 'weekly', day_of_week: 'tue', at: '08:15', catch_up: 'all' };
    const more = { jitter_s: '90', webhook_url: 'https://hooks.example/x', webhook_secret: 'whsec_1' };
    expect((await browser.post(form, here, { ...save, ...more, 'vars.top_n': '7' })).status).toBe(303);
    const now = await browser.get(form);
    for (const value of ['value="08:15"', 'value="90"', 'value="https://hooks.example/x"', 'It has one'])
      expect(now.text).toContain(value);
    expect(now.text).toMatch(/name="vars\.top_n"[^>]*value="7"|value="7"[^>]*name="vars\.top_n"/u);
    expect(now.text).not.toContain('whsec_1');
    for (const wrong of [{ jitter_s: '9000' }, { webhook_url: 'ftp://x' }, { 'vars.top_n': 'many' }, { at: '99:99' }]) {
      const { status, text } = await browser.post(form, here, { ...save, ...more, ...wrong });
      expect([status, text.includes('role="alert"'), text.includes('whsec_1')], JSON.stringify(wrong)).toEqual([
        ...[400, true, false],
      ]);
    }
    expect((await browser.get(here)).text).toContain('Tuesdays at 08:15 UTC');
    const { pool, cipher } = running.platform;
    // What no text of the form can say stays as it is, and what is emptied is the task's again.
    const odd = { source: 'sample', vars: { top_n: null, analysis_history: '', window_days: 9 } };
    await pool.query('UPDATE platform.routines SET init_params_overrides = $2 WHERE name = $1', [HOSTILE, odd]);
    const kept = { ...save, ...more, 'vars.top_n': '', 'vars.analysis_history': '', 'vars.window_days': '' };
    expect((await browser.post(form, here, kept)).status).toBe(303);
    const { rows: after } = await pool.query(
      'SELECT init_params_overrides AS overrides FROM platform.routines WHERE name = $1',
      [HOSTILE],
    );
    expect(after).toEqual([{ overrides: { source: 'sample', vars: { top_n: null, analysis_history: '' } } }]);
    await browser.post(form, here, { ...save, ...more, 'vars.top_n': '7' });
    const { rows } = await pool.query<{ id: number; vars: unknown }>(
      `SELECT id, init_params_overrides->'vars' AS vars FROM platform.routines WHERE name = $1`,
      [HOSTILE],
    );
    expect(rows).toMatchObject([{ vars: { top_n: 7 } }]);
    expect(await readRoutineSecrets(pool, rows[0]?.id ?? 0, cipher)).toEqual({ webhookSecret: 'whsec_1' });
    expect((await browser.get(`${here}?change=none`)).status).toBe(404);
  }

  it.each(['variables', 'tokens', 'audit', 'deploy', 'import'])('shows its %s to nobody else', async (which) => {
    const browser = await visitor().logIn(tokens.other);
    expect((await browser.get(`/demo/-/${which}`)).status).toBe(404);
    expect((await browser.post('/other', `/demo/-/${which}`, { do: 'create', name: 'x' })).status).toBe(404);
  });
});

// Last: it shuts out the address of all tests.
describe('guessing', () => {
  it('makes an address wait that guesses', async () => {
    const browser = visitor();
    const statuses = new Set<number>();
    for (let attempt = 0; attempt < 12; attempt += 1)
      statuses.add((await browser.post('/login', '/login', { token: `mlc_${attempt}` })).status);
    expect([...statuses]).toEqual([401, 429]);
    expect((await browser.post('/login', '/login', { token: tokens.demo })).status).toBe(429);
  });
});
