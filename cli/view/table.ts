import { truncate } from '../../lib/format.ts';

export interface Column {
  title: string;
  /** Figures stand at the right. */
  right?: boolean;
  /** Left out where the terminal is too narrow, the highest first. */
  dispensable?: number;
}

/** The least of the last column that is still of use. */
const MIN_LAST = 16;
const GAP = '  ';

/**
 * Rows as aligned lines, the titles first; the last column takes what is left of the width and is cut there.
 * @param paint colours a cell once it is padded
 */
export function table(
  columns: readonly Column[],
  rows: readonly string[][],
  width: number,
  paint: (text: string, column: string, row: number) => string,
): string[] {
  const shown = columnsFor(columns, rows, width);
  const lines = [columns.map(({ title }) => title), ...rows];
  const last = shown.at(-1) ?? 0;
  const room = width - widthOf(shown.slice(0, -1), lines) - GAP.length * (shown.length - 1);
  return lines.map((cells, index) =>
    shown
      .map((at) => {
        const text = cells[at] ?? '';
        const { title = '', right = false } = columns[at] ?? {};
        const size = widthOf([at], lines);
        const padded =
          at === last ? truncate(text, Math.max(1, room)) : right ? text.padStart(size) : text.padEnd(size);
        return paint(padded, title, index - 1);
      })
      .join(GAP)
      .trimEnd(),
  );
}

function columnsFor(columns: readonly Column[], rows: readonly string[][], width: number): number[] {
  const lines = [columns.map(({ title }) => title), ...rows];
  let shown = columns.map((_column, index) => index);
  const tooWide = () => widthOf(shown.slice(0, -1), lines) + GAP.length * (shown.length - 1) + MIN_LAST > width;
  while (tooWide()) {
    const [first] = shown
      .filter((at) => columns[at]?.dispensable !== undefined)
      .sort((a, b) => (columns[b]?.dispensable ?? 0) - (columns[a]?.dispensable ?? 0));
    if (first === undefined) break;
    shown = shown.filter((at) => at !== first);
  }
  return shown;
}

function widthOf(shown: readonly number[], lines: readonly string[][]): number {
  return shown.reduce((sum, at) => sum + Math.max(...lines.map((cells) => (cells[at] ?? '').length)), 0);
}
