import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';

/** The ways in which Amazon and Google put the Messages API behind addresses and encodings of their own. */
export interface Cloud {
  readonly url: string;
  /** What was asked: path, authorization, and the body's own wire version. */
  readonly asked: { path: string; authorization: string; version: unknown }[];
  close(): Promise<void>;
}

/** Passes requests on to a loopback Messages API, in a cloud's manner. */
export async function startCloud(kind: 'bedrock' | 'vertex', messagesUrl: string): Promise<Cloud> {
  const asked: Cloud['asked'] = [];
  const server = createServer((request, response) => {
    void pass(request, response).catch(() => response.destroy());
  });
  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { anthropic_version: version, ...body } = JSON.parse(Buffer.concat(chunks).toString()) as Record<
      string,
      unknown
    >;
    const path = request.url ?? '';
    asked.push({ path, authorization: request.headers.authorization ?? '', version });
    const named =
      kind === 'bedrock' ? /^\/model\/([^/]+)\/invoke-with-response-stream$/u : /\/models\/([^/]+):streamRawPredict$/u;
    const model = decodeURIComponent(named.exec(path)?.[1] ?? '');
    const answer = await fetch(`${messagesUrl}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer x' },
      body: JSON.stringify({ ...body, model, stream: true }),
    });
    const text = await answer.text();
    const type =
      kind === 'bedrock' && answer.ok ? 'application/vnd.amazon.eventstream' : answer.headers.get('content-type');
    response.writeHead(answer.status, { 'content-type': type ?? 'application/json' });
    response.end(type === 'application/vnd.amazon.eventstream' ? Buffer.concat(eventsOf(text).map(frame)) : text);
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function eventsOf(sse: string): string[] {
  return [...sse.matchAll(/^data: (.*)$/gmu)].map(([, data]) => data ?? '');
}

/** One message of AWS's event stream: lengths, a checksum, headers, the payload, a checksum. */
function frame(event: string): Buffer {
  const payload = Buffer.from(JSON.stringify({ bytes: Buffer.from(event).toString('base64') }));
  const headers = Buffer.concat(
    Object.entries({ ':event-type': 'chunk', ':content-type': 'application/json', ':message-type': 'event' }).map(
      header,
    ),
  );
  const total = 16 + headers.length + payload.length;
  const prelude = Buffer.alloc(8);
  prelude.writeUInt32BE(total, 0);
  prelude.writeUInt32BE(headers.length, 4);
  const head = Buffer.concat([prelude, checksum(prelude), headers, payload]);
  return Buffer.concat([head, checksum(head)]);
}

function header([name, value]: [string, string]): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value.length);
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([7]), length, Buffer.from(value)]);
}

function checksum(data: Buffer): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(data));
  return sum;
}
