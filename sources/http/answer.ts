import type { QueryResult } from '../source.ts';
import { rowsJson } from './rows-json.ts';

/** An answer with both prints of the query and the time of each stage. */
export interface DetailedAnswer extends QueryResult {
  /** PostHog's print of the query as ClickHouse SQL. */
  clickhouse: string;
  /** The query as normalised HogQL. */
  hogql: string;
  /** Seconds of each stage. */
  timings: { k: string; t: number }[];
}

/** Rows that come where a query has no LIMIT of its own. */
const DEFAULT_LIMIT = 100;

/**
 * The body of a successful answer as JSON text, with all fields that PostHog's have. `limit`, `offset` and `hasMore` are there only where
 * the query has no LIMIT of its own.
 */
export function answerJson(sql: string, result: DetailedAnswer): string {
  const ownLimit = /\bLIMIT\s+\d+\s*$/iu.test(result.hogql);
  const rest = {
    query: sql,
    hogql: result.hogql,
    clickhouse: result.clickhouse,
    columns: result.columns,
    types: result.types,
    timings: result.timings,
    modifiers: {},
    ...(ownLimit ? {} : { limit: DEFAULT_LIMIT, offset: 0, hasMore: result.hasMore }),
    error: null,
    explain: null,
    metadata: null,
    is_cached: result.cached,
    cache_key: null,
    cache_target_age: null,
    last_refresh: new Date().toISOString(),
    next_allowed_client_refresh: null,
    timezone: 'UTC',
    query_status: null,
  };
  const types = result.types.map(([, type]) => type);
  return `{"results":${rowsJson(result.rows, types)},${JSON.stringify(rest).slice(1)}`;
}
