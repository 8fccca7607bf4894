import { ApiError } from './api-error.ts';

/** PostHog runs three API queries of a project at once; others wait up to 30 s. */
const AT_ONCE = 3;
const WAIT_MS = 30_000;

/** Lets a few queries through at once and keeps the others waiting for a while. */
export class QueryGate {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** @throws ApiError 504 when no place became free in time */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_ONCE) await this.#wait();
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  #wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(new ApiError(504, 'server_error', 'timeout', 'Timed out waiting for a query slot.'));
      }, WAIT_MS);
      const go = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#waiting.push(go);
    });
  }
}
