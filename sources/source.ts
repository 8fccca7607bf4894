/**
 * A source answers HogQL. Its answers have the shape of PostHog's query API, so that the live project, local event files
 * and the generated sample are interchangeable.
 */

/** A value bound to a `{name}` placeholder of a query. It is never pasted into the text. */
export type QueryValue = string | number | boolean | null | readonly QueryValue[];

export interface QueryRequest {
  /** HogQL text with `{name}` placeholders. */
  sql: string;
  values?: Readonly<Record<string, QueryValue>>;
  /** Shows up in PostHog's query log; 1–60 characters. */
  name?: string;
  signal?: AbortSignal;
}

export interface QueryResult {
  columns: string[];
  /** `[column, ClickHouse type]` */
  types: [string, string][];
  /** Row-major. Integers beyond 2^53 and dates are strings; NaN and infinities are null. */
  rows: unknown[][];
  /** Set only where the query had no LIMIT of its own and more rows exist. */
  hasMore: boolean;
  /** Size of the answer in bytes, as received from the source. */
  responseBytes: number;
  /** Bytes the engine read, where the source says. */
  bytesRead: number | null;
  /** Wall time of the query, seconds. */
  elapsedS: number;
  cached: boolean;
}

/** Something about the source's data (skipped lines, duplicates …). Those about the cache speak of this machine; the others belong in a report. */
export interface SourceNotice {
  code: 'lines_skipped' | 'duplicates_dropped' | 'file_empty' | 'future_events' | 'load_cached' | 'cache_unusable';
  message: string;
  count: number;
}

export interface Source {
  readonly kind: 'posthog' | 'local' | 'sample';
  /** Human-readable: `us.posthog.com project 123`, `tau2.jsonl.gz`. Never holds a secret. */
  readonly label: string;
  /** Opens the connection or loads the files; called once before the first query. */
  open(signal?: AbortSignal): Promise<void>;
  /**
   * Runs one HogQL query. Rows are limited as PostHog does: 100 without a LIMIT, 50,000 at most, OFFSET refused.
   * @throws RunbookError `hogql`, `auth`, `forbidden`, `not_found`, `rate_limited`, `budget`, `timeout`, `network`, `server`, `bad_response`
   */
  query(request: QueryRequest): Promise<QueryResult>;
  /** The run's `now()`: wall clock on a live project; for files the newest event's time, unless `--as-of` says otherwise. */
  now(): Date;
  /** Known after `open`. */
  notices(): readonly SourceNotice[];
  close(): Promise<void>;
}
