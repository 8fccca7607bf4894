import type { SampleEvent } from './event.ts';
import { OPERATIONS } from './operations.ts';
import { Random } from './random.ts';

export interface SampleOptions {
  seed: number;
  days: number;
  /** The sample's last instant. */
  end: Date;
}

export const SAMPLE: SampleOptions = { seed: 20_261_101, days: 30, end: new Date('2026-11-01T00:00:00Z') };

const DAY_MS = 86_400_000;
/** Share of a day's traffic by hour, UTC: a European working day with some of the American one. */
const HOURS = [1, 1, 1, 1, 1, 2, 4, 8, 12, 12, 11, 10, 9, 11, 12, 11, 9, 7, 5, 4, 3, 2, 2, 1];
const WEEKEND = 0.35;

/** The LLM traffic of Fernhill, a small help-desk product, with known problems in most of its operations; in order of time. */
export function sampleEvents(options: SampleOptions = SAMPLE): SampleEvent[] {
  const random = new Random(options.seed);
  const events: SampleEvent[] = [];
  for (const operation of OPERATIONS) {
    for (let day = 0; day < options.days; day += 1) {
      const start = options.end.getTime() - (options.days - day) * DAY_MS;
      const weekday = new Date(start).getUTCDay();
      const traces = Math.round(
        operation.perDay * (weekday === 0 || weekday === 6 ? WEEKEND : 1) * random.between(0.85, 1.15),
      );
      for (let i = 0; i < traces; i += 1) events.push(...operation.visit(random, start + timeOfDay(random)));
    }
  }
  return events
    .filter((event) => Date.parse(event.timestamp) < options.end.getTime())
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
