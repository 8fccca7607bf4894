import type { Artifacts, Finding } from './artifacts.ts';
import type { Ground } from './claim.ts';
import { type Expected, monthFactor, projectedSavings, savingsOf } from './expected.ts';
import { rowsOf, traceKey } from './keys.ts';
import type { TableBlock } from './markdown.ts';
import { fullText, type Scope } from './structure.ts';
import { csvColumn } from './table-columns.ts';

export type Table = TableBlock & { scope: Scope };
export type Row = Table['rows'][number];

/** What a cell must show: one value, one of a trace's or an operation's own, or anything that the data hold. */
export type Expectation = Expected | { trace: string } | { operation: string } | null;
type RowExpectation = (header: string) => Expectation;

/** What the cells of a row must show, by the header of their column. */
export function rowExpectation(table: Table, row: Row, ground: Ground): RowExpectation {
  const first = (table.header[0] ?? '').trim().toLowerCase();
  const name = traceKey(fullText(row.cells[0] ?? { text: '', codes: [] }));
  if (/^traces?(?: ids?)?$/u.test(first)) return (header) => traceColumn(header, name, ground) ?? { trace: name };
  if (table.scope.section === 'Implementation Roadmap') return roadmap(table, row, ground);
  if (/^(?:total|all|sum|other|others)\b/iu.test(name)) return () => null;
  const own = sectionRow(table, row, { first, name }, ground);
  return (header) => own?.(header) ?? (first === 'operation' ? { operation: name } : null);
}

const TRACE_COLUMNS: Record<string, string[]> = {
  calls: ['calls', 'generations', 'n'],
  cost: ['cost_usd', 'cost'],
  tokens: ['tokens'],
  'largest prompt': ['largest_prompt', 'max_prompt_tokens', 'max_context'],
  'largest answer': ['largest_answer', 'max_output_tokens', 'max_out'],
};

/** The column of a trace's row, where the data say it of that trace. */
function traceColumn(header: string, trace: string, ground: Ground): Expected | null {
  const keys = Object.hasOwn(TRACE_COLUMNS, header) ? TRACE_COLUMNS[header] : undefined;
  const values = keys ? (ground.known.ofTrace(trace)?.under(keys) ?? []) : [];
  return values.length > 0 ? { values, what: `what the data know of trace ${trace}` } : null;
}

function sectionRow(
  table: Table,
  row: Row,
  { first, name }: { first: string; name: string },
  ground: Ground,
): RowExpectation | null {
  const { section } = table.scope;
  if (section === 'Cost Analysis') return csvRow(first, name, table, ground);
  if (section === 'High-Variance Investigation' && first === 'operation') return varianceRow(name, ground);
  const headers = table.header.map((header) => header.trim().toLowerCase());
  const cell = (header: string) => traceKey(fullText(row.cells[headers.indexOf(header)] ?? { text: '', codes: [] }));
  if (headers.includes('finding')) return findingRow(cell, ground);
  if (section === 'Failure-Mode Analysis' && headers.includes('kind')) return failureRow(cell, ground);
  return null;
}

/** A row of the findings table, by kind and operation. */
function findingRow(cell: (header: string) => string, ground: Ground): RowExpectation {
  const kind = cell('finding').replaceAll(' ', '_');
  const findings = ground.artifacts.findings.value?.findings ?? [];
  const rows = rowsOf(findings, 'operation', cell('operation')).filter((finding) => finding.kind === kind);
  if (rows.length === 0) return () => null;
  const column: Record<string, (f: Finding) => number> = {
    seen: (f) => f.frequency.seen,
    of: (f) => f.frequency.of,
    share: (f) => (f.frequency.of > 0 ? f.frequency.seen / f.frequency.of : 0),
  };
  return (header) => {
    const value = Object.hasOwn(column, header) ? column[header] : undefined;
    return value ? { values: rows.map(value), what: 'data/findings.json' } : null;
  };
}

/** A row of the failures table, by operation, kind and status. */
function failureRow(cell: (header: string) => string, ground: Ground): RowExpectation {
  const file = ground.artifacts.failures.value;
  const groups = Array.isArray(file) ? file : Array.isArray(file?.groups) ? file.groups : [];
  const rows = (groups as unknown[])
    .filter((group): group is Record<string, unknown> => typeof group === 'object' && group !== null)
    .filter((group) => traceKey(String(group.operation)) === cell('operation') && group.class === cell('kind'))
    .filter((group) => !cell('http status') || String(group.http_status || 'none') === cell('http status'));
  const keys: Record<string, string> = { errors: 'errors', longest: 'longest_latency_s' };
  return (header) => {
    const values = Object.hasOwn(keys, header) ? numbers(rows, keys[header] ?? '') : [];
    return values.length > 0 ? { values, what: 'data/failure_modes.json' } : null;
  };
}

