import type { EventBody } from '../events.ts';
import type { ofType, RunRecord } from './read.ts';

type Of<T extends EventBody['type']> = ReturnType<typeof ofType<T>>[number];

/** A tool call of a run. */
export interface RecordedCall {
  call: number;
  tool: string;
  input: unknown;
  /** Null where the run ended before it did. */
  outcome: { kind: 'finished'; output: unknown; elapsed_s: number } | ({ kind: 'failed' } & Of<'tool_failed'>) | null;
  queries: Of<'query'>[];
  outside: Of<'outside_read'>[];
}

/** A step as it was performed; a step that mends has one for each time. */
export interface RecordedStep {
  number: number;
  id: string;
  title: string;
  /** Payload of its text. */
  rendered: string;
  calls: RecordedCall[];
  generations: Of<'generation'>[];
  /** Null where the run ended before it did. */
  end: Of<'step_finished'> | Of<'step_failed'> | Of<'gate_stopped'> | null;
  /** Numbers of its first and its last event. */
  seq: { from: number; to: number };
}

/** The steps of a run in the order in which they were performed; what was begun in vain before a resume is left out. */
export function storyOf(record: RunRecord): RecordedStep[] {
  const steps: RecordedStep[] = [];
  let current: RecordedStep | undefined;
  for (const event of record.events) {
    if (event.type === 'run_resumed') {
      if (current && current.end?.type !== 'step_finished') steps.pop();
      current = undefined;
    } else if (event.type === 'step_started') {
      current = stepOf(event);
      steps.push(current);
    } else if (current && current.end === null) {
      current.seq.to = event.seq;
      if (event.type === 'step_finished' || event.type === 'step_failed' || event.type === 'gate_stopped')
        current.end = event;
      else addTo(current, event, record);
    }
  }
  return steps;
}

function stepOf({ number, id, title, rendered_sha256, seq }: Of<'step_started'>): RecordedStep {
  return {
    ...{ number, id, title, rendered: rendered_sha256, calls: [], generations: [], end: null },
    seq: { from: seq, to: seq },
  };
}

function addTo(step: RecordedStep, event: RunRecord['events'][number], { payloads }: RunRecord): void {
  if (event.type === 'generation') step.generations.push(event);
  if (event.type === 'tool_started') {
    const input = event.payload === null ? event.input : payloads.getJson(event.payload);
    step.calls.push({ call: event.call, tool: event.tool, input, outcome: null, queries: [], outside: [] });
  }
  const call = 'call' in event ? step.calls.find((each) => each.call === event.call) : undefined;
  if (!call) return;
  if (event.type === 'query') call.queries.push(event);
  if (event.type === 'outside_read') call.outside.push(event);
  if (event.type === 'tool_failed') call.outcome = { kind: 'failed', ...event };
  if (event.type === 'tool_finished') {
    const output = event.payload === null ? event.output : payloads.getJson(event.payload);
    call.outcome = { kind: 'finished', output, elapsed_s: event.elapsed_s };
  }
}
