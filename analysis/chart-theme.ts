/** The look that all charts share: quiet, light, readable at 720 px, and safe for colour-blind readers. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
/** A Vega-Lite 6 spec. */
export type ChartSpec = { [key: string]: Json };

/** Width of a whole chart in the report, in CSS pixels. */
export const CHART_WIDTH = 720;

const INK = '#1f2933';
const MUTED = '#5b6770';
const GRID = '#e6e9ed';

/** Blue and orange differ for every kind of colour vision, also in grey. */
export const COLORS = { primary: '#3b6fb0', secondary: '#e0984a', accent: '#c2413a', soft: '#c9d6e8', line: '#8a97a3' };

/** Paul Tol's "muted" scheme (Colour Schemes, SRON/EPS/TN/09-002, 2021), ordered so that neighbours in a stack differ. */
export const CATEGORIES = ['#332288', '#88ccee', '#cc6677', '#44aa99', '#ddcc77', '#aa4499', '#117733'];
export const OTHER_COLOR = '#c3c9cf';

const FONT = 'Inter, system-ui, sans-serif';

/** Vega-Lite `config` under every spec; what a spec sets itself wins. */
export const chartTheme: ChartSpec = {
  background: '#ffffff',
  font: FONT,
  padding: 12,
  view: { stroke: null, continuousWidth: CHART_WIDTH, continuousHeight: 280, discreteWidth: CHART_WIDTH },
  title: {
    anchor: 'start',
    frame: 'bounds',
    align: 'left',
    fontSize: 15,
    fontWeight: 600,
    color: INK,
    subtitleFontSize: 12,
    subtitleColor: MUTED,
    subtitlePadding: 4,
    offset: 14,
    limit: CHART_WIDTH - 40,
  },
  axis: {
    labelFontSize: 12,
    labelColor: MUTED,
    labelLimit: 250,
    labelPadding: 6,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titleColor: MUTED,
    titlePadding: 10,
    titleLimit: 400,
    gridColor: GRID,
    domain: false,
    ticks: false,
  },
  axisY: { titleAngle: -90 },
  axisBand: { grid: false },
  legend: {
    orient: 'top',
    direction: 'horizontal',
    columns: 3,
    title: null,
    labelFontSize: 12,
    labelColor: INK,
    labelLimit: 200,
    symbolType: 'square',
    symbolSize: 110,
    columnPadding: 16,
    rowPadding: 4,
    offset: 12,
  },
  header: { labelFontSize: 12, labelLimit: 250, titleFontSize: 12, titleFontWeight: 'normal' },
  text: { font: FONT, fontSize: 12, color: INK, limit: 300 },
  bar: { color: COLORS.primary },
  line: { color: COLORS.primary, strokeWidth: 2 },
  point: { color: COLORS.primary, filled: true, size: 36 },
  range: { category: [...CATEGORIES, OTHER_COLOR] },
};

/**
 * US dollars as a Vega expression over `value`: `$0`, `$0.0005`, `$0.12`, `$2.5`, `$120`, `$1.2k`, `$3.4M`.
 * @param value a Vega expression, for example `datum.value` on an axis
 */
export function usdExpr(value: string): string {
  const size = `abs(${value})`;
  const cases = [
    [`${value} == 0`, "'$0'"],
    [`${size} >= 999950000`, `format(${value} / 1e9, '$,.3~r') + 'B'`],
    [`${size} >= 999950`, `format(${value} / 1e6, '$.3~r') + 'M'`],
    [`${size} >= 999.5`, `format(${value} / 1e3, '$.3~r') + 'k'`],
    [`${size} >= 99.5`, `format(${value}, '$.0f')`],
    [`${size} >= 1`, `format(${value}, '$.2~f')`],
    [`${size} >= 0.1`, `format(${value}, '$.2f')`],
  ];
  return cases.reduceRight((rest, [test, text]) => `${test} ? ${text} : (${rest})`, `format(${value}, '$.2~r')`);
}

/** The longest name on an axis, in characters. */
const NAME_LENGTH = 34;

/** Head and tail of a long name, which both tell operations apart: `checkout.validate_…_summary`. */
function shorten(name: string, length: number): string {
  const points = Array.from(
    name
      .slice(0, 20_000)
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim(),
  );
  if (points.length <= length) return points.join('');
  const tail = Math.floor(length / 3);
  return `${points.slice(0, length - tail - 1).join('')}…${points.slice(-tail).join('')}`;
}

/** Short names for an axis, different for different names: names that look alike once cut get a number. */
export function axisNames(names: readonly string[]): Map<string, string> {
  const short = new Map<string, string>();
  const taken = new Set<string>();
  for (const name of new Set(names)) {
    const base = shorten(name, NAME_LENGTH) || '(empty)';
    let label = base;
    for (let n = 2; taken.has(label); n += 1) label = `${base} (${n})`;
    taken.add(label);
    short.set(name, label);
  }
  return short;
}

/** A chart that says why there is nothing to see, in place of empty axes. */
export function emptyChart(message: string): ChartSpec {
  return {
    width: CHART_WIDTH,
    height: 90,
    autosize: { type: 'fit', contains: 'padding' },
    data: { values: [{ message }] },
    mark: { type: 'text', color: MUTED, fontSize: 14, limit: CHART_WIDTH - 40 },
    encoding: { text: { field: 'message', type: 'nominal' } },
  };
}
