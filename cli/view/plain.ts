import type { RunEvent } from '../../agent/events.ts';
import type { RunOutcome } from '../../agent/run.ts';
import { failureLines, outputSummary, seconds, totals, verdictLines } from './lines.ts';
import type { View } from './view.ts';

/** One line for each thing that happened, for logs and pipes. */
export class PlainView implements View {
  event(event: RunEvent): void {
    for (const line of lines(event)) process.stderr.write(`${line}\n`);
  }

  end(outcome: RunOutcome): void {
    for (const line of verdictLines(outcome)) process.stderr.write(`${line}\n`);
    if (outcome.report) process.stdout.write(`${outcome.report}\n`);
  }

  close(): void {}
}

function lines(event: RunEvent): string[] {
  switch (event.type) {
    case 'run_started':
      return [`${event.runbook.name} ${event.runbook.version}; ${event.note}; results in ${event.results_dir}`];
    case 'source_opened':
      return [
        `source: ${event.label}, ${event.window.from} to ${event.window.to} (${seconds(event.elapsed_s)})`,
        ...event.notices.map((notice) => `note: ${notice.message}`),
      ];
    case 'step_started':
      return [`[${event.number}/${event.of}] ${event.title}`];
    case 'tool_finished':
      return [`  ${event.tool} ${outputSummary(event.output)} (${seconds(event.elapsed_s)})`];
    case 'run_finished':
      return [`done: ${totals(event)}`];
    default:
      return failureLines(event);
  }
}
