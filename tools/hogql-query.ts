import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';
import { RunbookError } from '../lib/errors.ts';
import type { QueryResult, QueryValue } from '../sources/source.ts';
import { previewRows } from './preview-rows.ts';
import { runQuery } from './query-rows.ts';
import { defineTool } from './tool.ts';

/** PostHog cuts every answer here without a word. */
const MAX_ROWS = 50_000;

const value: z.ZodType<QueryValue> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(value)]),
);

const input = z.strictObject({
  sql: z
    .string()
    .min(1)
    .describe('HogQL; {name} placeholders are bound from values, {from} and {to} are the run window'),
  values: z.record(z.string(), value).optional(),
  name: z.string().max(60).optional().describe("shows in PostHog's query log"),
  save_as: z
    .string()
    .regex(/\.(csv|json)$/u, 'must end in .csv or .json')
    .optional()
    .describe('artifact to write, relative to the results dir'),
});

const output = z.object({
  columns: z.array(z.string()),
  row_count: z.number(),
  preview: z.array(z.array(z.unknown())),
  note: z.string().nullable().describe('what the preview leaves out, beside its number of rows'),
  truncated: z.boolean().describe('more rows exist than were returned'),
  saved_as: z.string().nullable(),
  elapsed_s: z.number(),
});

function serialise(file: string, result: QueryResult): string {
  if (file.endsWith('.csv')) return stringify([result.columns, ...result.rows.map((row) => row.map(csvCell))]);
  const rows = result.rows.map((row) =>
    Object.fromEntries(result.columns.map((column, index) => [column, row[index]])),
  );
  return `${JSON.stringify(rows, null, 2)}\n`;
}

function csvCell(cell: unknown): unknown {
  return typeof cell === 'object' && cell !== null
    ? JSON.stringify(cell)
    : typeof cell === 'boolean'
      ? String(cell)
      : cell;
}

export const hogqlQuery = defineTool({
  name: 'hogql_query',
  description: `Runs one read-only HogQL query on the project's events and returns the columns, the number of rows and a short preview; save_as writes all rows to an artifact (.csv or .json) instead of showing them. Always give a time range ({from}, {to} are bound to the run's window) and a LIMIT (100 rows come without one, 50,000 at most; OFFSET is refused). Bind text with {name} and values, never paste it into the query.
Example: {"sql": "SELECT properties.$ai_model AS model, count() AS calls FROM events WHERE event = '$ai_generation' AND timestamp >= toDateTime({from}) GROUP BY model ORDER BY calls DESC LIMIT 20", "save_as": "data/models.csv"}`,
  input,
  output,
  writes: 'any artifact',
  asks: 'source',
  async run({ sql, values, name, save_as }, context) {
    const result = await runQuery(context, { sql, name: name ?? 'hogql_query', ...(values ? { values } : {}) });
    const truncated = result.hasMore || result.rows.length >= MAX_ROWS;
    if (truncated && save_as) {
      throw new RunbookError('hogql', `The result is longer than the ${result.rows.length} rows that came back.`, {
        hint: 'Add a LIMIT (at most 50,000), aggregate further, or split the window: an artifact must be whole.',
      });
    }
    if (save_as) await context.results.write(save_as, serialise(save_as, result));
    return {
      columns: result.columns,
      row_count: result.rows.length,
      ...previewRows(result.rows),
      truncated,
      saved_as: save_as ?? null,
      elapsed_s: result.elapsedS,
    };
  },
});
