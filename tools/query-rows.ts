import { RunbookError } from '../lib/errors.ts';
import type { QueryResult, QueryValue } from '../sources/source.ts';
import type { ToolContext } from './tool.ts';

/** Where the price arrays of the run are kept once the models were matched. */
export const PRICE_MAP = 'data/price_map.json';

/** Arrays that price nothing: what queries bind before the price table was read. */
const NO_PRICES: Record<string, QueryValue> = Object.fromEntries([
  ['price_keys', ['(none)']],
  ['price_tier_above', [1e18]],
  ...['in', 'out', 'read', 'write_5m', 'write_1h'].flatMap((name) => [
    [`price_${name}`, [0]],
    [`price_${name}_high`, [0]],
  ]),
]);

const DAY_MS = 86_400_000;

/** An instant as HogQL's `toDateTime` reads it in any project time zone. */
function instantValue(date: Date): string {
  return date.toISOString();
}

/** The values that every query of a run may mention: the pinned window, its last 3 and 7 days, and the price arrays. */
function standardValues(context: ToolContext): Record<string, QueryValue> {
  const { from, to } = context.window;
  const prices = context.results.exists(PRICE_MAP)
    ? (context.results.readJson(PRICE_MAP) as { values: Record<string, QueryValue> }).values
    : NO_PRICES;
  return {
    from: instantValue(from),
    to: instantValue(to),
    from_3d: instantValue(new Date(to.getTime() - 3 * DAY_MS)),
    from_7d: instantValue(new Date(to.getTime() - 7 * DAY_MS)),
    ...prices,
  };
}

/**
 * Runs a query with the standard values and its own bound; only those that the text mentions are sent.
 * @throws RunbookError what `Source.query` throws, and `usage` where the text mentions a value that nobody gave
 */
export async function runQuery(
  context: ToolContext,
  request: { name: string; sql: string; values?: Record<string, QueryValue> },
): Promise<QueryResult> {
  const known = { ...standardValues(context), ...request.values };
  const values: Record<string, QueryValue> = {};
  for (const [, name] of request.sql.matchAll(/\{([A-Za-z_]\w*)\}/gu)) {
    if (name === undefined || name === 'filters') continue;
    const value = known[name];
    if (value === undefined) {
      throw new RunbookError('tool_input', `The query mentions {${name}}, but no such value is given.`, {
        at: name,
        hint: `Give it under values, or use one of: ${Object.keys(known).join(', ')}.`,
      });
    }
    values[name] = value;
  }
  return context.source.query({ sql: request.sql, values, name: request.name, signal: context.signal });
}

export type Row = Record<string, unknown>;

/** Rows as objects by column name. */
export async function queryRows(
  context: ToolContext,
  request: { name: string; sql: string; values?: Record<string, QueryValue> },
): Promise<Row[]> {
  const result = await runQuery(context, request);
  return result.rows.map((row) => Object.fromEntries(result.columns.map((column, index) => [column, row[index]])));
}

/** A cell as a finite number; null, text and infinities become null. Large integers come as text and are converted. */
export function num(value: unknown): number | null {
  const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof parsed === 'number' && Number.isFinite(parsed) ? parsed : null;
}

/** Like `num`, with 0 for unknown: for counts and sums, which SQL never leaves unknown. */
export function num0(value: unknown): number {
  return num(value) ?? 0;
}

export function text(value: unknown): string {
  return value === null || value === undefined ? '' : String(value);
}