/** A row of a metrics table, by operation or model; the heading says which window's. */
function csvRow(first: string, name: string, table: Table, ground: Ground): RowExpectation {
  const metrics = metricsOf(first, table.scope.heading, ground.artifacts);
  if (!metrics) return () => null;
  const rows = [...rowsOf(metrics.rows, first, name), ...(name === '(empty)' ? rowsOf(metrics.rows, first, '') : [])];
  const what = rows.length > 0 ? metrics.file : `${metrics.file} has no such row; it`;
  return (header) => {
    const column = csvColumn(header);
    if (column === undefined) return first === 'operation' ? perDay(header, name, ground.artifacts) : null;
    return { values: numbers(rows, column), what };
  };
}

function metricsOf(
  first: string,
  heading: string,
  { models, spans, spans3d, spans7d }: Artifacts,
): { file: string; rows: readonly Record<string, unknown>[] } | null {
  const of = (file: string, rows: readonly Record<string, unknown>[] | undefined) =>
    rows ? { file: `data/${file}.csv`, rows } : null;
  if (first === 'model') return of('metrics_by_model', models.value);
  if (first !== 'operation') return null;
  if (/\b(?:7|seven)\b/iu.test(heading)) return of('metrics_by_span_7d', spans7d.value);
  if (/\b(?:3|three)\b/iu.test(heading)) return of('metrics_by_span_3d', spans3d.value);
  return of('metrics_by_span', spans.value);
}

/** The trend: cost a day over the window, the last week, the last three days. */
function perDay(header: string, name: string, artifacts: Artifacts): Expected | null {
  if (!/per day/u.test(header) || !artifacts.project.value) return null;
  const days = 30 / monthFactor(artifacts);
  const last = /\b([37])\b/u.exec(header)?.[1];
  const rows = last === '7' ? artifacts.spans7d.value : last === '3' ? artifacts.spans3d.value : artifacts.spans.value;
  if (!rows) return null;
  const [row] = rowsOf(rows, 'operation', name);
  const over = last === undefined ? days : Math.min(Number(last), days);
  return {
    values: [(row?.total_cost_usd ?? 0) / over],
    what: `data/metrics_by_span${last ? `_${last}d` : ''}.csv over ${over} days`,
  };
}

function numbers(rows: readonly Record<string, unknown>[], column: string): number[] {
  return rows.map((row) => row[column]).filter((value): value is number => typeof value === 'number');
}

const VARIANCE_COLUMNS: Record<string, string> = {
  traces: 'n',
  n: 'n',
  min: 'min',
  median: 'median',
  mean: 'mean',
  p95: 'p95',
  max: 'max',
  std: 'std',
  'outliers (2 std)': 'outliers_2std',
  'outliers (robust)': 'outliers_robust',
  'excess over median': 'excess_usd',
};

function varianceRow(name: string, ground: Ground): RowExpectation {
  const entries = Object.entries(ground.artifacts.variance.value ?? {});
  const rows: Record<string, unknown>[] = entries
    .filter(([operation]) => traceKey(operation) === name)
    .map(([, stats]) => stats);
  return (header) => {
    const key = Object.hasOwn(VARIANCE_COLUMNS, header) ? VARIANCE_COLUMNS[header] : undefined;
    if (!ground.artifacts.variance.value) return null;
    const [stats] = rows;
    if (/^p95 ?\/ ?median$/u.test(header) && typeof stats?.p95 === 'number' && Number(stats.median) > 0) {
      return { values: [stats.p95 / Number(stats.median)], what: 'data/cost_variance.json' };
    }
    if (key === undefined || (stats && !(key in stats))) return null;
    return { values: numbers(rows, key), what: 'data/cost_variance.json' };
  };
}

/** A row's own savings; in the row of the total, their sum. */
function roadmap(table: Table, row: Row, ground: Ground): RowExpectation {
  const texts = row.cells.map((cell) => fullText(cell).trim());
  const column = table.header.findIndex((header) => /^(?:priority|#|rank)$/iu.test(header.trim()));
  const priority = Number(texts[column] || Number.NaN);
  const sum = projectedSavings(ground.artifacts);
  return (header) => {
    if (!/saving/iu.test(header)) return null;
    if (Number.isInteger(priority)) return savingsOf(ground.artifacts, priority);
    if (!sum || !texts.some((text) => /^total\b/iu.test(text))) return null;
    return { values: [sum.expected, sum.low, sum.high], what: 'the sum of the recommended savings' };
  };
}
