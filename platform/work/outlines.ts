import { statSync } from 'node:fs';
import path from 'node:path';
import { filesAfter, type RunRecord, readRecord } from '../../agent/record/read.ts';
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
/** By results dir; the least recently asked for is first. */
const known = new Map<string, { of: string; outline: Outline | undefined }>();

/** The outline of a run's record; undefined where it has not begun to keep one. A log is read again only where it has changed. */
export function outlineIn(dir: string): Outline | undefined {
  const stat = statSync(path.join(dir, EVENTS), { throwIfNoEntry: false });
  if (!stat) return undefined;
  const of = `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
  const before = known.get(dir);
  const entry = before?.of === of ? before : { of, outline: read(dir) };
  known.delete(dir);
  if (known.size >= MOST_KNOWN) known.delete(known.keys().next().value ?? '');
  known.set(dir, entry);
  return entry.outline;
}

function read(dir: string): Outline | undefined {
  try {
    return outlineOf(readRecord(dir));
  } catch {
    return undefined; // its first line is being written
  }
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
