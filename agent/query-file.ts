import type { ResultsDir } from '../tools/results-dir.ts';
import type { Queries } from './recorded-source.ts';
import { QUERIES } from './results.ts';

/** `data/queries.json` of a run, written beside the work: nobody waits for the disk between two calls, and a step ends with it whole. */
export class QueryFile {
  readonly #results: ResultsDir;
  readonly #queries: Queries;
  #written: number;
  #writing: Promise<void> = Promise.resolve();
  #failure: unknown;

  constructor(results: ResultsDir, queries: Queries) {
    this.#results = results;
    this.#queries = queries;
    this.#written = results.exists(QUERIES) ? queries.records.length : -1;
  }

  /** Begins to write what is new, after what is still being written. */
  save(): void {
    const { records } = this.#queries;
    if (records.length === this.#written) return;
    this.#written = records.length;
    const write = () => this.#results.writeJson(QUERIES, records);
    this.#writing = this.#writing.then(write).catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  /** Waits until all is written. @throws RunbookError `io` where something could not be */
  async whole(): Promise<void> {
    this.save();
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }
}
