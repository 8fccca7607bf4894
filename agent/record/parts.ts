import type { RunEvent, RunPart } from '../events.ts';
import { ofType, type Started } from './read.ts';

/** What parts are read from. */
interface Told {
  started: Started;
  events: readonly RunEvent[];
}

/**
 * What the steps of a run were performed with, in order: a fork takes over steps of its parent, and a resume may go on with a changed
 * runbook.
 */
export function partsOf({ started, events }: Told): RunPart[] {
  const { parent, params, runbook } = started;
  const before = parent?.parts ?? [];
  const own: RunPart = { from_step: before.length > 0 ? (parent?.before_step ?? 1) : 1, params, runbook };
  const resumed = ofType(events, 'run_resumed').flatMap((event): RunPart[] =>
    event.runbook ? [{ from_step: event.after_step + 1, params, runbook: event.runbook }] : [],
  );
  return [...before, own, ...resumed];
}

/** The part that a step belongs to. */
export function partOf(parts: readonly RunPart[], step: number): RunPart | undefined {
  return parts.findLast(({ from_step }) => from_step <= step);
}

/** The part that the run ended with. */
export function lastPart(told: Told): RunPart {
  return partsOf(told).at(-1) as RunPart;
}

/** Its steps as the run ended with them. */
export function stepsOf({ started, events }: Told): Started['steps'] {
  return ofType(events, 'run_resumed').findLast(({ steps }) => steps)?.steps ?? started.steps;
}
