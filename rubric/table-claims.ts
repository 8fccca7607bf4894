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
import type { Expected } from './expected.ts';
import { cellFigure, type Figure, foreignMoneyIn, moneyIn, percentagesIn } from './figures.ts';
import { blank, looseClaims } from './loose-claims.ts';
import type { Prose } from './markdown.ts';
import { plainLine } from './plain-line.ts';
import { headlineClaim, proseClaims } from './prose-claims.ts';
import { fullText } from './structure.ts';
import { orderClaims } from './table-order.ts';
import { type Expectation, type Row, rowExpectation, type Table } from './table-rows.ts';
import { textClaims } from './table-texts.ts';

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
