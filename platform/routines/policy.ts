import { createHash } from 'node:crypto';
import { count, plural } from '../../lib/format.ts';

/** What happens to a fire while an earlier run of the routine is open. */
export type OverlapPolicy = 'skip' | 'queue';
/** Which of the fires that passed while no server was there are made up for. */
export type CatchUpPolicy = 'none' | 'latest' | 'all';

/** A fire is missed when it is looked at later than this, s: servers look every few seconds, and a restart takes less than a minute. */
export const ON_TIME_S = 90;
/** Missed fires that `all` makes up for at most, the newest ones: more would hold up everything else for the sake of old windows. */
export const MAX_CAUGHT_UP = 20;

export interface Situation {
  routineId: string;
  /** Every fire after `decidedUntil` and up to `now`; others are left aside. */
  fires: readonly Date[];
  now: Date;
  /** The newest fire that was decided before, or when the routine was made or resumed: nothing up to it fires again. */
  decidedUntil: Date;
  /** Whether an earlier run of the routine is queued or running. */
  earlierRunOpen: boolean;
  overlap: OverlapPolicy;
  catchUp: CatchUpPolicy;
  /** s; see `jitterOf`. */
  maxJitterS: number;
}

export interface Decision {
  fireAt: Date;
  /** `queue` begins when the routine's earlier runs are over. */
  action: 'run' | 'queue' | 'skip';
  /** For people. */
  reason: string;
  /** s to wait before the run begins; 0 for what is skipped. */
  delayS: number;
}

/**
 * What becomes of the fires that are due: one decision for each, oldest first, the same on every server.
 *
 * Catch-up comes first: `none` keeps the fires that are on time, `latest` the newest fire only, `all` those on time and the newest
 * `MAX_CAUGHT_UP` missed ones. Of what is kept, the oldest runs and the rest queue behind it; while an earlier run is open, all of it is
 * queued or skipped, as `overlap` says.
 */
export function decide(situation: Situation): Decision[] {
  const { now, decidedUntil, routineId, maxJitterS } = situation;
  const due = [...new Set(situation.fires.map((fire) => fire.getTime()))]
    .filter((fire) => fire > decidedUntil.getTime() && fire <= now.getTime())
    .sort((a, b) => a - b);
  const missed = due.filter((fire) => now.getTime() - fire > ON_TIME_S * 1000).length;
  let running = false;
  return due.map((fire, place) => {
    const fireAt = new Date(fire);
    const left = leftOut(place, { due: due.length, missed }, situation.catchUp);
    if (left !== null) return { fireAt, action: 'skip', reason: left, delayS: 0 };
    const { action, reason } = overlapping(situation, running);
    running = true;
    return { fireAt, action, reason, delayS: action === 'skip' ? 0 : jitterOf(routineId, fireAt, maxJitterS) };
  });
}

/**
 * A delay that spreads routines of the same minute, whole seconds from 0 to `maxSeconds`: from a hash of the routine and its fire, so that
 * every server computes the same.
 */
export function jitterOf(routineId: string, fireAt: Date, maxSeconds: number): number {
  const hash = createHash('sha256').update(`${fireAt.toISOString()}\n${routineId}`).digest();
  return Math.floor((hash.readUInt32BE(0) / 2 ** 32) * (Math.floor(maxSeconds) + 1));
}

/** Why the catch-up policy leaves out the fire at a place in the list of those due; null for one that it keeps. */
function leftOut(
  place: number,
  { due, missed }: { due: number; missed: number },
  policy: CatchUpPolicy,
): string | null {
  switch (policy) {
    case 'none':
      return place < missed ? `missed by more than ${ON_TIME_S} s; missed fires are not made up for` : null;
    case 'latest':
      return place < due - 1 ? `a newer fire is due; of ${count(due)} only the latest runs` : null;
    case 'all': {
      const out = missed - MAX_CAUGHT_UP;
      return place < out
        ? `of ${plural(missed, 'missed fire')} the newest ${MAX_CAUGHT_UP} are made up for; ${count(out)} left out`
        : null;
    }
  }
}

/** @param running whether an older fire of the same decision runs or queues */
function overlapping({ earlierRunOpen, overlap }: Situation, running: boolean): Pick<Decision, 'action' | 'reason'> {
  if (earlierRunOpen && overlap === 'skip') return { action: 'skip', reason: 'an earlier run is still open' };
  if (earlierRunOpen) return { action: 'queue', reason: 'waits for an earlier run, which is still open' };
  if (running) return { action: 'queue', reason: 'waits for the runs of older fires' };
  return { action: 'run', reason: 'due' };
}
