import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
  /** Port of the other end. */
  from: number | undefined;
}

export interface Loopback {
  port: number;
  /** `127.0.0.1:port`. */
  host: string;
  received: Received[];
}

const open: (() => Promise<void>)[] = [];

/** A server on the loopback that keeps what it receives and answers as told. */
export async function serve(
  answer: (response: ServerResponse, received: Received) => void,
  address = '127.0.0.1',
): Promise<Loopback> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method, url, headers } = request;
    const one = { method, url, headers, body, from: request.socket.remotePort };
    received.push(one);
    answer(response, one);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  open.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  return { port, host: `${address}:${port}`, received };
}

export async function closeServers(): Promise<void> {
  await Promise.all(open.splice(0).map((close) => close()));
}
