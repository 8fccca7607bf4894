import type { RunEvent } from '../../agent/events.ts';
import type { Pool } from '../database/pool.ts';
import type { PlatformRun } from '../store/run-row.ts';
import { changeRun, type RunChange } from '../store/run-states.ts';

/** Told with the id of a run whose log has grown. */
export const EVENTS_CHANNEL = 'runbook_events';
/** Readers are told at most this often, ms. */
const TELL_MS = 50;

/** Follows a run as it goes on: its row in the database, and those who look at it. */
export class Progress {
  readonly #pool: Pool;
  readonly #run: Pick<PlatformRun, 'id' | 'worker'>;
  #change: RunChange = {};
  #costUsd = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<unknown> = Promise.resolve();
  /** Why it did not go on, in the run's own words. */
  failure: string | null = null;

  constructor(pool: Pool, run: Pick<PlatformRun, 'id' | 'worker' | 'costUsd'>) {
    this.#pool = pool;
    this.#run = run;
    this.#costUsd = run.costUsd;
  }

  event = (event: RunEvent): void => {
    this.#read(event);
    this.#timer ??= setTimeout(() => this.#write(), TELL_MS);
  };

  /** Waits until everything is told. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    this.#write();
    await this.#writing;
  }

  #read(event: RunEvent): void {
    switch (event.type) {
      case 'run_started':
        this.#change = { ...this.#change, totalSteps: event.steps.length, agent: event.driver, model: event.model };
        return;
      case 'run_resumed':
        this.#change = { ...this.#change, agent: event.driver, model: event.model };
        return;
      case 'step_finished':
        this.#change = { ...this.#change, doneSteps: event.number };
        return;
      case 'generation':
        this.#costUsd += event.properties.$ai_total_cost_usd;
        this.#change = { ...this.#change, costUsd: this.#costUsd };
        return;
      case 'graded':
        this.#change = { ...this.#change, score: event.average };
        return;
      case 'source_failed':
      case 'step_failed':
      case 'gate_stopped':
      case 'grade_failed':
        this.failure = event.hint === null ? event.message : `${event.message} ${event.hint}`;
    }
  }

  /** One after another, so that an older state never follows a newer one. The database may be away for a while: the next one says it all. */
  #write(): void {
    this.#timer = undefined;
    this.#writing = this.#writing.then(async () => {
      const change = this.#change;
      try {
        await changeRun(this.#pool, this.#run, change);
        await this.#pool.query('SELECT pg_notify($1, $2)', [EVENTS_CHANNEL, this.#run.id]);
      } catch {
        // What is told is in the log as well.
      }
    });
  }
}
