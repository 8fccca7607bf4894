import { stripVTControlCharacters } from 'node:util';
import { createLogUpdate } from 'log-update';
import type { Palette } from '../colors.ts';
import { screen } from './screen.ts';
import { initialState, nextState } from './state.ts';
import { endLines } from './verdict.ts';
import type { View } from './view.ts';

const FRAME_MS = 80;

/** A screen that is drawn anew as the run goes on; what remains at its end is the whole last frame and the verdict. */
export function liveView(stream: NodeJS.WriteStream, palette: Palette): View {
  let update = createLogUpdate(stream);
  let state = initialState();
  let frame = '';
  let closed = false;
  const ending: string[] = [];
  const render = (rows: number) => screen(state, { columns: stream.columns ?? 80, rows }, Date.now(), palette);
  const draw = () => {
    frame = render(stream.rows ?? 24);
    update(frame);
  };
  const redraw = () => {
    stream.write(eraseReflowed(frame, stream.columns ?? 80));
    update = createLogUpdate(stream);
    draw();
  };
  const timer = setInterval(draw, FRAME_MS);
  timer.unref();
  stream.on('resize', redraw);
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
      stream.off('resize', redraw);
      update.clear();
      update.done();
      if (state.steps.some((step) => step.status !== 'waiting')) stream.write(`${render(Number.POSITIVE_INFINITY)}\n`);
      if (ending.length > 0) stream.write(`\n${ending.join('\n')}\n`);
    },
  };
}

/** Erases a frame that the terminal has wrapped anew at its new width: up to the frame's first line, then all below. */
function eraseReflowed(frame: string, columns: number): string {
  const rows = stripVTControlCharacters(frame)
    .split('\n')
    .reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / columns)), 0);
  return `\u001b[${rows}A\r\u001b[J`;
}
