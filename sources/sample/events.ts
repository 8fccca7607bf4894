import type { SampleEvent } from './event.ts';
import { OPERATIONS } from './operations.ts';
import { Random } from './random.ts';

export interface SampleOptions {
  /** Default 20261101. */
  seed?: number;
  /** Default 30. */
  days?: number;
  /** Times the usual traffic; default 1 (about 7,000 generations in 30 days). */
  scale?: number;
  /** The sample's last instant; default 2026-11-01T00:00:00Z. */
  end?: Date;
}

export const SAMPLE_SEED = 20_261_101;
const SAMPLE_END = new Date('2026-11-01T00:00:00Z');
const DAY_MS = 86_400_000;
/** Share of a day's traffic by hour, UTC: a European working day with some of the American one. */
const HOURS = [1, 1, 1, 1, 1, 2, 4, 8, 12, 12, 11, 10, 9, 11, 12, 11, 9, 7, 5, 4, 3, 2, 2, 1];
const WEEKEND = 0.35;

/** The LLM traffic of Fernhill, a small help-desk product, with known problems in most of its operations; in order of time. */
export function sampleEvents(options: SampleOptions = {}): SampleEvent[] {
  const { seed = SAMPLE_SEED, days = 30, scale = 1, end = SAMPLE_END } = options;
  const random = new Random(seed);
  const events: SampleEvent[] = [];
  for (const operation of OPERATIONS) {
    for (let day = 0; day < days; day += 1) {
      const start = end.getTime() - (days - day) * DAY_MS;
      const weekday = new Date(start).getUTCDay();
      const expected =
        operation.perDay * scale * (weekday === 0 || weekday === 6 ? WEEKEND : 1) * random.between(0.85, 1.15);
      const visits = Math.floor(expected + random.next());
      for (let i = 0; i < visits; i += 1) events.push(...operation.visit(random, start + timeOfDay(random)));
    }
  }
  return events
    .filter((event) => Date.parse(event.timestamp) < end.getTime())
    .sort((a, b) => a.timestamp.localeCompare(b.timestamp) || a.uuid.localeCompare(b.uuid));
}

function timeOfDay(random: Random): number {
  const total = HOURS.reduce((sum, share) => sum + share, 0);
  let left = random.next() * total;
  const hour = HOURS.findIndex((share) => {
    left -= share;
    return left < 0;
  });
  return (hour + random.next()) * 3_600_000;
}
