import pg from 'pg';
import { RunbookError } from '../../lib/errors.ts';

/** Any number, one of ours (PostgreSQL's advisory locks). */
const LOCK = 7_206_430;
/** A server that was killed a moment ago still has its lock until the database notices. */
const PATIENCE_MS = 5_000;
const AGAIN_MS = 250;

/** The right to a data folder: a lock on a connection of its own, which the database takes back where its process is killed. */
export class SoleServer {
  readonly #url: string;
  #client: pg.Client | undefined;
  #ended = false;

  private constructor(url: string) {
    this.#url = url;
  }

  /**
   * Takes the folder whose embedded database this is.
   * @throws RunbookError `config` where another server has it
   */
  static async take(url: string, dataDir: string): Promise<SoleServer> {
    const sole = new SoleServer(url);
    const until = performance.now() + PATIENCE_MS;
    while (!(await sole.#tryTo())) {
      if (performance.now() > until) throw inUse(dataDir);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
    return sole;
  }

  async release(): Promise<void> {
    this.#ended = true;
    await this.#client?.end().catch(() => undefined);
  }

  async #tryTo(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.#url, application_name: 'runbook serve', keepAlive: true });
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ got: boolean }>('SELECT pg_try_advisory_lock($1) AS got', [LOCK]);
    if (!rows[0]?.got) {
      await client.end();
      return false;
    }
    this.#client = client;
    client.once('end', () => void this.#again());
    return true;
  }

  /** The database was restarted: the folder is still ours. */
  async #again(): Promise<void> {
    for (let isTaken = false; !this.#ended && !isTaken; ) {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      if (!this.#ended) isTaken = await this.#tryTo().catch(() => false);
    }
  }
}

function inUse(dataDir: string): RunbookError {
  return new RunbookError('config', `Another server uses the data folder ${dataDir}.`, {
    at: '--data',
    hint: 'Stop it first, choose another folder with --data, or let servers share a PostgreSQL with DATABASE_URL.',
  });
}
