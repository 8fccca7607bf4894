import type { Artifacts, Finding } from './artifacts.ts';
import {
  bound,
  type Claim,
  claim,
  type Ground,
  isTrivial,
  kindOf,
  type LineFigure,
  pooled,
  unsupported,
} from './claim.ts';
import { type Expected, monthFactor, projectedSavings, savingsOf } from './expected.ts';
import { cellFigure, type Figure, foreignMoneyIn, moneyIn, percentagesIn } from './figures.ts';
import { traceKey } from './keys.ts';
import { blank, looseClaims } from './loose-claims.ts';
import type { Prose, TableBlock } from './markdown.ts';
import { plainLine } from './plain-line.ts';
import { headlineClaim, proseClaims } from './prose-claims.ts';
import { fullText, type Scope } from './structure.ts';
import { csvColumn } from './table-columns.ts';
import { orderClaims } from './table-order.ts';
import { textClaims } from './table-texts.ts';

type Table = TableBlock & { scope: Scope };
type Row = Table['rows'][number];

/** What a cell must show: one value, one of a trace's or an operation's own, or anything that the data hold. */
type Expectation = Expected | { trace: string } | { operation: string } | null;

/**
 * The figures of a table. Rows of operations and models must equal their CSV rows, rows of traces what is known of that trace, the
 * roadmap's savings the recommendations; other amounts, percentages and counts are looked up in all data.
 */
