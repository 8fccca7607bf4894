import type { RunRecord } from '../../agent/record/read.ts';
import { ofType } from '../../agent/record/read.ts';
import { truncate } from '../../lib/format.ts';
import { openSource } from '../../sources/open-source.ts';
import type { QueryRequest, QueryResult, Source } from '../../sources/source.ts';

const MAX_ROWS = 20;
const MAX_CELL = 60;

/** The source of a recorded run, opened when it is first asked. */
export class LiveSource {
  readonly #record: RunRecord;
  readonly #env: NodeJS.ProcessEnv;
  #opened: Promise<Source> | undefined;

  constructor(record: RunRecord, env: NodeJS.ProcessEnv) {
    this.#record = record;
    this.#env = env;
  }

  query = async (request: QueryRequest): Promise<QueryResult> => {
    this.#opened ??= this.#open();
    return (await this.#opened).query(request);
  };

  /** A query by hand and its first rows as a table; `{from}` and `{to}` are the window of the run. @throws RunbookError what the source throws */
  async table(sql: string): Promise<string> {
    const { window } = ofType(this.#record.events, 'source_opened').at(-1) ?? { window: { from: '', to: '' } };
    return tableText(await this.query({ sql, values: { from: window.from, to: window.to }, name: 'replay: by hand' }));
  }

  async close(): Promise<void> {
    await this.#opened?.then((source) => source.close()).catch(() => undefined);
  }

  async #open(): Promise<Source> {
    const { specs, as_of } = this.#record.started.source;
    const source = await openSource(specs, { env: this.#env, ...(as_of === null ? {} : { asOf: new Date(as_of) }) });
    await source.open();
    return source;
  }
}

function tableText({ columns, rows }: QueryResult): string {
  const cells = [columns, ...rows.slice(0, MAX_ROWS).map((row) => row.map(cellText))];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const more = rows.length > MAX_ROWS ? [`… ${rows.length - MAX_ROWS} more rows`] : [];
  return [...lines, ...more, `(${rows.length} rows)`].join('\n');
}

function cellText(cell: unknown): string {
  const text = typeof cell === 'string' ? cell : (JSON.stringify(cell) ?? '');
  return truncate(text.replace(/\s+/gu, ' '), MAX_CELL);
}
