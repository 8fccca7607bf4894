import { plainFigures } from '../plain-text.ts';

/** Texts in one form, however they are marked up and their figures are written. */

/** Stands for a code span while the text around it is rewritten. */
const CODE_MARK = '\uFFFC';
const CODE_SPAN = /`[^`]*`/gu;
/** A backslash before `|` keeps it inside a cell, and before a backtick outside a code span. */
const ESCAPED = /\\([!-/:-@[\]^_{}~])/gu;
const EMPHASIS = /\*+(?=\S)|(?<=\S)\*+|(?<![\p{L}\p{N}])_+(?=\S)|(?<=\S)_+(?![\p{L}\p{N}])/gu;
const THOUSANDS = /(?<=\d),(?=\d{3}(?!\d))/gu;
/** `$1–$2`, `$1-$2`: two figures, and no sign. */
const RANGE = /(?<=\d[kM%]?) ?[–—](?= ?[$\d])|(?<=\d)-(?=\$)/gu;

/** A text without emphasis, escapes and groups of thousands; code spans stay to the letter. */
export function plainKey(text: string): string {
  const codes: string[] = [];
  const marked = text.replace(CODE_SPAN, (code) => {
    codes.push(code);
    return CODE_MARK;
  });
  const bare = marked.replace(ESCAPED, '$1').replace(EMPHASIS, '');
  return plainFigures(bare)
    .replace(THOUSANDS, '')
    .replace(RANGE, ' to ')
    .replace(/\s+/gu, ' ')
    .trim()
    .replaceAll(CODE_MARK, () => codes.shift() ?? '');
}

/** A table's row, cell by cell. */
export function rowKey(row: string): string {
  return `| ${cellsOf(row).map(plainKey).join(' | ')} |`;
}

/** A line of prose; an item begins with `- ` or `1. `. */
export function textKey(text: string): string {
  return plainKey(text.replace(/^[*+](?=\s)/u, '-').replace(/^(\d+)\)(?=\s)/u, '$1.'));
}

/** The cells of a table's row. */
export function cellsOf(row: string): string[] {
  const inner = row.replace(/^\|/u, '').replace(/(?<!\\)\|$/u, '');
  return inner.split(/(?<!\\)\|/u).map((cell) => cell.trim());
}