export function tableClaims(table: Table, ground: Ground): Claim[] {
  const heads = table.header.map((text): Prose => ({ text, codes: [], line: table.line }));
  const rows = table.rows.flatMap((row) => {
    const head = rowHeadline(row, table, ground);
    const expect = head ? () => null : rowExpectation(table, row, ground);
    const cells = row.cells.flatMap((cell, column) => cellClaims(cell, { column, expect, table, ground }));
    return [...(head ? [head] : []), ...cells, ...textClaims(table, row, ground)];
  });
  return [...proseClaims({ scope: table.scope, lines: heads }, ground), ...rows, ...orderClaims(table, ground)];
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

/** Numbers of rows, and efforts, which the data do not hold in these words. */
const NO_FIGURES = /^(?:priority|#|rank|effort|validation period)$/u;

function cellClaims(raw: Prose, { column, expect, table, ground }: CellPlace): Claim[] {
  const header = (table.header[column] ?? '').trim().toLowerCase();
  const cell = plainLine(raw, table.scope, ground);
  const single = cellFigure(fullText(cell));
  const expected = expect(header);
  const place = (figure: Figure): LineFigure => ({ ...figure, line: cell.line });
  const foreign = foreignMoneyIn(cell.text).map((figure) =>
    contradicted(place(figure), 'the costs of the data are in US dollars', table, ground),
  );
  if (foreign.length > 0) return foreign;
  if (expected && 'values' in expected && expected.values.length > 0)
    return boundCell(cell, single, expected, table, ground);
  const figures = [...moneyIn(cell.text), ...percentagesIn(cell.text)].map(place);
  const whole = expected && 'trace' in expected && !NO_FIGURES.test(header);
  if (figures.length === 0 && single && column > 0 && (whole || COUNT_COLUMN.test(header))) figures.push(place(single));
  const claims = figures.map((figure) => ownFigure(figure, expected, table, ground));
  return NO_FIGURES.test(header) ? claims : [...claims, ...looseClaims(without(cell, figures), table, ground)];
}

/** A cell that has one right value: it gives that value, in its unit, with its sign, and nothing else that is false. */
function boundCell(cell: Prose, single: Figure | null, expected: Expected, table: Table, ground: Ground): Claim[] {
  const line = cell.line;
  const text = fullText(cell).trim();
  if (!single) {
    const empty: LineFigure = { text, value: Number.NaN, unit: 'plain', half: 0, index: 0, line };
    return [bound(ground, table, empty, expected)];
  }
  const figure = inSeconds({ ...single, line }, text);
  const negative = /^[~≈]?\s*-/u.test(text) && expected.values.every((value) => value > 0);
  const main = negative
    ? contradicted(figure, `${expected.what} has no such value below zero`, table, ground)
    : bound(ground, table, figure, expected);
  const others = [...moneyIn(cell.text), ...percentagesIn(cell.text)].filter((other) => other.text !== single.text);
  return [
    main,
    ...others.map((other) => bound(ground, table, { ...other, line }, expected)),
    ...looseClaims(without(cell, [...others, withUnit(single, cell.text)]), table, ground),
  ];
}

const UNITS: [RegExp, number][] = [
  [/^\s?(?:ms|milliseconds?)\b/iu, 0.001],
  [/^\s?(?:mins?|minutes?)\b/iu, 60],
  [/^\s?(?:h|hours?)\b/iu, 3600],
];

/** Durations of the data are in seconds. */
function inSeconds(figure: LineFigure, text: string): LineFigure {
  const at = text.indexOf(figure.text);
  const unit = UNITS.find(([pattern]) => pattern.test(text.slice(at + figure.text.length)));
  return unit ? { ...figure, value: figure.value * unit[1], half: figure.half * unit[1] } : figure;
}

/** The figure as it stands in the cell, with the unit behind it. */
function withUnit(figure: Figure, text: string): Figure {
  const index = text.indexOf(figure.text);
  const [unit = ''] =
    /^\s?(?:ms|s|secs?|seconds?|mins?|minutes?|h|hours?|×|x|%)(?![\p{L}\p{N}])/iu.exec(
      text.slice(index + figure.text.length),
    ) ?? [];
  return { ...figure, index, text: figure.text + unit };
}

function without(cell: Prose, figures: readonly Figure[]): Prose {
  let text = cell.text;
  for (const { text: written } of figures) {
    const at = text.indexOf(written);
    if (at >= 0) text = text.slice(0, at) + blank(written) + text.slice(at + written.length);
  }
  return { ...cell, text };
}

function contradicted(figure: LineFigure, reason: string, table: Table, ground: Ground): Claim {
  const { text, line } = figure;
  return claim(ground, table, { kind: kindOf(figure), text, line, failure: { status: 'contradicted', reason } });
}

/** A trace's figure must be one of its own, an operation's too where the data say anything of them. */
function ownFigure(figure: LineFigure, expected: Expectation, table: Table, ground: Ground): Claim {
  const found = pooled(ground, table, figure);
  if (!expected || 'values' in expected || found.status !== 'verified' || isTrivial(figure)) return found;
  if ('trace' in expected) {
    const own = ground.known.ofTrace(expected.trace);
    if (!own?.hasMoney || own.has(figure)) return found;
    return bound(ground, table, figure, {
      values: own.near(figure),
      what: `what the data know of trace ${expected.trace}`,
    });
  }
  const own = ground.known.ofOperation(expected.operation);
  if (!own || own.has(figure)) return found;
  const failure = unsupported(`no figure of ${expected.operation} reads like this`);
  return claim(ground, table, { kind: found.kind, text: figure.text, line: figure.line, failure });
}

function rowExpectation(table: Table, row: Row, ground: Ground): (header: string) => Expectation {
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

type RowExpectation = (header: string) => Expectation;

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
  const rows = (ground.artifacts.findings.value?.findings ?? []).filter(
    (f) => f.kind === cell('finding').replaceAll(' ', '_') && traceKey(f.operation) === cell('operation'),
  );
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
    if (column === undefined) return first === 'operation' ? perDay(header, name, ground.artifacts) : null;
    return {
      values: numbers(rows, column),
      what: rows.length > 0 ? `data/${file}` : `data/${file} has no such row; it`,
    };
  };
}

/** The trend: cost a day over the window, the last week, the last three days. */
function perDay(header: string, name: string, artifacts: Artifacts): Expected | null {
  if (!/per day/u.test(header) || !artifacts.project.value) return null;
  const days = 30 / monthFactor(artifacts);
  const last = /\b([37])\b/u.exec(header)?.[1];
  const rows = last === '7' ? artifacts.spans7d.value : last === '3' ? artifacts.spans3d.value : artifacts.spans.value;
  const row = rows?.find((span) => traceKey(span.operation) === name);
  if (!rows) return null;
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

function varianceRow(name: string, ground: Ground): (header: string) => Expectation {
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
