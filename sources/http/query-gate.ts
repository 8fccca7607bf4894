import { Slots } from '../posthog/slots.ts';
import { ApiError } from './api-error.ts';

/** PostHog runs three API queries of a project at once. */
const AT_ONCE = 3;

/** Lets three queries through at once and keeps the others waiting for a while. */
export class QueryGate {
  readonly #slots = new Slots(AT_ONCE);
  readonly #waitMs: number;

  /** @param waitMs longest time in the queue, ms */
  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /** @throws ApiError 504 when no place became free in time, 499 when the client left the queue */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const patience = new AbortController();
    const full = new ApiError(504, { type: 'server_error', code: 'timeout' }, 'Timed out waiting for a query slot.');
    const gone = new ApiError(499, { type: 'invalid_request', code: 'cancelled' }, 'The query was cancelled.');
    const timer = setTimeout(() => patience.abort(full), this.#waitMs);
    const leave = () => patience.abort(gone);
    signal.addEventListener('abort', leave, { once: true });
    const stopWaiting = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
    };
    try {
      return await this.#slots.run(() => {
        stopWaiting();
        return work();
      }, patience.signal);
    } finally {
      stopWaiting();
    }
  }
}
