import { unlessCancelled } from './cancelled.ts';

/** Work that must not overlap: one piece after another, in the order in which they came. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Does the work when all before it has ended, well or not. What is cancelled while it waits is never begun. */
  take<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const mine = unlessCancelled(signal, before).then(work);
    this.#last = Promise.allSettled([before, mine]);
    return mine;
  }
}
