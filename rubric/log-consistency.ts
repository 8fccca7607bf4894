import { z } from 'zod';
import type { Artifacts } from './artifacts.ts';
import { LOG, type LoggedEvent, performed } from './run-log.ts';

/** What the run's log says against the data files: what was asked, of which source, and what came of it. */
export function logFaults(logged: readonly LoggedEvent[], artifacts: Artifacts): string[] {
  const events = performed(logged);
  return [...queryFaults(events, artifacts), ...sourceFaults(events, artifacts), ...toolFaults(events)];
}

const query = z.looseObject({
  n: z.number(),
  tool: z.string(),
  name: z.string(),
  rows: z.number(),
  error: z.unknown(),
});
const FIELDS = ['tool', 'name', 'rows', 'error'] as const;
/** Longer texts are cut in the log. */
const LONGEST = 1000;

function queryFaults(events: readonly LoggedEvent[], { queries }: Artifacts): string[] {
  if (!queries.value) return [];
  const file = 'data/queries.json';
  const logged = events.filter(({ type }) => type === 'query').flatMap((event) => query.safeParse(event).data ?? []);
  const kept = queries.value.flatMap((entry) => query.safeParse(entry).data ?? []);
  if (logged.length !== kept.length) return [`${file} has ${kept.length} queries, ${LOG} has ${logged.length}`];
  return kept.flatMap((entry) => {
    const same = logged.find(({ n }) => n === entry.n);
    if (!same) return [`${file}: query ${entry.n} is not in ${LOG}`];
    const field = FIELDS.find((name) => !isSame(entry[name], same[name]));
    return field ? [`${file}: ${field} of query ${entry.n} is not the one of ${LOG}`] : [];
  });
}

function isSame(a: unknown, b: unknown): boolean {
  return (a ?? null) === (b ?? null) || (typeof a === 'string' && typeof b === 'string' && a.length > LONGEST);
}

const opened = z.looseObject({
  kind: z.string(),
  label: z.string(),
  window: z.object({ from: z.string(), to: z.string() }),
});

/** The source that the log opened is the one that data/project.json describes; what the probe answered stands there. */
function sourceFaults(events: readonly LoggedEvent[], { project }: Artifacts): string[] {
  if (!project.value) return [];
  const { backend, label, window } = project.value;
  const source = events
    .filter(({ type }) => type === 'source_opened')
    .flatMap((e) => opened.safeParse(e).data ?? [])[0];
  const wrong =
    source &&
    (source.kind !== backend ||
      source.label !== label ||
      source.window.from !== window.from ||
      source.window.to !== window.to);
  const probe = events.findLast(({ type, tool }) => type === 'tool_finished' && tool === 'probe_project')?.output;
  if (probe === undefined) return [`${LOG} has no answer that data/project.json could be from`];
  const counts = z.record(z.string(), z.unknown()).safeParse(probe).data ?? {};
  const other = Object.entries(counts).find(
    ([name, value]) =>
      typeof value === 'number' && typeof project.value[name] === 'number' && project.value[name] !== value,
  );
  return [
    ...(wrong ? [`data/project.json is about another source or window than ${LOG}`] : []),
    ...(other ? [`data/project.json: ${other[0]} is ${project.value[other[0]]}, ${LOG} says ${other[1]}`] : []),
  ];
}

/** Every call of a tool has an end, and the end of the run counts the queries that are there. */
function toolFaults(events: readonly LoggedEvent[]): string[] {
  const of = (type: string) => events.filter((event) => event.type === type);
  const finished = of('run_finished').at(-1);
  const asked = of('query').length;
  const [started, ended] = [of('tool_started').length, of('tool_finished').length + of('tool_failed').length];
  return [
    ...(finished && typeof finished.queries === 'number' && finished.queries !== asked
      ? [`${LOG} has ${asked} queries, its end counts ${finished.queries}`]
      : []),
    ...(finished && started !== ended ? [`${LOG}: ${started} tools were started, ${ended} ended`] : []),
  ];
}
