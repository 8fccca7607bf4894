import { type ChartSpec, COLORS } from './chart-theme.ts';

/** Days and weeks on a chart's axis, in UTC milliseconds. */

export const DAY_MS = 86_400_000;
/** Shorter windows still show a week, so that one day is not one giant bar. */
const SHORTEST_AXIS = 7;

/** The Monday (UTC) of a day's week. */
export function monday(at: number): number {
  return at - ((new Date(at).getUTCDay() + 6) % 7) * DAY_MS;
}

export function isoDay(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** At least a week, with the data in the middle. */
export function timeDomain(first: number, end: number): [number, number] {
  const missing = Math.max(0, SHORTEST_AXIS - (end - first) / DAY_MS);
  const before = Math.floor(missing / 2);
  return [first - before * DAY_MS, end + (missing - before) * DAY_MS];
}

const MOST_TICKS = 8;

/** Ticks under the middle of their bars: `Mar 4`, with the year where the window crosses one. */
export function timeAxis([from, to]: [number, number], step: number): ChartSpec {
  const periods = Math.round((to - from) / step);
  const every = Math.ceil(periods / MOST_TICKS);
  const ticks = Array.from({ length: Math.ceil(periods / every) }, (_, index) => from + (index * every + 0.5) * step);
  const crosses = new Date(from).getUTCFullYear() !== new Date(to - 1).getUTCFullYear();
  return {
    values: ticks,
    labelExpr: `utcFormat(datum.value, '${crosses ? '%b %-d, %Y' : '%b %-d'}')`,
    labelFlush: false,
    grid: false,
    domain: true,
    domainColor: COLORS.line,
    ticks: true,
    tickColor: COLORS.line,
    tickSize: 4,
  };
}
