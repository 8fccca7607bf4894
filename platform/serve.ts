import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { RunbookError } from '../lib/errors.ts';
import { type Installation, openInstallation } from './installation.ts';
import { RunListener } from './pages/listener.ts';
import { Scheduler } from './routines/scheduler.ts';
import { createSite } from './site.ts';
import { createCollection, listCollections } from './store/collections.ts';
import { createToken, listTokens } from './store/tokens.ts';
import { RunQueue } from './work/queue.ts';
import { Workers } from './workers.ts';

export interface ServeOptions {
  dataDir: string;
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** Worker processes of this server; 0 where they run elsewhere (`runbook worker`). */
  workers: number;
  /** Runs of one collection that are performed at once, and those that one worker performs at once. */
  concurrency: { collection: number; worker: number };
  /** Program and arguments of one worker. */
  workerCommand: readonly string[];
  env: NodeJS.ProcessEnv;
}

export interface RunningServer {
  url: string;
  /** The administrator's token, where the installation is new: it is shown once. */
  adminToken: string | undefined;
  close(): Promise<void>;
}

/** The collection that a new installation has. */
const FIRST_COLLECTION = 'default';

/** Starts a server with its database, queue and workers. @throws RunbookError `config` where a part cannot start */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const installation = await openInstallation(options.dataDir, options.env);
  const { pool, url: databaseUrl } = installation;
  const queue = await RunQueue.open(pool, { url: databaseUrl, concurrency: options.concurrency });
  const adminToken = await firstToken(installation);
  const listener = new RunListener(databaseUrl);
  const names = { host: options.host, publicUrl: options.env.RUNBOOK_URL };
  const site = createSite({ ...installation, queue }, { ...names, listener });
  const { server, url } = await listen(site, options);
  const scheduler = new Scheduler({ ...installation, queue });
  const workers = new Workers({
    command: options.workerCommand,
    env: { RUNBOOK_URL: url, ...options.env, DATABASE_URL: databaseUrl },
    count: options.workers,
  });
  return {
    url,
    adminToken,
    async close() {
      await listener.close();
      await new Promise((resolve) => {
        server.close(resolve);
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
      await scheduler.stop();
      await workers.stop();
      await queue.close();
      await installation.close();
    },
  };
}

async function firstToken({ pool }: Installation): Promise<string | undefined> {
  if ((await listTokens(pool, null)).length > 0) return undefined;
  if ((await listCollections(pool, { limit: 1 })).length === 0)
    await createCollection(pool, { name: FIRST_COLLECTION });
  return (await createToken(pool, { collectionId: null, name: 'administrator' })).text;
}

async function listen(app: Hono, { host, port }: ServeOptions) {
  const server = serve({ fetch: app.fetch, hostname: host, port });
  await new Promise<void>((resolve, reject) => {
    server.once('listening', () => resolve());
    server.once('error', (cause: NodeJS.ErrnoException) => reject(notListening(cause, { host, port })));
  });
  const address = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  return { server, url: `http://${name}:${address.port}` };
}

function notListening(cause: NodeJS.ErrnoException, { host, port }: { host: string; port: number }): RunbookError {
  const why = cause.code === 'EADDRINUSE' ? 'another program listens there' : cause.message;
  return new RunbookError('config', `The server cannot listen on ${host}:${port}: ${why}.`, {
    at: '--port',
    hint: 'Choose another one with --port, or 0 for a free one.',
    cause,
  });
}
