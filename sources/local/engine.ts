import { messageOf, RunbookError } from '../../lib/errors.ts';

interface NativeResult {
  text(): string;
  readonly bytesRead: number;
  readonly rowsRead: number;
}
interface NativeSession {
  queryAsync(sql: string, options?: { format?: string; signal?: AbortSignal; timeout?: number }): Promise<NativeResult>;
  close(): void;
}

/** PostHog's own settings for a query, and what keeps a local one from harm. */
const QUERY_SETTINGS = {
  readonly: 2,
  max_execution_time: 60,
  transform_null_in: 1,
  optimize_min_equality_disjunction_chain_length: 4294967295,
  allow_experimental_join_condition: 1,
  max_bytes_before_external_group_by: 0,
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_denormals: 0,
  date_time_output_format: "'iso'",
  max_memory_usage: 12_000_000_000,
};

export interface EngineAnswer {
  columns: string[];
  types: [string, string][];
  rows: unknown[][];
  bytesRead: number;
}

/** ClickHouse in this process, on one data directory that no other process may open. */
export class Engine {
  readonly #session: NativeSession;

  private constructor(session: NativeSession) {
    this.#session = session;
  }

  /** @throws RunbookError `source_unavailable` where chdb is not installed */
  static async open(directory: string): Promise<Engine> {
    let chdb: { Session: new (path: string) => NativeSession };
    try {
      chdb = (await import('chdb')) as unknown as typeof chdb;
    } catch (cause) {
      throw new RunbookError(
        'source_unavailable',
        'Event files are read by an embedded ClickHouse, which is not installed.',
        {
          hint: 'Run: npm install chdb (Linux and macOS; on Windows use WSL). The live PostHog API works without it.',
          cause,
        },
      );
    }
    const engine = new Engine(new chdb.Session(directory));
    await engine.run('CREATE DATABASE IF NOT EXISTS local ENGINE = Atomic');
    await engine.run('USE local');
    return engine;
  }

  /** Runs a statement of ours. */
  async run(sql: string): Promise<void> {
    await this.#session.queryAsync(sql);
  }

  /** Rows of a query of ours. */
  async rows(sql: string): Promise<unknown[][]> {
    const answer = await this.#session.queryAsync(sql, { format: 'JSONCompactEachRow' });
    return answer
      .text()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown[]);
  }

  /** Runs a compiled query read-only, within PostHog's settings. @throws RunbookError `hogql`, `timeout` */
  async query(sql: string, signal?: AbortSignal): Promise<EngineAnswer> {
    const settings = Object.entries(QUERY_SETTINGS)
      .map(([name, value]) => `${name} = ${value}`)
      .join(', ');
    try {
      const answer = await this.#session.queryAsync(`${sql} SETTINGS ${settings}`, {
        format: 'JSONCompact',
        ...(signal ? { signal } : {}),
      });
      const parsed = JSON.parse(answer.text() || '{"meta":[],"data":[]}') as {
        meta: { name: string; type: string }[];
        data: unknown[][];
      };
      return {
        columns: parsed.meta.map((column) => column.name),
        types: parsed.meta.map((column) => [column.name, column.type]),
        rows: parsed.data,
        bytesRead: answer.bytesRead,
      };
    } catch (cause) {
      throw engineError(cause, signal);
    }
  }

  close(): void {
    this.#session.close();
  }
}

const HINTS: [RegExp, string][] = [
  [
    /NO_COMMON_TYPE|no supertype/u,
    "Compare numbers through toFloat(properties.x) and flags through toString(properties.x) = 'true'.",
  ],
  [/ILLEGAL_TYPE_OF_ARGUMENT/u, 'Properties are text: cast them with toFloat(…), toInt(…) or toDateTime(…) first.'],
  [/NOT_AN_AGGREGATE/u, 'Every column that is not aggregated must be in GROUP BY.'],
  [/MEMORY_LIMIT/u, 'Aggregate further, or shorten the window.'],
];

function engineError(cause: unknown, signal?: AbortSignal): RunbookError {
  if (signal?.aborted) return new RunbookError('interrupted', 'The query was interrupted.', { cause });
  const text = messageOf(cause);
  const name = /\(([A-Z_]{4,})\)\s*$/u.exec(text.trim())?.[1] ?? '';
  const message = text
    .replace(/^Query failed: /u, '')
    .replace(/^Code: \d+\. DB::Exception: /u, '')
    .replace(/: In scope SELECT[\s\S]*$/u, '')
    .replace(/: while executing[\s\S]*$/iu, '');
  if (name === 'TIMEOUT_EXCEEDED')
    return new RunbookError('timeout', 'The query took longer than 60 s.', {
      cause,
      hint: 'Aggregate further, or shorten the window.',
    });
  const hint = HINTS.find(([pattern]) => pattern.test(text))?.[1];
  return new RunbookError('hogql', `${name ? `${name}: ` : ''}${message.slice(0, 500)}`, {
    cause,
    ...(hint ? { hint } : {}),
  });
}
