import { type Figure, shows } from './figures.ts';
import { firstAtLeast, reachOf } from './pool.ts';

/** Numbers that stand together in one object of the data. */
export class Pairs {
  readonly #objects = new Map<string, readonly number[]>();
  #sorted: { value: number; object: readonly number[] }[] | undefined;

  add(numbers: readonly number[]): void {
    if (numbers.length > 1) this.#objects.set(numbers.join(' '), numbers);
    this.#sorted = undefined;
  }

  /** Whether one object holds both. */
  has(seen: Figure, of: Figure): boolean {
    this.#sorted ??= [...this.#objects.values()]
      .flatMap((object) => object.map((number) => ({ value: Math.abs(number), object })))
      .sort((a, b) => a.value - b.value);
    const reach = reachOf(seen);
    for (let i = firstAtLeast(this.#sorted, seen.value - reach, ({ value }) => value); ; i += 1) {
      const entry = this.#sorted[i];
      if (!entry || entry.value > seen.value + reach) return false;
      if (shows(seen, entry.value) && entry.object.some((number) => shows(of, number))) return true;
    }
  }
}
