import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { messageOf, RunbookError } from '../../lib/errors.ts';
import type { QueryRequest, QueryResult, Source, SourceNotice } from '../source.ts';
import {
  type CachedLoad,
  contentKey,
  defaultCacheDir,
  findLoad,
  forgetLoad,
  keepLoad,
  MAX_CACHE_BYTES,
  prepareCacheDir,
} from './cache.ts';
import { SIDE_COLUMNS } from './columns.ts';
import { Engine } from './engine.ts';
import { type EventFile, eventFiles } from './files.ts';
import { compileHogQL } from './hogql/compile.ts';
import { createTables, loadFiles } from './load.ts';
import { attachParts, newestEvent, partsOf } from './tables.ts';
import { toPostHog } from './values.ts';

export interface LocalSourceOptions {
  /** Event files, or folders of them. */
  paths: string[];
  /** What `now()` means; default: the newest event's time. */
  asOf?: Date;
  /** Where loads are kept; default `$XDG_CACHE_HOME/posthog-trace-optimizer/events`, or below `~/.cache`. */
  cacheDir?: string;
  /** Bytes of loads to keep before the longest unused are removed; default 20 GB. */
  maxCacheBytes?: number;
  /** Default: the files' names. */
  label?: string;
  kind?: 'local' | 'sample';
  /** The project's time zone. */
  timezone?: 'UTC';
}

/** An answer with what the HTTP face adds to it. */
export interface DetailedResult extends QueryResult {
  /** PostHog's own print of the query as ClickHouse SQL. */
  clickhouse: string;
  /** The query as normalised HogQL. */
  hogql: string;
  /** Seconds of each stage, named as PostHog names them. */
  timings: { k: string; t: number }[];
}

const TEAM_ID = 1;

/** Event files in an embedded ClickHouse, queried with HogQL under PostHog's rules and limits. */
export class LocalSource implements Source {
  readonly kind: 'local' | 'sample';
  readonly label: string;
  readonly #options: LocalSourceOptions;
  #engine: Engine | undefined;
  #ownScratch: string | undefined;
  #now: Date;
  #notices: SourceNotice[] = [];

  constructor(options: LocalSourceOptions) {
    this.#options = options;
    this.kind = options.kind ?? 'local';
    this.label = options.label ?? options.paths.map((given) => path.basename(given)).join(', ');
    this.#now = options.asOf ?? new Date();
  }

