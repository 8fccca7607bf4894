import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

export interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
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
        headers: request.headers,
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
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  raw(response, status, JSON.stringify(body), headers);
}

/** Any text as the body, whatever its header says. */
export function raw(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body);
}

const TYPES: Record<number, string> = {
  400: 'validation_error',
  401: 'authentication_error',
  403: 'authentication_error',
  404: 'invalid_request',
  429: 'throttled_error',
};

/** An error in PostHog's form. */
export function failure(
  response: ServerResponse,
  status: number,
  code: string,
  detail: string,
  headers: Record<string, string> = {},
  more: Record<string, unknown> = {},
): void {
  json(response, status, { type: TYPES[status] ?? 'server_error', code, detail, attr: null, ...more }, headers);
}

/** A successful answer's body; one row unless others are given. */
export function answer(rows: unknown[][] = [[42]], columns: string[] = ['n']): Record<string, unknown> {
  return {
    columns,
    types: columns.map((column) => [column, 'UInt64']),
    results: rows,
    hasMore: false,
    is_cached: false,
    error: null,
  };
}

/** A successful answer of one row. */
export function success(response: ServerResponse, headers: Record<string, string> = {}): void {
  json(response, 200, answer(), headers);
}

/** The beginning of an answer, then the end of the connection. */
export function cutOff(response: ServerResponse, headers: Record<string, string> = { 'content-length': '1000' }): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers });
  response.write('{"columns":["n"],"resu');
  setTimeout(() => response.destroy(), 20);
}

/** A body that takes gzip at its word. */
export function zipped(response: ServerResponse, body: string | Buffer): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
  response.end(gzipSync(body));
}

/** The state of a query in the background. */
export function progress(id: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    query_status: { id, team_id: 7, complete: false, error: false, error_message: null, results: null, ...more },
  };
}
