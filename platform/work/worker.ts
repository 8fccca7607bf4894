import { DBOS } from '@dbos-inc/dbos-sdk';
import { getExecutor } from '@dbos-inc/dbos-sdk/internal/dbos';
import { type Pool, untilAnswered } from '../database/pool.ts';
import { QUIET } from '../quiet.ts';
import type { Cipher } from '../secrets/cipher.ts';
import { CANCELLED, type PlatformRun } from '../store/run-row.ts';
import { beginRun, cancelledAmong, endRun, markAnnounced, unannounced } from '../store/run-states.ts';
import { runById } from '../store/runs.ts';
import { endGivenUp, givenTo } from '../store/workflows.ts';
import { Alive, DeadWorkers } from './alive.ts';
import { type Attempt, deliverOnce, receiversOf } from './deliveries.ts';
import { Dispatch } from './dispatch.ts';
import { runEnvironment } from './environment.ts';
import { parentDir } from './fork.ts';
import { historyOf } from './history.ts';
import { performRun } from './perform.ts';
import { EVENTS_CHANNEL, Progress } from './progress.ts';
import { APPLICATION, APPLICATION_VERSION, DELIVERIES, QUEUE, WORKFLOW } from './queue.ts';
import { runFolder } from './results.ts';
import { placesOfSource } from './sources.ts';

export interface WorkerOptions {
  pool: Pool;
  url: string;
  cipher: Cipher;
  /** Where results are: one folder for every process of an installation. */
  runsDir: string;
  /** Files that clients sent. */
  uploadsDir: string;
  env: Readonly<Record<string, string | undefined>>;
}

const QUEUES = [QUEUE, DELIVERIES];
/** A run that another worker holds is looked at again after this, ms. */
const HELD_MS = 2_000;
/** Other workers are looked at this often, ms. */
const LOOK_MS = 5_000;
/** Whether runs are to be cancelled is looked at this often, ms. */
const CANCEL_MS = 500;
/** Why a run is broken off that another worker has taken. */
const LOST = Symbol('lost');
/** Ends of runs that are told at a look. */
const MOST_ANNOUNCED = 100;
/** Processes that may die on one run before it is given up. */
const MAX_ATTEMPTS = 20;

