/** A table row of Markdown. Line breaks in a cell mean spaces. */
export function tableRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replace(/\s+/gu, ' ').trim().replaceAll('|', '\\|')).join(' | ')} |`;
}

/** A whole table. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [tableRow(header), `|${'---|'.repeat(header.length)}`, ...rows.map(tableRow)].join('\n');
}

export interface Row {
  /** By the header's text in lower case. */
  cells: Map<string, string>;
  /** Line of the file, from 1. */
  line: number;
}

const DIVIDER = /^\s*\|?(?:\s*:?-+:?\s*\|)+\s*:?-*:?\s*$/u;

/**
 * The rows of the first table that begins in some lines; none where there is no table.
 * @param line of the file, from 1, on which the lines begin
 */
export function readTable(lines: readonly string[], line: number): { header: string[]; rows: Row[] } {
  const at = lines.findIndex((text, index) => index > 0 && DIVIDER.test(text) && isRow(lines[index - 1] ?? ''));
  if (at < 0) return { header: [], rows: [] };
  const header = cellsOf(lines[at - 1] ?? '').map((cell) => cell.toLowerCase());
  const after = lines.slice(at + 1);
  const end = after.findIndex((text) => !isRow(text));
  const rows = (end < 0 ? after : after.slice(0, end)).map((text, index) => {
    const cells = cellsOf(text);
    return { cells: new Map(header.map((name, column) => [name, cells[column] ?? ''])), line: line + at + 1 + index };
  });
  return { header, rows };
}

function isRow(text: string): boolean {
  return text.trim().startsWith('|');
}

function cellsOf(text: string): string[] {
  const inner = text
    .trim()
    .replace(/^\|/u, '')
    .replace(/(?<!\\)\|$/u, '');
  return inner.split(/(?<!\\)\|/u).map((cell) => cell.replaceAll('\\|', '|').trim());
}

/**
 * A value as a code span of a table. Text that would not come back as it is, or that reads as quoted, is written as a JSON string: the
 * empty text is `""`.
 */
export function literal(value: string | number | boolean): string {
  const text = String(value);
  const isPlain = text !== '' && !/^"|`|\p{Cc}|^\s|\s$/u.test(text) && text.replace(/\s+/gu, ' ') === text;
  return `\`${isPlain ? text : quoted(text)}\``;
}

function quoted(text: string): string {
  const escaped = (mark: string) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text)
    .replace(/`|\p{Cc}|[^\S ]/gu, escaped)
    .replace(/ {2,}/gu, (spaces) => escaped(' ').repeat(spaces.length));
}

/** The text of a code span or a plain cell; a JSON string is read as one. */
export function literalText(cell: string): string {
  const text = /^`+([^`]*)`+$/u.exec(cell)?.[1] ?? cell;
  if (!/^".*"$/u.test(text)) return text;
  try {
    return JSON.parse(text) as string;
  } catch {
    return text;
  }
}
