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
