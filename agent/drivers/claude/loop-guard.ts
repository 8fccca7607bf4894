/** How often the same call is made before the model is told that it goes in circles. */
const MOST = 2;

/** What to do about a call: make it; tell the model that it was made before; end the step, since it was told. */
type Verdict = 'run' | 'tell' | 'stop';

/**
 * Notices a model that makes one call over and over while nothing changes. It is told once; the same call in a later turn ends the step.
 * What was counted is forgotten when another call changed a file: reading it again, or trying again, then makes sense.
 */
export class LoopGuard {
  readonly #seen = new Map<string, number>();
  /** Calls that the model was told of, with the turn. */
  readonly #told = new Map<string, number>();
  #turn = 0;

  /** A new answer of the model. */
  beginTurn(): void {
    this.#turn += 1;
  }

  check(name: string, input: unknown): Verdict {
    const key = keyOf(name, input);
    const times = (this.#seen.get(key) ?? 0) + 1;
    this.#seen.set(key, times);
    if (times <= MOST) return 'run';
    const told = this.#told.get(key);
    if (told !== undefined && told < this.#turn) return 'stop';
    this.#told.set(key, told ?? this.#turn);
    return 'tell';
  }

  /** A call changed something: only its own repetition still counts. */
  changed(name: string, input: unknown): void {
    const key = keyOf(name, input);
    for (const counts of [this.#seen, this.#told])
      for (const other of counts.keys()) if (other !== key) counts.delete(other);
  }
}

function keyOf(name: string, input: unknown): string {
  return `${name} ${canonical(input)}`;
}

/** JSON whose keys are in order: the same input however it was written. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
