import { messageOf, RunbookError } from '../../lib/errors.ts';
import { CHART_FONT, fontFiles } from './font.ts';
import { MAX_PNG_PIXELS } from './limits.ts';

const SCALE = 2;

/**
 * An SVG as PNG at twice its size (less where that would be a giant image), with the shipped font only.
 * @throws RunbookError `tool_input` when it cannot be drawn
 */
export async function renderPng(chart: { svg: string; width: number; height: number }): Promise<Buffer> {
  const { Resvg } = await import('@resvg/resvg-js');
  const fit = Math.sqrt(MAX_PNG_PIXELS / Math.max(1, chart.width * chart.height));
  try {
    const image = new Resvg(chart.svg, {
      font: {
        loadSystemFonts: false,
        fontFiles: fontFiles(),
        defaultFontFamily: CHART_FONT,
        sansSerifFamily: CHART_FONT,
      },
      fitTo: { mode: 'zoom', value: Math.min(SCALE, fit) },
      background: 'white',
    });
    return image.render().asPng();
  } catch (cause) {
    throw new RunbookError('tool_input', `The chart cannot be drawn as PNG: ${messageOf(cause)}`, { cause });
  }
}
