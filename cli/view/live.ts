import { createLogUpdate } from 'log-update';
import type { Palette } from '../colors.ts';
import { screen } from './screen.ts';
import { initialState, nextState } from './state.ts';
import { endLines } from './verdict.ts';
import type { View } from './view.ts';

const FRAME_MS = 80;

/** A screen that is drawn anew as the run goes on; what remains at its end is the last frame and the verdict. */
export function liveView(stream: NodeJS.WriteStream, palette: Palette): View {
  const update = createLogUpdate(stream);
  let state = initialState();
  const ending: string[] = [];
  let closed = false;
  const draw = () => {
    const size = { columns: stream.columns ?? 80, rows: stream.rows ?? 24 };
    update(screen(state, size, Date.now(), palette));
  };
  const timer = setInterval(draw, FRAME_MS);
  timer.unref();
  return {
    event(event) {
      state = nextState(state, event, Date.now());
      ending.push(...endLines(event, palette, Math.min(stream.columns ?? 80, 110)));
      if (event.type === 'run_finished') this.close();
    },
    close() {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      if (state.steps.some((step) => step.status !== 'waiting')) draw();
      else update.clear();
      update.done();
      stream.write(ending.length > 0 ? `\n${ending.join('\n')}\n` : '');
    },
  };
}
