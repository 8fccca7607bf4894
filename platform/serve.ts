import { type Installation, openInstallation } from './installation.ts';
import { listen } from './listen.ts';
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

/**
 * Starts a server with its database, queue and workers; where a part cannot start, those that did are ended.
 * @throws RunbookError `config` where a part cannot start
 */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const started: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const end of started.splice(0).reverse()) await end();
  };
  try {
    return { ...(await startParts(options, started)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @param started gets what ends each part, in the order in which they start */
async function startParts(options: ServeOptions, started: (() => Promise<void>)[]) {
  const installation = await openInstallation(options.dataDir, options.env);
  started.push(() => installation.close());
  const { pool, url: databaseUrl } = installation;
  const queue = await RunQueue.open(pool, { url: databaseUrl, concurrency: options.concurrency });
  started.push(() => queue.close());
  const listener = new RunListener(databaseUrl);
  started.push(() => listener.close());
  const names = { host: options.host, publicUrl: options.env.RUNBOOK_URL };
  const { url, close } = await listen(createSite({ ...installation, queue }, { ...names, listener }), options);
  started.push(close);
  // Where nobody would be shown it, none is made.
  const adminToken = await firstToken(installation);
  const workers = new Workers({
    command: options.workerCommand,
    env: { RUNBOOK_URL: url, ...options.env, DATABASE_URL: databaseUrl },
    count: options.workers,
  });
  started.push(() => workers.stop());
  const scheduler = new Scheduler({ ...installation, queue });
  started.push(() => scheduler.stop());
  return { url, adminToken };
}

async function firstToken({ pool }: Installation): Promise<string | undefined> {
  if ((await listTokens(pool, null)).length > 0) return undefined;
  if ((await listCollections(pool, { limit: 1 })).length === 0)
    await createCollection(pool, { name: FIRST_COLLECTION });
  return (await createToken(pool, { collectionId: null, name: 'administrator' })).text;
}
