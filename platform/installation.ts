import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { startEmbedded } from './database/embedded.ts';
import { keepRunning } from './database/keeper.ts';
import { migrate } from './database/migrate.ts';
import { openPool, type Pool } from './database/pool.ts';
import { Cipher } from './secrets/cipher.ts';
import { installationKey } from './secrets/key.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What every process of an installation works with. */
export interface Installation {
  dataDir: string;
  /** With the password: never shown. */
  url: string;
  pool: Pool;
  cipher: Cipher;
  /** Results of runs; processes on several machines share this folder. */
  runsDir: string;
  uploadsDir: string;
  close(): Promise<void>;
}

/** Where an installation keeps what it keeps, unless it is told otherwise. */
export function defaultDataDir(env: Env): string {
  const name = 'posthog-trace-optimizer';
  if (env.RUNBOOK_DATA) return path.resolve(env.RUNBOOK_DATA);
  // PostgreSQL does not run as root, and its user cannot walk to files below /root.
  if (process.getuid?.() === 0) return path.join('/var/lib', name);
  return path.join(env.XDG_DATA_HOME ?? path.join(env.HOME ?? '.', '.local/share'), name);
}

/**
 * Opens an installation: its database (`DATABASE_URL`, else a PostgreSQL of its own in the folder), brought to the newest schema, and its key.
 * @throws RunbookError `config`
 */
export async function openInstallation(dataDir: string, env: Env): Promise<Installation> {
  const root = path.resolve(dataDir);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const cipher = new Cipher(installationKey(root, env));
  const embedded = env.DATABASE_URL ? undefined : await startEmbedded(root);
  const url = env.DATABASE_URL ?? embedded?.url ?? '';
  const folders = { runsDir: path.join(root, 'runs'), uploadsDir: path.join(root, 'uploads') };
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    const pool = await openPool(url);
    await migrate(pool, url);
    const stopKeeping = embedded && keepRunning(embedded);
    const close = async () => {
      await stopKeeping?.();
      await pool.end();
      await embedded?.stop();
    };
    return { dataDir: root, url, pool, cipher, ...folders, close };
  } catch (error) {
    // What it failed for is told, not that there is nothing to stop.
    await embedded?.stop().catch(() => undefined);
    throw error;
  }
}