/** A process that performs runs. There is one in a process: DBOS is. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #alive: Alive;
  readonly #dead = new DeadWorkers();
  readonly #dispatch = new Dispatch(QUEUES);
  readonly #running = new Map<string, AbortController>();
  /** Workflows that have begun here, and those that were given to this worker while it did not hear of it. */
  readonly #begun = new Set<string>();
  #unheard = new Set<string>();
  #deliver: ((attempt: Attempt) => Promise<void>) | undefined;
  #stopping = false;
  #timer: NodeJS.Timeout | undefined;
  #looked = 0;

  private constructor(options: WorkerOptions, alive: Alive) {
    this.#options = options;
    this.#alive = alive;
  }

  /** Signs on and begins to take runs. @throws RunbookError `config` where the database does not answer */
  static async start(options: WorkerOptions): Promise<Worker> {
    const worker = new Worker(options, await Alive.begin(options.pool, options.url));
    DBOS.setConfig({
      name: APPLICATION,
      systemDatabaseUrl: options.url,
      executorID: String(worker.#alive.number),
      applicationVersion: APPLICATION_VERSION,
      listenQueues: QUEUES,
      logger: QUIET,
    });
    DBOS.registerWorkflow((runId: string) => worker.#heard(() => worker.#perform(runId)), {
      name: WORKFLOW,
      maxRecoveryAttempts: MAX_ATTEMPTS,
    });
    const deliver = (attempt: Attempt) => worker.#heard(() => worker.#deliverGiven(attempt));
    worker.#deliver = DBOS.registerWorkflow(deliver, { name: 'deliver' });
    await DBOS.launch();
    worker.#timer = setInterval(() => void worker.#look().catch(() => undefined), CANCEL_MS);
    return worker;
  }

  /** Takes no more runs, leaves those that it performs to others, and ends. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    const hasLeft = this.#running.size > 0;
    for (const controller of this.#running.values()) controller.abort();
    while (this.#running.size > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await this.#dispatch.end();
    await DBOS.shutdown({ workflowCompletionTimeoutMS: 0 });
    await this.#alive.end(this.#options.pool, { hasLeft });
  }

  /** The body of a workflow, which has begun here. */
  async #heard(work: () => Promise<void>): Promise<void> {
    const id = DBOS.workflowID ?? '';
    this.#begun.add(id);
    try {
      await work();
    } finally {
      this.#begun.delete(id);
    }
  }

  /** The durable workflow: it begins again in another process where this one dies, and goes on from the run's own record. */
  async #perform(runId: string): Promise<void> {
    const { pool } = this.#options;
    const controller = new AbortController();
    while (!(await untilAnswered(() => this.#alive.take(runId, () => controller.abort(LOST))))) {
      const run = await untilAnswered(() => runById(pool, runId));
      if (!run || run.ended) return;
      if (this.#stopping) return this.#leave();
      await new Promise((resolve) => setTimeout(resolve, HELD_MS));
    }
    this.#running.set(runId, controller);
    try {
      const run = await untilAnswered(() => beginRun(pool, runId, String(this.#alive.number)));
      if (run) await this.#performBegun(run, controller);
    } finally {
      await this.#alive.giveBack(runId).catch(() => undefined);
      this.#running.delete(runId);
    }
    if (this.#isLeft(controller.signal)) return this.#leave();
    await this.#announce(runId);
  }

  /** Once for each receiver, however often it is asked for. */
  async #announce(runId: string): Promise<void> {
    const run = await untilAnswered(() => runById(this.#options.pool, runId));
    if (!run?.ended) return;
    for (const told of await untilAnswered(() => receiversOf(this.#options, run)))
      await this.#plan({ runId, told, attempt: 1 });
    await untilAnswered(() => markAnnounced(this.#options.pool, runId));
  }

  /** The durable workflow of one attempt. The next one is a workflow of its own: one that slept would keep others from its place in the queue. */
  async #deliverGiven(attempt: Attempt): Promise<void> {
    const step = { name: `attempt ${attempt.attempt}`, retriesAllowed: false };
    const outcome = await DBOS.runStep(() => deliverOnce(this.#options, attempt), step);
    if (outcome.kind !== 'retry') return;
    await this.#plan({ ...attempt, attempt: attempt.attempt + 1 }, Math.ceil(outcome.afterMs / 1_000));
  }

  async #plan(attempt: Attempt, delaySeconds?: number): Promise<void> {
    const { runId, told, attempt: number } = attempt;
    const wanted = { workflowID: `${told}-${runId}-${number}`, queueName: DELIVERIES };
    const enqueueOptions = delaySeconds === undefined ? {} : { delaySeconds };
    if (this.#deliver) await DBOS.startWorkflow(this.#deliver, { ...wanted, enqueueOptions })(attempt);
  }

  async #performBegun(run: PlatformRun, controller: AbortController): Promise<void> {
    const { pool, runsDir, env: server } = this.#options;
    if (run.cancelRequested) controller.abort();
    const progress = new Progress(pool, run);
    const dir = runFolder({ runsDir }, run);
    const env = () => untilAnswered(() => runEnvironment(this.#options, run));
    const history = () => untilAnswered(() => historyOf(pool, runsDir, run));
    const parent = () => untilAnswered(() => parentDir(pool, runsDir, run));
    const places = (specs: readonly string[]) => untilAnswered(() => placesOfSource(this.#options, run, specs));
    const { signal } = controller;
    const performed = await performRun({ run, dir, env, server, history, parent, places, signal, progress });
    await progress.end();
    if (performed.kind === 'interrupted' && this.#isLeft(controller.signal)) return;
    const end = performed.kind === 'ended' ? performed : CANCELLED;
    await untilAnswered(() => endRun(pool, run.id, end));
    await pool.query('SELECT pg_notify($1, $2)', [EVENTS_CHANNEL, run.id]).catch(() => undefined);
  }

  /** Whether another process goes on with a run. */
  #isLeft({ reason }: AbortSignal): boolean {
    return this.#stopping || reason === LOST;
  }

  /** The workflow stays open, so that another process takes it: it does not return in this one, which ends. */
  #leave(): Promise<never> {
    return new Promise(() => undefined);
  }

  async #look(): Promise<void> {
    const { pool } = this.#options;
    this.#dispatch.noticeClock();
    for (const id of await cancelledAmong(pool, [...this.#running.keys()])) this.#running.get(id)?.abort();
    if (performance.now() - this.#looked < LOOK_MS) return;
    this.#looked = performance.now();
    for (const number of await this.#dead.look(pool)) {
      await getExecutor().recoverPendingWorkflows([String(number)]);
      await this.#dead.forget(pool, number);
    }
    await this.#takeUnheard();
    await endGivenUp(pool);
    for (const id of await unannounced(pool, MOST_ANNOUNCED)) await this.#announce(id);
  }

  /** The database may have given a run or a delivery to this worker, and ended before it said so: nobody else would ever do it. */
  async #takeUnheard(): Promise<void> {
    const given = await givenTo(this.#options.pool, String(this.#alive.number));
    const unheard = given.filter((id) => !this.#begun.has(id));
    for (const id of unheard) if (this.#unheard.has(id)) await DBOS.resumeWorkflow(id);
    this.#unheard = new Set(unheard);
  }
}
