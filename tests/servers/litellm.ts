import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the server answers: a body with an ETag (304 to those who have it), a bare status, or a fault. */
export type LitellmAnswer =
  | { kind: 'table'; body: string; etag?: string }
  | { kind: 'status'; status: number }
  /** Takes the request and never answers. */
  | { kind: 'silent' }
  /** Sends headers and the start of a body, then nothing. */
  | { kind: 'stalls' }
  /** Closes the connection in the middle of the body. */
  | { kind: 'cut' };

export interface LitellmServer {
  readonly url: string;
  /** Headers of every request so far. */
  readonly requests: IncomingMessage['headers'][];
  answer: LitellmAnswer;
  close(): Promise<void>;
}

/** A loopback server in the place of the host of LiteLLM's price table. */
export async function startLitellm(answer: LitellmAnswer): Promise<LitellmServer> {
  const requests: IncomingMessage['headers'][] = [];
  const state = { answer };
  const server = createServer((request, response) => {
    requests.push(request.headers);
    reply(state.answer, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/prices.json`,
    requests,
    get answer() {
      return state.answer;
    },
    set answer(next: LitellmAnswer) {
      state.answer = next;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function reply(answer: LitellmAnswer, request: IncomingMessage, response: ServerResponse): void {
  switch (answer.kind) {
    case 'status':
      response.writeHead(answer.status).end('no table here');
      return;
    case 'table':
      if (answer.etag !== undefined && request.headers['if-none-match'] === answer.etag) {
        response.writeHead(304).end();
        return;
      }
      response.writeHead(200, { 'content-type': 'text/plain', ...(answer.etag ? { etag: answer.etag } : {}) });
      response.end(answer.body);
      return;
    case 'stalls':
      response.writeHead(200).write('{"gpt-4o": {');
      return;
    case 'cut':
      response.writeHead(200, { 'content-length': '100000' }).write('{"gpt-4o": {', () => response.destroy());
      return;
    case 'silent':
  }
}
