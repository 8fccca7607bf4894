import { getExecutor } from '@dbos-inc/dbos-sdk/internal/dbos';
import { wfQueueRunner } from '@dbos-inc/dbos-sdk/internal/wfqueue';

/** Less is the system's own correction of its clock, ms. */
const SET_BACK_MS = 2_000;

/** Begins DBOS's loop over the queues anew where the wall clock is set back: the loop plans by it, and would sleep for as long. */
export class Dispatch {
  readonly #queues: string[];
  /** The wall clock, as it stands to the one that only goes forward. */
  #clock = Date.now() - performance.now();
  #loop: Promise<void> = Promise.resolve();
  #begun: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(queues: readonly string[]) {
    this.#queues = [...queues];
  }

  noticeClock(): void {
    const clock = Date.now() - performance.now();
    const isSetBack = clock < this.#clock - SET_BACK_MS;
    this.#clock = clock;
    if (isSetBack) this.#begun = this.#begun.then(() => this.#again());
  }

  /** Begins none from now on. */
  async end(): Promise<void> {
    this.#isOver = true;
    wfQueueRunner.stop();
    await this.#begun;
    await this.#loop;
  }

  /** One that was told to stop, and sees that another one runs, would go on without ever a pause. */
  async #again(): Promise<void> {
    // Also waits for the loop that DBOS has begun itself.
    await getExecutor().deactivateEventReceivers();
    await this.#loop;
    if (!this.#isOver) this.#loop = wfQueueRunner.dispatchLoop(getExecutor(), this.#queues).catch(() => undefined);
  }
}
