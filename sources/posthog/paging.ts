import { RunbookError } from '../../lib/errors.ts';
import type { QueryRequest, QueryResult, Source } from '../source.ts';

/** PostHog cuts every answer here without a word. */
const MAX_ROWS = 50_000;

export interface KeysetQuery extends QueryRequest {
  /**
   * HogQL that filters by `key > {cursor}`, orders by that key alone and ends in `LIMIT {page_rows}`. One key column is needed, and a unique one:
   * `concat(toString(timestamp), '|', toString(uuid))` where a single property is not. PostHog refuses OFFSET.
   */
  sql: string;
  /** Result column that holds the key. */
  key: string;
  /** A value below every key; default: the empty text. */
  start?: string | number;
  /** Rows of a page; default and maximum 50,000. */
  pageRows?: number;
}

/**
 * Reads a result of any length page by page.
 * @throws RunbookError `hogql` where the query does not page by its key, and what `Source.query` throws
 */
export async function* pageByKey(source: Source, query: KeysetQuery): AsyncGenerator<QueryResult> {
  const { key, start = '', pageRows = MAX_ROWS, values, ...request } = query;
  const seen = new Set<unknown>([start]);
  for (let cursor: string | number = start; ; ) {
    const page = await source.query({ ...request, values: { ...values, cursor, page_rows: pageRows } });
    if (page.hasMore || page.rows.length > pageRows) throw notPaged('it does not end in LIMIT {page_rows}');
    yield page;
    if (page.rows.length < pageRows) return;
    const last = page.rows.at(-1)?.[page.columns.indexOf(key)];
    if (typeof last !== 'string' && typeof last !== 'number')
      throw notPaged(`its column ${key} is missing, or null in the last row`);
    if (seen.has(last)) throw notPaged(`${key} does not grow: it must be unique, filtered by {cursor} and ordered by`);
    seen.add(last);
    cursor = last;
  }
}

/**
 * All rows of a result of any length, checked against a count of its own.
 * @param countSql HogQL that gives the number of rows of the whole result as one row of one column, with the same values
 * @throws RunbookError `bad_response` where the rows are not as many as counted, and what `pageByKey` throws
 */
export async function queryAllRows(
  source: Source,
  query: KeysetQuery & { countSql: string },
): Promise<Pick<QueryResult, 'columns' | 'types' | 'rows'>> {
  const { countSql, ...paged } = query;
  const all: Pick<QueryResult, 'columns' | 'types' | 'rows'> = { columns: [], types: [], rows: [] };
  for await (const { columns, types, rows } of pageByKey(source, paged)) {
    Object.assign(all, { columns, types });
    for (const row of rows) all.rows.push(row);
  }
  const { values, name, signal } = query;
  const counted = await source.query({
    sql: countSql,
    ...(values ? { values } : {}),
    ...(name ? { name } : {}),
    ...(signal ? { signal } : {}),
  });
  const expected = Number(counted.rows[0]?.[0]);
  if (expected !== all.rows.length) {
    throw new RunbookError('bad_response', `${all.rows.length} rows came page by page, but ${expected} were counted.`, {
      hint: 'End the window in the past, so that no events arrive meanwhile, and make sure that the key is unique.',
    });
  }
  return all;
}

function notPaged(why: string): RunbookError {
  return new RunbookError('hogql', `The query cannot be read page by page: ${why}.`, {
    hint: 'Write it as SELECT … WHERE key > {cursor} ORDER BY key LIMIT {page_rows}.',
  });
}
