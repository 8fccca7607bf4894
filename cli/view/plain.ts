import { describeInput } from '../../agent/describe-input.ts';
import type { GenerationEvent, RunEvent } from '../../agent/events.ts';
import { bytes, count, instant, percent, seconds, usd } from '../../lib/format.ts';
import type { Palette } from '../colors.ts';
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
    case 'generation':
      return [`  model: ${modelLine(event.properties)}`];
    case 'model_retry':
      return [`  model: again in ${seconds(event.wait_s)}: ${event.reason}`];
    case 'run_finished': {
      const { queries, response_bytes, elapsed_s, exit } = event;
      return [`finished in ${seconds(elapsed_s)}: queries ${queries}, ${bytes(response_bytes)}, exit ${exit}`];
    }
    default:
      return [];
  }
}

/** What one request used: the prompt with its cached share, the answer, cost and time. */
function modelLine(used: GenerationEvent['properties']): string {
  const read = used.$ai_cache_read_input_tokens;
  const prompt = used.$ai_input_tokens + read + used.$ai_cache_creation_input_tokens;
  const share = prompt > 0 ? percent(read / prompt) : percent(0);
  return `${count(prompt)} tokens in (${share} cached), ${count(used.$ai_output_tokens)} out, ${usd(used.$ai_total_cost_usd)}, ${seconds(used.$ai_latency)}`;
}
