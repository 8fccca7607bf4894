import { createHash } from 'node:crypto';
import { RunbookError } from '../lib/errors.ts';
import type { QueryRequest, QueryResult, Source } from '../sources/source.ts';
import { failureOf } from './call-tool.ts';

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

/** What a query asked and what came of it, whole. */
export interface QueryExchange {
  request: { sql: string; values: NonNullable<QueryRequest['values']> };
  answer: QueryAnswer;
}

export type QueryAnswer =
  | { kind: 'result'; result: QueryResult }
  | { kind: 'failure'; code: string; message: string; hint: string | null };

/** Where a query comes from. */
export interface QueryPlace {
  step: number;
  /** Number of the tool call. */
  call: number;
  tool: string;
}

export type OnQuery = (record: QueryRecord, exchange: QueryExchange, place: QueryPlace) => void;

/** The queries of a run: made live and recorded, or answered from a record. */
export interface Queries {
  readonly records: readonly QueryRecord[];
  /** The source as one tool call sees it: its queries are recorded under the call, and told to `onQuery`. */
  sourceFor(place: QueryPlace, onQuery?: (record: QueryRecord) => void): Source;
}

/** Counts and records every query of a run, also those that failed: PostHog counts them too. */
export class QueryRecorder implements Queries {
  readonly records: QueryRecord[];
  readonly #source: Source;
  readonly #onQuery: OnQuery;

  /** @param earlier queries of steps that are not performed again */
  constructor(source: Source, onQuery: OnQuery, earlier: readonly QueryRecord[] = []) {
    this.#source = source;
    this.#onQuery = onQuery;
    this.records = [...earlier];
  }

  sourceFor(place: QueryPlace, onQuery?: (record: QueryRecord) => void): Source {
    return { ...facade(this.#source), query: (request) => this.#query(request, place, onQuery) };
  }

  async #query(request: QueryRequest, place: QueryPlace, onQuery?: (record: QueryRecord) => void) {
    const started = performance.now();
    const keep = (answer: QueryAnswer, elapsed_s: number) => {
      const record = recordOf({ n: this.records.length + 1, request, place, answer, elapsed_s });
      this.records.push(record);
      this.#onQuery(record, { request: { sql: request.sql, values: request.values ?? {} }, answer }, place);
      onQuery?.(record);
    };
    try {
      const result = await this.#source.query(request);
      keep({ kind: 'result', result }, result.elapsedS);
      return result;
    } catch (error) {
      keep({ kind: 'failure', ...failureOf(error) }, (performance.now() - started) / 1000);
      throw error;
    }
  }
}

/** A source's methods, bound to it. */
export function facade(source: Source): Source {
  return {
    kind: source.kind,
    label: source.label,
    open: (signal) => source.open(signal),
    query: (request) => source.query(request),
    now: () => source.now(),
    notices: () => source.notices(),
    close: () => source.close(),
  };
}

interface Asked {
  n: number;
  request: QueryRequest;
  place: QueryPlace;
  answer: QueryAnswer;
  elapsed_s: number;
}

export function recordOf({ n, request, place, answer, elapsed_s }: Asked): QueryRecord {
  const result = answer.kind === 'result' ? answer.result : null;
  return {
    n,
    step: place.step,
    tool: place.tool,
    name: request.name ?? '',
    sql: request.sql,
    values_sha256: createHash('sha256')
      .update(JSON.stringify(request.values ?? {}))
      .digest('hex'),
    rows: result?.rows.length ?? 0,
    elapsed_s,
    response_bytes: result?.responseBytes ?? 0,
    bytes_read: result?.bytesRead ?? null,
    cached: result?.cached ?? false,
    error: answer.kind === 'failure' ? `${answer.code}: ${answer.message}` : null,
  };
}

/** A recorded failure, thrown again. */
export function errorOf({ code, message, hint }: { code: string; message: string; hint: string | null }): Error {
  if (code === 'unexpected') return new Error(message);
  return new RunbookError(code as RunbookError['code'], message, hint === null ? {} : { hint });
}
