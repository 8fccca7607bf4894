import pg from 'pg';
import { messageOf, RunbookError } from '../../lib/errors.ts';

/** What queries are sent to: the pool, or the client of a transaction. */
export type Db = Pick<pg.Pool, 'query'>;
export type Pool = pg.Pool;

const MAX_CONNECTIONS = 10;
const CONNECT_MS = 10_000;
/** No query of ours reads a whole table. */
const STATEMENT_MS = 30_000;

/** 64-bit counts fit a number: none of ours comes near 2^53. Of this pool alone: others in the process may want texts. */
const TYPES: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/**
 * Connections to a database; a connection that breaks is replaced by the next query.
 * @throws RunbookError `config` where nobody answers, without the password of the URL
 */
export async function openPool(url: string): Promise<Pool> {
  const pool = new pg.Pool({
    connectionString: url,
    types: TYPES,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    application_name: 'runbook',
  });
  // An idle connection ends with its server; who queries next is told, and so is who holds one for a transaction.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  try {
    await pool.query('SELECT 1');
    return pool;
  } catch (cause) {
    await pool.end();
    throw new RunbookError('config', `The database does not answer: ${messageOf(cause)}`, {
      at: addressOf(url),
      hint: 'Check DATABASE_URL, and that the server runs.',
      cause,
    });
  }
}

function addressOf(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url);
    return `${hostname}${port ? `:${port}` : ''}${pathname}`;
  } catch {
    return 'DATABASE_URL';
  }
}

/** All of it happens, or nothing. @throws what the work throws, after the transaction was rolled back */
export async function transaction<T>(pool: Pool, work: (db: Db) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** PostgreSQL's code for a value that is there already (Appendix A, class 23). */
const UNIQUE_VIOLATION = '23505';

/** @returns undefined where a value that is to be unique is there already */
export async function unlessTaken<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if ((error as { code?: unknown }).code === UNIQUE_VIOLATION) return undefined;
    throw error;
  }
}

/** Class 08 (connection), 57P (operator intervention: shutdown, crash), 53 (no disk, memory or connection left). */
const UNANSWERED = /^(?:08|57P|53)/u;
const SYSTEM = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']);

/** Whether the database could not be asked, and may be again. */
export function isUnanswered(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  if (code !== undefined) return UNANSWERED.test(code) || SYSTEM.has(code);
  // pg's own words, which have no code.
  return /connection (?:terminated|ended|error)|timeout exceeded when trying to connect/iu.test(message ?? '');
}

const ASK_AGAIN_MS = 1_000;

/** Asks until there is an answer: the database may be restarted, and what was done is not lost for that. @throws what is no matter of the connection */
export async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isUnanswered(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }
}

/** Of the system, and PostgreSQL's (class 53). */
const FULL = new Set(['ENOSPC', 'EDQUOT', '53100']);

/** Whether a disk takes no more: ours, or the database's. */
export function isDiskFull(error: unknown): boolean {
  return FULL.has((error as { code?: string }).code ?? '');
}

/** Class 22 (data exception): NUL in a text, half a character, no UUID; 54001: nested too deeply. */
const UNSTORABLE = /^(?:22|54001)/u;

/** Whether what was asked for holds what no text or JSON of the database can be. */
export function isUnstorable(error: unknown): boolean {
  const { code } = error as { code?: string };
  return typeof code === 'string' && UNSTORABLE.test(code);
}
