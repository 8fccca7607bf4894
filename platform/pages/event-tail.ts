import { existsSync, type FSWatcher, watch } from 'node:fs';
import { open } from 'node:fs/promises';
import type { RunEvent } from '../../agent/events.ts';

const CHUNK = 256 * 1024;

/** Reads the log of a run as it grows, whole lines only. */
export class EventTail {
  readonly #file: string;
  readonly #after: number;
  #offset = 0;
  #watcher: FSWatcher | undefined;

  /** @param after the number of the last event that is known already */
  constructor(file: string, after: number) {
    this.#file = file;
    this.#after = after;
  }

  /**
   * Tells when the log has grown, as far as this machine sees it: of what grows elsewhere (a volume of several machines) it hears nothing.
   * To be called again until there is a log.
   */
  watch(grown: () => void): void {
    if (this.#watcher || !existsSync(this.#file)) return;
    try {
      this.#watcher = watch(this.#file, grown).on('error', () => this.#watcher?.close());
    } catch {
      // No more can be watched here: readers are told through the database as well.
    }
  }

  close(): void {
    this.#watcher?.close();
  }

  /** The events since the last time, a chunk at a time. */
  async *read(): AsyncGenerator<RunEvent> {
    if (!existsSync(this.#file)) return;
    const handle = await open(this.#file);
    try {
      for (let size = CHUNK; ; ) {
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(size), 0, size, this.#offset);
        const whole = buffer.subarray(0, bytesRead).lastIndexOf(10) + 1;
        if (whole === 0) {
          if (bytesRead < size) return;
          size *= 2; // a line that is longer than the chunk
          continue;
        }
        this.#offset += whole;
        for (const line of buffer.toString('utf8', 0, whole).split('\n')) {
          const event = eventIn(line);
          if (event && event.seq > this.#after) yield event;
        }
      }
    } finally {
      await handle.close();
    }
  }
}

/** A line that somebody damaged is left out: the page of the run that is over says so. */
function eventIn(line: string): RunEvent | undefined {
  try {
    return line === '' ? undefined : (JSON.parse(line) as RunEvent);
  } catch {
    return undefined;
  }
}
