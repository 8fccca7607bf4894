import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { ioError } from '../lib/files.ts';
import type { EventBody, EventSink, RunEvent } from './events.ts';
import type { Scrubber } from './secrets.ts';

/** Longer inputs and outputs are cut in the log; the artifacts hold them whole. */
const MAX_TEXT = 4000;

/** Events that end something: what is recorded up to them must survive a crash. */
const SYNCED = new Set<EventBody['type']>([
  'run_started',
  'step_finished',
  'step_failed',
  'gate_stopped',
  'graded',
  'run_finished',
]);

/** The append-only `events.jsonl` of a run: one event a line, in order, synced at step ends; readers get each event as it is written. */
export class EventLog {
  readonly #fd: number;
  readonly #file: string;
  readonly #run: string;
  readonly #scrubber: Scrubber;
  readonly #sinks: EventSink[];
  #seq = 0;

  constructor(file: string, run: string, scrubber: Scrubber, sinks: EventSink[]) {
    this.#file = file;
    this.#run = run;
    this.#scrubber = scrubber;
    this.#sinks = sinks;
    try {
      this.#fd = openSync(file, 'a');
    } catch (cause) {
      throw ioError(file, cause);
    }
  }

  /** @throws RunbookError `io` when the log cannot be written: a run without a log is no run */
  emit(body: EventBody): void {
    this.#seq += 1;
    const event = this.#scrubber.json(
      shorten({ v: 1, seq: this.#seq, time: new Date().toISOString(), run: this.#run, ...body }),
    ) as RunEvent;
    try {
      writeSync(this.#fd, `${JSON.stringify(event)}\n`);
      if (SYNCED.has(event.type)) fsyncSync(this.#fd);
    } catch (cause) {
      throw ioError(this.#file, cause);
    }
    for (const sink of this.#sinks) sink(event);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function shorten(value: unknown): unknown {
  if (typeof value === 'string')
    return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}… (${value.length} characters)` : value;
  if (Array.isArray(value)) return value.slice(0, 200).map(shorten);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shorten(item)]));
  return value;
}
