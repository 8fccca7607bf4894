import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RunbookError } from '../../lib/errors.ts';
import type { QueryRequest, QueryResult, Source, SourceNotice } from '../source.ts';
import { contentKey, defaultCacheDir, findLoad, keepLoad, newLoad, privateView, removeStaleViews } from './cache.ts';
import { SIDE_COLUMNS } from './columns.ts';
import { Engine } from './engine.ts';
import { compileHogQL } from './hql/compile.ts';
import { eventFiles, loadFiles } from './load.ts';
import { toPostHog } from './values.ts';

export interface LocalSourceOptions {
  paths: string[];
  asOf?: Date;
  cacheDir?: string;
  label?: string;
  kind?: 'local' | 'sample';
}

/** An answer with what the HTTP face adds to it. */
export interface DetailedResult extends QueryResult {
  clickhouse: string;
  hogql: string;
  timings: { k: string; t: number }[];
}

const TIMEZONE = 'UTC';
const TEAM_ID = 1;

/** Event files in an embedded ClickHouse, queried with HogQL under PostHog's rules and limits. */
export class LocalSource implements Source {
  readonly kind: 'local' | 'sample';
  readonly label: string;
  readonly #options: LocalSourceOptions;
  #engine: Engine | undefined;
  #view: string | undefined;
  #now = new Date();
  #notices: SourceNotice[] = [];

  constructor(options: LocalSourceOptions) {
    this.#options = options;
    this.kind = options.kind ?? 'local';
    this.label = options.label ?? options.paths.map((given) => path.basename(given)).join(', ');
  }

  async open(): Promise<void> {
    const files = eventFiles(this.#options.paths);
    const cacheDir = this.#cacheDir();
    removeStaleViews(cacheDir);
    const key = await contentKey(files);
    const cached = findLoad(cacheDir, key);
    const load = cached ?? (await this.#load(cacheDir, key, files));
    this.#view = privateView(load, cacheDir);
    this.#engine = await Engine.open(this.#view);
    this.#notices = load.notices;
    this.#now = this.#options.asOf ?? (await this.#newestEvent());
  }

  /** The cache folder, or a temporary one where it cannot be written: the load is then done anew each time. */
  #cacheDir(): string {
    const wanted = this.#options.cacheDir ?? defaultCacheDir();
    try {
      mkdirSync(wanted, { recursive: true });
      accessSync(wanted, constants.W_OK);
      return wanted;
    } catch {
      return mkdtempSync(path.join(tmpdir(), 'posthog-trace-optimizer-'));
    }
  }

  async #load(cacheDir: string, key: string, files: string[]) {
    const building = newLoad(cacheDir);
    try {
      const engine = await Engine.open(path.join(building, 'data'));
      let notices: SourceNotice[];
      try {
        notices = await loadFiles(engine, files);
      } finally {
        engine.close();
      }
      return keepLoad(cacheDir, key, building, notices);
    } catch (error) {
      rmSync(building, { recursive: true, force: true });
      throw error;
    }
  }

  /** Time of the newest event, up to the next millisecond; the wall clock where there is none. */
  async #newestEvent(): Promise<Date> {
    const [[micros = 0] = []] = await this.#opened().rows(
      'SELECT if(count() = 0, 0, toUnixTimestamp64Micro(max(timestamp))) FROM events',
    );
    return Number(micros) === 0 ? new Date() : new Date(Math.ceil(Number(micros) / 1000));
  }

  #opened(): Engine {
    if (!this.#engine) throw new RunbookError('source_unavailable', `${this.label} is not open.`);
    return this.#engine;
  }

  async query(request: QueryRequest): Promise<QueryResult> {
    return this.queryDetailed(request);
  }

  /** Like `query`, with both prints of the query and timings. */
  async queryDetailed(request: QueryRequest): Promise<DetailedResult> {
    const started = performance.now();
    const compiled = await compileHogQL(request.sql, {
      ...(request.values ? { values: request.values } : {}),
      now: this.#now,
      timezone: TIMEZONE,
      weekStart: 'sunday',
      teamId: TEAM_ID,
      sideColumns: SIDE_COLUMNS,
    });
    const planned = performance.now();
    const answer = await this.#opened().query(compiled.executable, request.signal);
    const done = performance.now();
    const all = answer.rows.map((row) => row.map((cell, index) => toPostHog(cell, answer.types[index]?.[1] ?? '')));
    const hasMore = !compiled.limit.ownLimit && all.length > compiled.limit.value;
    const rows = hasMore ? all.slice(0, compiled.limit.value) : all;
    return {
      columns: compiled.columns,
      types: compiled.columns.map((column, index) => [column, answer.types[index]?.[1] ?? '']),
      rows,
      hasMore,
      responseBytes: Buffer.byteLength(JSON.stringify(rows)),
      bytesRead: answer.bytesRead,
      elapsedS: (done - started) / 1000,
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
    this.#engine?.close();
    this.#engine = undefined;
    if (this.#view) rmSync(this.#view, { recursive: true, force: true });
    this.#view = undefined;
  }
}
