import { randomUUID } from 'node:crypto';
import { totalmem } from 'node:os';
import { RunbookError } from '../../lib/errors.ts';
import { engineError, interrupted } from './engine-error.ts';
import { joinHost, leaveHost, type NativeSession } from './engine-host.ts';

/** Seconds that one query may take. */
export const MAX_QUERY_S = 60;
/** Bytes of memory that one query may take: most of the machine, and no more than is of use. */
const MAX_QUERY_BYTES = Math.floor(Math.min(12e9, totalmem() * 0.6));

/** PostHog's own settings for a query (`posthog/hogql/constants.py`), and what keeps a local one from harm; read-only comes last. */
const QUERY_SETTINGS = {
  session_timezone: "'UTC'",
  max_execution_time: MAX_QUERY_S,
  max_memory_usage: MAX_QUERY_BYTES,
  max_ast_elements: 4_000_000,
  max_expanded_ast_elements: 4_000_000,
  transform_null_in: 1,
  optimize_min_equality_disjunction_chain_length: 4_294_967_295,
  allow_experimental_join_condition: 1,
  max_bytes_before_external_group_by: 0,
  use_hive_partitioning: 0,
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_denormals: 0,
  output_format_json_named_tuples_as_objects: 0,
  date_time_output_format: "'iso'",
  readonly: 2,
};

/** Loading streams: memory stays bounded whatever the size of the files. */
const LOAD_SETTINGS = {
  session_timezone: "'UTC'",
  max_bytes_before_external_group_by: 1_000_000_000,
  max_bytes_before_external_sort: 1_000_000_000,
  min_insert_block_size_bytes: 128_000_000,
  input_format_allow_errors_num: 0,
};

export interface EngineAnswer {
  /** `[column, ClickHouse type]` */
  types: [string, string][];
  rows: unknown[][];
  /** Bytes read from the tables, uncompressed. */
  bytesRead: number;
}

/**
 * ClickHouse in this process. All engines of a process share one data directory, since ClickHouse opens no second one; each has a database of
 * its own and sees nothing of the others.
 */
export class Engine {
  /** Loads, and kills queries. */
  readonly #own: NativeSession;
  /** Runs compiled queries, read-only, and kills loads. A connection runs one statement at a time. */
  readonly #reader: NativeSession;
  readonly #database: string;
  #closed = false;

  private constructor(own: NativeSession, reader: NativeSession, database: string) {
    this.#own = own;
    this.#reader = reader;
    this.#database = database;
  }

  /**
   * @param scratch folder for the process's data directory: on the file system of the cache, so that parts can be linked
   * @throws RunbookError `source_unavailable` where chdb is not installed or cannot start
   */
  static async open(scratch: string): Promise<Engine> {
    const [own, reader] = await joinHost(scratch);
    const database = `load_${randomUUID().replaceAll('-', '')}`;
    const set = (settings: object) => Object.entries(settings).map(([name, value]) => `SET ${name} = ${value}`);
    for (const sql of [`CREATE DATABASE ${database} ENGINE = Atomic`, `USE ${database}`, ...set(LOAD_SETTINGS)])
      await own.queryAsync(sql);
    for (const sql of [`USE ${database}`, ...set(QUERY_SETTINGS)]) await reader.queryAsync(sql);
    return new Engine(own, reader, database);
  }

  /** Runs a statement of ours. @throws RunbookError `hogql`, `interrupted` */
  async run(sql: string, signal?: AbortSignal): Promise<void> {
    await this.#execute(this.#own, sql, 'TSV', signal);
  }

  /** Rows of a query of ours; 64-bit integers are strings. @throws RunbookError `hogql`, `interrupted` */
  async rows(sql: string, signal?: AbortSignal): Promise<unknown[][]> {
    const text = await this.#execute(this.#own, sql, 'JSONCompactEachRow', signal);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown[]);
  }

  /** Runs a compiled query read-only, within PostHog's settings. @throws RunbookError `hogql`, `timeout`, `interrupted` */
  async query(sql: string, signal?: AbortSignal): Promise<EngineAnswer> {
    const text = await this.#execute(this.#reader, sql, 'JSONCompact', signal);
    const answer = JSON.parse(text === '' ? '{"meta":[],"data":[]}' : text) as {
      meta: { name: string; type: string }[];
      data: unknown[][];
      statistics?: { bytes_read: number };
    };
    return {
      types: answer.meta.map((column) => [column.name, column.type]),
      rows: answer.data,
      bytesRead: answer.statistics?.bytes_read ?? 0,
    };
  }

  /**
   * An interrupted statement is killed in the engine, not only forgotten: the library itself stops none. A mark before its text is how the
   * other connection finds it.
   */
  async #execute(session: NativeSession, sql: string, format: string, signal?: AbortSignal): Promise<string> {
    if (this.#closed) throw new RunbookError('source_unavailable', 'The source is closed.');
    if (signal?.aborted) throw interrupted();
    const mark = `/* ${randomUUID()} */`;
    const running = session.queryAsync(`${mark} ${sql}`, { format });
    const watch = signal ? watchSignal(signal) : undefined;
    try {
      return (await (watch ? Promise.race([running, watch.aborted]) : running)).text();
    } catch (cause) {
      if (!signal?.aborted) throw engineError(cause, this.#database);
      void this.#kill(mark, session === this.#own ? this.#reader : this.#own, running);
      throw interrupted(cause);
    } finally {
      watch?.forget();
    }
  }

  /** Kills until the statement has ended: it may not have begun when it is first looked for. */
  async #kill(mark: string, control: NativeSession, running: Promise<unknown>): Promise<void> {
    let ended = false;
    const end = () => {
      ended = true;
    };
    running.then(end, end);
    const [head, tail] = [mark.slice(0, 10), mark.slice(10)];
    while (!ended && !this.#closed) {
      await control
        .queryAsync(`KILL QUERY WHERE startsWith(query, concat('${head}', '${tail}')) ASYNC`)
        .catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Drops what was loaded and, with the last engine of the process, its data directory. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#own.queryAsync(`DROP DATABASE IF EXISTS ${this.#database} SYNC`).catch(() => undefined);
    this.#closed = true;
    await leaveHost([this.#own, this.#reader]);
  }
}

/** `aborted` rejects when the signal fires; `forget` ends the watch. */
function watchSignal(signal: AbortSignal): { aborted: Promise<never>; forget(): void } {
  let onAbort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(interrupted());
    signal.addEventListener('abort', onAbort, { once: true });
  });
  return { aborted, forget: () => signal.removeEventListener('abort', onAbort) };
}
