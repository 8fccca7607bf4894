import type { RunEvent } from '../../agent/events.ts';
import type { RunOutcome } from '../../agent/run.ts';

/** A reader of a run's events. */
export interface View {
  event(event: RunEvent): void;
  end(outcome: RunOutcome): void;
  close(): void;
}
