import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serveHttp } from '../../../agent/mcp/http.ts';

const build = async () => new McpServer({ name: 'test', version: '1' });

async function served(host: string, token?: string): Promise<string> {
  const { url, close } = await serveHttp({ port: 0, host, token, build });
  onTestFinished(close);
  return url;
}

describe('where MCP listens', () => {
  it.each(['::1', '[::1]', '127.0.0.1', 'localhost'])(
    '%s needs no token, and answers under its own name',
    async (host) => {
      const url = await served(host);
      expect(url).toMatch(/^http:\/\/(?:\[::1\]|127\.0\.0\.1):\d+\/mcp$/u);
      // 400: it got as far as the protocol, which asks for a session.
      expect((await fetch(url, { method: 'POST', headers: HEADERS, body: PING })).status).toBe(400);
      const origin = 'http://evil.example';
      expect((await fetch(url, { method: 'POST', headers: { ...HEADERS, origin }, body: PING })).status).toBe(403);
    },
  );

  it.each(['0.0.0.0', '::', '[::]', '127.0.0.1.example', '::2'])('%s needs a token', async (host) => {
    await expect(served(host)).rejects.toMatchObject({ code: 'usage', at: '--host' });
  });

  it('says whether the address or the port is the mistake', async () => {
    await expect(served('no-such-host.invalid', 'a-token')).rejects.toMatchObject({ code: 'usage', at: '--host' });
    const taken = Number(new URL(await served('127.0.0.1')).port);
    const again = serveHttp({ port: taken, host: '127.0.0.1', token: undefined, build });
    await expect(again).rejects.toMatchObject({ code: 'usage', at: '--http' });
  });
});

const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const PING = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
