import { createHash, timingSafeEqual } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { RunbookError } from '../../lib/errors.ts';
import { bareAddress, isLocalHost, isLoopback, type Listening, listen } from '../../lib/listen.ts';
import { type Connectable, Sessions } from './sessions.ts';

interface HttpOptions {
  /** 0 takes a free one. */
  port: number;
  /** An address; an IPv6 one with or without brackets. */
  host: string;
  /** Asked of every request, where it is set. */
  token: string | undefined;
  /** A server for each session. */
  build(): Promise<Connectable>;
}

/**
 * Serves MCP over streamable HTTP at `/mcp`. Pages of the web cannot reach it: on the loopback, Host and Origin must be the loopback's own;
 * elsewhere every request needs the bearer token.
 * @throws RunbookError `usage` for a port or an address that cannot be used, or another address than the loopback without a token
 */
export async function serveHttp({ port, host, token, build }: HttpOptions): Promise<Listening> {
  const address = bareAddress(host);
  if (!isLoopback(address) && !token)
    throw new RunbookError('usage', `--host ${host}: others can reach it, so a token is needed.`, {
      at: '--host',
      hint: 'Set RUNBOOK_MCP_TOKEN to a long random text, which clients then send as their bearer token.',
    });
  const sessions = new Sessions(build);
  const app = new Hono();
  app.use('*', async (c, next) => refusal(c, isLoopback(address), token) ?? next());
  app.all('/mcp', (c) => sessions.handle(c.req.raw));
  app.notFound((c) => failed(c, 404, 'MCP is at /mcp.'));
  app.onError((_error, c) => failed(c, 500, 'The request failed.'));
  const { url, close } = await listen(app.fetch, { port, host: address, portFlag: '--http' });
  return {
    url: `${url}/mcp`,
    async close() {
      await sessions.close();
      await close();
    },
  };
}

function refusal(c: Context, loopback: boolean, token: string | undefined): Response | undefined {
  if (loopback && !isLocalHost(c.req.header('host'))) return failed(c, 403, 'This Host is not served.');
  const origin = c.req.header('origin');
  if (origin !== undefined && !isLocalHost(origin.replace(/^https?:\/\//u, '')))
    return failed(c, 403, 'Pages of this Origin may not call.');
  if (token === undefined || isSame(c.req.header('authorization') ?? '', `Bearer ${token}`)) return undefined;
  c.header('www-authenticate', 'Bearer');
  return failed(c, 401, 'A bearer token is needed.');
}

/** Takes the same time whatever differs. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

function failed(c: Context, status: 401 | 403 | 404 | 500, message: string): Response {
  return c.json({ jsonrpc: '2.0', error: { code: -32000, message }, id: null }, status);
}
