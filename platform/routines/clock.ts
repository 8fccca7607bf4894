/** Instants and readings are ms since 1970; a reading is what a zone's clock shows, written as if it were UTC. */

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Clocks are at most 12 hours behind UTC and 14 ahead of it (IANA tz database); an hour more, so that a reading lies well inside. */
const MOST_BEHIND_MS = 13 * HOUR_MS;
const MOST_AHEAD_MS = 15 * HOUR_MS;

/** The clock of a time zone: what it shows, and when it shows something. */
export class ZoneClock {
  readonly #format: Intl.DateTimeFormat;

  /** @param zone IANA name that `Intl` knows */
  constructor(zone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** How far the clock is ahead of UTC at an instant, ms. */
  offsetAt(instant: number): number {
    const whole = Math.floor(instant / 1000) * 1000;
    const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
    for (const { type, value } of this.#format.formatToParts(whole)) parts[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) - whole;
  }

  /**
   * The first instant at which the clock shows a reading or has passed it: the first of two where it comes twice, the end of the gap where
   * it never comes. Never falls as readings rise.
   */
  reaches(reading: number): number {
    const offsets = [this.offsetAt(reading - MOST_AHEAD_MS), this.offsetAt(reading + MOST_BEHIND_MS)];
    const candidates = offsets.map((offset) => reading - offset).sort((a, b) => a - b);
    const shown = candidates.find((instant) => instant + this.offsetAt(instant) === reading);
    const [early = 0, late = 0] = candidates;
    return shown ?? this.changeIn(early, late) ?? late;
  }

  /** The furthest reading that the clock has shown up to an instant: behind its first passing while an hour is shown again. */
  furthest(instant: number): number {
    const reading = instant + this.offsetAt(instant);
    const before = instant - DAY_MS;
    const drop = this.offsetAt(before) - this.offsetAt(instant);
    const change = drop > 0 ? this.changeIn(before, instant) : null;
    // A ms less: the clock was set back before it showed this reading.
    return change === null ? reading : Math.max(reading, change + this.offsetAt(before) - 1);
  }

  /** The first instant in (from, until] with another offset than at `from`, to the minute. Changes within a day of each other are one. */
  changeIn(from: number, until: number): number | null {
    const offset = this.offsetAt(from);
    for (let low = from; low < until; low += DAY_MS) {
      const high = Math.min(low + DAY_MS, until);
      if (this.offsetAt(high) !== offset) return this.#bisect(low, high, offset);
    }
    return null;
  }

  /** @param offset that of `low`, which `high` has not */
  #bisect(low: number, high: number, offset: number): number {
    let same = Math.floor(low / MINUTE_MS);
    let other = Math.ceil(high / MINUTE_MS);
    while (other - same > 1) {
      const middle = Math.floor((same + other) / 2);
      if (this.offsetAt(middle * MINUTE_MS) === offset) same = middle;
      else other = middle;
    }
    return other * MINUTE_MS;
  }
}
