import { type ChartSpec, chartTheme } from '../../analysis/chart-theme.ts';
import { messageOf, RunbookError } from '../../lib/errors.ts';
import { textWidth } from './font.ts';
import { MAX_FACETS, MAX_SIDE, MAX_STEPS, MAX_SVG_BYTES } from './limits.ts';
import { checkFacets, checkSpec, isObject, specError } from './spec-rules.ts';
import { checkSchema } from './spec-schema.ts';
import { assertPlainSvg } from './svg-guard.ts';
import { chartSafeJson, escapeXml } from './text.ts';

export interface Chart {
  svg: string;
  /** CSS pixels. */
  width: number;
  height: number;
  /** Inline rows drawn from. */
  rows: number;
  /** What Vega-Lite and Vega remarked: dropped channels, an empty domain … */
  warnings: string[];
}

type Vega = typeof import('vega');
interface TextItem {
  fontSize?: number;
  fontWeight?: string | number;
  limit?: number;
  ellipsis?: string;
}

let engine: Promise<Vega> | undefined;

/** Vega with our text measure in place of its guess (0.8 em a character), and with bounded sequences. */
async function loadVega(): Promise<Vega> {
  const vega = await import('vega');
  const { textMetrics } = vega as unknown as { textMetrics: { width(item: TextItem, text: unknown): number } };
  textMetrics.width = (item, text) => {
    const { fontSize = 11, fontWeight = 'normal', limit = 0 } = item;
    const width = textWidth(String(text ?? '').trim(), Number(fontSize) || 0, fontWeight);
    return limit > 0 ? Math.min(width, limit) : width;
  };
  vega.expressionFunction('sequence', (...bounds: number[]) => boundedSequence(bounds));
  return vega;
}

function boundedSequence(bounds: number[]): number[] {
  const [start, stop, step] =
    bounds.length === 1 ? [0, bounds[0] ?? 0, 1] : [bounds[0] ?? 0, bounds[1] ?? 0, bounds[2] ?? 1];
  const count = Math.ceil((stop - start) / step);
  if (count > MAX_STEPS) throw new Error(`a sequence of ${count} values is more than ${MAX_STEPS}`);
  return count > 0 ? Array.from({ length: count }, (_, index) => start + index * step) : [];
}

/** Refuses every address: data is inlined, and a chart loads nothing. */
const noLoader = Object.fromEntries(
  ['load', 'sanitize', 'http', 'file'].map((name) => [
    name,
    (uri: unknown) => Promise.reject(new Error(`a chart may not load ${JSON.stringify(uri)}`)),
  ]),
);

/**
 * Draws a Vega-Lite spec as SVG: checked against the hard rules and Vega-Lite's schema, no network, expressions
 * interpreted and never evaluated as code, text measured with the shipped font.
 * @param label `title` becomes the chart's heading (where the spec has none) and accessible name, `alt` its description
 * @throws RunbookError `tool_input` naming the JSON path in the spec
 */
export async function renderSvg(input: ChartSpec, label: { title: string; alt: string }): Promise<Chart> {
  engine ??= loadVega();
  const vega = await engine;
  const rows = checkSpec(input, vega.parseExpression);
  await checkSchema(input);
  const spec = prepare(input, label.title);
  if (isObject(spec.data) && Array.isArray(spec.data.values)) checkFacets(spec, spec.data.values);

  const warnings = new Set<string>();
  const errors: string[] = [];
  const logger = collector(warnings, errors);
  const svg = await draw(vega, spec, logger, errors);
  if (svg.length > MAX_SVG_BYTES) {
    throw specError('$', `The drawing takes ${svg.length} bytes.`, 'Draw fewer marks: aggregate in the query.');
  }
  const [, width, height] = (/width="([\d.]+)" height="([\d.]+)"/u.exec(svg) ?? []).map(Number);
  if (width === undefined || height === undefined || width > MAX_SIDE || height > MAX_SIDE) {
    throw specError('$', `The drawing is ${width} × ${height} pixels; ${MAX_SIDE} is the most.`, 'Keep the top rows.');
  }
  const named = describe(svg, label);
  assertPlainSvg(named, 'the drawing');
  return { svg: named, width, height, rows, warnings: [...warnings] };
}

function prepare(input: ChartSpec, title: string): ChartSpec {
  const { usermeta: _, $schema: __, ...spec } = chartSafeJson(input) as ChartSpec;
  return { ...(title === '' ? {} : { title: chartSafeJson(title) }), ...spec };
}

async function draw(vega: Vega, spec: ChartSpec, logger: Logger, errors: string[]): Promise<string> {
  const { compile } = await import('vega-lite');
  const { expressionInterpreter } = await import('vega-interpreter');
  try {
    const compiled = compile(spec as never, { logger: logger as never, config: chartTheme as never });
    const runtime = vega.parse(compiled.spec, undefined, { ast: true } as never);
    const view = new vega.View(runtime, {
      renderer: 'none',
      loader: noLoader as never,
      logger: logger as never,
      expr: expressionInterpreter,
    } as never);
    try {
      await view.runAsync();
      if (errors.length > 0) throw new Error(errors.join('; '));
      return await view.toSVG();
    } finally {
      view.finalize();
    }
  } catch (cause) {
    if (cause instanceof RunbookError) throw cause;
    throw new RunbookError('tool_input', `spec $: the chart cannot be drawn: ${messageOf(cause).slice(0, 500)}`, {
      at: '$',
      hint: `Check fields and expressions against the rows; at most ${MAX_FACETS} small multiples.`,
      cause,
    });
  }
}

interface Logger {
  level(value?: number): Logger | number;
  error(...parts: unknown[]): Logger;
  warn(...parts: unknown[]): Logger;
  info(...parts: unknown[]): Logger;
  debug(...parts: unknown[]): Logger;
}

/** Says that a chart of stepped height grows with its rows, which is the point of a step. */
const EXPECTED = /^Dropping "fit-[xy]"/u;

function collector(warnings: Set<string>, errors: string[]): Logger {
  const logger: Logger = {
    level: (value) => (value === undefined ? 1 : logger),
    error: (...parts) => {
      errors.push(parts.map(messageOf).join(' '));
      return logger;
    },
    warn: (...parts) => {
      const message = parts.map(messageOf).join(' ');
      if (!EXPECTED.test(message)) warnings.add(message.slice(0, 300));
      return logger;
    },
    info: () => logger,
    debug: () => logger,
  };
  return logger;
}

/** Gives the drawing a name and a description for screen readers, and leaves out the link name space that it never uses. */
function describe(svg: string, label: { title: string; alt: string }): string {
  const names = `<title>${escapeXml(label.title)}</title><desc>${escapeXml(label.alt)}</desc>`;
  return svg
    .replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', '')
    .replace(/^<svg [^>]*>/u, (root) => `${root.replace('<svg ', '<svg role="img" ')}${names}`);
}
