import { bound, type Claim, type Expected, type Ground, type LineFigure, pooled } from './claim.ts';
import { projectedSavings, savingsOf } from './expected.ts';
import { cellFigure, moneyIn, percentagesIn } from './figures.ts';
import { traceKey } from './known-values.ts';
import type { Prose, TableBlock } from './markdown.ts';
import { headlineClaim } from './prose-claims.ts';
import { fullText, type Scope } from './structure.ts';

type Table = TableBlock & { scope: Scope };
type Row = Table['rows'][number];

/** What a cell must show: one value, one of a trace's own, or anything that the data hold. */
type Expectation = Expected | { trace: string } | null;

/**
 * The figures of a table. Rows of operations and models must equal their CSV rows, rows of traces what is known of that trace, the
 * roadmap's savings the recommendations; other amounts, percentages and counts are looked up in all data.
 */
export function tableClaims(table: Table, ground: Ground): Claim[] {
  return table.rows.flatMap((row) => {
    const head = rowHeadline(row, table, ground);
    if (head) return [head];
    const expect = rowExpectation(table, row, ground);
    return row.cells.flatMap((cell, column) => cellClaims(cell, { column, expect, table, ground }));
  });
}

/** Two columns, a label and a figure, are a headline. */
function rowHeadline(row: Row, table: Table, ground: Ground): Claim | null {
  const [label, value] = row.cells;
  if (!label || !value || table.header.length > 2) return null;
  const text = `${label.text}: ${value.text}`;
  return headlineClaim({ text, codes: [], line: row.line }, table, ground)?.claim ?? null;
}

interface CellPlace {
  column: number;
  expect: (header: string) => Expectation;
  table: Table;
  ground: Ground;
}

const COUNT_COLUMN = /^(?:calls|traces|errors|tokens|total tokens|generations|seen|of|unpriced calls)$/iu;

function cellClaims(cell: Prose, { column, expect, table, ground }: CellPlace): Claim[] {
  const header = (table.header[column] ?? '').trim().toLowerCase();
  const single = cellFigure(fullText(cell));
  const expected = expect(header);
  if (single && expected && 'values' in expected)
    return [bound(ground, table, { ...single, line: cell.line }, expected)];
  const figures: LineFigure[] = [...moneyIn(cell.text), ...percentagesIn(cell.text)].map((f) => ({
    ...f,
    line: cell.line,
  }));
  if (figures.length === 0 && single && COUNT_COLUMN.test(header)) figures.push({ ...single, line: cell.line });
  return figures.map((figure) =>
    expected && 'trace' in expected ? ofTrace(figure, expected.trace, table, ground) : pooled(ground, table, figure),
  );
}

function ofTrace(figure: LineFigure, trace: string, table: Table, ground: Ground): Claim {
  const own = ground.known.ofTrace(trace);
  if (!own?.hasMoney || own.has(figure)) return pooled(ground, table, figure);
  return bound(ground, table, figure, { values: own.near(figure), what: `what the data know of trace ${trace}` });
}

function rowExpectation(table: Table, row: Row, ground: Ground): (header: string) => Expectation {
  const first = (table.header[0] ?? '').trim().toLowerCase();
  const name = traceKey(fullText(row.cells[0] ?? { text: '', codes: [] }));
  if (/^traces?(?: ids?)?$/u.test(first)) return () => ({ trace: name });
  if (table.scope.section === 'Implementation Roadmap') return roadmap(table, row, ground);
  if (/^(?:total|all|sum|other|others)\b/iu.test(name)) return () => null;
  if (table.scope.section === 'Cost Analysis') return csvRow(first, name, table, ground);
  if (table.scope.section === 'High-Variance Investigation' && first === 'operation') return varianceRow(name, ground);
  return () => null;
}

const CSV_COLUMNS: Record<string, string> = {
  calls: 'calls',
  'total cost': 'total_cost_usd',
  cost: 'total_cost_usd',
  'total tokens': 'total_tokens',
  tokens: 'total_tokens',
  'avg cost per call': 'avg_cost_per_call',
  'average cost per call': 'avg_cost_per_call',
  'p95 latency': 'p95_latency_s',
  'error rate': 'error_rate',
  recorded: 'recorded_cost_usd',
  backfilled: 'backfilled_cost_usd',
  'unpriced calls': 'unpriced_calls',
};

/** The CSV column that a table's column head names; undefined for other heads. */
export function csvColumn(header: string): string | undefined {
  const bare = header
    .toLowerCase()
    .replace(/\s*\((?:usd|s|\$)\)$/u, '')
    .trim();
  return Object.hasOwn(CSV_COLUMNS, bare) ? CSV_COLUMNS[bare] : undefined;
}

function csvRow(first: string, name: string, table: Table, ground: Ground): (header: string) => Expectation {
  const { spans, spans3d, spans7d, models } = ground.artifacts;
  const week = /\b(?:7|seven)\b/iu.test(table.scope.heading);
  const three = /\b(?:3|three)\b/iu.test(table.scope.heading);
  const file =
    first === 'model'
      ? 'metrics_by_model.csv'
      : week
        ? 'metrics_by_span_7d.csv'
        : three
          ? 'metrics_by_span_3d.csv'
          : 'metrics_by_span.csv';
  const loaded: Record<string, unknown>[] | undefined =
    first === 'model'
      ? models.value
      : first !== 'operation'
        ? undefined
        : week
          ? spans7d.value
          : three
            ? spans3d.value
            : spans.value;
  if (!loaded) return () => null;
  const rows = loaded.filter(
    (row) => traceKey(String(row[first])) === name || (name === '(empty)' && row[first] === ''),
  );
  return (header) => {
    const column = csvColumn(header);
    if (column === undefined) return null;
    return {
      values: numbers(rows, column),
      what: rows.length > 0 ? `data/${file}` : `data/${file} has no such row; it`,
    };
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
};

function varianceRow(name: string, ground: Ground): (header: string) => Expectation {
  const entries = Object.entries(ground.artifacts.variance.value ?? {});
  const rows: Record<string, unknown>[] = entries
    .filter(([operation]) => traceKey(operation) === name)
    .map(([, stats]) => stats);
  return (header) => {
    const key = Object.hasOwn(VARIANCE_COLUMNS, header) ? VARIANCE_COLUMNS[header] : undefined;
    if (key === undefined || !ground.artifacts.variance.value) return null;
    return { values: numbers(rows, key), what: 'data/cost_variance.json' };
  };
}

/** A row's own savings; in the row of the total, their sum. */
function roadmap(table: Table, row: Row, ground: Ground): (header: string) => Expectation {
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
