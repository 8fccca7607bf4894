import type { Palette } from '../colors.ts';
import { endLines } from './verdict.ts';
import type { View } from './view.ts';

/** Says nothing but why a run failed. */
export function quietView(write: (text: string) => void, palette: Palette): View {
  return {
    event(event) {
      if (event.type === 'graded' || event.type === 'round_finished') return;
      for (const line of endLines(event, palette)) write(`${line}\n`);
    },
    close: () => undefined,
  };
}
