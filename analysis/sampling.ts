/** A trace with its ranks: 1 = first in that order. `middle` is the distance from the median cost rank. */
export interface Candidate {
  operation: string;
  trace_id: string;
  n: number;
  cost: number;
  latency: number;
  errors: number;
  cheapest: number;
  dearest: number;
  slowest: number;
  errored: number;
  middle: number;
}

export type Bucket = 'cheapest' | 'median' | 'dearest' | 'slowest' | 'errored' | 'flagged';

export interface Choice {
  operation: string;
  trace_id: string;
  bucket: Bucket;
}

const BUCKETS: [Exclude<Bucket, 'flagged'>, (c: Candidate) => number][] = [
  ['dearest', (c) => c.dearest],
  ['median', (c) => c.middle],
  ['cheapest', (c) => c.cheapest],
  ['slowest', (c) => c.slowest],
  ['errored', (c) => (c.errors > 0 ? c.errored : Number.POSITIVE_INFINITY)],
];
/** At most this part of the sample are traces that were chosen because something looked wrong. */
const FLAGGED_SHARE = 1 / 3;

interface Flagged {
  operation: string;
  trace_id: string;
  kind: string;
}

/**
 * The traces to read: round-robin over the buckets, each trace once, and up to a third of the sample from the flagged ones, a different
 * kind each time while kinds last. Deterministic: ranks break their ties by a hash of the id.
 */
export function chooseTraces(candidates: Candidate[], flagged: Flagged[], size: number): Choice[] {
  const chosen = new Map<string, Choice>();
  const take = (operation: string, trace_id: string, bucket: Bucket) => {
    if (!chosen.has(trace_id)) chosen.set(trace_id, { operation, trace_id, bucket });
  };
  for (const item of oneOfEachKind(flagged, Math.floor(size * FLAGGED_SHARE)))
    take(item.operation, item.trace_id, 'flagged');
  const queues = BUCKETS.map(([bucket, rank]) => ({
    bucket,
    queue: candidates.filter((c) => Number.isFinite(rank(c))).sort((a, b) => rank(a) - rank(b)),
  }));
  while (chosen.size < size && queues.some(({ queue }) => queue.length > 0)) {
    for (const { bucket, queue } of queues) {
      let next = queue.shift();
      while (next && chosen.has(next.trace_id)) next = queue.shift();
      if (next && chosen.size < size) take(next.operation, next.trace_id, bucket);
    }
  }
  return [...chosen.values()];
}

function oneOfEachKind(flagged: Flagged[], limit: number): Flagged[] {
  const queues = new Map<string, Flagged[]>();
  for (const item of flagged) {
    const name = `${item.kind}\u0000${item.operation}`;
    queues.set(name, [...(queues.get(name) ?? []), item]);
  }
  const picked: Flagged[] = [];
  while (picked.length < limit && [...queues.values()].some((queue) => queue.length > 0)) {
    for (const queue of queues.values()) {
      const next = queue.shift();
      if (next && picked.length < limit && !picked.some((p) => p.trace_id === next.trace_id)) picked.push(next);
    }
  }
  return picked;
}
