import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Hono } from 'hono';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Vars } from '../../../platform/api/auth.ts';
import { limitRate } from '../../../platform/api/rate.ts';
import { Waiting } from '../../../platform/api/waiting.ts';
import { tokenByText } from '../../../platform/store/tokens.ts';
import { plainFileIn } from '../../../platform/work/results.ts';
import { TASK, withServer } from '../server.ts';
import { Visitor } from '../visitor.ts';

const running = withServer();

interface Answer {
  status: number;
  text: string;
}

/** A request as it is written here: `fetch` mends addresses and headers. */
function raw(method: string, at: string, headers: Record<string, string>, body: string | Buffer = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(running.base, { method, path: at, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    asked.on('error', reject).end(body);
  });
}

const own = () => ({ authorization: `Bearer ${running.tokens.demo}` });
const post = (at: string, body: string) =>
  raw('POST', at, { ...own(), 'content-type': 'application/json' }, body).then(({ status }) => status);

beforeAll(async () => {
  expect(await post('/api/v1/tasks/demo', JSON.stringify(TASK))).toBe(201);
});

describe('what cannot be', () => {
  it.each([
    '/api/v1/tasks/demo%00',
    '/api/v1/tasks/demo/t1%00',
    '/api/v1/file/%',
    '/api/v1/file/demo/%E0%A4%A',
    '/api/v1/list-files?prefix=demo/t1%00',
    '/api/v1/workflows-logs/%00--x',
    '/api/v1/file/demo/_sandbox_uploads/..%2f..%2f..%2fsecret.key',
    '/api/v1/file/demo/_sandbox_uploads/%252e%252e/secret.key',
    '/api/v1/file/demo/t1/0000/..%2f..%2fsecret.key',
  ])('GET %s is the fault of whoever asks', async (at) => {
    const { status, text } = await raw('GET', at, own());
    expect([400, 404]).toContain(status);
    expect(text).not.toMatch(/ at |node_modules|\.ts:/u);
  });

  it('in a body neither', async () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    for (const workflow of ['{"a":"\\u0000"}', '{"a":"\\ud800"}', `{"a":${deep}}`])
      expect(await post('/api/v1/tasks/demo', `{"name":"x","workflow":${workflow}}`)).toBe(400);
    expect(await post('/api/v1/tasks/demo', `{"name":"x","workflow":{"a":"${'x'.repeat(5_000_000)}"}}`)).toBe(413);
  });

  it('in a page neither', async () => {
    const visitor = await new Visitor(running.base).logIn(running.tokens.demo);
    for (const at of ['/demo%00', '/demo/t1%00', '/demo/t1/diff?before=%00&after=1'])
      expect((await visitor.get(at)).status, at).toBe(400);
  });

  it('fields that nobody may set are left aside', async () => {
    const json = { name: 'mass', workflow: {}, id: '1', collection_id: '2', created_at: '1970', __proto__: { a: 1 } };
    const made = await raw(
      'POST',
      '/api/v1/tasks/demo',
      { ...own(), 'content-type': 'application/json' },
      JSON.stringify(json),
    );
    expect(JSON.parse(made.text)).toMatchObject({
      id: expect.stringMatching(/^[\da-f-]{36}$/u),
      collection_name: 'demo',
    });
    expect(made.text).not.toContain('1970');
  });

  it('a variable that decides what runs on the server is refused', async () => {
    for (const name of ['PATH', 'NODE_OPTIONS', 'LD_PRELOAD', 'XDG_CACHE_HOME', 'HTTPS_PROXY']) {
      const body = JSON.stringify({ environment_variables: { [name]: 'x' } });
      const headers = { ...own(), 'content-type': 'application/json' };
      expect((await raw('PATCH', '/api/v1/collections/demo/environment', headers, body)).status, name).toBe(422);
      const visitor = await new Visitor(running.base).logIn(running.tokens.demo);
      const page = '/demo/-/variables';
      expect((await visitor.post(page, page, { do: 'set', name, value: 'x' })).status, name).toBe(400);
    }
  });
});

