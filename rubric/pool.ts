import { type Figure, shows, type Unit } from './figures.ts';

/** The figures of one trace, operation or model, or of the run as a whole. */
export interface OwnValues {
  has(figure: Figure): boolean;
  readonly hasMoney: boolean;
  /** The values under one of these keys. */
  under(keys: readonly string[]): number[];
  /** The values under the keys that match. */
  matching(keys: RegExp): number[];
  /** The nearest values of the same unit, at most three. */
  near(figure: Figure): number[];
}

/** Figures by unit, sorted when they are first asked for. */
export class Pool implements OwnValues {
  readonly #values: Record<Unit, number[]> = { usd: [], percent: [], plain: [] };
  readonly #keyed = new Map<string, Set<number>>();
  #sorted = false;

  keep(key: string, value: number): void {
    const known = this.#keyed.get(key);
    if (known) known.add(value);
    else this.#keyed.set(key, new Set([value]));
  }

  under(keys: readonly string[]): number[] {
    return keys.flatMap((key) => [...(this.#keyed.get(key) ?? [])]);
  }

  matching(keys: RegExp): number[] {
    return [...this.#keyed].flatMap(([key, values]) => (keys.test(key) ? [...values] : []));
  }

  add(unit: Unit, value: number): void {
    if (Number.isFinite(value)) this.#values[unit].push(Math.abs(value));
    this.#sorted = false;
  }

  get hasMoney(): boolean {
    return this.#values.usd.length > 0;
  }

  near(figure: Figure): number[] {
    const distance = (value: number) => Math.abs(value - figure.value);
    return [...new Set(this.#values[figure.unit])].sort((a, b) => distance(a) - distance(b)).slice(0, 3);
  }

  has(figure: Figure): boolean {
    if (!this.#sorted) {
      for (const list of Object.values(this.#values)) list.sort((a, b) => a - b);
      this.#sorted = true;
    }
    const list = this.#values[figure.unit];
    const reach = reachOf(figure);
    for (let i = firstAtLeast(list, figure.value - reach, (value) => value); i < list.length; i += 1) {
      const value = list[i] ?? Number.POSITIVE_INFINITY;
      if (value > figure.value + reach) return false;
      if (shows(figure, value)) return true;
    }
    return false;
  }
}

/** How far from a figure the values may be that it shows, at most. */
export function reachOf(figure: Figure): number {
  return figure.half * 1.000001 + figure.value * 1e-8;
}

/** Where in a sorted list the values begin that are this large. */
export function firstAtLeast<T>(sorted: readonly T[], value: number, sizeOf: (item: T) => number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sizeOf(sorted[middle] as T) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
