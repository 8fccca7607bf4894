import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { RunbookError } from '../../../lib/errors.ts';
import type { DetailedAnswer } from '../../../sources/http/answer.ts';
import { type DetailedSource, type ServeOptions, serveSource } from '../../../sources/http/server.ts';
import type { QueryRequest } from '../../../sources/source.ts';

/** Answers with the query and its values, or fails as its text asks. */
export function echo({ sql, values }: QueryRequest): DetailedAnswer {
  if (sql.includes('broken'))
    throw new RunbookError('hogql', 'Unable to resolve field: broken', { position: { start: 7, end: 13 } });
  if (sql.includes('supertype')) throw new RunbookError('hogql', 'NO_COMMON_TYPE: There is no supertype');
  if (sql.includes('memory')) throw new RunbookError('hogql', 'MEMORY_LIMIT_EXCEEDED: would use 9 GiB');
  if (sql.includes('slow')) throw new RunbookError('timeout', 'The query took longer than 60 s.');
  if (sql.includes('closed')) throw new RunbookError('source_unavailable', '/internal/path is not open');
  if (sql.includes('crash')) throw new Error('/internal/path exploded');
  return {
    columns: ['q', 'v', 'cost'],
    types: [
      ['q', 'String'],
      ['v', 'String'],
      ['cost', 'Nullable(Float64)'],
    ],
    rows: [[sql, JSON.stringify(values ?? {}), 2]],
    hasMore: false,
    responseBytes: 1,
    bytesRead: 9,
    elapsedS: 0.1,
    cached: false,
    clickhouse: 'SELECT 1',
    hogql: sql,
    timings: [{ k: './x', t: 0.1 }],
  };
}

const open: { close(): Promise<void> }[] = [];

export async function closeFaces(): Promise<void> {
  await Promise.all(open.splice(0).map((face) => face.close()));
}

export async function face(
  answer: DetailedSource['queryDetailed'] = async (query) => echo(query),
  options: Partial<ServeOptions> = {},
): Promise<{ url: string; port: number }> {
  const now = () => new Date('2026-03-10T12:34:56.789Z');
  const served = await serveSource({ queryDetailed: answer, now }, { port: 0, ...options });
  open.push(served);
  return { url: served.url, port: Number(new URL(served.url).port) };
}

export interface Answered {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
  body: Record<string, unknown>;
}

/** One request over a socket, with nothing added to it. */
export function send(port: number, options: RequestOptions, body?: string | string[]): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const json = (response.headers['content-type'] ?? '').includes('json');
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          body: json ? (JSON.parse(text) as Record<string, unknown>) : {},
        });
      });
    });
    sent.on('error', reject);
    for (const part of [body ?? []].flat()) sent.write(part);
    sent.end();
  });
}

export const AUTH = { authorization: 'Bearer phx_any' };

/** A query as a PostHog client posts it. */
export function post(
  port: number,
  body: unknown,
  { headers = AUTH, path = '/api/projects/1/query/' }: { headers?: Record<string, string>; path?: string } = {},
): Promise<Answered> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const length = String(Buffer.byteLength(text));
  return send(
    port,
    { method: 'POST', path, headers: { 'content-type': 'application/json', 'content-length': length, ...headers } },
    text,
  );
}

export function hogql(sql: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { query: { kind: 'HogQLQuery', query: sql, ...more } };
}
