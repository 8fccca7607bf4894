/** Refused logins of one address in so many ms before it has to wait. */
const MOST = 10;
const WITHIN_MS = 15 * 60_000;
/** Addresses that are remembered. */
const MOST_ADDRESSES = 10_000;

/** Counts refused logins by address: tokens cannot be guessed, and nobody is to keep the database busy with it. */
export class LoginAttempts {
  readonly #refused = new Map<string, number[]>();

  mayTry(address: string, now = Date.now()): boolean {
    return this.#recent(address, now).length < MOST;
  }

  refused(address: string, now = Date.now()): void {
    const times = [...this.#recent(address, now), now];
    this.#refused.delete(address);
    this.#refused.set(address, times);
    const [oldest] = this.#refused.keys();
    if (this.#refused.size > MOST_ADDRESSES && oldest !== undefined) this.#refused.delete(oldest);
  }

  #recent(address: string, now: number): number[] {
    return (this.#refused.get(address) ?? []).filter((time) => now - time < WITHIN_MS);
  }
}
