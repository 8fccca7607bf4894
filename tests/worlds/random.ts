/** Seeded chance: xoshiro128** (Blackman and Vigna, public domain), its state filled by splitmix32 from a hash of the seed's text. */
export class Random {
  readonly #seed: string;
  readonly #state: Uint32Array;

  constructor(seed: string) {
    this.#seed = seed;
    let hash = 0x811c9dc5;
    for (const char of seed) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
    this.#state = Uint32Array.from({ length: 4 }, () => {
      hash = (hash + 0x9e3779b9) | 0;
      let z = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return z ^ (z >>> 15);
    });
  }

  /** An independent stream, so that one part of a world can change without moving the others. */
  fork(label: string): Random {
    return new Random(`${this.#seed}/${label}`);
  }

  /** Uniform in [0, 1). */
  next(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#state;
    const rotated = Math.imul(b, 5);
    const result = Math.imul((rotated << 7) | (rotated >>> 25), 9) >>> 0;
    const c2 = c ^ a;
    const d2 = d ^ b;
    this.#state[0] = a ^ d2;
    this.#state[1] = b ^ c2;
    this.#state[2] = c2 ^ (b << 9);
    this.#state[3] = (d2 << 11) | (d2 >>> 21);
    return result / 4294967296;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** Both ends are included. */
  integer(low: number, high: number): number {
    return low + Math.floor((high - low + 1) * this.next());
  }

  chance(p: number): boolean {
    return this.next() < p;
  }

  pick<T>(list: readonly T[]): T {
    const item = list[Math.floor(this.next() * list.length)];
    if (item === undefined) throw new Error('pick from an empty list');
    return item;
  }

  shuffle<T>(list: readonly T[]): T[] {
    const out = [...list];
    for (let i = out.length - 1; i > 0; i -= 1) {
      const j = this.integer(0, i);
      const held = out[i] as T;
      out[i] = out[j] as T;
      out[j] = held;
    }
    return out;
  }

  /** `count` distinct integers below `n`. */
  choose(n: number, count: number): Set<number> {
    return new Set(this.shuffle(Array.from({ length: n }, (_, i) => i)).slice(0, Math.min(n, count)));
  }

  /** Log-normal around a median, cut at ±2.6 sigma so that a sound operation has no freak. */
  around(median: number, sigma: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
    return median * Math.exp(sigma * Math.max(-2.6, Math.min(2.6, normal)));
  }

  hex(length: number): string {
    let out = '';
    while (out.length < length) out += this.integer(0, 15).toString(16);
    return out;
  }

  uuid(): string {
    return `${this.hex(8)}-${this.hex(4)}-4${this.hex(3)}-a${this.hex(3)}-${this.hex(12)}`;
  }
}
