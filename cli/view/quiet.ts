import type { RunEvent } from '../../agent/events.ts';
import type { RunOutcome } from '../../agent/run.ts';
import { failureLines } from './lines.ts';
import type { View } from './view.ts';

/** Only what went wrong, and the report's path. */
export class QuietView implements View {
  event(event: RunEvent): void {
    for (const line of failureLines(event)) process.stderr.write(`${line}\n`);
  }

  end(outcome: RunOutcome): void {
    if (outcome.report) process.stdout.write(`${outcome.report}\n`);
  }

  close(): void {}
}
