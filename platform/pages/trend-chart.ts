const [WIDTH, HEIGHT] = [320, 110];
const MARGIN = { left: 8, right: 8, top: 10, bottom: 10 };
/** Room above the highest value and below the lowest, as a share of what lies between. */
const ROOM = 0.08;

/**
 * A line over the runs of a task, oldest first, as a data URI. It names no figures: the table beside it does.
 * @param points null where a run has no such figure
 * @param range of the values, where it is known
 */
export function trendChart(points: readonly (number | null)[], range?: { from: number; to: number }): string {
  const values = points.filter((value) => value !== null);
  const from = range?.from ?? Math.min(0, ...values);
  const to = range?.to ?? (Math.max(0, ...values) || from + 1);
  const room = (to - from || 1) * ROOM;
  const x = (index: number) =>
    MARGIN.left + ((WIDTH - MARGIN.left - MARGIN.right) * (index + 0.5)) / Math.max(points.length, 1);
  const y = (value: number) =>
    HEIGHT -
    MARGIN.bottom -
    ((HEIGHT - MARGIN.top - MARGIN.bottom) * (value - from + room)) / (to - from + 2 * room || 1);
  const shown = points.flatMap((value, index) => (value === null ? [] : [{ x: x(index), y: y(value) }]));
  const line = shown.map((at) => `${at.x.toFixed(1)},${at.y.toFixed(1)}`).join(' ');
  const dots = shown.map((at) => `<circle cx="${at.x.toFixed(1)}" cy="${at.y.toFixed(1)}" r="2.6"/>`).join('');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}"><g fill="none" stroke="#8793a3" stroke-opacity=".35"><path d="M0 ${y(from)}H${WIDTH}M0 ${y(to)}H${WIDTH}"/></g><polyline points="${line}" fill="none" stroke="#4a86cc" stroke-width="1.6"/><g fill="#4a86cc">${dots}</g></svg>`;
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
}
