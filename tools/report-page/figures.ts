import { readFileSync, statSync } from 'node:fs';
import { RunbookError } from '../../lib/errors.ts';
import { assertPlainSvg } from '../charts/svg-guard.ts';
import type { ResultsDir } from '../results-dir.ts';

/** Bytes of one figure. */
const MAX_FIGURE = 8_000_000;
const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

export interface Figure {
  /** Normal path in the results dir: `figures/cost_by_operation.svg`. */
  path: string;
  /** Where it is shown from: a data URI, or an address of the page that shows it. */
  src: string;
  /** CSS pixels, where the file says so. */
  width?: number;
  height?: number;
}

/** The normal path of a figure in the results dir (`./figures/x.svg` too), or undefined for anything else. */
export function figurePath(src: string): string | undefined {
  const path = src.replace(/^\.\//u, '');
  return /^figures\/[\w.-]+\.(svg|png)$/u.test(path) ? path : undefined;
}

/**
 * A figure as a data URI. SVGs are checked to be plain drawings, PNGs by their signature.
 * @returns undefined when there is no such file
 * @throws RunbookError `bad_response` when the file is not what its name says, or too large
 */
export function loadFigure(results: ResultsDir, path: string): Figure | undefined {
  if (!results.exists(path)) return undefined;
  const file = results.resolve(path);
  const { size } = statSync(file);
  if (size > MAX_FIGURE) {
    throw new RunbookError('bad_response', `${path} is too large for a page (${size} bytes).`, {
      at: path,
      hint: 'Draw fewer marks: aggregate in the query.',
    });
  }
  const content = readFileSync(file);
  return path.endsWith('.svg') ? svgFigure(path, content.toString('utf8')) : pngFigure(path, content);
}

function svgFigure(path: string, svg: string): Figure {
  assertPlainSvg(svg, path);
  const [, root = ''] = /^\s*<svg([^>]*)>/u.exec(svg) ?? [];
  const side = (name: string) => Number(new RegExp(`\\s${name}="([\\d.]+)"`, 'u').exec(root)?.[1]);
  return { path, src: dataUri('image/svg+xml', Buffer.from(svg)), ...sides(side('width'), side('height')) };
}

function pngFigure(path: string, png: Buffer): Figure {
  if (!png.subarray(0, 8).equals(PNG_SIGNATURE) || png.length < 24) {
    throw new RunbookError('bad_response', `${path} is no PNG.`, {
      at: path,
      hint: 'Draw the figure with render_chart.',
    });
  }
  return { path, src: dataUri('image/png', png), ...sides(png.readUInt32BE(16) / 2, png.readUInt32BE(20) / 2) };
}

function sides(width: number, height: number): { width?: number; height?: number } {
  return width > 0 && height > 0 ? { width: Math.round(width), height: Math.round(height) } : {};
}

function dataUri(type: string, content: Buffer): string {
  return `data:${type};base64,${content.toString('base64')}`;
}
