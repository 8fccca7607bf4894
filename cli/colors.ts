import type { WriteStream } from 'node:tty';
import colors from 'yoctocolors';

export type Palette = Record<'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan', (text: string) => string>;

const plain = (text: string) => text;
export const NO_COLORS: Palette = { bold: plain, dim: plain, green: plain, red: plain, yellow: plain, cyan: plain };

/** Colours for a terminal that shows them and a user who wants them (NO_COLOR, FORCE_COLOR); none in files and pipes. */
export function paletteFor(stream: NodeJS.WriteStream): Palette {
  return stream.isTTY && (stream as WriteStream).hasColors() ? colors : NO_COLORS;
}
