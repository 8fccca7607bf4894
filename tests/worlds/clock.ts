import type { Random } from './random.ts';

const HOUR_MS = 3_600_000;

/** When a product's calls happen: its window, and how much quieter nights and weekends are. */
export interface Clock {
  /** Milliseconds since the epoch. */
  start: number;
  end: number;
  weekend: number;
  night: number;
  /** The busiest hour, UTC. */
  noon: number;
}

function weightAt(clock: Clock, at: number): number {
  const date = new Date(at);
  const day = date.getUTCDay();
  const distance = Math.abs(((date.getUTCHours() - clock.noon + 36) % 24) - 12);
  const hour = Math.max(clock.night, Math.exp(-((distance / 5) ** 2)));
  return hour * (day === 0 || day === 6 ? clock.weekend : 1);
}

/** `count` instants over the window in order of time, following hours and weekdays; room is left at the end for a trace to finish. */
export function moments(r: Random, clock: Clock, count: number): number[] {
  const last = clock.end - HOUR_MS;
  const out: number[] = [];
  while (out.length < count) {
    const at = Math.floor(r.between(clock.start, last));
    if (r.next() < weightAt(clock, at)) out.push(at);
  }
  return out.sort((a, b) => a - b);
}

/** Work that arrives in batches: within one the calls follow each other by 2 to 40 seconds. */
export function batches(r: Random, clock: Clock, count: number, size: readonly [number, number]): number[] {
  const out: number[] = [];
  while (out.length < count) {
    let at = moments(r, clock, 1)[0] ?? clock.start;
    for (let left = Math.min(r.integer(...size), count - out.length); left > 0; left -= 1) {
      out.push(at);
      at = Math.min(at + r.integer(2000, 40_000), clock.end - HOUR_MS);
    }
  }
  return out.sort((a, b) => a - b);
}

/** Instants that lie at least `gap` hours apart. */
export function sparse(r: Random, clock: Clock, gap: number): number[] {
  const out: number[] = [];
  for (let at = clock.start + r.integer(1, 60) * 60_000; at < clock.end - HOUR_MS; ) {
    out.push(at);
    at += Math.floor(r.between(gap, gap * 1.6) * HOUR_MS);
  }
  return out;
}

/** The window's instant at a share of its length. */
export function instant(clock: Clock, share: number): number {
  return clock.start + (clock.end - clock.start) * share;
}