  /**
   * Loads the files, or takes their load from the cache.
   * @throws RunbookError `usage`, `not_events`, `source_unavailable`, `io`, `interrupted`
   */
  async open(signal?: AbortSignal): Promise<void> {
    if (this.#engine) return;
    try {
      await this.#open(signal);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #open(signal?: AbortSignal): Promise<void> {
    const files = eventFiles(this.#options.paths);
    const cacheDir = path.resolve(this.#options.cacheDir ?? defaultCacheDir());
    const unusable = prepareCacheDir(cacheDir);
    if (unusable === undefined) {
      const key = await contentKey(files, signal);
      this.#engine = await Engine.open(cacheDir);
      if (!(await this.#fromCache(this.#engine, cacheDir, key)))
        await this.#load(this.#engine, files, { dir: cacheDir, key }, signal);
    } else {
      this.#ownScratch = mkdtempSync(path.join(tmpdir(), 'posthog-trace-optimizer-'));
      this.#engine = await Engine.open(this.#ownScratch);
      await this.#load(this.#engine, files, undefined, signal);
      const message = `The load is not kept for the next run: the cache folder cannot be used (${unusable}).`;
      this.#notices.push({ code: 'cache_unusable', count: 0, message });
    }
    this.#now = this.#options.asOf ?? (await this.#newest(this.#engine));
  }

  async #newest(engine: Engine): Promise<Date> {
    const clock = new Date();
    const newest = await newestEvent(engine, clock);
    if (newest && newest.strays > 0) {
      const message = `Dated in the future and outside the window: ${newest.strays} of the events. The window ends at the newest event before today; --as-of sets another end.`;
      this.#notices = [...this.#notices, { code: 'future_events', count: newest.strays, message }];
    }
    return newest?.time ?? clock;
  }

  /** A load that another process removes meanwhile, or that is damaged, is made anew. */
  async #fromCache(engine: Engine, cacheDir: string, key: string): Promise<boolean> {
    const load = findLoad(cacheDir, key);
    if (!load) return false;
    await createTables(engine);
    if (!(await attached(engine, load))) {
      forgetLoad(cacheDir, key);
      await engine.run('DROP VIEW ai_events SYNC');
      await engine.run('DROP TABLE events SYNC');
      return false;
    }
    const message = `${load.rows} events were taken from the cache of an earlier load of the same files.`;
    this.#notices = [...load.notices, { code: 'load_cached', count: load.rows, message }];
    return true;
  }

  async #load(
    engine: Engine,
    files: EventFile[],
    cache: { dir: string; key: string } | undefined,
    signal?: AbortSignal,
  ): Promise<void> {
    await createTables(engine);
    this.#notices = await loadFiles(engine, files, signal);
    if (!cache) return;
    const { folder, parts, rows } = await partsOf(engine);
    const record = { rows, notices: this.#notices };
    try {
      const place = { dir: cache.dir, maxBytes: this.#options.maxCacheBytes ?? MAX_CACHE_BYTES };
      keepLoad(place, cache.key, record, folder, parts);
    } catch (error) {
      const message = `The load is not kept for the next run: ${messageOf(error)}.`;
      this.#notices = [...this.#notices, { code: 'cache_unusable', count: 0, message }];
    }
  }

  async query(request: QueryRequest): Promise<QueryResult> {
    const { clickhouse: _clickhouse, hogql: _hogql, timings: _timings, ...result } = await this.queryDetailed(request);
    return result;
  }

  /**
   * Like `query`, with both prints of the query and timings.
   * @throws RunbookError `hogql`, `timeout`, `interrupted`, `source_unavailable` when it is not open
   */
  async queryDetailed(request: QueryRequest): Promise<DetailedResult> {
    const engine = this.#engine;
    if (!engine) throw new RunbookError('source_unavailable', `${this.label} is not open.`);
    const started = performance.now();
    const compiled = await compileHogQL(request.sql, {
      ...(request.values ? { values: request.values } : {}),
      now: this.#now,
      timezone: this.#options.timezone ?? 'UTC',
      weekStart: 'sunday',
      teamId: TEAM_ID,
      sideColumns: SIDE_COLUMNS,
    });
    const planned = performance.now();
    const answer = await engine.query(compiled.executable, request.signal);
    const done = performance.now();
    const types = answer.types.map(([, type]) => type);
    const { value: limit, ownLimit } = compiled.limit;
    const hasMore = !ownLimit && answer.rows.length > limit;
    const rows = (hasMore ? answer.rows.slice(0, limit) : answer.rows).map((row) =>
      row.map((cell, index) => toPostHog(cell, types[index] ?? '')),
    );
    return {
      columns: compiled.columns,
      types: compiled.columns.map((column, index) => [column, types[index] ?? '']),
      rows,
      hasMore,
      responseBytes: Buffer.byteLength(JSON.stringify(rows)),
      bytesRead: answer.bytesRead,
      elapsedS: (performance.now() - started) / 1000,
      cached: false,
      clickhouse: compiled.clickhouse,
      hogql: compiled.hogql,
      timings: [
        { k: './parse_and_print', t: (planned - started) / 1000 },
        { k: './clickhouse_execute', t: (done - planned) / 1000 },
      ],
    };
  }

  now(): Date {
    return this.#now;
  }

  notices(): readonly SourceNotice[] {
    return this.#notices;
  }

  async close(): Promise<void> {
    const engine = this.#engine;
    this.#engine = undefined;
    await engine?.close();
    if (this.#ownScratch) rmSync(this.#ownScratch, { recursive: true, force: true });
    this.#ownScratch = undefined;
  }
}

async function attached(engine: Engine, load: CachedLoad): Promise<boolean> {
  try {
    return (await attachParts(engine, load.parts)) === load.rows;
  } catch {
    return false;
  }
}
