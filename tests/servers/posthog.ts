import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  method: string;
  url: string;
  authorization: string | undefined;
  body: string;
}

/** What the server does with the n-th request (from 0). */
export type Script = (request: Seen, response: ServerResponse, n: number) => void;

export interface PostHogServer {
  url: string;
  seen: Seen[];
  close(): Promise<void>;
}

/** A PostHog query API on loopback that plays a script: any status, header, body, delay or cut connection. */
export async function posthogServer(script: Script): Promise<PostHogServer> {
  const seen: Seen[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const entry: Seen = {
        method: request.method ?? '',
        url: request.url ?? '',
        authorization: request.headers.authorization,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      seen.push(entry);
      script(entry, response, seen.length - 1);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** An error in PostHog's form. */
export function failure(
  response: ServerResponse,
  status: number,
  code: string,
  detail: string,
  headers: Record<string, string> = {},
): void {
  json(response, status, { type: 'error', code, detail, attr: null }, headers);
}

/** A successful answer of one row. */
export function success(response: ServerResponse, headers: Record<string, string> = {}): void {
  json(
    response,
    200,
    { columns: ['n'], types: [['n', 'UInt64']], results: [[42]], hasMore: false, is_cached: false },
    headers,
  );
}
