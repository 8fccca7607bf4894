import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type EmbeddedPostgres, startEmbedded } from '../../platform/database/embedded.ts';
import { migrate } from '../../platform/database/migrate.ts';
import { openPool, type Pool } from '../../platform/database/pool.ts';

/** A PostgreSQL server of a test file, with the schema. */
export interface Database {
  pool: Pool;
  url: string;
  /** Ends the server and starts it again. */
  restart(): Promise<void>;
}

/** Starts one before the tests of a file and ends it after them. */
export function withDatabase(): Database {
  const database = {} as Database;
  const dir = mkdtempSync(path.join(tmpdir(), 'platform-'));
  let server: EmbeddedPostgres;
  beforeAll(async () => {
    server = await startEmbedded(dir);
    database.url = server.url;
    database.restart = async () => {
      await server.stop();
      server = await startEmbedded(dir);
    };
    database.pool = await openPool(server.url);
    await migrate(database.pool, database.url);
  });
  afterAll(async () => {
    await database.pool?.end();
    await server?.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  return database;
}
