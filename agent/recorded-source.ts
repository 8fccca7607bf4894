import { createHash } from 'node:crypto';
import { messageOf, RunbookError } from '../lib/errors.ts';
import type { QueryRequest, QueryResult, Source } from '../sources/source.ts';

/** A query as `data/queries.json` keeps it: enough to run it again by hand. */
export interface QueryRecord {
  /** From 1, in the order in which answers came. */
  n: number;
  /** The step and the tool that asked. */
  step: number;
  tool: string;
  name: string;
  sql: string;
  values_sha256: string;
  rows: number;
  elapsed_s: number;
  response_bytes: number;
  bytes_read: number | null;
  cached: boolean;
  /** Why the query failed, where it did; its other figures are then zero. */
  error: string | null;
}

/** Counts and records every query of a run, also those that failed: PostHog counts them too. */
export class QueryRecorder {
  readonly records: QueryRecord[] = [];
  readonly #source: Source;
  readonly #onQuery: (record: QueryRecord) => void;

  constructor(source: Source, onQuery: (record: QueryRecord) => void) {
    this.#source = source;
    this.#onQuery = onQuery;
  }

  /** The source as one tool call sees it: its queries are recorded under the step and the tool, and told to `onQuery`. */
  sourceFor(step: number, tool: string, onQuery?: (record: QueryRecord) => void): Source {
    const source = this.#source;
    return {
      kind: source.kind,
      label: source.label,
      open: (signal) => source.open(signal),
      query: (request) => this.#query(request, { step, tool }, onQuery),
      now: () => source.now(),
      notices: () => source.notices(),
      close: () => source.close(),
    };
  }

  async #query(
    request: QueryRequest,
    place: { step: number; tool: string },
    onQuery?: (record: QueryRecord) => void,
  ): Promise<QueryResult> {
    const started = performance.now();
    try {
      const result = await this.#source.query(request);
      this.#record(
        request,
        place,
        {
          rows: result.rows.length,
          elapsed_s: result.elapsedS,
          response_bytes: result.responseBytes,
          bytes_read: result.bytesRead,
          cached: result.cached,
          error: null,
        },
        onQuery,
      );
      return result;
    } catch (error) {
      const code = error instanceof RunbookError ? error.code : 'unexpected';
      this.#record(
        request,
        place,
        {
          rows: 0,
          elapsed_s: (performance.now() - started) / 1000,
          response_bytes: 0,
          bytes_read: null,
          cached: false,
          error: `${code}: ${messageOf(error)}`,
        },
        onQuery,
      );
      throw error;
    }
  }

  #record(
    request: QueryRequest,
    place: { step: number; tool: string },
    outcome: Pick<QueryRecord, 'rows' | 'elapsed_s' | 'response_bytes' | 'bytes_read' | 'cached' | 'error'>,
    onQuery?: (record: QueryRecord) => void,
  ): void {
    const values = JSON.stringify(request.values ?? {});
    const record: QueryRecord = {
      n: this.records.length + 1,
      ...place,
      name: request.name ?? '',
      sql: request.sql,
      values_sha256: createHash('sha256').update(values).digest('hex'),
      ...outcome,
    };
    this.records.push(record);
    this.#onQuery(record);
    onQuery?.(record);
  }
}
