import { COLLECTION, type ProductServer } from './product-server.ts';

/** What clients ask while runs go on: lists, single runs, stats, tasks, health. */
const PATHS = (task: string, trajectory: string) => [
  '/api/v1/health',
  `/api/v1/tasks/${COLLECTION}/${task}`,
  `/api/v1/db/trajectories/${COLLECTION}/${task}?limit=20`,
  `/api/v1/db/trajectory/${COLLECTION}/${task}/${trajectory}`,
  `/api/v1/db/stats/${COLLECTION}/${task}`,
  `/api/v1/collections/${COLLECTION}/environment`,
  `/api/v1/routines/${COLLECTION}`,
];
const EVERY_MS = 100;

/** Asks the API ten times a second, whatever it answers. */
export class Probe {
  readonly #server: ProductServer;
  readonly #timer: NodeJS.Timeout;
  readonly #open = new Set<Promise<void>>();
  readonly answers: { path: string; ms: number; status: number; isJson: boolean }[] = [];
  /** Requests that no answer came to. */
  unanswered = 0;
  #asked = 0;

  constructor(server: ProductServer, task: string, trajectories: readonly string[]) {
    this.#server = server;
    this.#timer = setInterval(() => {
      const run = trajectories[this.#asked % Math.max(1, trajectories.length)] ?? '';
      const paths = PATHS(task, run);
      const asking = this.#ask(paths[this.#asked % paths.length] ?? '').finally(() => this.#open.delete(asking));
      this.#open.add(asking);
      this.#asked += 1;
    }, EVERY_MS);
  }

  async #ask(path: string): Promise<void> {
    try {
      const { status, body, ms } = await this.#server.ask('GET', path);
      this.answers.push({ path, ms, status, isJson: body !== undefined });
    } catch {
      this.unanswered += 1;
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
  }
}

/** @param part 0.99 for the 99th percentile (nearest rank) */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}
