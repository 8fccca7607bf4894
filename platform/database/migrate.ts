import { migrateSystemDatabase } from '@dbos-inc/dbos-sdk/internal/system_database';
import { RunbookError } from '../../lib/errors.ts';
import { QUIET } from '../quiet.ts';
import { MIGRATIONS } from './migrations.ts';
import { type Pool, transaction } from './pool.ts';

/** Any number: who holds it migrates (PostgreSQL's advisory locks). */
const LOCK = 7_206_431;

/**
 * Brings a database to the newest schema; of several processes one does it.
 * @throws RunbookError `config` for a database of a newer version of the program
 */
export async function migrate(pool: Pool, url: string): Promise<void> {
  await transaction(pool, async (db) => {
    await db.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    await db.query('CREATE SCHEMA IF NOT EXISTS platform');
    await db.query(
      'CREATE TABLE IF NOT EXISTS platform.migrations (number integer PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())',
    );
    const { rows } = await db.query<{ last: number | null }>('SELECT max(number) AS last FROM platform.migrations');
    const done = rows[0]?.last ?? 0;
    if (done > MIGRATIONS.length) throw tooNew(done);
    for (const [index, sql] of MIGRATIONS.entries()) {
      if (index < done) continue;
      await db.query(sql);
      await db.query('INSERT INTO platform.migrations (number) VALUES ($1)', [index + 1]);
    }
    // Its own schema, `dbos`, beside ours.
    await migrateSystemDatabase(url, QUIET as Parameters<typeof migrateSystemDatabase>[1], 'dbos');
  });
}

function tooNew(version: number): RunbookError {
  return new RunbookError(
    'config',
    `The database has schema ${version}; this version of the program knows ${MIGRATIONS.length}.`,
    { hint: 'Use the newer version of the program that made it, or another database.' },
  );
}
