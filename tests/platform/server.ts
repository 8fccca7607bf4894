import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Platform } from '../../platform/api/platform.ts';
import { listen } from '../../platform/listen.ts';
import { RunListener } from '../../platform/pages/listener.ts';
import { Cipher } from '../../platform/secrets/cipher.ts';
import { createSite } from '../../platform/site.ts';
import { createCollection } from '../../platform/store/collections.ts';
import { createToken } from '../../platform/store/tokens.ts';
import { RunQueue } from '../../platform/work/queue.ts';
import { Worker } from '../../platform/work/worker.ts';
import { withDatabase } from './postgres.ts';

/** A platform of a test file: the API and the pages on the loopback, a worker, the collections `demo` and `other`. */
export interface TestServer {
  platform: Platform;
  base: string;
  tokens: { demo: string; other: string; admin: string };
  /** Ends PostgreSQL and starts it again. */
  restartDatabase(): Promise<void>;
}

/** A task that runs the sample. */
export const TASK = {
  name: 't1',
  description: 'd',
  workflow: { init_params: { source: 'sample' }, step_configs: {}, steps: ['run'] },
};

export function withServer(): TestServer {
  const database = withDatabase();
  const dir = mkdtempSync(path.join(tmpdir(), 'platform-api-'));
  const running = { tokens: { demo: '', other: '', admin: '' } } as TestServer;
  let worker: Worker;
  let server: Awaited<ReturnType<typeof listen>>;
  let listener: RunListener;
  beforeAll(async () => {
    const { pool, url } = database;
    const cipher = new Cipher('k'.repeat(32));
    const queue = await RunQueue.open(pool, { url, concurrency: { collection: 4, worker: 4 } });
    const platform = { pool, cipher, queue, runsDir: path.join(dir, 'runs'), uploadsDir: path.join(dir, 'uploads') };
    const env = { ...process.env, LITELLM_PRICING_URL: 'http://127.0.0.1:9/' };
    worker = await Worker.start({ ...platform, url, env });
    for (const name of ['demo', 'other'] as const) {
      const collection = await createCollection(pool, { name });
      running.tokens[name] = (await createToken(pool, { collectionId: collection?.id ?? '', name })).text;
    }
    running.tokens.admin = (await createToken(pool, { collectionId: null, name: 'admin' })).text;
    listener = new RunListener(url);
    server = await listen(createSite(platform, { host: '127.0.0.1', listener }), { host: '127.0.0.1', port: 0 });
    running.platform = platform;
    running.restartDatabase = database.restart;
    running.base = server.url;
  });
  afterAll(async () => {
    await server?.close();
    await listener?.close();
    await worker?.stop();
    await running.platform?.queue.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return running;
}
