import { DBOSClient } from '@dbos-inc/dbos-sdk';
import type { PoolClient } from 'pg';
import { type Db, type Pool, transaction } from '../database/pool.ts';
import { QUIET } from '../quiet.ts';
import { assertRunsLeft } from '../store/bounds.ts';
import type { PlatformRun } from '../store/run-row.ts';
import { createRun, type NewRun } from '../store/runs.ts';

/** The queue of runs, and the durable workflow that performs one; both are known to every process by these names. */
export const QUEUE = 'runs';
export const WORKFLOW = 'perform';
/** Name and version of the application for DBOS: a run that one version of the program began is gone on with by the next. */
export const APPLICATION = 'runbook';
export const APPLICATION_VERSION = '1';
/** Of the ends of runs, to those who want to be told. */
export const DELIVERIES = 'deliveries';
const DELIVERIES_AT_ONCE = 50;
/** A worker looks for runs this often, ms. */
const POLL_MS = 200;

/** Lets runs be performed: every process may do so, workers take them. */
export class RunQueue {
  readonly #client: DBOSClient;
  readonly #pool: Pool;

  private constructor(client: DBOSClient, pool: Pool) {
    this.#client = client;
    this.#pool = pool;
  }

  /** @param concurrency runs that are performed at once: of one collection over all workers, and in one worker */
  static async open(
    pool: Pool,
    { url, concurrency }: { url: string; concurrency: { collection: number; worker: number } },
  ): Promise<RunQueue> {
    const client = await DBOSClient.create({
      systemDatabaseUrl: url,
      applicationName: APPLICATION,
      logger: QUIET,
    });
    await client.registerQueue(QUEUE, {
      applicationName: APPLICATION,
      partitionConcurrency: concurrency.collection,
      workerConcurrency: concurrency.worker,
      minPollingIntervalMs: POLL_MS,
      onConflict: 'always_update',
    });
    await client.registerQueue(DELIVERIES, {
      applicationName: APPLICATION,
      workerConcurrency: DELIVERIES_AT_ONCE,
      minPollingIntervalMs: POLL_MS,
      onConflict: 'always_update',
    });
    return new RunQueue(client, pool);
  }

  /**
   * Makes a run and lets it be performed: both happen, or neither.
   * @param also more that belongs to it
   * @throws RunbookError `usage` where too many of the collection wait
   */
  async submit(run: NewRun, also?: (db: Db, made: PlatformRun) => Promise<void>): Promise<PlatformRun> {
    const made = await transaction(this.#pool, async (db) => {
      await assertRunsLeft(db, run.collectionId);
      return this.submitIn(db, run, { also });
    });
    if (!made) throw new Error('a run that no schedule makes is made always');
    return made;
  }

  /**
   * The same as a part of a transaction.
   * @param delayS seconds before a worker takes it
   * @returns undefined where its schedule has made one at that instant already
   */
  async submitIn(
    db: Db,
    run: NewRun,
    { also, delayS }: { also?: ((db: Db, made: PlatformRun) => Promise<void>) | undefined; delayS?: number } = {},
  ): Promise<PlatformRun | undefined> {
    const made = await createRun(db, run);
    if (!made) return undefined;
    await also?.(db, made);
    if (!run.waits) await this.enqueueIn(db, made, delayS);
    return made;
  }

  /** Lets a run that waited be performed. */
  async enqueueIn(db: Db, { id, collectionId }: PlatformRun, delayS = 0): Promise<void> {
    await this.#client.enqueueInTransaction(
      db as PoolClient,
      {
        workflowName: WORKFLOW,
        queueName: QUEUE,
        workflowID: id,
        queuePartitionKey: collectionId,
        appVersion: APPLICATION_VERSION,
        ...(delayS > 0 ? { delaySeconds: delayS } : {}),
      },
      id,
    );
  }

  async close(): Promise<void> {
    await this.#client.destroy();
  }
}
