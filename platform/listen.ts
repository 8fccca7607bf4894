import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { RunbookError } from '../lib/errors.ts';

/** Idle connections are closed later than clients and proxies close theirs (60 s is usual), so that none sends into a closing one, ms. */
const KEEP_ALIVE_MS = 65_000;

/** Listens with the API and the pages. @param port 0 takes a free one. @throws RunbookError `config` where it cannot */
export async function listen(
  site: Hono,
  { host, port }: { host: string; port: number },
): Promise<{ url: string; close(): Promise<void> }> {
  const server = serve({
    fetch: site.fetch,
    hostname: host,
    port,
    serverOptions: { keepAliveTimeout: KEEP_ALIVE_MS },
  }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('listening', () => resolve());
    server.once('error', (cause: NodeJS.ErrnoException) => reject(notListening(cause, { host, port })));
  });
  const address = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://${name}:${address.port}`, close };
}

function notListening(cause: NodeJS.ErrnoException, { host, port }: { host: string; port: number }): RunbookError {
  const why = cause.code === 'EADDRINUSE' ? 'another program listens there' : cause.message;
  return new RunbookError('config', `The server cannot listen on ${host}:${port}: ${why}.`, {
    at: '--port',
    hint: 'Choose another one with --port, or 0 for a free one.',
    cause,
  });
}
