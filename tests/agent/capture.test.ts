import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openCapture } from '../../agent/capture.ts';
import { diligent } from '../servers/messages.ts';
import { of, perform } from './claude/perform.ts';

interface Batch {
  api_key: string;
  batch: { event: string; distinct_id: string; uuid: string; properties: Record<string, unknown> }[];
}

/** PostHog's ingestion on the loopback. */
async function ingestion(status = 200): Promise<{ url: string; batches: Batch[] }> {
  const batches: Batch[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      batches.push(JSON.parse(text.toString()) as Batch);
      response.writeHead(status, { 'content-type': 'application/json' }).end('{"status":"Ok"}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, batches };
}

describe('a run’s own model requests in PostHog', () => {
  it('are the $ai_generation events of its log', async () => {
    const { url, batches } = await ingestion();
    const capture = await openCapture({ POSTHOG_CAPTURE_KEY: 'phc_test', POSTHOG_CAPTURE_HOST: url });
    const { events } = await perform(diligent);
    for (const event of events) capture?.event(event);
    expect(await capture?.close()).toBeUndefined();
    const sent = batches.flatMap(({ batch }) => batch);
    const logged = of(events, 'generation');
    expect(sent.map(({ uuid }) => uuid)).toEqual(logged.map(({ uuid }) => uuid));
    for (const [index, { event, properties }] of sent.entries()) {
      expect(event).toBe('$ai_generation');
      expect(properties).toMatchObject({ ...logged[index]?.properties });
    }
    expect(batches[0]?.api_key).toBe('phc_test');
  });

  it('are not sent unless asked for', async () => {
    expect(await openCapture({ POSTHOG_API_KEY: 'phx_test' })).toBeUndefined();
  });

  it('a key that cannot send is refused, and a host that fails is told of at the end', async () => {
    await expect(openCapture({ POSTHOG_CAPTURE_KEY: 'phx_test' })).rejects.toMatchObject({ code: 'config' });
    const { url } = await ingestion(500);
    const capture = await openCapture({ POSTHOG_CAPTURE_KEY: 'phc_test', POSTHOG_CAPTURE_HOST: url });
    const { events } = await perform(diligent);
    for (const event of events) capture?.event(event);
    expect(await capture?.close()).toMatch(/500/u);
  }, 30_000);
});
