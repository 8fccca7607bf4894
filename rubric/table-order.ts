import { type Claim, claim, type Ground } from './claim.ts';
import { traceKey } from './keys.ts';
import type { TableBlock } from './markdown.ts';
import { fullText, type Scope } from './structure.ts';
import { csvColumn } from './table-columns.ts';

type Table = TableBlock & { scope: Scope };

/** A cent of a cent: rows this near each other may stand in any order. */
const TIE = 1e-9;

/**
 * The tables of the dearest and most-called rows: each row once, in the order of the CSV's values, and none left out that belongs above the
 * last one shown.
 */
export function orderClaims(table: Table, ground: Ground): Claim[] {
  const first = (table.header[0] ?? '').trim().toLowerCase();
  const { spans, models } = ground.artifacts;
  const rows: readonly Record<string, unknown>[] | undefined =
    first === 'operation' ? spans.value : first === 'model' ? models.value : undefined;
  const column = first === 'model' ? 'total_cost_usd' : csvColumn(table.header[1] ?? '');
  const ranked = column === 'total_cost_usd' || column === 'calls';
  if (table.scope.section !== 'Cost Analysis' || !rows || !ranked || /\b[37]\b/u.test(table.scope.heading)) return [];
  const values = new Map(rows.map((row) => [traceKey(String(row[first])), Number(row[column])]));
  const faults: Claim[] = [];
  const fail = (text: string, line: number, reason: string) =>
    faults.push(
      claim(ground, table, {
        kind: first as 'operation' | 'model',
        text,
        line,
        failure: { status: 'contradicted', reason },
      }),
    );
  const seen = new Set<string>();
  let lowest = Number.POSITIVE_INFINITY;
  for (const row of table.rows) {
    const name = traceKey(fullText(row.cells[0] ?? { text: '', codes: [] }));
    const value = values.get(name);
    if (value === undefined) continue;
    if (seen.has(name)) fail(name, row.line, 'it stands in this table twice');
    else if (value > lowest + TIE) fail(name, row.line, `by ${column} it belongs further up`);
    seen.add(name);
    lowest = Math.min(lowest, value);
  }
  const left = [...values].find(([name, value]) => seen.size > 0 && !seen.has(name) && value > lowest + TIE);
  if (left) fail(left[0], table.line, `by ${column} it belongs into this table`);
  return faults;
}
