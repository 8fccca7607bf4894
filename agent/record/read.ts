import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { RunbookError } from '../../lib/errors.ts';
import type { EventBody, RunEvent } from '../events.ts';
import { EVENTS } from '../results.ts';
import { faultIn } from './event-fields.ts';
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
 * @throws RunbookError `usage` where there is no run, `log` naming the line and the field that are damaged
 */
export function readRecord(dir: string): RunRecord {
  const file = path.join(dir, EVENTS);
  const content = contentOf(file, dir);
  const whole = content.lastIndexOf(10) + 1;
  if (whole === 0) throw notBegun(file);
  const events = eventsIn(content.subarray(0, whole), 1);
  const started = firstStart(events);
  if (!started) throw new RunbookError('log', `${file} does not tell how its run began.`, { at: file, hint: CHANGED });
  const payloads = new Payloads(dir, undefined, (sha256) => ownerOf(sha256, events));
  return { dir, events, started, payloads, bytes: { whole, torn: content.length - whole } };
}

/**
 * The record with what was written since it was read; only that is read.
 * @throws RunbookError as `readRecord`
 */
export function readOn(record: RunRecord): RunRecord {
  const content = contentFrom(path.join(record.dir, EVENTS), record.bytes.whole);
  const whole = content.lastIndexOf(10) + 1;
  const events = [...record.events, ...eventsIn(content.subarray(0, whole), record.events.length + 1)];
  const payloads = new Payloads(record.dir, undefined, (sha256) => ownerOf(sha256, events));
  return { ...record, events, payloads, bytes: { whole: record.bytes.whole + whole, torn: content.length - whole } };
}

/** @param first the number of the first event */
function eventsIn(wholeLines: Buffer, first: number): RunEvent[] {
  const lines = wholeLines.toString('utf8').split('\n').slice(0, -1);
  return lines.map((line, index) => eventIn(line, first + index));
}

function contentFrom(file: string, position: number): Buffer {
  const handle = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(Math.max(0, statSync(file).size - position));
    return buffer.subarray(0, readSync(handle, buffer, 0, buffer.length, position));
  } finally {
    closeSync(handle);
  }
}

/** Reading a pipe would never end. */
function contentOf(file: string, dir: string): Buffer {
  const hint = 'Give the results dir of a run, or the id that `runbook runs` shows.';
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat) throw new RunbookError('usage', `There is no run in ${dir}: it holds no ${EVENTS}.`, { at: dir, hint });
  if (stat.isDirectory())
    throw new RunbookError('log', `${file} is a folder, and no log of a run.`, { at: file, hint });
  if (!stat.isFile())
    throw new RunbookError('log', `${file} is no plain file, and no log of a run.`, { at: file, hint });
  return readFileSync(file);
}

function notBegun(file: string): RunbookError {
  return new RunbookError('log', `${file} holds no event: its run was stopped before it began.`, {
    at: file,
    hint: 'Nothing was done: make the run again, with --overwrite where it is to have the same results dir.',
  });
}

const CHANGED = 'The log was changed after the run: take it from a copy, or make the run again.';

function eventIn(line: string, number: number): RunEvent {
  const damaged = (why: string, hint = CHANGED) =>
    new RunbookError('log', `${EVENTS}:${number}${why}.`, { at: `${EVENTS}:${number}`, hint });
  const event = objectIn(line);
  if (typeof event?.v !== 'number') throw damaged(' is no event');
  const { v, seq } = event;
  if (v !== 1) throw damaged(` is of version ${v}, and this program reads version 1`, hintFor(v));
  if (seq !== number) throw damaged(` has the number ${String(seq)}`);
  const fault = faultIn(event);
  if (fault !== undefined) throw damaged(fault);
  return event as unknown as RunEvent;
}

function hintFor(version: number): string {
  return version > 1 ? 'The run was made by a newer version of the program: use that one, or a newer one.' : CHANGED;
}

function objectIn(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** For what a payload is kept, as the first event that names it says. */
function ownerOf(sha256: string, events: readonly RunEvent[]): string | undefined {
  const event = events.find((each) => JSON.stringify(each).includes(sha256));
  if (!event) return undefined;
  const name = nameIn(event, sha256);
  return `${EVENTS}:${event.seq}, ${event.type}${name === undefined ? '' : `: ${name}`}`;
}

function nameIn(event: RunEvent, sha256: string): string | undefined {
  if ('runbook' in event) return event.runbook?.files.find((file) => file.sha256 === sha256)?.path;
  if ('path' in event) return event.path;
  return 'tool' in event ? event.tool : undefined;
}

function firstStart(events: readonly RunEvent[]): Started | undefined {
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
