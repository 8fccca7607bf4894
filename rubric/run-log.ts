import { z } from 'zod';
import { readText } from './artifacts.ts';

export const LOG = 'events.jsonl';

const event = z.looseObject({
  seq: z.number(),
  run: z.string(),
  type: z.string(),
  /** Of a run that this one goes on from. */
  from: z.unknown().optional(),
});
export type LoggedEvent = z.infer<typeof event>;

/** A run's own record; `events` is null where there is none. */
export interface RunLog {
  events: LoggedEvent[] | null;
  /** Why it is no record of a run. */
  faults: string[];
}

/** Reads `events.jsonl`. A last line that was torn is no fault: the run was stopped while it wrote. */
export function readLog(dir: string): RunLog {
  const log = readText(dir, LOG);
  if (log.problem?.kind === 'missing') return { events: null, faults: [] };
  if (log.problem) return { events: [], faults: [log.problem.message] };
  const lines = log.value.split('\n');
  const torn = lines.pop() ?? '';
  const whole = [...lines, ...(parsed(torn) ? [torn] : [])];
  const events = whole.flatMap((line) => parsed(line) ?? []);
  const strange = whole.findIndex((line) => line.trim() !== '' && !parsed(line));
  const faults = strange < 0 ? [] : [`${LOG}:${strange + 1} is no event of a run`];
  return { events, faults: [...faults, ...orderFaults(events)] };
}

/** Events of a step that do not count where the step was begun in vain: a resume performs it again. */
const IN_VAIN = new Set([
  'query',
  'tool_started',
  'tool_finished',
  'tool_failed',
  'step_started',
  'step_failed',
  'run_finished',
]);

/** The events without those of steps that were broken off before the run was resumed. */
export function performed(events: readonly LoggedEvent[]): LoggedEvent[] {
  const kept: LoggedEvent[] = [];
  for (const event of events) {
    if (event.type === 'run_resumed') {
      const done = kept.findLastIndex(({ type }) => type === 'step_finished');
      const open = kept.splice(done + 1);
      kept.push(...open.filter(({ type }) => !IN_VAIN.has(type)));
    }
    kept.push(event);
  }
  return kept;
}

function parsed(line: string): LoggedEvent | undefined {
  try {
    return event.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** One run, from its start, with no event left out. */
function orderFaults(events: readonly LoggedEvent[]): string[] {
  const [first] = events;
  if (!events.some(({ type }) => type === 'run_started')) return [`${LOG} has no run_started`];
  const gap = events.findIndex(({ seq }, index) => seq !== index + 1);
  const other = events.find(({ run, from }) => run !== first?.run && from === undefined);
  return [
    ...(gap < 0 ? [] : [`${LOG}: event ${events[gap]?.seq} stands where ${gap + 1} is next`]),
    ...(other ? [`${LOG}: event ${other.seq} is of another run`] : []),
  ];
}
