import type { RunEvent } from '../../agent/events.ts';
import type { View } from './view.ts';

/** One JSON event a line on stdout. */
export class JsonView implements View {
  event(event: RunEvent): void {
    process.stdout.write(`${JSON.stringify(event)}\n`);
  }

  end(): void {}

  close(): void {}
}
