import { statSync } from 'node:fs';
import path from 'node:path';
import { filesAfter, type RunRecord, readOn, readRecord } from '../../agent/record/read.ts';
import { type TimelineStep, timelineOf } from '../../agent/record/timeline.ts';
import { EVENTS } from '../../agent/results.ts';

/** What lists and answers tell of a run's record. */
export interface Outline {
  /** Ids of all steps, in order. */
  planned: string[];
  steps: Pick<
    TimelineStep,
    'number' | 'id' | 'title' | 'status' | 'from' | 'elapsed_s' | 'note' | 'artifacts' | 'failure'
  >[];
  /** The results and the log, by name. */
  files: string[];
}

/** Some kB each. */
const MOST_KNOWN = 1_000;
/** Some hundred kB each. */
const MOST_OPEN = 200;
/** By results dir; in both the least recently asked for is first. */
const known = new Map<string, { of: string; outline: Outline | undefined }>();
/** Records of runs that go on, so that only what was added is read. */
const open = new Map<string, { ino: number; record: RunRecord }>();

/** The outline of a run's record; undefined where it has not begun to keep one. A log is read again only where it has changed. */
export function outlineIn(dir: string): Outline | undefined {
  const stat = statSync(path.join(dir, EVENTS), { throwIfNoEntry: false });
  if (!stat) return undefined;
  const of = `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
  const before = known.get(dir);
  const entry = before?.of === of ? before : { of, outline: read(dir, stat) };
  keep(known, dir, entry, MOST_KNOWN);
  return entry.outline;
}

function read(dir: string, { ino, size }: { ino: number; size: number }): Outline | undefined {
  const before = open.get(dir);
  open.delete(dir);
  try {
    const hasGrown = before?.ino === ino && before.record.bytes.whole <= size;
    const record = hasGrown ? readOn(before.record) : readRecord(dir);
    if (record.events.at(-1)?.type !== 'run_finished') keep(open, dir, { ino, record }, MOST_OPEN);
    return outlineOf(record);
  } catch {
    return undefined; // its first line is being written
  }
}

function keep<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  map.delete(key);
  if (map.size >= most) map.delete(map.keys().next().value ?? '');
  map.set(key, value);
}

function outlineOf(record: RunRecord): Outline {
  const steps = timelineOf(record).entries.filter((entry) => entry.kind === 'step');
  return {
    planned: record.started.steps.map(({ id }) => id),
    steps: steps.map(({ number, id, title, status, from, elapsed_s, note, artifacts, failure }) => ({
      ...{ number, id, title, status, from, elapsed_s, note, artifacts, failure },
    })),
    files: [...filesAfter(record.events).keys(), EVENTS].sort(),
  };
}
