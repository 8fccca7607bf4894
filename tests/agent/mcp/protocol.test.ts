import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { execa } from 'execa';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { type PostHogServer, posthogServer } from '../../servers/posthog.ts';

const work = mkdtempSync(path.join(tmpdir(), 'mcp-protocol-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));
const KEY = 'phx_a_key_of_this_test';
const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const LIST = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });

/** A project whose every query takes forever; tells when one was given up. */
async function slowProject(): Promise<{ posthog: PostHogServer; givenUp: Promise<unknown> }> {
  let tell: (() => void) | undefined;
  const givenUp = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const posthog = await posthogServer((_request, response) => void response.once('close', () => tell?.()));
  onTestFinished(() => posthog.close());
  return { posthog, givenUp };
}

const environment = (more: Record<string, string>) => ({ PATH: process.env.PATH ?? '', HOME: work, ...more });
const projectEnv = (posthog: PostHogServer) =>
  environment({ POSTHOG_HOST: posthog.url, POSTHOG_PROJECT_ID: '1', POSTHOG_API_KEY: KEY });
const results = () => mkdtempSync(path.join(work, 'results-'));

async function overHttp(env: Record<string, string>, source: string, dir = results()): Promise<string> {
  const args = ['bin/runbook.js', 'mcp', '--http', '0', '--source', source, '--results-dir', dir];
  const server = execa(process.execPath, args, { env, extendEnv: false, reject: false });
  onTestFinished(async () => {
    server.kill();
    await server;
  });
  const [url] = (await once(server.stdout, 'data')) as [Buffer];
  return String(url).trim();
}

async function connected(transport: Transport): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(transport);
  onTestFinished(() => client.close());
  return client;
}

const QUERY = { name: 'hogql_query', arguments: { sql: 'SELECT count() FROM events LIMIT 1' } };

describe.each(['stdio', 'http'])('a long query over %s', (kind) => {
  const open = async (posthog: PostHogServer) => {
    const env = projectEnv(posthog);
    if (kind === 'http')
      return connected(new StreamableHTTPClientTransport(new URL(await overHttp(env, 'posthog'))) as Transport);
    const args = ['bin/runbook.js', 'mcp', '--source', 'posthog', '--results-dir', results()];
    return connected(new StdioClientTransport({ command: process.execPath, args, env, stderr: 'ignore' }));
  };

  it('says that it still runs, and stops when it is cancelled', async () => {
    const { posthog, givenUp } = await slowProject();
    const client = await open(posthog);
    const cancel = new AbortController();
    const said: string[] = [];
    const call = client.callTool(QUERY, undefined, {
      signal: cancel.signal,
      onprogress({ message }) {
        said.push(message ?? '');
        cancel.abort('enough');
      },
    });
    await expect(call).rejects.toThrow(/enough/u);
    await givenUp;
    expect(said[0]).toMatch(/hogql_query runs \(2 s\)/u);
    // The server goes on serving.
    expect((await client.listTools()).tools.length).toBeGreaterThan(10);
  }, 30_000);
});

describe('HTTP sessions', () => {
  const post = (url: string, body: string, headers: Record<string, string> = {}) =>
    fetch(url, { method: 'POST', headers: { ...HEADERS, ...headers }, body });
  const initialize = JSON.stringify({
    jsonrpc: '2.0',
    id: 0,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
  });
  const begin = async (url: string) => {
    const answer = await post(url, initialize);
    await answer.text();
    return answer.headers.get('mcp-session-id') ?? '';
  };
  const list = async (url: string, id: string) => (await post(url, LIST, { 'mcp-session-id': id })).status;
  const events = path.join(work, 'events.jsonl');
  writeFileSync(
    events,
    `${JSON.stringify({ event: '$ai_generation', distinct_id: 'u', timestamp: '2026-10-01T10:00:00Z', properties: {} })}\n`,
  );

  it('are known by their id, end when they are told to, and the one used least recently makes room', async () => {
    const url = await overHttp(environment({}), events);
    const [first, second] = [await begin(url), await begin(url)];
    expect([await list(url, first), await list(url, second), await list(url, 'other')]).toEqual([200, 200, 404]);
    expect((await fetch(url, { method: 'DELETE', headers: { 'mcp-session-id': second } })).status).toBe(200);
    expect(await list(url, second)).toBe(404);
    const rest = [];
    for (let n = 0; n < 31; n += 1) rest.push(await begin(url));
    expect(await list(url, first)).toBe(200);
    await begin(url);
    expect([await list(url, first), await list(url, rest[0] ?? ''), await list(url, rest[1] ?? '')]).toEqual([
      200, 404, 200,
    ]);
  }, 30_000);

  it('refuse what is no message, too large, or before the beginning', async () => {
    const url = await overHttp(environment({}), events);
    expect((await post(url, '{"jsonrpc":')).status).toBe(400);
    expect((await post(url, LIST)).status).toBe(400);
    expect((await post(url, JSON.stringify({ text: 'x'.repeat(5_000_000) }))).status).toBe(413);
    expect((await post(url.replace('/mcp', '/'), LIST)).status).toBe(404);
  });

  it('elsewhere than on this machine only with a token', async () => {
    const args = [
      'bin/runbook.js',
      'mcp',
      '--http',
      '0',
      '--host',
      '0.0.0.0',
      '--source',
      events,
      '--results-dir',
      results(),
    ];
    const refused = await execa(process.execPath, args, { env: environment({}), extendEnv: false, reject: false });
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('RUNBOOK_MCP_TOKEN') as string });
  });

  it('--host without --http is a mistake that is said', async () => {
    const args = ['bin/runbook.js', 'mcp', '--host', '127.0.0.1', '--source', events, '--results-dir', results()];
    const refused = await execa(process.execPath, args, {
      env: environment({}),
      extendEnv: false,
      input: '',
      reject: false,
    });
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--http') as string });
  });

  it('reach no file outside the results dir', async () => {
    const dir = results();
    writeFileSync(path.join(work, 'secret.md'), 'top secret');
    symlinkSync(path.join(work, 'secret.md'), path.join(dir, 'link.md'));
    const client = await connected(
      new StreamableHTTPClientTransport(new URL(await overHttp(environment({}), events, dir))) as Transport,
    );
    for (const uri of [
      'results://../secret.md',
      'results://%2e%2e/secret.md',
      'results://..%2fsecret.md',
      'results:///etc/passwd',
      'results://link.md',
      'results://a%00b',
    ])
      await expect(client.readResource({ uri }), uri).rejects.toThrow();
    for (const file of ['../secret.md', '/etc/passwd', 'link.md', 'a\0b', 'data/../../secret.md']) {
      const answer = await client.callTool({ name: 'read_artifact', arguments: { path: file } });
      expect(answer.isError, file).toBe(true);
      expect(JSON.stringify(answer)).not.toContain('top secret');
    }
  });
});

describe('stdio', () => {
  it('has nothing but messages on stdout, and ends with stdin', async () => {
    const args = ['bin/runbook.js', 'mcp', '--source', 'sample', '--results-dir', results()];
    const started = performance.now();
    const { stdout, exitCode } = await execa(process.execPath, args, {
      input: `${JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'ping' })}\nnot a message\n`,
      env: environment({}),
      extendEnv: false,
    });
    expect(stdout.split('\n').map((line) => JSON.parse(line) as object)).toEqual([
      { jsonrpc: '2.0', id: 7, result: {} },
    ]);
    expect(exitCode).toBe(0);
    expect(performance.now() - started).toBeLessThan(20_000);
  }, 30_000);
});
