import type { RunEvent } from '../../agent/events.ts';

/** A reader of a run's events that shows them somewhere. */
export interface View {
  event(event: RunEvent): void;
  /** Gives the terminal back; may be called more than once. */
  close(): void;
}
