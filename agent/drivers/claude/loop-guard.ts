/** How often the same call may fail in the same way, or be made in all, before the model is told, and before the step ends. */
const TELL_AT = 3;
const STOP_AT = 5;

/** Notices a model that makes one call over and over. */
export class LoopGuard {
  readonly #seen = new Map<string, number>();

  /** @returns what to do about this call, the first two times nothing */
  check(name: string, input: unknown): 'run' | 'tell' | 'stop' {
    const key = `${name} ${canonical(input)}`;
    const times = (this.#seen.get(key) ?? 0) + 1;
    this.#seen.set(key, times);
    return times >= STOP_AT ? 'stop' : times >= TELL_AT ? 'tell' : 'run';
  }
}

/** JSON whose keys are in order: the same input however it was written. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
