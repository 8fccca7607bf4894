import type { GenerationEvent, RunEvent } from '../agent/events.ts';
import type { ProductRun } from './product-run.ts';

/** What the loop did between two requests. */
type GapKind = 'tools' | 'step change';

export interface Gap {
  kind: GapKind;
  /** Milliseconds, tool time taken off. */
  ms: number;
}

/**
 * The loop's own time between a response's end and the next request's start, both in its own process, without the time that tools say they
 * took. What stays is reading the answer's end, logging, artifacts, cutting and scrubbing results, writing and sending the next request;
 * between steps also queries.json, the log's fsync, and rendering the next step.
 */
export function gapsOf({ events, times }: ProductRun): Gap[] {
  const turns = turnsOf(events);
  return turns.slice(0, -1).map((turn, index) => {
    const between = (times[index + 1]?.asked ?? Number.NaN) - (times[index]?.answered ?? Number.NaN);
    const tools = turn.map((event) => ('tool' in event && 'elapsed_s' in event && isEnd(event) ? event.elapsed_s : 0));
    const kind = turn.some(({ type }) => type === 'step_started') ? 'step change' : 'tools';
    return { kind, ms: between - 1000 * tools.reduce((sum, seconds) => sum + seconds, 0) };
  });
}

function isEnd({ type }: RunEvent): boolean {
  return type === 'tool_finished' || type === 'tool_failed';
}

/** What happened after each answer of the agent's model and before the next. Votes of the judge come after all of them. */
function turnsOf(events: readonly RunEvent[]): RunEvent[][] {
  const turns: RunEvent[][] = [];
  for (const event of events) {
    if (isAgent(event)) turns.push([]);
    else turns.at(-1)?.push(event);
  }
  return turns;
}

/** Whether an event is a request of the agent, and not of the judge. */
export function isAgent(event: RunEvent): event is RunEvent & GenerationEvent {
  return event.type === 'generation' && event.properties.$ai_span_name !== 'judge';
}

/** @param share 0.5 for the median */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
