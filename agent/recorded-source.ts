import { createHash } from 'node:crypto';
import type { QueryRequest, QueryResult, Source, SourceNotice } from '../sources/source.ts';

/** A query as `data/queries.json` keeps it: enough to run it again by hand. */
export interface QueryRecord {
  n: number;
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
}

/** Counts and records every query that goes through it; everything else is the source's own. */
export class RecordedSource implements Source {
  readonly #source: Source;
  readonly #onQuery: (record: QueryRecord) => void;
  readonly records: QueryRecord[] = [];
  /** Where in the run the next query comes from. */
  place = { step: 0, tool: '' };

  constructor(source: Source, onQuery: (record: QueryRecord) => void) {
    this.#source = source;
    this.#onQuery = onQuery;
  }

  get kind(): Source['kind'] {
    return this.#source.kind;
  }

  get label(): string {
    return this.#source.label;
  }

  open(signal?: AbortSignal): Promise<void> {
    return this.#source.open(signal);
  }

  async query(request: QueryRequest): Promise<QueryResult> {
    const result = await this.#source.query(request);
    const record: QueryRecord = {
      n: this.records.length + 1,
      ...this.place,
      name: request.name ?? '',
      sql: request.sql,
      values_sha256: createHash('sha256')
        .update(JSON.stringify(request.values ?? {}))
        .digest('hex'),
      rows: result.rows.length,
      elapsed_s: result.elapsedS,
      response_bytes: result.responseBytes,
      bytes_read: result.bytesRead,
      cached: result.cached,
    };
    this.records.push(record);
    this.#onQuery(record);
    return result;
  }

  now(): Date {
    return this.#source.now();
  }

  notices(): readonly SourceNotice[] {
    return this.#source.notices();
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}
