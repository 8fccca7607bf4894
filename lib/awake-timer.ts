/** How often the time is looked at, ms; of a longer stretch in which nobody could look, twice as much counts. */
const TICK_MS = 1_000;
/** A short time is looked at so often in all. */
const TICKS = 20;

/**
 * Ends a wait for others after some time, of which only that counts in which this process could have noticed them. Where it was busy, or the
 * machine asleep, what it waits for may have come long ago, and be read only behind the timers that are due.
 */
export class AwakeTimer {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #ms: number;
  #left: number;

  constructor(ms: number) {
    this.#ms = ms;
    this.#left = ms;
    const tick = Math.min(TICK_MS, Math.ceil(ms / TICKS));
    let last = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#left -= Math.min(now - last, 2 * tick);
      last = now;
      if (this.#left > 0) return;
      this.end();
      this.#controller.abort();
    }, tick).unref();
  }

  /** Aborts when the time is over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** There was an answer: the time begins anew. */
  renew(): void {
    this.#left = this.#ms;
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
