import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { RunbookError } from './errors.ts';

const LOCAL_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/iu;

const LOOPBACK = /^(?:localhost|127\.0\.0\.1|::1)$/iu;
/** What the system says of an address that is not this machine's, or of a name that has none. */
const ADDRESS_FAULTS = new Set(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL']);

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

/** An address as the system takes it: an IPv6 one without the brackets that it has in a URL. */
export function bareAddress(host: string): string {
  return host.replace(/^\[(.*)\]$/u, '$1');
}

/** Whether only programs of this machine reach what listens at an address (see `bareAddress`). */
export function isLoopback(address: string): boolean {
  return LOOPBACK.test(address);
}

interface ListenOptions {
  /** 0 takes a free one. */
  port: number;
  /** See `bareAddress`. */
  host: string;
  keepAliveMs?: number;
  /** The option of the command line that gave the port: errors name it. */
  portFlag?: string;
}

/**
 * Serves a fetch handler over HTTP.
 * @throws RunbookError `usage` where the port or the address cannot be used
 */
export async function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  { port, host, keepAliveMs, portFlag = '--port' }: ListenOptions,
): Promise<Listening> {
  const server = createAdaptorServer({ fetch, hostname: host });
  if (keepAliveMs !== undefined && 'keepAliveTimeout' in server) server.keepAliveTimeout = keepAliveMs;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(unusable(cause, { port, host, portFlag })));
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

function unusable(cause: NodeJS.ErrnoException, at: { port: number; host: string; portFlag: string }): RunbookError {
  if (ADDRESS_FAULTS.has(cause.code ?? ''))
    return new RunbookError('usage', `${at.host} is no address of this machine: ${cause.message}`, {
      at: '--host',
      hint: 'Give an address of this machine, such as 127.0.0.1.',
      cause,
    });
  return new RunbookError('usage', `Port ${at.port} of ${at.host} cannot be used: ${cause.message}`, {
    at: at.portFlag,
    hint: 'Choose another port, or 0 for any.',
    cause,
  });
}
