import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { RunbookError } from '../lib/errors.ts';
import { ioError, syncFolder } from '../lib/files.ts';
import type { EventBody, EventSink, RunEvent } from './events.ts';
import type { Scrubber } from './secrets.ts';

/** Longer texts and lists are cut in the log, with a digest of the whole; artifacts hold them whole. */
const MAX_TEXT = 4000;
const MAX_ITEMS = 200;

/** Events that end something: what is recorded up to them must survive a crash. */
const SYNCED = new Set<EventBody['type']>([
  'run_started',
  'step_finished',
  'step_failed',
  'gate_stopped',
  'graded',
  'run_finished',
]);

interface Synced {
  /** Waits until the disk has it. */
  sync(): void;
}

interface LogOptions {
  run: string;
  scrubber: Scrubber;
  sinks: readonly EventSink[];
  /** Number of the last event that the file holds already. */
  after?: number;
}

/**
 * The append-only `events.jsonl` of a run: one event a line, in order, synced at step ends. Readers get each event as it is written, so
 * scrubbed and cut alike. Events before `attach` are kept and written first: a run that cannot start leaves no file.
 */
export class EventLog {
  readonly #options: LogOptions;
  #file: { path: string; fd: number; record: Synced | undefined } | undefined;
  #waiting: string[] = [];
  #failure: RunbookError | undefined;
  #seq: number;

  constructor(options: LogOptions) {
    this.#options = options;
    this.#seq = options.after ?? 0;
  }

  /**
   * From here on events are on disk.
   * @param record is on the disk before the event that ends what it belongs to
   * @throws RunbookError `log`
   */
  attach(file: string, record?: Synced): void {
    try {
      this.#file = { path: file, fd: openSync(file, 'a'), record };
      syncFolder(path.dirname(file));
    } catch (cause) {
      this.#failure = logError(file, cause);
      throw this.#failure;
    }
    if (this.#waiting.length === 0) return;
    const failure = this.#write(this.#waiting.join(''), true);
    this.#waiting = [];
    if (failure) throw failure;
  }

  /** Readers see the event in any case. @throws RunbookError `log`, from the first event that cannot be written on: a run without a log is no run */
  emit(body: EventBody): void {
    this.#seq += 1;
    const { run, scrubber, sinks } = this.#options;
    const time = new Date().toISOString();
    const event = shorten(scrubber.json({ v: 1, seq: this.#seq, time, run, ...body })) as RunEvent;
    const failure = this.#write(`${JSON.stringify(event)}\n`, SYNCED.has(event.type));
    for (const sink of sinks) sink(event);
    if (failure) throw failure;
  }

  /** Takes over an event of another run, as it was. @throws RunbookError `log` */
  adopt(event: RunEvent): void {
    this.#seq += 1;
    const { run, sinks } = this.#options;
    const adopted = { ...event, seq: this.#seq, run, from: event.from ?? event.run };
    const failure = this.#write(`${JSON.stringify(adopted)}\n`, false);
    for (const sink of sinks) sink(adopted);
    if (failure) throw failure;
  }

  close(): void {
    if (this.#file) closeSync(this.#file.fd);
    this.#file = undefined;
  }

  #write(lines: string, sync: boolean): RunbookError | undefined {
    if (this.#failure) return this.#failure;
    if (!this.#file) {
      this.#waiting.push(lines);
      return undefined;
    }
    const { path: file, fd, record } = this.#file;
    try {
      if (sync) record?.sync();
      writeAll(fd, Buffer.from(lines));
      if (sync) fsyncSync(fd);
      return undefined;
    } catch (cause) {
      this.close();
      this.#failure = logError(file, cause);
      return this.#failure;
    }
  }
}

function logError(file: string, cause: unknown): RunbookError {
  const { message, hint, at } = ioError(file, cause);
  return new RunbookError('log', message, { cause, ...(hint ? { hint } : {}), ...(at ? { at } : {}) });
}

/** A nearly full disk may take a part of a line only. */
function writeAll(fd: number, data: Buffer): void {
  for (let done = 0; done < data.length; ) done += writeSync(fd, data, done);
}

/** Whether the log shows only a part of a value. */
export function isCut(value: unknown): boolean {
  if (typeof value === 'string') return value.length > MAX_TEXT;
  if (typeof value !== 'object' || value === null) return false;
  const items = Object.values(value);
  return (Array.isArray(value) && items.length > MAX_ITEMS) || items.some(isCut);
}

function shorten(value: unknown): unknown {
  if (typeof value === 'string') {
    if (value.length <= MAX_TEXT) return value;
    return `${value.slice(0, MAX_TEXT)}… (${value.length} characters, sha256 ${sha256(value)})`;
  }
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ITEMS).map(shorten);
    if (value.length <= MAX_ITEMS) return items;
    return [...items, `… (${value.length} items, sha256 ${sha256(JSON.stringify(value))})`];
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shorten(item)]));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
