import { type About, isBacked } from './backing.ts';
import {
  bound,
  type Claim,
  claim,
  type Failure,
  type Ground,
  isTrivial,
  kindOf,
  type LineFigure,
  unsupported,
} from './claim.ts';
import { cellExcerpts } from './excerpt-claims.ts';
import type { Expected } from './expected.ts';
import { cellFigure, type Figure, foreignMoneyIn, moneyIn, percentagesIn } from './figures.ts';
import { blank, looseClaims } from './loose-claims.ts';
import type { Prose } from './markdown.ts';
import { plainLine } from './plain-line.ts';
import { headlineClaim, proseClaims } from './prose-claims.ts';
import { fullText } from './structure.ts';
import { subjectsOf } from './subjects.ts';
import { orderClaims } from './table-order.ts';
import { type Expectation, type Row, rowExpectation, type Table } from './table-rows.ts';
import { textClaims } from './table-texts.ts';

/**
 * The figures of a table. Rows of operations and models must equal their CSV rows, rows of traces what is known of that trace, the
 * roadmap's savings the recommendations; other amounts, percentages and counts are claims of what their row names, under the column's head.
 */
export function tableClaims(table: Table, ground: Ground): Claim[] {
  const heads = table.header.map((text): Prose => ({ text, codes: [], line: table.line }));
  const rows = table.rows.flatMap((row) => {
    const head = rowHeadline(row, table, ground);
    const expect = head ? () => null : rowExpectation(table, row, ground);
    const cells = row.cells.flatMap((cell, column) => cellClaims(cell, { column, expect, row, table, ground }));
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
  row: Row;
  table: Table;
  ground: Ground;
}

const COUNT_COLUMN = /^(?:calls|traces|errors|tokens|total tokens|generations|seen|of|unpriced calls)$/iu;

/** Numbers of rows, and efforts, which the data do not hold in these words. */
const NO_FIGURES = /^(?:priority|#|rank|effort|validation period)$/u;

function cellClaims(raw: Prose, { column, expect, row, table, ground }: CellPlace): Claim[] {
  const header = (table.header[column] ?? '').trim().toLowerCase();
  const cell = plainLine(raw, table.scope, ground);
  const single = cellFigure(fullText(cell));
  const expected = expect(header);
  const about = cellAbout(cell, row, table, header, ground);
  const place = (figure: Figure): LineFigure => ({ ...figure, line: cell.line });
  const foreign = foreignMoneyIn(cell.text).map((figure) =>
    contradicted(place(figure), 'the costs of the data are in US dollars', table, ground),
  );
  if (foreign.length > 0) return foreign;
  const excerpts = cellExcerpts(header, raw, table, ground);
  if (excerpts.length > 0) return excerpts;
  if (expected && 'values' in expected && expected.values.length > 0)
    return boundCell(cell, single, expected, { ...table, about }, ground);
  const figures = [...moneyIn(cell.text), ...percentagesIn(cell.text)].map(place);
  const whole = expected && 'trace' in expected && !NO_FIGURES.test(header);
  if (figures.length === 0 && single && column > 0 && (whole || COUNT_COLUMN.test(header))) figures.push(place(single));
  const claims = figures.map((figure) => ownFigure(figure, expected, { ...table, about }, ground));
  if (NO_FIGURES.test(header)) return claims;
  return [...claims, ...looseClaims(without(cell, figures, about), { ...table, about }, ground)];
}

/** The cell as a sentence would say it: what its row names, and the column's head before it. */
function cellAbout(cell: Prose, row: Row, table: Table, header: string, ground: Ground): About {
  const names = { ...cell, codes: row.cells.flatMap(({ codes }) => codes) };
  const text = `${header.replace(/(?<!\p{L})\d+/gu, ' ')}: ${cell.text}`;
  return { prose: { ...cell, text }, subjects: subjectsOf(names, table.scope, ground) };
}

type AboutTable = Table & { about: About };

/** A cell that has one right value: it gives that value, in its unit, with its sign, and nothing else that is false. */
function boundCell(cell: Prose, single: Figure | null, expected: Expected, table: AboutTable, ground: Ground): Claim[] {
  const line = cell.line;
  const text = fullText(cell).trim();
  if (!single) {
    const empty: LineFigure = { text, value: Number.NaN, unit: 'plain', half: 0, index: 0, line };
    return [bound(ground, table, empty, expected)];
  }
  const figure = inSeconds({ ...single, line }, text);
  const negative = /^(?:[~≈]|\p{L}+\.?)?\s*-/u.test(text) && expected.values.every((value) => value > 0);
  const main = negative
    ? contradicted(figure, `${expected.what} has no such value below zero`, table, ground)
    : bound(ground, table, figure, expected);
  const others = [...moneyIn(cell.text), ...percentagesIn(cell.text)].filter((other) => other.text !== single.text);
  return [
    main,
    ...others.map((other) => bound(ground, table, { ...other, line }, expected)),
    ...looseClaims(without(cell, [...others, withUnit(single, cell.text)], table.about), table, ground),
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

/** The cell behind its column's head, without the figures that have been read. */
function without(cell: Prose, figures: readonly Figure[], { prose }: About): Prose {
  let text = cell.text;
  for (const { text: written } of figures) {
    const at = text.indexOf(written);
    if (at >= 0) text = text.slice(0, at) + blank(written) + text.slice(at + written.length);
  }
  return { ...cell, text: prose.text.slice(0, prose.text.length - cell.text.length) + text };
}

function contradicted(figure: LineFigure, reason: string, table: Table, ground: Ground): Claim {
  const { text, line } = figure;
  return claim(ground, table, { kind: kindOf(figure), text, line, failure: { status: 'contradicted', reason } });
}

/** A trace's figure must be one of its own, an operation's too; under other names it must be what the row and the column's head say. */
function ownFigure(figure: LineFigure, expected: Expectation, table: AboutTable, ground: Ground): Claim {
  const make = (failure: Failure) =>
    claim(ground, table, { kind: kindOf(figure), text: figure.text, line: figure.line, failure });
  if (isTrivial(figure)) return make(null);
  if (!expected || 'values' in expected) {
    const { prose } = table.about;
    const at = { ...figure, index: prose.text.lastIndexOf(figure.text) };
    return make(
      isBacked(at, table.about, ground) ? null : unsupported('no figure of what the row names reads like this'),
    );
  }
  const name = 'trace' in expected ? expected.trace : expected.operation;
  const own = 'trace' in expected ? ground.known.ofTrace(name) : ground.known.ofOperation(name);
  if (own?.has(figure)) return make(null);
  if (!('trace' in expected) || !own?.hasMoney) return make(unsupported(`no figure of ${name} reads like this`));
  return bound(ground, table, figure, { values: own.near(figure), what: `what the data know of trace ${name}` });
}
