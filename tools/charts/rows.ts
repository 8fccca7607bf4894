import type { Json } from '../../analysis/chart-theme.ts';
import { RunbookError } from '../../lib/errors.ts';
import type { ResultsDir } from '../results-dir.ts';
import { MAX_ROWS } from './limits.ts';
import { isObject } from './spec-rules.ts';

/**
 * The rows of an artifact: a CSV with a header (columns whose cells are all numbers become numbers, empty cells null), a
 * JSON list of objects, or a JSON object of objects (the key becomes the column `key`). Nested values are left out.
 * @throws RunbookError `io` when it cannot be read, `tool_input` when it holds no rows or too many
 */
export async function readRows(results: ResultsDir, file: string): Promise<Json[]> {
  if (!results.exists(file)) {
    throw new RunbookError('tool_input', `There is no artifact ${file}.`, {
      at: 'data_from',
      hint: 'Write it first (save_as), or give the rows as data.',
    });
  }
  const rows = file.endsWith('.csv')
    ? await csvRows(results.readText(file), file)
    : jsonRows(results.readJson(file), file);
  if (rows.length > MAX_ROWS) {
    throw new RunbookError('tool_input', `${file} holds ${rows.length} rows; a chart may hold ${MAX_ROWS}.`, {
      at: 'data_from',
      hint: 'Aggregate in the query.',
    });
  }
  return rows;
}

async function csvRows(text: string, file: string): Promise<Json[]> {
  const { parse } = await import('csv-parse/sync');
  let records: Record<string, string>[];
  try {
    records = parse(text, { columns: true, bom: true, skip_empty_lines: true });
  } catch (cause) {
    throw new RunbookError('tool_input', `${file} is no valid CSV: ${(cause as Error).message}`, {
      at: 'data_from',
      cause,
    });
  }
  const columns = Object.keys(records[0] ?? {});
  const numeric = new Set(
    columns.filter((column) => records.every(({ [column]: cell = '' }) => cell === '' || isNumber(cell))),
  );
  return records.map((record) =>
    Object.fromEntries(
      columns.map((column) => {
        const cell = record[column] ?? '';
        return [column, cell === '' ? null : numeric.has(column) ? Number(cell) : cell];
      }),
    ),
  );
}

function isNumber(cell: string): boolean {
  return /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/iu.test(cell.trim());
}

function jsonRows(value: unknown, file: string): Json[] {
  const rows = Array.isArray(value)
    ? value
    : isObject(value)
      ? Object.entries(value).map(([key, row]) => (isObject(row) ? { key, ...row } : row))
      : [];
  if (!rows.every(isObject)) {
    throw new RunbookError('tool_input', `${file} is no list of objects.`, {
      at: 'data_from',
      hint: 'Give a JSON list of objects, an object of objects, or a CSV file.',
    });
  }
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([, cell]) => typeof cell !== 'object' || cell === null)),
  );
}
