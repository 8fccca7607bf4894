import { RunbookError } from '../../lib/errors.ts';
import type { QueryRequest, QueryResult, Source } from '../../sources/source.ts';
import { digestOfJson } from '../record/payloads.ts';
import { ofType, type RunRecord } from '../record/read.ts';
import type { RecordedStep } from '../record/story.ts';
import {
  errorOf,
  type OnQuery,
  type Queries,
  type QueryAnswer,
  type QueryPlace,
  type QueryRecord,
  recordOf,
} from '../recorded-source.ts';

type Asked = ReturnType<typeof ofType<'query'>>[number];

interface ReplayQueriesOptions {
  /** Queries of steps that are not performed again. */
  earlier: readonly QueryRecord[];
  onQuery: OnQuery;
  live?: ((request: QueryRequest) => Promise<QueryResult>) | undefined;
}

/**
 * Answers queries from a record: the same HogQL with the same values gets the same answer, in the order in which it was asked. A query
 * that the run did not ask goes to the live source, where there is one.
 */
export class ReplayQueries implements Queries {
  readonly records: QueryRecord[];
  readonly #record: RunRecord;
  readonly #waiting = new Map<string, Asked[]>();
  readonly #onQuery: OnQuery;
  readonly #miss: (request: QueryRequest, place: QueryPlace) => Promise<QueryResult>;

  /** @param options.live asks a live source what is not in the record; where there is none, the query fails */
  constructor(record: RunRecord, story: readonly RecordedStep[], { earlier, onQuery, live }: ReplayQueriesOptions) {
    this.#record = record;
    this.records = [...earlier];
    this.#onQuery = onQuery;
    this.#miss = live ?? ((_request, place) => Promise.reject(notRecorded(place)));
    for (const event of story.flatMap(({ calls }) => calls.flatMap(({ queries }) => queries))) {
      this.#waiting.set(event.request, [...(this.#waiting.get(event.request) ?? []), event]);
    }
  }

  sourceFor(place: QueryPlace, onQuery?: (record: QueryRecord) => void): Source {
    const opened = ofType(this.#record.events, 'source_opened').at(-1);
    return {
      kind: (opened?.kind ?? 'local') as Source['kind'],
      label: opened?.label ?? '',
      open: async () => undefined,
      query: (request) => this.#query(request, place, onQuery),
      now: () => new Date(opened?.window.to ?? 0),
      notices: () => opened?.notices ?? [],
      close: async () => undefined,
    };
  }

  async #query(
    request: QueryRequest,
    place: QueryPlace,
    onQuery?: (record: QueryRecord) => void,
  ): Promise<QueryResult> {
    const asked = this.#take(request);
    const answer: QueryAnswer = asked
      ? (this.#record.payloads.getJson(asked.answer) as QueryAnswer)
      : { kind: 'result', result: await this.#miss(request, place) };
    const n = asked?.n ?? Math.max(0, ...this.records.map((record) => record.n)) + 1;
    const elapsed_s = asked?.elapsed_s ?? (answer.kind === 'result' ? answer.result.elapsedS : 0);
    const record = recordOf({ n, request, place, answer, elapsed_s });
    this.records.push(record);
    this.records.sort((a, b) => a.n - b.n);
    this.#onQuery(record, { request: { sql: request.sql, values: request.values ?? {} }, answer }, place);
    onQuery?.(record);
    if (answer.kind === 'failure') throw errorOf(answer);
    return answer.result;
  }

  #take({ sql, values = {} }: QueryRequest): Asked | undefined {
    return this.#waiting.get(digestOfJson({ sql, values }))?.shift();
  }
}

function notRecorded({ step, tool }: QueryPlace): RunbookError {
  return new RunbookError('not_recorded', `Step ${step}: ${tool} asks the source something that the run did not ask.`, {
    at: tool,
    hint: 'The step or the tool is another than at the time of the run. Fork the run there to perform it live.',
  });
}