describe('a form', () => {
  const type = { 'content-type': 'multipart/form-data; boundary=x' };
  const part = (head: string, content: string) =>
    `--x\r\ncontent-disposition: form-data; ${head}\r\n\r\n${content}\r\n`;
  const upload = (body: string | Buffer, headers: Record<string, string> = own()) =>
    raw('POST', '/api/v1/sandbox/upload', { ...headers, ...type }, body);

  it('is not read before it is known who sends it', async () => {
    const sent = await new Promise<number>((resolve, reject) => {
      const headers = { ...type, 'transfer-encoding': 'chunked' };
      const asked = request(running.base, { method: 'POST', path: '/api/v1/sandbox/upload', headers, agent: false });
      // Its body never ends: whoever waits for it waits for ever.
      asked.on('response', ({ statusCode }) => {
        resolve(statusCode ?? 0);
        asked.destroy();
      });
      asked.on('error', reject);
      asked.write('--x\r\n');
    });
    expect(sent).toBe(401);
  });

  it('leaves nothing behind that was not kept, and keeps files inside their folder', async () => {
    const { uploadsDir } = running.platform;
    const incoming = () => readdirSync(uploadsDir).filter((name) => name.startsWith('.incoming'));
    for (const name of ['../../../evil', '/etc/passwd', '..\\\\..\\\\evil', '.env', '..', '%2e%2e%2fevil']) {
      const { status, text } = await upload(`${part(`name="files"; filename="${name}"`, 'x')}--x--\r\n`);
      expect([status, text], name).toEqual([200, expect.stringMatching(/_sandbox_uploads\/[\da-f]{16}\/00-\w/u)]);
    }
    expect((await upload('no form')).status).toBe(400);
    expect((await upload(part('name="files"; filename="a"', 'cut off'))).status).toBe(400);
    const many = Array.from({ length: 101 }, (_, i) => part(`name="files"; filename="${i}"`, 'x')).join('');
    expect((await upload(`${many}--x--\r\n`)).status).toBe(413);
    expect((await upload(`${part('name="init_params"', 'x'.repeat(4_100_000))}--x--\r\n`)).status).toBe(413);
    expect(incoming()).toEqual([]);
    const [collection = ''] = readdirSync(uploadsDir);
    expect(readdirSync(uploadsDir)).toEqual([collection]);
    for (const folder of readdirSync(path.join(uploadsDir, collection)))
      expect(readdirSync(path.join(uploadsDir, collection, folder))).toEqual([expect.stringMatching(/^00-\w/u)]);
  });
});

describe('a file of a run', () => {
  it('is given where it is a plain file inside the folder of the run, and is gone otherwise', () => {
    const root = mkdtempSync(path.join(tmpdir(), 'links-'));
    const dir = path.join(root, 'run');
    mkdirSync(path.join(dir, 'data'), { recursive: true });
    writeFileSync(path.join(root, 'secret.key'), 'secret');
    writeFileSync(path.join(dir, 'data/x.csv'), 'a,b\n');
    symlinkSync(path.join(root, 'secret.key'), path.join(dir, 'summary.md'));
    symlinkSync(root, path.join(dir, 'figures'));
    expect(plainFileIn(dir, 'data/x.csv')).toMatchObject({ size: 4 });
    for (const file of [
      'summary.md',
      'figures/secret.key',
      '../secret.key',
      path.join(root, 'secret.key'),
      'data',
      'no',
    ])
      expect(plainFileIn(dir, file), file).toBeUndefined();
    rmSync(root, { recursive: true });
  });
});

