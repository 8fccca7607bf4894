import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Sessions } from '../../../agent/mcp/sessions.ts';

const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const CLIENT = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
const MAX = 32;

/** Sessions whose tool `wait` runs until it is told to end. */
function waiting(): { sessions: Sessions; end(): void } {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const sessions = new Sessions(async () => {
    const server = new McpServer({ name: 'test', version: '1' });
    server.registerTool('wait', {}, async () => {
      await ended;
      return { content: [{ type: 'text', text: 'done' }] };
    });
    return server;
  });
  onTestFinished(() => sessions.close());
  return { sessions, end };
}

function post(sessions: Sessions, body: object, id?: string): Promise<Response> {
  const headers = { ...HEADERS, ...(id === undefined ? {} : { 'mcp-session-id': id }) };
  const message = JSON.stringify({ jsonrpc: '2.0', ...body });
  return sessions.handle(new Request('http://127.0.0.1/mcp', { method: 'POST', headers, body: message }));
}

async function begin(sessions: Sessions): Promise<string> {
  const answer = await post(sessions, { id: 0, method: 'initialize', params: CLIENT });
  await answer.text();
  return answer.headers.get('mcp-session-id') ?? '';
}

async function beginMany(sessions: Sessions, count: number): Promise<string[]> {
  const ids = [];
  for (let n = 0; n < count; n += 1) ids.push(await begin(sessions));
  return ids;
}

const wait = (sessions: Sessions, id: string) =>
  post(sessions, { id: 7, method: 'tools/call', params: { name: 'wait', arguments: {} } }, id);
const status = async (sessions: Sessions, id: string) => (await post(sessions, { id: 8, method: 'ping' }, id)).status;

describe('a session that makes room', () => {
  it('is not one whose call runs, also where its client has hung up', async () => {
    const { sessions, end } = waiting();
    const [stays = '', hangsUp = '', goes = ''] = await beginMany(sessions, MAX);
    const call = await wait(sessions, stays);
    await (await wait(sessions, hangsUp)).body?.cancel();
    expect(await status(sessions, goes)).toBe(200);
    await beginMany(sessions, MAX - 2);
    end();
    expect(await call.text()).toContain('done');
    expect(await status(sessions, hangsUp)).toBe(200);
    expect(await status(sessions, goes)).toBe(404);
  });

  it('is the one used least recently where every one is busy', async () => {
    const { sessions } = waiting();
    const ids = await beginMany(sessions, MAX);
    for (const id of ids) await wait(sessions, id);
    const late = await begin(sessions);
    const [first = '', second = ''] = ids;
    expect([await status(sessions, late), await status(sessions, first), await status(sessions, second)]).toEqual([
      200, 404, 200,
    ]);
  });

  it('may be one whose call was cancelled', async () => {
    const { sessions } = waiting();
    const [cancelled = ''] = await beginMany(sessions, MAX);
    await wait(sessions, cancelled);
    await post(sessions, { method: 'notifications/cancelled', params: { requestId: 7 } }, cancelled);
    await beginMany(sessions, MAX);
    expect(await status(sessions, cancelled)).toBe(404);
  });
});
