import { RunbookError } from '../../lib/errors.ts';
import { defaultDataDir, openInstallation } from '../../platform/installation.ts';
import { keepToPublic } from '../../platform/network/outbound.ts';
import { startServer } from '../../platform/serve.ts';
import { leanEnvironment } from '../../platform/work/environment.ts';
import { Worker } from '../../platform/work/worker.ts';
import { loadEnv } from '../env.ts';
import { parseInteger } from '../options.ts';
import type { Register } from '../register.ts';

interface ServeFlags {
  data?: string;
  host: string;
  port: string;
  workers: string;
  collectionConcurrency: string;
  workerConcurrency: string;
}

/** DBOS's pool asks in a way that the next version of pg will not take; that is no matter of those who run a server. */
function quietly(): void {
  process.noDeprecation = true;
}

export const serve: Register = (command, exit) => {
  command.action(async (flags: ServeFlags) => {
    quietly();
    const env = loadEnv();
    const dataDir = flags.data ?? defaultDataDir(env);
    const whole = (flag: string, text: string, min: number, max: number) => parseInteger(flag, text, { min, max });
    const server = await startServer({
      dataDir,
      host: flags.host,
      port: whole('--port', flags.port, 0, 65_535),
      workers: whole('--workers', flags.workers, 0, 64),
      concurrency: {
        collection: whole('--collection-concurrency', flags.collectionConcurrency, 1, 10_000),
        worker: whole('--worker-concurrency', flags.workerConcurrency, 1, 10_000),
      },
      workerCommand: [process.execPath, process.argv[1] ?? '', 'worker', '--data', dataDir],
      env,
    });
    process.stdout.write(`${server.url}\n`);
    process.stderr.write(greeting(server, dataDir));
    await stopped();
    process.stderr.write('Stopping: runs that are going on are gone on with at the next start.\n');
    await server.close();
    exit(0);
  });
};

export const worker: Register = (command, exit) => {
  command.action(async (flags: { data?: string }) => {
    quietly();
    const env = { ...loadEnv() };
    if (!env.DATABASE_URL)
      throw new RunbookError('config', 'DATABASE_URL is not set: a worker joins the database of a server.', {
        at: 'DATABASE_URL',
        hint: 'Set it to the PostgreSQL of the server; without one, runbook serve has workers of its own.',
      });
    const installation = await openInstallation(flags.data ?? defaultDataDir(env), env);
    keepToPublic(env);
    // What runs start (gh, claude) inherits this process's environment.
    process.env = leanEnvironment(env);
    const running = await Worker.start({ ...installation, env });
    await stopped();
    await running.stop();
    await installation.close();
    // DBOS keeps timers; what had to be waited for is over.
    exit(0);
    process.exit(0);
  });
};

function greeting({ url, adminToken }: { url: string; adminToken: string | undefined }, dataDir: string): string {
  const lines = [
    `The pages are at ${url}; the API at ${url}/api/v1, described at ${url}/openapi.json; data in ${dataDir}. Ctrl-C ends it.`,
  ];
  if (adminToken !== undefined)
    lines.push(
      `Token of the administrator, to log in and for the API, shown this once: ${adminToken}`,
      `  export JETTY_API_URL=${url} JETTY_API_TOKEN=${adminToken}`,
    );
  return `${lines.join('\n')}\n`;
}

function stopped(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
    // A worker whose server was killed.
    process.once('disconnect', () => resolve());
  });
}
