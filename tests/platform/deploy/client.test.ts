import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadRunbook } from '../../../agent/runbook/load.ts';
import { Client } from '../../../platform/deploy/client.ts';
import { routineOf, writeRoutine, writeTask } from '../../../platform/deploy/deploy.ts';
import { followRun } from '../../../platform/deploy/follow.ts';
import { missingRoutes } from '../../../platform/deploy/openapi.ts';
import { getEnvironment, getTask, patchEnvironment, postRun, ROUTINE } from '../../../platform/deploy/requests.ts';
import { taskOf } from '../../../platform/deploy/task.ts';
import {
  COLLECTION,
  type JettyAnswer,
  type JettyServer,
  jettyServer,
  look,
  RUN_ID,
  TOKEN,
} from '../../servers/jetty.ts';

const PLACE = { collection: COLLECTION, task: 't 1/x' };
const TASK = taskOf(loadRunbook().manifest, {
  name: PLACE.task,
  instruction: '# R',
  vars: { results_dir: '/app/results' },
});
const AT = '/api/v1/tasks/acme/t%201%2Fx';

interface Bench {
  server: JettyServer;
  client: Client;
  waits: number[];
  /** Answers that come before the platform's own. */
  first(method: string, path: string, ...answers: JettyAnswer[]): void;
  asked(): string[];
}

async function bench(token = TOKEN, hidden: string[] = []): Promise<Bench> {
  const server = await jettyServer();
  onTestFinished(() => server.close());
  const waits: number[] = [];
  const client = new Client({
    ...{ target: server.url, token, hidden, signal: new AbortController().signal },
    sleep: async (ms) => void waits.push(ms),
  });
  return {
    ...{ server, client, waits },
    first: (method, path, ...answers) => void server.state.first.set(`${method} ${path}`, answers),
    asked: () => server.seen.map(({ method, url }) => `${method} ${url}`),
  };
}

describe('a task', () => {
  it('is created where it is not there, and updated where it is; names are encoded part by part', async () => {
    const { client, server, asked } = await bench();
    expect(await writeTask(client, PLACE, TASK)).toBe('created');
    expect(await writeTask(client, PLACE, TASK)).toBe('updated');
    expect(asked()).toEqual([`GET ${AT}`, 'POST /api/v1/tasks/acme', `GET ${AT}`, `PUT ${AT}`]);
    expect(server.seen[1]?.body).toEqual(TASK);
    const { name: _name, ...rest } = TASK;
    expect(server.seen[3]?.body).toEqual(rest);
    expect(server.seen[1]?.headers).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'application/json',
      'user-agent': expect.stringMatching(/^posthog-trace-optimizer\/\d/u),
    });
  });

  it.each([
    [400, "Task with name 't' already exists in collection 'acme'"],
    [409, 'conflict'],
  ])('that somebody else has created in between (%i) is updated', async (status, detail) => {
    const { client, server, first, asked } = await bench();
    first('GET', AT, { status: 404, body: { detail: 'not found' } });
    first('POST', '/api/v1/tasks/acme', { status, body: { detail } });
    server.state.tasks.set(PLACE.task, {});
    expect(await writeTask(client, PLACE, TASK)).toBe('updated');
    expect(asked().at(-1)).toBe(`PUT ${AT}`);
  });

  it('that the target refuses for another reason is an error with its words', async () => {
    const { client, first } = await bench();
    const faults = [{ loc: ['body', 'workflow'], msg: 'Input should be a dictionary', type: 'dict_type' }];
    first('POST', '/api/v1/tasks/acme', { status: 422, body: { detail: faults } });
    await expect(writeTask(client, PLACE, TASK)).rejects.toMatchObject({
      ...{ code: 'bad_response', status: 422, at: 'POST /api/v1/tasks/acme' },
      message: expect.stringContaining('“body.workflow: Input should be a dictionary”'),
    });
    first('POST', '/api/v1/tasks/acme', { status: 400, body: { detail: 'bad name' } });
    await expect(writeTask(client, PLACE, TASK)).rejects.toMatchObject({ code: 'bad_response', status: 400 });
  });

  it('has one routine, which another schedule changes with the whole of the parameters', async () => {
    const { client, server, asked } = await bench();
    const vars = { results_dir: '/app/results', window_days: '7' };
    const init_params_overrides = { vars };
    expect(await writeRoutine(client, PLACE, ROUTINE, routineOf({ type: 'hourly' }, vars))).toBe('created');
    const daily = { type: 'daily', hour_utc: 9, minute_utc: 30 } as const;
    expect(await writeRoutine(client, PLACE, ROUTINE, routineOf(daily, vars))).toBe('updated');
    const routine = '/api/v1/routines/acme/t%201%2Fx/runbook-schedule';
    expect(asked()).toEqual([
      ...[`GET ${routine}`, 'POST /api/v1/routines/acme/t%201%2Fx', `GET ${routine}`, `PATCH ${routine}`],
    ]);
    expect(server.seen[1]?.body).toEqual({
      name: 'runbook-schedule',
      cadence: { type: 'hourly' },
      init_params_overrides,
    });
    expect(server.seen[3]?.body).toEqual({ cadence: daily, init_params_overrides });
  });
});

