import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { RunbookError } from '../../lib/errors.ts';
import type { EventBody, RunEvent } from '../events.ts';
import { EVENTS } from '../results.ts';
import { Payloads } from './payloads.ts';

/** The events of a type. */
export type Of<T extends EventBody['type']> = Extract<RunEvent, { type: T }>;
export type Started = Of<'run_started'>;

/** A run as its log tells it. */
export interface RunRecord {
  /** The results dir. */
  dir: string;
  events: RunEvent[];
  started: Started;
  payloads: Payloads;
  /** Length of the whole lines, and of a half-written one behind them, bytes. */
  bytes: { whole: number; torn: number };
}

/**
 * Reads the log of a run. A half-written last line (the process was killed) is left out; anything else that is no event is a fault.
 * @throws RunbookError `usage` where there is no run, `log` naming the line that is damaged
 */
export function readRecord(dir: string): RunRecord {
  const file = path.join(dir, EVENTS);
  if (!existsSync(file))
    throw new RunbookError('usage', `There is no run in ${dir}: it holds no ${EVENTS}.`, {
      at: dir,
      hint: 'Give the results dir of a run, or the id that `runbook runs` shows.',
    });
  const content = readFileSync(file);
  const whole = content.lastIndexOf(10) + 1;
  const lines = content.subarray(0, whole).toString('utf8').split('\n').slice(0, -1);
  const events = lines.map((line, index) => eventIn(line, index + 1));
  const started = lastStart(events);
  if (!started)
    throw new RunbookError('usage', `${file} does not tell how its run began.`, {
      at: file,
      hint: 'It was cut at its beginning: make the run again.',
    });
  return { dir, events, started, payloads: new Payloads(dir), bytes: { whole, torn: content.length - whole } };
}

function eventIn(line: string, number: number): RunEvent {
  const damaged = (why: string) =>
    new RunbookError('log', `${EVENTS}:${number} ${why}.`, {
      at: `${EVENTS}:${number}`,
      hint: 'The log was changed after the run: take it from a copy, or make the run again.',
    });
  let event: RunEvent;
  try {
    event = JSON.parse(line) as RunEvent;
  } catch {
    throw damaged('is no event');
  }
  if (event.v !== 1) throw damaged(`is of version ${String(event.v)}, and this program reads version 1`);
  if (event.seq !== number) throw damaged(`has the number ${String(event.seq)}`);
  return event;
}

function lastStart(events: readonly RunEvent[]): Started | undefined {
  return events.find((event): event is Started => event.type === 'run_started');
}

/** The events of some types, in order. */
export function ofType<T extends EventBody['type']>(events: readonly RunEvent[], ...types: T[]): Of<T>[] {
  return events.filter((event): event is Of<T> => (types as string[]).includes(event.type));
}

/** The files of the results dir as they were after these events: path → payload. */
export function filesAfter(events: readonly RunEvent[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const event of ofType(events, 'artifact_written', 'artifact_removed')) {
    if (event.type === 'artifact_written') files.set(event.path, event.sha256);
    else files.delete(event.path);
  }
  return files;
}

/** @throws RunbookError `usage` for a log of an older version, which does not hold what is needed */
export function assertRecorded({ started, dir }: RunRecord): void {
  if (Array.isArray(started.runbook.files)) return;
  throw new RunbookError('usage', `The run in ${dir} was made by a version that kept no record of it.`, {
    at: dir,
    hint: 'Make the run again: from then on it can be resumed, replayed and forked.',
  });
}