describe('limits', () => {
  it('a token has one share, whatever stands around it', async () => {
    const app = new Hono<{ Variables: Vars }>();
    app.use((c, next) => {
      c.set('token', { id: c.req.query('token') } as Vars['token']);
      return next();
    });
    app.use(limitRate()).get('/', (c) => c.text('here'));
    const ask = async (n: number) => {
      const authorization = `Bearer ${running.tokens.demo}${'\u00a0'.repeat(n % 50)}`;
      return (await app.request('/?token=a', { headers: { authorization } })).status;
    };
    let asked = 0;
    while ((await ask(asked)) === 200 && asked < 50_000) asked += 1;
    expect(asked).toBeLessThan(50_000);
    expect((await app.request('/?token=b')).status).toBe(200);
  });

  it('so many wait for runs, of a collection and in all', () => {
    const waiting = new Waiting({ each: 2, all: 3 });
    const leave = waiting.enter('a');
    waiting.enter('a');
    expect(() => waiting.enter('a')).toThrow(/Too many/u);
    waiting.enter('b');
    expect(() => waiting.enter('b')).toThrow(/Too many/u);
    leave();
    leave();
    waiting.enter('b');
    expect(() => waiting.enter('a')).toThrow(/Too many/u);
  });

  it('that a token is used is written down once a minute', async () => {
    const { pool } = running.platform;
    const when = async () =>
      (await pool.query("SELECT last_used, xmin FROM platform.tokens WHERE name = 'other'")).rows;
    await tokenByText(pool, running.tokens.other);
    const first = await when();
    expect(await tokenByText(pool, running.tokens.other)).toMatchObject({ name: 'other' });
    expect(await when()).toEqual(first);
    await pool.query("UPDATE platform.tokens SET last_used = now() - interval '2 minutes' WHERE name = 'other'");
    await tokenByText(pool, running.tokens.other);
    expect((await when())[0]).not.toEqual(first[0]);
  });

  it('a collection has so many schedules, tokens and runs that are not over, and another one its own', async () => {
    const { pool } = running.platform;
    const { rows } = await pool.query("SELECT id, collection_id FROM platform.tasks WHERE name = 't1'");
    const [{ id = '', collection_id: collection = '' } = {}] = rows as { id: string; collection_id: string }[];
    const many = 'FROM generate_series(1, $1) AS n';
    await pool.query(
      `INSERT INTO platform.routines (task_id, name, cadence, paused) SELECT $2, 'r' || n, '{"type":"manual"}', true ${many}`,
      [200, id],
    );
    const schedule = JSON.stringify({ name: 'more', cadence: { type: 'manual' } });
    expect(await post('/api/v1/routines/demo/t1', schedule)).toBe(400);
    const long = {
      name: 'long',
      cadence: { type: 'cron', time_zone: 'UTC', expression: `${'1,'.repeat(200)}1 * * * *` },
    };
    expect(await post('/api/v1/routines/demo/t1', JSON.stringify(long))).toBe(400);

    await pool.query(
      `INSERT INTO platform.tokens (collection_id, name, prefix, hash) SELECT $2, 'n', 'p', decode(md5(n::text), 'hex') ${many}`,
      [100, collection],
    );
    const visitor = await new Visitor(running.base).logIn(running.tokens.demo);
    const page = '/demo/-/tokens';
    expect((await visitor.post(page, page, { do: 'create', name: 'more' })).status).toBe(400);

    await pool.query(
      `INSERT INTO platform.runs (trajectory_id, collection_id, task_id, workflow)
       SELECT lpad(to_hex(n), 8, '0'), $2, $3, '{}' ${many}`,
      [1_000, collection, id],
    );
    expect(await post('/v1/chat/completions', '{"jetty":{"collection":"demo","task":"t1","timeout_hint":0}}')).toBe(
      400,
    );
    expect(await post('/api/v1/routines/demo/t1/r1/run-now', '')).toBe(400);
    await pool.query("DELETE FROM platform.runs WHERE status = 'pending'");
    expect(await post('/v1/chat/completions', '{"jetty":{"collection":"demo","task":"t1","timeout_hint":0}}')).toBe(
      202,
    );
    expect(await post('/api/v1/routines/demo/t1/r1/run-now', '')).toBe(200);
    const audit = await pool.query('SELECT action FROM platform.audit WHERE collection_id = $1', [collection]);
    expect(audit.rows.map(({ action }) => action)).toEqual(expect.arrayContaining(['run.create', 'routine.run']));
  });
});
