import { RunbookError } from '../../lib/errors.ts';
import type { Source } from '../../sources/source.ts';
import { unlessCancelled } from './cancelled.ts';

const DAY_MS = 86_400_000;

/** A source that is open, with the window that every call on it uses. */
export interface Opened {
  source: Source;
  /** Pinned when the source opened, so that all steps see the same events; both ends inclusive, UTC. */
  window: { from: Date; to: Date };
}

/** One source for all calls and sessions: opened with the first call that needs it, and closed with the server. */
export class SharedSource {
  readonly #make: () => Promise<Source>;
  readonly #days: number;
  readonly #closing = new AbortController();
  #opened: Promise<Opened> | undefined;

  /** @param days length of the window, which ends at the source's now() */
  constructor(make: () => Promise<Source>, days: number) {
    this.#make = make;
    this.#days = days;
  }

  /**
   * The open source. A caller that gives up leaves the opening to the others; one that failed is tried again by the next call.
   * @throws RunbookError `interrupted`, or what the source throws
   */
  get(signal: AbortSignal): Promise<Opened> {
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return unlessCancelled(signal, this.#opened);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const opened = await this.#opened?.catch(() => undefined);
    await opened?.source.close();
  }

  async #open(): Promise<Opened> {
    const { signal } = this.#closing;
    const source = await this.#make();
    try {
      if (signal.aborted) throw new RunbookError('interrupted', 'The server is closing.');
      await source.open(signal);
    } catch (error) {
      await source.close().catch(() => undefined);
      throw error;
    }
    const to = source.now();
    return { source, window: { from: new Date(to.getTime() - this.#days * DAY_MS), to } };
  }
}
