import { paletteFor } from '../colors.ts';
import { printableValue } from '../printable.ts';
import { plainView } from './plain.ts';
import { quietView } from './quiet.ts';
import type { View } from './view.ts';

/** The view that fits the flags and the terminal: JSON lines, failures only, a live screen, or plain lines. */
export async function chooseView(flags: { json?: boolean; quiet?: boolean }): Promise<View> {
  if (flags.json) {
    return { event: (event) => void process.stdout.write(`${JSON.stringify(event)}\n`), close: () => undefined };
  }
  const view = await terminalView(flags.quiet ?? false);
  return { event: (event) => view.event(printableValue(event)), close: () => view.close() };
}

async function terminalView(quiet: boolean): Promise<View> {
  const { stderr, env } = process;
  const palette = paletteFor(stderr);
  const write = (text: string) => void stderr.write(text);
  if (quiet) return quietView(write, palette);
  if (!stderr.isTTY || env.TERM === 'dumb' || env.CI) return plainView(write, palette);
  const { liveView } = await import('./live.ts');
  return liveView(stderr, palette);
}
