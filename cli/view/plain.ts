import type { RunEvent } from '../../agent/events.ts';
import { bytes, count, instant, seconds } from '../../lib/format.ts';
import type { Palette } from '../colors.ts';
import { describeInput } from './state.ts';
import { endLines } from './verdict.ts';
import type { View } from './view.ts';

/** One line for each thing that happens: for logs, pipes and screen readers. */
export function plainView(write: (text: string) => void, palette: Palette): View {
  let detail = '';
  return {
    event(event) {
      if (event.type === 'tool_started') detail = describeInput(event.input);
      for (const line of [...progress(event, detail), ...endLines(event, palette)]) write(`${line}\n`);
    },
    close: () => undefined,
  };
}

function progress(event: RunEvent, detail: string): string[] {
  switch (event.type) {
    case 'run_started':
      return [`${event.runbook.title} ${event.runbook.version}; agent: ${event.note}`];
    case 'source_opened': {
      const { from, to } = event.window;
      const opened = `source: ${event.label}, ${instant(from)} to ${instant(to)} (${seconds(event.elapsed_s)})`;
      return [opened, ...event.notices.map(({ message }) => `  ! ${message}`)];
    }
    case 'step_started':
      return [`step ${event.number}: ${event.title}`];
    case 'tool_progress':
      return [`  ${event.tool}: ${event.message}`];
    case 'tool_finished': {
      const { tool, queries, rows, response_bytes, elapsed_s } = event;
      const cost = queries === 0 ? '' : `, queries ${queries}, rows ${count(rows)}, ${bytes(response_bytes)}`;
      return [`  ${tool}${detail === '' ? '' : ` ${detail}`}: ${seconds(elapsed_s)}${cost}`];
    }
    case 'run_finished': {
      const { queries, response_bytes, elapsed_s, exit } = event;
      return [`finished in ${seconds(elapsed_s)}: queries ${queries}, ${bytes(response_bytes)}, exit ${exit}`];
    }
    default:
      return [];
  }
}