describe('failures', () => {
  const GET_ENVIRONMENT = '/api/v1/collections/acme/environment';

  it('401 and 403 are of the configuration, and say what to do', async () => {
    const { client } = await bench('mlc_wrong');
    await expect(client.send(getEnvironment(PLACE))).rejects.toMatchObject({
      ...{ code: 'config', status: 401, hint: expect.stringMatching(/JETTY_API_TOKEN/u) },
    });
    const other = await bench();
    await expect(other.client.send(getEnvironment({ ...PLACE, collection: 'other' }))).rejects.toMatchObject({
      ...{ code: 'config', status: 403, hint: expect.stringMatching(/bound to one collection/u) },
      message: expect.stringContaining('API key not valid for this collection'),
    });
    expect(other.server.seen).toHaveLength(1);
  });

  it('429 waits as long as it is told, whatever the request', async () => {
    const { client, server, first, waits } = await bench();
    server.state.tasks.set(PLACE.task, {});
    const path = '/api/v1/run/acme/t%201%2Fx';
    first('POST', path, { status: 429, body: {}, headers: { 'retry-after': '17' } }, { status: 429, body: {} });
    expect((await client.send(postRun(PLACE, {}))).status).toBe(200);
    expect(waits).toEqual([17_000, 2000]);
  });

  it('429 for longer than anybody waits is an error at once', async () => {
    const { client, first, waits } = await bench();
    first('GET', GET_ENVIRONMENT, { status: 429, body: {}, headers: { 'retry-after': '3600' } });
    await expect(client.send(getEnvironment(PLACE))).rejects.toMatchObject({ code: 'rate_limited' });
    expect(waits).toEqual([]);
  });

  it.each([500, 502, 503])('%i is tried again where nothing is changed, and only there', async (status) => {
    const { client, first, asked } = await bench();
    first('GET', GET_ENVIRONMENT, { status, body: 'oops' }, { status, body: 'oops' });
    expect((await client.send(getEnvironment(PLACE))).status).toBe(200);
    first('PATCH', GET_ENVIRONMENT, { status, body: 'oops' });
    await expect(client.send(patchEnvironment(PLACE, { A: 'b' }))).rejects.toMatchObject({ code: 'server', status });
    expect(asked()).toEqual([...Array(3).fill(`GET ${GET_ENVIRONMENT}`), `PATCH ${GET_ENVIRONMENT}`]);
  });

  it('524 is never tried again: what was asked goes on', async () => {
    const { client, first, server } = await bench();
    first('POST', '/api/v1/run/acme/t%201%2Fx', { status: 524, body: '<html><title>timeout</title></html>' });
    await expect(client.send(postRun(PLACE, {}))).rejects.toMatchObject({ code: 'timeout', status: 524 });
    expect(server.seen).toHaveLength(1);
  });

  it('an answer that is cut off is tried again where nothing is changed', async () => {
    const { client, first, asked } = await bench();
    first('GET', GET_ENVIRONMENT, { status: 200, body: { environment_variables: {} }, cut: true });
    expect((await client.json(getEnvironment(PLACE))).value).toMatchObject({ name: COLLECTION });
    expect(asked()).toHaveLength(2);
    first('PATCH', GET_ENVIRONMENT, { status: 200, body: { environment_variables: {} }, cut: true });
    await expect(client.send(patchEnvironment(PLACE, {}))).rejects.toMatchObject({ code: 'network' });
  });

  it('a page, half a JSON text and control characters are shown short, on one line, and as what they are', async () => {
    const { client, first } = await bench();
    const page = `<!doctype html><title>Attention\u001b[2J Required</title>${'x'.repeat(5000)}`;
    first('GET', AT, { status: 403, body: page, headers: { 'content-type': 'text/html' } });
    const error = await client.send(getTask(PLACE)).catch((cause: Error) => cause);
    expect((error as Error).message).toMatch(/answered with 403: a page of the web: Attention \[2J Required$/u);
    first('GET', AT, { status: 200, body: '{"id": 7, "na' });
    await expect(client.json(getTask(PLACE))).rejects.toMatchObject({ code: 'bad_response', message: /is no JSON/u });
    first('GET', AT, { status: 400, body: { detail: 'a\u0007b\u202e'.repeat(2000) } });
    const long = (await client.send(getTask(PLACE)).catch((cause: Error) => cause)) as Error;
    expect(long.message.length).toBeLessThan(450);
    expect(long.message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('never name the token or a value that was sent, also where the target echoes them', async () => {
    const { client, first } = await bench(TOKEN, ['the value of a secret']);
    const detail = `Bearer ${TOKEN} sent the value of a secret`;
    first('PATCH', GET_ENVIRONMENT, { status: 400, body: { detail } });
    const error = (await client.send(patchEnvironment(PLACE, {})).catch((cause: Error) => cause)) as Error;
    expect(error.message).toContain('“Bearer [redacted] sent [redacted]”');
  });
});

describe('redirects', () => {
  /** A server that must not be asked. */
  async function stranger(): Promise<{ url: string; asked: string[] }> {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
      response.end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
  }

  it.each([301, 302, 307, 308])('to another origin are refused: nothing is sent there (%i)', async (status) => {
    const { client, first } = await bench();
    const other = await stranger();
    first('GET', AT, { status, body: '', headers: { location: `${other.url}${AT}` } });
    await expect(client.send(getTask(PLACE))).rejects.toMatchObject({
      ...{ code: 'bad_response', hint: expect.stringMatching(/--target/u) },
      message: expect.stringContaining(`is sent on to ${other.url} (${status})`),
    });
    expect(other.asked).toEqual([]);
  });

  it('within the origin are followed, with method and body where they say so', async () => {
    const { client, server, first } = await bench();
    const path = '/api/v1/collections/acme/environment';
    first('PATCH', path, { status: 307, body: '', headers: { location: `${path}?again` } });
    await client.send(patchEnvironment(PLACE, { A: 'b' }));
    expect(server.state.environment).toEqual({ A: 'b' });
    first('PATCH', path, { status: 302, body: '', headers: { location: '/elsewhere' } });
    await expect(client.send(patchEnvironment(PLACE, {}))).rejects.toMatchObject({ code: 'bad_response', status: 302 });
  });
});

describe('missingRoutes', () => {
  it("compares with the target's own description, whatever it calls the parts; none is fine", async () => {
    const { client, first } = await bench();
    const used = [getTask(PLACE), postRun(PLACE, {})];
    expect(await missingRoutes(client, used)).toEqual([]);
    first('GET', '/openapi.json', { status: 200, body: { paths: { '/api/v1/tasks/{a}/{b}/': { get: {} } } } });
    expect(await missingRoutes(client, used)).toEqual(['POST /api/v1/run/{}/{}']);
    for (const answer of [
      { status: 404, body: {} },
      { status: 500, body: '' },
      { status: 200, body: '<html>' },
    ]) {
      first('GET', '/openapi.json', answer);
      expect(await missingRoutes(client, used)).toEqual([]);
    }
  });

  it('is asked without the token', async () => {
    const { client, server } = await bench();
    await missingRoutes(client, []);
    expect(server.seen[0]?.headers.authorization).toBeUndefined();
  });
});

describe('followRun', () => {
  it('sees a run from the queue to its end: not there yet, asked to wait, timed out, unknown words', async () => {
    const { client, server, waits } = await bench();
    const missing = { status: 404, body: { detail: 'Trajectory not found' } };
    const wait = { status: 429, body: {}, headers: { 'retry-after': '9' } };
    server.state.looks = [missing, look('pending'), wait, { status: 524, body: '' }, look('thinking'), look('failed')];
    const told: string[] = [];
    const end = await followRun(client, PLACE, RUN_ID, (status) => told.push(status));
    expect(told).toEqual(['queued', 'pending', 'running', 'thinking', 'failed']);
    expect(end).toEqual({ status: 'failed', error: undefined });
    expect(waits).toContain(9000);
  });

  it('ends with an interruption', async () => {
    const server = await jettyServer();
    onTestFinished(() => server.close());
    const controller = new AbortController();
    const client = new Client({ target: server.url, token: TOKEN, hidden: [], signal: controller.signal });
    const end = followRun(client, PLACE, RUN_ID, () => controller.abort());
    await expect(end).rejects.toMatchObject({ code: 'interrupted' });
  });
});
