import type { Timing } from '../store/routines.ts';
import { nextFire } from './schedule.ts';

/** Knows when each schedule fires next, so that a look at many of them costs one query and no calendar. */
export class Due {
  #known = new Map<number, { of: string; at: number }>();

  /** Numbers of the schedules that have an instant up to `now` that is not decided. */
  among(timings: readonly Timing[], now: Date): number[] {
    const known = new Map<number, { of: string; at: number }>();
    for (const timing of timings) {
      const of = JSON.stringify(timing);
      const before = this.#known.get(timing.id);
      const at = () => nextFire(timing.cadence, timing.decidedTo)?.getTime() ?? Number.POSITIVE_INFINITY;
      known.set(timing.id, before?.of === of ? before : { of, at: at() });
    }
    this.#known = known;
    return [...known].filter(([, { at }]) => at <= now.getTime()).map(([id]) => id);
  }
}
