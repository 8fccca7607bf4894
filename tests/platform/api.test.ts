import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { TASK, withServer } from './server.ts';
import { unzip } from './unzip.ts';

const REQUESTS = '../shared/reference/jetty_client_requests.json';
const running = withServer();
const tokens = running.tokens;

interface Answer {
  status: number;
  body: Record<string, never> & { detail?: unknown };
}

async function ask(
  method: string,
  where: string,
  more: { token?: string; json?: unknown; form?: FormData } = {},
): Promise<Answer> {
  const { token = tokens.demo, json, form } = more;
  const headers = {
    authorization: `Bearer ${token}`,
    ...(json === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const content = json === undefined ? form : JSON.stringify(json);
  const answer = await fetch(`${running.base}${where}`, {
    method,
    headers,
    ...(content === undefined ? {} : { body: content }),
  });
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/u);
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
}

/** Where a link leads; undefined where it is gone. */
function linkIn(place: string): string | undefined {
  try {
    return readlinkSync(place);
  } catch {
    return undefined;
  }
}

function form(fields: Record<string, string>, files: [string, string][] = []): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  for (const [name, content] of files) data.append('files', new Blob([content]), name);
  return data;
}

async function ended(id: string, token = tokens.demo): Promise<Record<string, never>> {
  for (;;) {
    const { body } = await ask('GET', `/api/v1/db/trajectory/demo/t1/${id}`, { token });
    if (!['pending', 'running'].includes(body.status ?? '')) return body;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe('the API', () => {
  it('runs a task, shows its steps, and gives its files', async () => {
    expect((await ask('POST', '/api/v1/tasks/demo', { json: TASK })).status).toBe(201);
    const begun = await ask('POST', '/api/v1/run/demo/t1', { form: form({ init_params: '{"vars":{"top_n":"3"}}' }) });
    expect(begun).toMatchObject({
      status: 200,
      body: { workflow_id: expect.stringMatching(/^demo-t1--[0-9a-f]{8}$/u) },
    });
    const id = String(begun.body.workflow_id).split('--').at(-1) ?? '';
    const done = await ended(id);
    expect(done).toMatchObject({
      ...{ name: 'demo/t1', trajectory_id: id, status: 'completed', error: null, exit_code: 0, score: 5 },
      init_params: { vars: { top_n: '3' } },
    });
    const steps = Object.values(done.steps ?? {}) as { key: string; status: string; duration_seconds: number }[];
    expect(steps).toHaveLength(12);
    expect(steps.at(-1)).toMatchObject({ key: 'run', outputs: { success: true } });
    expect(new Set(steps.map(({ status }) => status))).toEqual(new Set(['completed']));
    const outputs = (
      steps.at(-1) as unknown as { outputs: { results_files: { path: string }[]; primary_files: string[] } }
    ).outputs;
    const [report = ''] = outputs.primary_files;
    expect(report).toMatch(new RegExp(`^demo/t1/0000/${id}\\.run\\.\\d{4}\\.app--results--recommendations\\.md$`, 'u'));
    const file = await fetch(`${running.base}/api/v1/file/${report}`, {
      headers: { authorization: `Bearer ${tokens.demo}` },
    });
    expect(await file.text()).toContain('## Executive Summary');
    expect(file.headers.get('content-type')).toBe('text/markdown; charset=utf-8');
    const listed = await ask('GET', '/api/v1/list-files?prefix=demo/t1/0000');
    expect(listed.body.files).toContain(report);
    const zip = await fetch(`${running.base}/api/v1/trajectory/demo/t1/${id}/download`, {
      headers: { authorization: `Bearer ${tokens.demo}` },
    });
    const zipped = unzip(Buffer.from(await zip.arrayBuffer()));
    expect([...zipped.keys()].map((name) => `demo/t1/0000/${name}`)).toEqual(listed.body.files);
    expect(String(zipped.get(path.basename(report)))).toContain('## Executive Summary');
    expect((await ask('GET', `/api/v1/workflows-logs/demo-t1--${id}`)).body).toMatchObject({ status: 'completed' });
    expect((await ask('GET', '/api/v1/db/stats/demo/t1')).body).toMatchObject({ total: 1, success_rate: 1 });
    for (const where of [
      `/api/v1/db/trajectory/demo/t1/${id}`,
      `/api/v1/workflows-logs/demo-t1--${id}`,
      '/api/v1/db/stats/demo/t1',
      '/api/v1/list-files?prefix=demo/t1/0000',
      `/api/v1/file/${report}`,
      '/api/v1/collections/demo/environment',
    ])
      expect(await ask('GET', where, { token: tokens.other }), where).toMatchObject({ status: 404 });

    await ask('PUT', '/api/v1/tasks/demo/t1', { json: { name: 'teams/0000/t 1' } });
    const { body: slashes } = await ask('GET', '/api/v1/list-files?prefix=demo/teams/0000/t%201/0000');
    const stored = (slashes.files as unknown as string[]).find((each) => each.endsWith('recommendations.md')) ?? '';
    expect(stored).toMatch(/^demo\/teams\/0000\/t 1\/0000\//u);
    const headers = { authorization: `Bearer ${tokens.demo}` };
    expect((await fetch(`${running.base}/api/v1/file/${encodeURI(stored)}`, { headers })).status).toBe(200);
    await ask('PUT', '/api/v1/tasks/demo/teams%2F0000%2Ft%201', { json: { name: 't1' } });
  }, 120_000);

  it('waits for the end of a synchronous run, whose files are its source', async () => {
    const files: [string, string][] = [['../../events.jsonl', 'no events\n']];
    const { status, body } = await ask('POST', '/api/v1/run-sync/demo/t1', {
      form: form({ init_params: '{}' }, files),
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'failed', steps: { run: { outputs: { success: false } } } });
    expect(body.init_params).toMatchObject({
      file_paths: [expect.stringMatching(/^demo\/_sandbox_uploads\/\w+\/00-events\.jsonl$/u)],
    });
    expect(String(body.error)).toContain('events');
  }, 60_000);

  it('performs a runbook as a chat, and says where it stands when the time is over', async () => {
    const where = '/v1/chat/completions';
    const jetty = {
      runbook: true,
      collection: 'demo',
      task: 'chat',
      source: 'sample',
      template_variables: { top_n: 3 },
    };
    const waiting = await ask('POST', where, { json: { jetty: { ...jetty, timeout_hint: 0 } } });
    expect(waiting).toMatchObject({ status: 202, body: { jetty_metadata: { status: 'running', task: 'chat' } } });
    const done = await ask('POST', where, { json: { messages: [{ role: 'user', content: 'Go.' }], jetty } });
    expect(done).toMatchObject({
      status: 200,
      body: {
        object: 'chat.completion',
        choices: [{ message: { role: 'assistant' } }],
        jetty_metadata: { status: 'completed' },
      },
    });
    expect(JSON.stringify(done.body.choices)).toContain('Projected');
    const wrong = await ask('POST', where, { json: { messages: [{ role: 'system', content: 'no runbook' }], jetty } });
    expect(JSON.stringify(wrong.body.choices)).toContain('no frontmatter');
    const inside = { ...jetty, runbook_url: 'http://169.254.169.254/RUNBOOK.md' };
    expect((await ask('POST', where, { json: { jetty: inside } })).status).toBe(400);
    expect((await ask('POST', where, { json: { messages: [] } })).status).toBe(400);
    expect((await ask('POST', where, { json: { jetty }, token: tokens.other })).status).toBe(404);
  }, 60_000);

  it('takes files of a chat by their ids as well, and its labels', async () => {
    const form = new FormData();
    form.set('file', new File(['{}\n'], 'events.jsonl'));
    const { body: sent } = await ask('POST', '/api/v1/files', { form });
    const labels = [{ key: 'suite', value: 'nightly' }];
    const jetty = { collection: 'demo', task: 'chat', files: [sent.id], labels, timeout_hint: 0 };
    const { body } = await ask('POST', '/v1/chat/completions', { json: { jetty } });
    const { jetty_metadata } = body as unknown as { jetty_metadata: { trajectory_id: string } };
    const { body: run } = await ask('GET', `/api/v1/db/trajectory/demo/chat/${jetty_metadata.trajectory_id}`);
    expect(run).toMatchObject({ init_params: { source: [sent.id] }, labels });
  });

  it.each(['', '.', '..', 'x'.repeat(201)])('makes no task whose name is no part of a path: %j', async (name) => {
    expect((await ask('POST', '/api/v1/tasks/demo', { json: { name, workflow: {} } })).status).toBe(422);
    const routine = { name, cadence: { type: 'manual' } };
    expect((await ask('POST', '/api/v1/routines/demo/t1', { json: routine })).status).toBe(422);
  });

  it('zips what a run that goes on has left so far, and leaves no file open where nobody reads on', async () => {
    const { body } = await ask('GET', '/api/v1/db/trajectories/demo/t1?limit=200');
    const { trajectories } = body as unknown as { trajectories: { trajectory_id: string; score: number | null }[] };
    const run = trajectories.find(({ score }) => score !== null);
    const { rows } = await running.platform.pool.query<{ id: string }>(
      `SELECT id FROM platform.collections WHERE name = 'demo'`,
    );
    const dir = path.join(running.platform.runsDir, rows[0]?.id ?? '', run?.trajectory_id ?? '');
    const log = path.join(dir, 'events.jsonl');
    // A line that is being written, of what does not pack: the answer is not over at once.
    const grown = randomBytes(40_000_000).toString('base64');
    appendFileSync(log, grown);
    const openFiles = () => readdirSync('/proc/self/fd').filter((fd) => linkIn(`/proc/self/fd/${fd}`) === log).length;
    const download = async () => {
      const headers = { authorization: `Bearer ${tokens.demo}` };
      const answer = await fetch(`${running.base}/api/v1/trajectory/demo/t1/${run?.trajectory_id}/download`, {
        headers,
      });
      return answer.body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
    };
    const reader = await download();
    const first = await reader.read();
    await expect.poll(openFiles).toBe(1);
    appendFileSync(log, grown);
    const parts = [first.value];
    for (let part = await reader.read(); !part.done; part = await reader.read()) parts.push(part.value);
    const zipped = unzip(Buffer.concat(parts.flatMap((part) => (part ? [part] : []))));
    const largest = Math.max(...[...zipped.values()].map((content) => content.length));
    expect(largest).toBeGreaterThan(grown.length);
    expect(largest).toBeLessThan(2 * grown.length);
    const left = await download();
    await left.read();
    await expect.poll(openFiles).toBe(1);
    await left.cancel();
    await expect.poll(openFiles).toBe(0);
  }, 60_000);

  it('keeps runs that others performed as they tell of them, and takes none of its own for one', async () => {
    const where = '/api/v1/trajectories/demo/t1/ingest';
    const told = {
      ...{ input: { case: 'a' }, output: { answer: 42 }, scores: { exact: 0.5 }, labels: { suite: 'nightly' } },
      ...{ cost_usd: 0.25, source: 'eve', eval_id: 'e1', metadata: { branch: 'main' }, author: 'ci' },
      ...{ created: '2026-07-01T00:00:00Z', completed: '2026-07-01T00:00:30Z', trajectory_id: 'abcdef01' },
    };
    const kept = await ask('POST', where, { json: told });
    expect(kept).toMatchObject({
      status: 200,
      body: { trajectory_id: 'abcdef01', name: 'demo/t1', storage_path: 'demo/t1/0000', status: 'completed' },
    });
    const labels = { suite: 'nightly', 'score.exact': '0.5', cost_est_usd: '0.25' };
    const shown = async () => (await ask('GET', '/api/v1/db/trajectory/demo/t1/abcdef01')).body;
    const labelsIn = (body: Answer['body']) =>
      Object.fromEntries(
        (body.labels as unknown as { key: string; value: string }[]).map(({ key, value }) => [key, value]),
      );
    expect(labelsIn(kept.body)).toEqual(labels);
    expect(await shown()).toMatchObject({
      ...{ status: 'completed', init_params: { case: 'a' }, score: null, cost_usd: 0.25, author: 'ci' },
      attributes: { params: { case: 'a', source: 'eve', eval_id: 'e1', branch: 'main' } },
      steps: { run: { outputs: { success: true, output: { answer: 42 } }, duration_seconds: 30 } },
    });
    // Told anew: in place of what it was.
    const label = { key: 'score.human', value: '3', author: 'reviewer' };
    expect((await ask('POST', '/api/v1/trajectory/demo/t1/abcdef01/labels', { json: label })).status).toBe(200);
    const again = { ...told, status: 'failed', scores: { other: 1 }, labels: {}, cost_usd: undefined };
    expect(labelsIn((await ask('POST', where, { json: again })).body)).toEqual({
      'score.human': '3',
      'score.other': '1',
    });
    expect(await shown()).toMatchObject({ status: 'failed', exit_code: 1 });
    await ask('POST', '/api/v1/trajectory/demo/t1/statuses', { json: { abcdef01: 'archived' } });
    await ask('POST', where, { json: again });
    expect((await shown()).status).toBe('archived');
    const { total } = (await ask('GET', '/api/v1/db/trajectories/demo/t1?limit=1')).body as unknown as {
      total: number;
    };
    expect((await ask('POST', where, { json: { output: 'x' } })).body).toMatchObject({ status: 'completed' });
    const { trajectories } = (await ask('GET', '/api/v1/db/trajectories/demo/t1?limit=200')).body as unknown as {
      trajectories: { trajectory_id: string; metadata_uri: string; score: number | null }[];
    };
    expect(trajectories).toHaveLength(total + 1);
    const ours = trajectories.find(({ score }) => score !== null)?.trajectory_id;
    const taken = await ask('POST', where, { json: { ...told, trajectory_id: ours } });
    expect(taken).toMatchObject({ status: 400, body: { detail: expect.stringContaining('of another run') } });
    expect((await ask('GET', `/api/v1/db/trajectory/demo/t1/${ours}`)).body.score).not.toBeNull();
    const late = await ask('POST', where, {
      json: { completed: '2026-01-01T00:00:00Z', created: '2026-01-02T00:00:00Z' },
    });
    expect(late).toMatchObject({ status: 400, body: { detail: expect.stringContaining('before created') } });
    const ahead = await ask('POST', where, { json: { completed: '9999-01-01T00:00:00Z' } });
    expect(ahead).toMatchObject({ status: 400, body: { detail: expect.stringContaining('in the future') } });
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`l${index}`, 'x']));
    for (const large of [{ output: 'x'.repeat(300_000) }, { labels: many }])
      expect(await ask('POST', where, { json: large })).toMatchObject({ status: 413 });
    expect(await ask('POST', where, { json: told, token: tokens.other })).toMatchObject({ status: 404 });
    for (const wrong of [{ status: 'running' }, { trajectory_id: '../../etc' }, { scores: { a: 'high' } }])
      expect(await ask('POST', where, { json: wrong })).toMatchObject({ status: 422 });
  });

  it('changes all states that it is asked for, or none', async () => {
    const { trajectories } = (await ask('GET', '/api/v1/db/trajectories/demo/t1?limit=200')).body as unknown as {
      trajectories: { trajectory_id: string; status: string }[];
    };
    const over = trajectories.find(({ status }) => status === 'completed')?.trajectory_id ?? '';
    const where = '/api/v1/trajectory/demo/t1/statuses';
    const one = { [over]: 'archived', ffffffff: 'archived' };
    expect(await ask('POST', where, { json: one })).toMatchObject({ status: 404 });
    expect((await ask('GET', `/api/v1/db/trajectory/demo/t1/${over}`)).body.status).toBe('completed');
    expect((await ask('POST', where, { json: { [over]: 'archived' } })).body).toEqual({ [over]: 'archived' });
  });

  it('keeps no files of a run that it refuses', async () => {
    const { pool, uploadsDir } = running.platform;
    const kept = async () => (await pool.query('SELECT 1 FROM platform.uploads')).rowCount;
    const [rows, folders] = [await kept(), readdirSync(path.join(uploadsDir), { recursive: true }).length];
    await pool.query(`INSERT INTO platform.runs (trajectory_id, collection_id, task_id, workflow)
      SELECT lpad(to_hex(n), 8, '0'), t.collection_id, t.id, '{}' FROM generate_series(1, 1000) n, platform.tasks t
      WHERE t.name = 't1'`);
    try {
      const sent = form({ init_params: '{}' }, [['events.jsonl', '{"event":"$ai_generation"}']]);
      const refused = await ask('POST', '/api/v1/run/demo/t1', { form: sent });
      expect(refused).toMatchObject({ status: 400, body: { detail: expect.stringContaining('1000 runs') } });
    } finally {
      await pool.query(`DELETE FROM platform.runs WHERE trajectory_id < '000003e9'`);
    }
    expect([await kept(), readdirSync(path.join(uploadsDir), { recursive: true }).length]).toEqual([rows, folders]);
  });

  it('refuses what is no address of a webhook when it is asked for, not when it is needed', async () => {
    const routine = { name: 'told', cadence: { type: 'manual' }, webhook_url: 'ftp://hooks.example/x' };
    expect((await ask('POST', '/api/v1/routines/demo/t1', { json: routine })).status).toBe(422);
    const wrong = form({ init_params: '{}', webhook_url: 'hooks.example' });
    expect(await ask('POST', '/api/v1/run/demo/t1', { form: wrong })).toMatchObject({ status: 400 });
  });

  it('never gives the value of a variable', async () => {
    const changed = await ask('PATCH', '/api/v1/collections/demo/environment', {
      json: { environment_variables: { POSTHOG_API_KEY: 'phx_secret', GONE: 'x' } },
    });
    expect(changed.body.environment_variables).toEqual({ POSTHOG_API_KEY: '********', GONE: '********' });
    const again = await ask('PATCH', '/api/v1/collections/demo/environment', {
      json: { environment_variables: { GONE: null } },
    });
    expect(Object.keys(again.body.environment_variables ?? {})).toEqual(['POSTHOG_API_KEY']);
    expect(JSON.stringify([changed, again])).not.toContain('phx_secret');
  });

  it.each([
    ['GET', '/api/v1/collections/', undefined, 401, 'Not authenticated'],
    ['GET', '/api/v1/collections/', 'mlc_short', 401, 'Invalid API key format'],
    ['GET', '/api/v1/collections/', `mlc_${'a'.repeat(32)}`, 401, 'Invalid or inactive API key'],
  ])('%s %s with the token %s gives %i', async (method, where, token, status, detail) => {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await fetch(`${running.base}${where}`, { method, headers });
    expect([answer.status, await answer.json()]).toEqual([status, { detail }]);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('refuses what is wrong, in the public words', async () => {
    expect(await ask('POST', '/api/v1/tasks/demo', { json: { ...TASK, name: 'T1' } })).toEqual({
      status: 400,
      body: { detail: "Task with name 'T1' already exists in collection 'demo'" },
    });
    expect(await ask('GET', '/api/v1/tasks/demo/none')).toMatchObject({
      status: 404,
      body: { detail: "Task 'none' in collection 'demo' not found" },
    });
    expect(await ask('POST', '/api/v1/tasks/demo', { json: { name: 'x' } })).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['body', 'workflow'] }] },
    });
    expect(await ask('POST', '/api/v1/collections', { json: { name: 'new' } })).toMatchObject({ status: 403 });
    expect(await ask('POST', '/api/v1/collections', { json: { name: 'new' }, token: tokens.admin })).toMatchObject({
      status: 200,
      body: { name: 'new' },
    });
    expect((await ask('GET', '/api/v1/collections/')).body).toMatchObject([{ name: 'demo' }]);
    expect((await ask('GET', '/api/v1/collections/', { token: tokens.admin })).body).toHaveLength(3);
    expect((await ask('POST', '/api/v1/run/demo/t1', { form: form({ init_params: 'no' }) })).status).toBe(400);
    expect((await ask('GET', '/api/v1/nothing')).status).toBe(404);
  });

  it('keeps schedules, and says of a wrong one which field it is', async () => {
    const where = '/api/v1/routines/demo/t1';
    const cadence = { type: 'cron', expression: '30 7 * * mon-fri', time_zone: 'Europe/Berlin' };
    const made = await ask('POST', where, { json: { name: 'Morning', cadence, jitter_seconds: 60 } });
    expect(made).toMatchObject({
      status: 201,
      body: { paused: false, next_run_at: expect.stringMatching(/T0[56]:30:00/u) },
    });
    expect(await ask('POST', where, { json: { name: 'morning', cadence } })).toMatchObject({ status: 400 });
    const wrong = await ask('POST', where, { json: { name: 'x', cadence: { type: 'daily' } } });
    expect(wrong).toMatchObject({ status: 400, body: { detail: expect.stringContaining('hour_utc') } });
    const strange = await ask('PATCH', `${where}/Morning`, { json: { init_params_overrides: { other: 1 } } });
    expect(strange).toMatchObject({ status: 400, body: { detail: expect.stringContaining('has no other') } });
    expect((await ask('POST', `${where}/morning/pause`)).body).toMatchObject({ paused: true, next_run_at: null });
    expect((await ask('POST', `${where}/morning/resume`)).body).toMatchObject({ paused: false });
    expect(await ask('GET', `${where}/morning`, { token: tokens.other })).toMatchObject({ status: 404 });
    expect((await ask('GET', '/api/v1/routines/demo')).body).toMatchObject({
      routines: [{ name: 'Morning', task: 't1' }],
    });
    expect((await ask('DELETE', `${where}/morning`)).status).toBe(200);
    expect((await ask('GET', where)).body).toEqual({ routines: [] });
  });

  it('describes itself', async () => {
    const { body } = await ask('GET', '/openapi.json');
    expect(Object.keys(body.paths ?? {})).toContain('/api/v1/run/{collection}/{task}');
  });
});

