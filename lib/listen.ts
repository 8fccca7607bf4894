import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { RunbookError } from './errors.ts';

const LOCAL_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/iu;

export interface Listening {
  /** Without a slash at its end. */
  url: string;
  /** Ends open connections too. */
  close(): Promise<void>;
}

/** Whether a Host header names this machine itself. A page of the web has another one, also where its name leads here (DNS rebinding). */
export function isLocalHost(host: string | undefined): boolean {
  return LOCAL_HOST.test(host ?? '');
}

/**
 * Serves a fetch handler over HTTP.
 * @param port 0 takes a free one
 * @throws RunbookError `usage` where the port cannot be used
 */
export async function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  { port, host, keepAliveMs }: { port: number; host: string; keepAliveMs?: number },
): Promise<Listening> {
  const server = createAdaptorServer({ fetch, hostname: host });
  if (keepAliveMs !== undefined && 'keepAliveTimeout' in server) server.keepAliveTimeout = keepAliveMs;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new RunbookError('usage', `Port ${port} of ${host} cannot be used: ${cause.message}`, {
          at: '--port',
          hint: 'Choose another port, or 0 for any.',
          cause,
        }),
      ),
    );
    server.listen(port, host, () => resolve());
  });
  const address = server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `http://${name}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}
