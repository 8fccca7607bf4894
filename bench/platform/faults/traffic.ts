import { type Answer, COLLECTION, type ProductServer } from '../product-server.ts';

/** What is asked while faults happen, with what a good answer holds. */
const QUESTIONS: readonly [path: string, key: string][] = [
  ['/api/v1/health', 'status'],
  [`/api/v1/tasks/${COLLECTION}/optimizer`, 'workflow'],
  [`/api/v1/db/trajectories/${COLLECTION}/optimizer?limit=5`, 'trajectories'],
  [`/api/v1/db/stats/${COLLECTION}/optimizer`, 'by_status'],
  [`/api/v1/routines/${COLLECTION}`, 'routines'],
  [`/api/v1/collections/${COLLECTION}/environment`, ''],
];
/** What may be answered instead, with a `detail`: the database is away, a disk is full, a fault of the program. */
const REFUSALS = [500, 503, 507];
const ASK_EVERY_MS = 250;

export interface AnswerCount {
  byStatus: Map<number, number>;
  illFormed: number;
  /** Requests that nothing came back to while the server ran, and while it was killed. */
  unanswered: number;
  whileKilled: number;
}

/** Clients of one or several servers: they ask for runs at intervals, and for everything else all the time. */
export class Traffic {
  readonly #servers: readonly ProductServer[];
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #open = new Set<Promise<void>>();
  readonly #down = new Map<ProductServer, number>();
  readonly count: AnswerCount = { byStatus: new Map(), illFormed: 0, unanswered: 0, whileKilled: 0 };
  /** What was wrong with answers. */
  readonly faults: string[] = [];
  /** Marks of runs that the server has confirmed; those that it has refused or not answered are in neither list or in `unknown`. */
  readonly confirmed: string[] = [];
  readonly unknown: string[] = [];
  #most: number;
  #asked = 0;
  #marked = 0;

  /** @param runEveryMs 0 for no runs by itself */
  constructor(servers: readonly ProductServer[], { runEveryMs, most }: { runEveryMs: number; most: number }) {
    this.#servers = servers;
    this.#most = most;
    const beginNext = () => this.#marked < this.#most && this.#track(this.begin());
    this.#timers.push(setInterval(() => this.#track(this.#askNext()), ASK_EVERY_MS));
    if (runEveryMs > 0) this.#timers.push(setInterval(beginNext, runEveryMs));
  }

  /** Asks for one run of the sample. */
  async begin(): Promise<void> {
    this.#marked += 1;
    const mark = `run-${this.#marked}`;
    const form = new FormData();
    form.set('init_params', JSON.stringify({ bench: mark }));
    const server = this.#servers[this.#marked % this.#servers.length] as ProductServer;
    const answer = await this.#ask(server, 'POST', [`/api/v1/run/${COLLECTION}/optimizer`, 'workflow_id'], form);
    if (answer?.status === 200) this.confirmed.push(mark);
    else this.unknown.push(mark);
  }

  /** Work while a server is killed: what it does not answer then is no fault. */
  async whileDown<T>(server: ProductServer, work: () => Promise<T>): Promise<T> {
    this.#down.set(server, (this.#down.get(server) ?? 0) + 1);
    try {
      return await work();
    } finally {
      this.#down.set(server, (this.#down.get(server) ?? 1) - 1);
    }
  }

  /** Asks for no more runs, and waits until those that it has asked for are answered. */
  async stopRuns(): Promise<void> {
    this.#most = 0;
    await Promise.all(this.#open);
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#open);
  }

  #track(asking: Promise<void>): void {
    const tracked = asking.finally(() => this.#open.delete(tracked));
    this.#open.add(tracked);
  }

  async #askNext(): Promise<void> {
    this.#asked += 1;
    const server = this.#servers[this.#asked % this.#servers.length] as ProductServer;
    const question = QUESTIONS[this.#asked % QUESTIONS.length] as [string, string];
    await this.#ask(server, 'GET', question);
  }

  async #ask(
    server: ProductServer,
    method: string,
    [path, key]: readonly [string, string],
    body?: FormData,
  ): Promise<Answer | undefined> {
    const isDown = () => (this.#down.get(server) ?? 0) > 0;
    const wasDown = isDown();
    try {
      const answer = await server.ask(method, path, body);
      this.count.byStatus.set(answer.status, (this.count.byStatus.get(answer.status) ?? 0) + 1);
      if (!isWellFormed(answer, key)) {
        this.count.illFormed += 1;
        this.faults.push(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      }
      return answer;
    } catch (error) {
      if (wasDown || isDown()) this.count.whileKilled += 1;
      else {
        this.count.unanswered += 1;
        this.faults.push(`${method} ${path}: no answer: ${causeOf(error)}`);
      }
      return undefined;
    }
  }
}

function isWellFormed({ status, body }: Answer, key: string): boolean {
  if (typeof body !== 'object' || body === null) return false;
  if (status === 200) return key === '' || key in body;
  return REFUSALS.includes(status) && typeof (body as { detail?: unknown }).detail === 'string';
}

function causeOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string; message?: string }; message?: string };
  return cause?.code ?? cause?.message ?? message ?? '';
}
