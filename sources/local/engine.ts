import { randomUUID } from 'node:crypto';
import { availableParallelism, totalmem } from 'node:os';
import { RunbookError } from '../../lib/errors.ts';
import { Connection } from './connection.ts';
import { engineError } from './engine-error.ts';
import { joinHost, leaveHost, type NativeSession } from './engine-host.ts';

/** Seconds that one query may take; `engine-error.ts` names it. */
const MAX_QUERY_S = 60;
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

/** Threads of a load: each holds some blocks of text, so that more would cost memory and gain little. */
const LOAD_THREADS = Math.min(availableParallelism(), 8);

/** Loading streams: memory stays bounded whatever the size of the files. Files that are mapped would count as memory, so they are read. */
const LOAD_SETTINGS = {
  session_timezone: "'UTC'",
  max_threads: LOAD_THREADS,
  max_insert_threads: Math.max(1, Math.floor(LOAD_THREADS / 2)),
  min_insert_block_size_bytes: 64_000_000,
  storage_file_read_method: "'pread'",
  max_bytes_before_external_group_by: 1_000_000_000,
  max_bytes_before_external_sort: 1_000_000_000,
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
  readonly #own: Connection;
  /** Runs compiled queries, read-only, and kills loads. */
  readonly #reader: Connection;
  readonly #sessions: readonly NativeSession[];
  readonly #database: string;
  #closed = false;

  private constructor(sessions: readonly [NativeSession, NativeSession], database: string) {
    this.#sessions = sessions;
    this.#own = new Connection(sessions[0]);
    this.#reader = new Connection(sessions[1]);
    this.#database = database;
  }

  /**
   * @param scratch folder for the process's data directory: on the file system of the cache, so that parts can be linked
   * @throws RunbookError `source_unavailable` where chdb is not installed or cannot start
   */
  static async open(scratch: string): Promise<Engine> {
    const engine = new Engine(await joinHost(scratch), `load_${randomUUID().replaceAll('-', '')}`);
    try {
      await engine.#prepare();
    } catch (error) {
      await engine.close();
      throw error;
    }
    return engine;
  }

  async #prepare(): Promise<void> {
    const set = (settings: object) => Object.entries(settings).map(([name, value]) => `SET ${name} = ${value}`);
    const create = `CREATE DATABASE ${this.#database} ENGINE = Atomic`;
    const use = `USE ${this.#database}`;
    for (const sql of [create, use, ...set(LOAD_SETTINGS)]) await this.#own.execute(sql, 'Null');
    for (const sql of [use, ...set(QUERY_SETTINGS)]) await this.#reader.execute(sql, 'Null');
  }

  /** Runs a statement of ours. @throws RunbookError `hogql`, `interrupted` */
  async run(sql: string, signal?: AbortSignal): Promise<void> {
    await this.#execute(this.#own, sql, 'Null', signal);
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

  async #execute(connection: Connection, sql: string, format: string, signal?: AbortSignal): Promise<string> {
    if (this.#closed) throw new RunbookError('source_unavailable', 'The source is closed.');
    const killer = connection === this.#own ? this.#reader : this.#own;
    try {
      return await connection.execute(sql, format, signal && { signal, killer });
    } catch (cause) {
      throw cause instanceof RunbookError ? cause : engineError(cause, this.#database);
    }
  }

  /** Drops what was loaded and, with the last engine of the process, its data directory. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#own.execute(`DROP DATABASE IF EXISTS ${this.#database} SYNC`, 'Null').catch(() => undefined);
    await leaveHost(this.#sessions);
  }
}
