import { refusal } from './errors.ts';

/** Connections that wait for a run: each is asked for by a client that may hold it for long. */
export class Waiting {
  readonly #most: { each: number; all: number };
  readonly #of = new Map<string, number>();
  #all = 0;

  /** @param most of one collection, and of the whole server */
  constructor(most: { each: number; all: number }) {
    this.#most = most;
  }

  /** @returns what ends it. @throws 429 where too many wait already */
  enter(collectionId: string): () => void {
    const now = this.#of.get(collectionId) ?? 0;
    if (now >= this.#most.each || this.#all >= this.#most.all)
      throw refusal(429, 'Too many requests wait for runs: begin runs without waiting, and look at them by their ids');
    this.#of.set(collectionId, now + 1);
    this.#all += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#all -= 1;
      const left = (this.#of.get(collectionId) ?? 1) - 1;
      if (left === 0) this.#of.delete(collectionId);
      else this.#of.set(collectionId, left);
    };
  }
}
