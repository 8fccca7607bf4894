import { hostname } from 'node:os';
import pg from 'pg';
import type { Pool } from '../database/pool.ts';

/** Advisory locks of ours have two numbers: a kind, and what it is of (PostgreSQL's documentation, "Advisory Locks"). */
const WORKER = 7_206_432;
const RUN = 7_206_433;
/** Whose lock is free for so long is dead: a worker that lost its connection has made another one by then. */
const DEAD_MS = 15_000;
const RECONNECT_MS = 1_000;

/** A worker's sign of life: a connection that holds its locks, which the server drops with the process. No clock is compared. */
export class Alive {
  readonly number: number;
  readonly #url: string;
  /** Runs that this worker holds, with what is told where one of them is another's meanwhile. */
  readonly #held = new Map<number, () => void>();
  #client: pg.Client | undefined;
  #closed = false;

  private constructor(number: number, url: string) {
    this.number = number;
    this.#url = url;
  }

  /** Signs a new worker on. */
  static async begin(pool: Pool, url: string): Promise<Alive> {
    const { rows } = await pool.query<{ number: number }>(
      'INSERT INTO platform.workers (host, pid) VALUES ($1, $2) RETURNING number',
      [hostname(), process.pid],
    );
    const alive = new Alive(rows[0]?.number ?? 0, url);
    await alive.#connect();
    return alive;
  }

  /**
   * Takes a run: no other worker performs it until it is given back, or this process ends.
   * @param lost told where this worker was cut off for so long that another one has taken the run
   * @returns whether it could be taken
   * @throws the database's error
   */
  async take(runId: string, lost: () => void): Promise<boolean> {
    const key = keyOf(runId);
    if (this.#held.has(key) || !this.#client || !(await lock(this.#client, RUN, key))) return false;
    this.#held.set(key, lost);
    return true;
  }

  async giveBack(runId: string): Promise<void> {
    const key = keyOf(runId);
    if (this.#held.delete(key)) await this.#client?.query('SELECT pg_advisory_unlock($1, $2)', [RUN, key]);
  }

  /** @param hasLeft whether runs are left that others must go on with: they find them by its number */
  async end(pool: Pool, { hasLeft }: { hasLeft: boolean }): Promise<void> {
    this.#closed = true;
    await this.#client?.end().catch(() => undefined);
    if (!hasLeft) await pool.query('DELETE FROM platform.workers WHERE number = $1', [this.number]);
  }

  /** @throws where nobody answers, or the connection before this one still holds the locks */
  async #connect(): Promise<void> {
    const client = new pg.Client({ connectionString: this.#url, application_name: 'runbook worker', keepAlive: true });
    client.on('error', () => undefined);
    try {
      await client.connect();
      if (!(await lock(client, WORKER, this.number))) throw new Error('the earlier connection is still open');
      for (const [key, lost] of this.#held) if (!(await lock(client, RUN, key))) lost();
      await client.query(SIGNED_ON, [this.number, hostname(), process.pid]);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    // From here on: one that never held the locks loses none by its end.
    client.once('end', () => void this.#again());
    this.#client = client;
  }

  /** The server was restarted, or the line was cut: what is performed here goes on. */
  async #again(): Promise<void> {
    this.#client = undefined;
    while (!this.#closed && !this.#client) {
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
      await this.#connect().catch(() => undefined);
    }
  }
}

/** Whoever thought it dead has struck it off: nobody would notice its death. */
const SIGNED_ON = `INSERT INTO platform.workers (number, host, pid) OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3)
  ON CONFLICT DO NOTHING`;

async function lock(client: pg.Client, kind: number, key: number): Promise<boolean> {
  const { rows } = await client.query<{ got: boolean }>('SELECT pg_try_advisory_lock($1, $2) AS got', [kind, key]);
  return rows[0]?.got ?? false;
}

/** 32 bits of a UUID: where two runs share them one waits for the other. */
function keyOf(runId: string): number {
  return Number.parseInt(runId.slice(0, 8), 16) | 0;
}

/** Tells which workers are dead: whose lock has been free for a while, measured by this process's own clock that only goes forward. */
export class DeadWorkers {
  readonly #free = new Map<number, number>();

  /** @returns numbers of workers that are dead now */
  async look(pool: Pool, now = performance.now()): Promise<number[]> {
    const { rows } = await pool.query<{ number: number }>(
      `SELECT number FROM platform.workers w WHERE NOT EXISTS (
         SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
         WHERE l.locktype = 'advisory' AND l.classid = $1 AND l.objid = w.number AND l.granted)`,
      [WORKER],
    );
    const free = new Set(rows.map(({ number }) => number));
    for (const number of this.#free.keys()) if (!free.has(number)) this.#free.delete(number);
    for (const number of free) if (!this.#free.has(number)) this.#free.set(number, now);
    return [...this.#free].filter(([, since]) => now - since >= DEAD_MS).map(([number]) => number);
  }

  /** After its runs were handed on. */
  async forget(pool: Pool, number: number): Promise<void> {
    this.#free.delete(number);
    await pool.query('DELETE FROM platform.workers WHERE number = $1', [number]);
  }
}
