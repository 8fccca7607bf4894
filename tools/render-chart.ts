import { z } from 'zod';
import type { ChartSpec, Json } from '../analysis/chart-theme.ts';
import { RunbookError } from '../lib/errors.ts';
import { missingGlyphs } from './charts/font.ts';
import { MAX_ROWS } from './charts/limits.ts';
import { renderPng } from './charts/png.ts';
import { renderSvg } from './charts/render-svg.ts';
import { readRows } from './charts/rows.ts';
import { isObject, specError } from './charts/spec-rules.ts';
import { defineTool, type ToolContext } from './tool.ts';

const input = z.strictObject({
  spec: z.record(z.string(), z.json()).describe('A Vega-Lite 6 spec, without data when data or data_from is given'),
  data: z.array(z.record(z.string(), z.json())).max(MAX_ROWS).optional().describe('Rows to draw'),
  data_from: z
    .string()
    .regex(/\.(csv|json)$/u, 'must be a .csv or .json artifact, such as data/metrics_by_model.csv')
    .optional()
    .describe('Artifact to take the rows from'),
  save_as: z
    .string()
    .regex(
      /^figures\/(?!.*\.(svg|png)$)[A-Za-z0-9][\w.-]{0,99}$/u,
      'must be figures/NAME without an extension, such as figures/cost_by_operation',
    ),
  title: z.string().max(300).describe("The chart's heading, where the spec has none"),
  alt: z.string().min(1).max(2_000).describe('What the chart shows, for readers who cannot see it'),
});
type Input = z.infer<typeof input>;

/** SVG and PNG of a Vega-Lite spec, drawn in this process without network, browser or code evaluation. */
export const renderChart = defineTool({
  name: 'render_chart',
  description:
    'Draws a Vega-Lite spec as figures/NAME.svg and figures/NAME.png (twice the size). Rows come inline (data, or data.values in the spec) or from an artifact (data_from); no URL, image, link or regular expression is available, at most 20000 rows. The house theme is applied; 720 pixels is the report\'s width. Example: {"spec": {"mark": "bar", "width": 560, "encoding": {"y": {"field": "model", "type": "nominal", "sort": "-x"}, "x": {"field": "total_cost_usd", "type": "quantitative"}}}, "data_from": "data/metrics_by_model.csv", "save_as": "figures/cost_by_model", "title": "Cost by model", "alt": "Bars of the cost of each model"}',
  input,
  output: z.object({
    svg: z.string(),
    png: z.string(),
    width: z.number(),
    height: z.number(),
    rows: z.number(),
    warnings: z.array(z.string()),
  }),
  writes: 'own artifacts',
  asks: 'artifacts',
  async run(request, context) {
    const svg = `${request.save_as}.svg`;
    const png = `${request.save_as}.png`;
    context.results.resolve(svg);
    const spec = await withRows(request, context);
    const chart = await renderSvg(spec, request);
    const image = await renderPng(chart);
    await context.results.write(svg, chart.svg);
    await context.results.write(png, image);
    const { width, height, rows } = chart;
    return { svg, png, width, height, rows, warnings: [...chart.warnings, ...glyphWarnings(chart.svg)] };
  },
});

/** The spec with the given rows in the place of its data. */
async function withRows({ spec, data, data_from }: Input, context: ToolContext): Promise<ChartSpec> {
  if (data && data_from !== undefined) {
    throw new RunbookError('tool_input', 'Both data and data_from are given.', {
      at: 'data',
      hint: 'Give one of them.',
    });
  }
  const rows: Json[] | undefined = data_from === undefined ? data : await readRows(context.results, data_from);
  if (!rows) {
    if ('data' in spec || 'datasets' in spec || hasOwnData(spec)) return spec;
    throw specError('$.data', 'There is nothing to draw.', 'Give data, data_from, or data.values in the spec.');
  }
  if (!('data' in spec)) return { ...spec, data: { values: rows } };
  const { data: named } = spec;
  if (isObject(named) && typeof named.name === 'string' && !('values' in named)) {
    return { ...spec, datasets: { ...(isObject(spec.datasets) ? spec.datasets : {}), [named.name]: rows } };
  }
  throw specError('$.data', 'The spec has data of its own beside data or data_from.', 'Leave data out of the spec.');
}

/** Layers and concatenations may bring their own data. */
function hasOwnData(spec: ChartSpec): boolean {
  const parts = ['layer', 'concat', 'hconcat', 'vconcat'].flatMap((key) => spec[key] ?? []);
  return parts.some((part) => isObject(part) && ('data' in part || hasOwnData(part)));
}

function glyphWarnings(svg: string): string[] {
  const missing = missingGlyphs(svg);
  if (missing.length === 0) return [];
  return [
    `${missing.length} characters are not in the shipped font (${missing.slice(0, 5).join(' ')}): the PNG shows boxes for them.`,
  ];
}
