import pg from 'pg';
import { EVENTS_CHANNEL } from '../work/progress.ts';

const AGAIN_MS = 1_000;

/**
 * Hears which runs go on: one connection for everybody who looks at one. Where it is lost, everybody looks for themselves when it is back;
 * until then their own heartbeat does.
 */
export class RunListener {
  readonly #url: string;
  readonly #readers = new Map<string, Set<() => void>>();
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(url: string) {
    this.#url = url;
    this.#connect();
  }

  get readers(): number {
    return [...this.#readers.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** @returns what ends it */
  subscribe(runId: string, wake: () => void): () => void {
    const readers = this.#readers.get(runId) ?? new Set();
    this.#readers.set(runId, readers.add(wake));
    return () => {
      readers.delete(wake);
      if (readers.size === 0 && this.#readers.get(runId) === readers) this.#readers.delete(runId);
    };
  }

  /** Whoever still looks is woken, and sees that the server ends. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#wakeAll();
    await this.#client?.end().catch(() => undefined);
  }

  get closed(): boolean {
    return this.#closed;
  }

  #connect(): void {
    const client = new pg.Client({ connectionString: this.#url, application_name: 'runbook pages', keepAlive: true });
    this.#client = client;
    let isLost = false;
    const lost = () => {
      if (isLost || this.#closed) return;
      isLost = true;
      client.end().catch(() => undefined);
      this.#timer = setTimeout(() => this.#connect(), AGAIN_MS);
    };
    client.on('error', lost);
    client.on('end', lost);
    client.on('notification', ({ payload }) => {
      for (const wake of this.#readers.get(payload ?? '') ?? []) wake();
    });
    client
      .connect()
      .then(() => client.query(`LISTEN ${EVENTS_CHANNEL}`))
      .then(() => this.#wakeAll())
      .catch(lost);
  }

  #wakeAll(): void {
    for (const readers of this.#readers.values()) for (const wake of readers) wake();
  }
}
