import { traceKey } from '../keys.ts';
import type { TableBlock } from '../markdown.ts';
import { fullText } from '../structure.ts';
import { csvColumn } from '../table-columns.ts';
import { at, type Evidence, isThere, only, type Scored, withClaims } from './criterion.ts';

/**
 * Cost analysis: a volume table, a cost table, the average cost of a call, and the split by model. Four of four: 5; three: 4; two: 3; one:
 * 2; none, or no data behind them: 1. The most-called and the dearest operation must be in their tables. Rows that differ from the CSV files count as
 * contradicted claims.
 */
export function costAnalysis(input: Evidence): Scored {
  const { artifacts, report } = input;
  const spans = artifacts.spans.value ?? [];
  const models = artifacts.models.value ?? [];
  if (spans.length === 0) {
    return only(1, artifacts.spans.problem?.message ?? 'data/metrics_by_span.csv holds no operation');
  }
  if (!isThere(input, 'Cost Analysis')) return only(1, 'the section Cost Analysis is missing or empty');
  const tables = report.blocks.filter((b) => b.kind === 'table').filter((b) => b.scope.section === 'Cost Analysis');
  const most = top(spans, (row) => row.calls).map((row) => row.operation);
  const dearest = top(spans, (row) => row.total_cost_usd).map((row) => row.operation);
  const dearestModels = top(models, (row) => row.total_cost_usd).map((row) => row.model);
  const missing = [
    { what: 'a table of the most-called operations', ok: shows(tables, 'operation', 'calls', most) },
    { what: 'a table of the dearest operations', ok: shows(tables, 'operation', 'total_cost_usd', dearest) },
    { what: 'the average cost per call', ok: shows(tables, 'operation', 'avg_cost_per_call', []) },
    { what: 'the split by model', ok: shows(tables, 'model', 'total_cost_usd', dearestModels) },
  ].filter(({ ok }) => !ok);
  const faults = missing.map(({ what }) => `${at(report.sections['Cost Analysis']?.line)}: ${what} is missing`);
  const merits = missing.length === 0 ? ['volume, cost, average cost per call and the split by model are there'] : [];
  return withClaims('cost_analysis', input, { score: 5 - missing.length, faults, merits });
}

/** The rows that share the largest value. */
function top<T>(rows: readonly T[], value: (row: T) => number): T[] {
  const most = rows.reduce((largest, row) => Math.max(largest, value(row)), Number.NEGATIVE_INFINITY);
  return rows.filter((row) => value(row) === most);
}

/** Whether a table with this first column has that CSV column and, where names are given, a row for one of them. */
function shows(tables: readonly TableBlock[], first: string, column: string, names: readonly string[]): boolean {
  return tables.some((table) => {
    const [head = '', ...others] = table.header;
    if (head.trim().toLowerCase() !== first || !others.some((header) => csvColumn(header) === column)) return false;
    const rows = table.rows.map((row) => traceKey(fullText(row.cells[0] ?? { text: '', codes: [] })));
    return (
      rows.length > 0 &&
      (names.length === 0 || names.some((name) => rows.includes(name === '' ? '(empty)' : traceKey(name))))
    );
  });
}
