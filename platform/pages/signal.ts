/** Wakes whoever waits; a call before the wait counts for it. */
export class Signal {
  #isSet = false;
  #row = false;
  #resolve: (() => void) | undefined;

  /** @param row whether the row of the run has changed, and not its log alone */
  wake = ({ row }: { row: boolean }): void => {
    this.#isSet = true;
    this.#row ||= row;
    this.#resolve?.();
  };

  /** @returns whether the row is to be looked at: it has changed, or nothing was heard for so long */
  async wait(ms: number): Promise<boolean> {
    if (!this.#isSet) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#resolve = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const told = this.#row || !this.#isSet;
    this.#isSet = false;
    this.#row = false;
    this.#resolve = undefined;
    return told;
  }
}