describe('the requests of the real clients', () => {
  const known = existsSync(REQUESTS);
  if (!known) process.stderr.write(`LOUD: ${REQUESTS} is missing; recorded requests are not sent\n`);
  it.runIf(known)(
    'get an answer each',
    async () => {
      const recorded = JSON.parse(readFileSync(REQUESTS, 'utf8')) as Record<
        'method' | 'url' | 'content_type' | 'body',
        string
      >[];
      const ids: Record<string, string> = {};
      for (const name of ['t 1/x', 't1', 'quick-chat']) {
        await ask('POST', '/api/v1/tasks/demo', { json: { ...TASK, name } });
        const where = `/api/v1/run/demo/${encodeURIComponent(name)}`;
        const { body } = await ask('POST', where, { form: form({ init_params: '{"source":7}' }) });
        ids[encodeURIComponent(name)] = String(body.workflow_id).split('--').at(-1) ?? '';
      }
      /** As it was recorded, with an id that there is. */
      const addressOf = (url: string) =>
        url.replace('abc12345', ids[url.includes('t%201%2Fx') ? 't%201%2Fx' : 't1'] ?? '');
      const refused: string[] = [];
      for (const { method, url, content_type, body } of recorded) {
        const boundary = /^--(\S+)/u.exec(body)?.[1];
        const type = content_type.startsWith('multipart') ? `multipart/form-data; boundary=${boundary}` : content_type;
        const headers = { authorization: `Bearer ${tokens.demo}`, ...(type ? { 'content-type': type } : {}) };
        const answer = await fetch(`${running.base}${addressOf(url)}`, { method, headers, ...(body ? { body } : {}) });
        const said = (await answer.json()) as { detail?: unknown };
        if (!answer.ok) refused.push(`${method} ${url}: ${answer.status} ${JSON.stringify(said.detail)}`);
      }
      // The routine is asked for before it is made; two clients make the same task.
      expect(refused).toEqual([
        'GET /api/v1/routines/demo/t%201%2Fx/daily: 404 "Routine \'daily\' not found"',
        "POST /api/v1/tasks/demo: 400 \"Task with name 'new' already exists in collection 'demo'\"",
      ]);
    },
    300_000,
  );
});
