import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Random } from '../../tests/worlds/random.ts';

/** One way in which a good report can be made false. */
export interface Fault {
  kind: string;
  /** How often as many places are tried as of others; 1 where it does not say. */
  tries?: number;
  /** Edits a copy of the results in place. @returns false where the report has no place for it */
  apply(dir: string, random: Random): boolean;
}

export const REPORT = 'recommendations.md';
export const SUMMARY = 'summary.md';

/** A fault in a file's text. @param edit gives the new text; undefined or the same text where there is no place for it */
export function inText(
  kind: string,
  file: string,
  edit: (text: string, random: Random, dir: string) => string | undefined,
): Fault {
  return {
    kind,
    apply(dir, random) {
      const full = path.join(dir, file);
      if (!existsSync(full)) return false;
      const before = readFileSync(full, 'utf8');
      const after = edit(before, random, dir);
      if (after === undefined || after === before) return false;
      writeFileSync(full, after);
      return true;
    },
  };
}

/** A fault in one line of the report that matches; which one is chosen by the seed. */
export function inLine(kind: string, pattern: RegExp, change: (line: string, random: Random) => string): Fault {
  return inText(kind, REPORT, (text, random) => {
    const lines = text.split('\n');
    const places = lines.flatMap((line, index) => (pattern.test(line) ? [index] : []));
    if (places.length === 0) return undefined;
    const at = random.pick(places);
    lines[at] = change(lines[at] ?? '', random);
    return lines.join('\n');
  });
}

/** A false sentence put below a heading of the report. */
export function inserted(kind: string, heading: RegExp, sentence: string): Fault {
  return inText(kind, REPORT, (text, random) => {
    const places = [...text.matchAll(heading)].map((match) => match.index + match[0].length);
    if (places.length === 0) return undefined;
    const at = random.pick(places);
    return `${text.slice(0, at)}\n\n${sentence}${text.slice(at)}`;
  });
}

export function readText(dir: string, file: string): string {
  return readFileSync(path.join(dir, file), 'utf8');
}

// biome-ignore lint/suspicious/noExplicitAny: data files of any shape
export type Json = any;

/** A fault in a data file. @param change edits the value in place; false where there is no place for it */
export function inJson(kind: string, file: string, change: (value: Json, random: Random) => boolean): Fault {
  return inText(kind, file, (text, random) => {
    const value = JSON.parse(text) as Json;
    return change(value, random) ? `${JSON.stringify(value, null, 2)}\n` : undefined;
  });
}

/** A fault in a CSV: one cell of a row, chosen by the seed. */
export function inCell(kind: string, file: string, column: string, change: (cell: string) => string): Fault {
  return inText(kind, file, (text, random) => {
    const lines = text.trimEnd().split('\n');
    const at = (lines[0] ?? '').split(',').indexOf(column);
    // Rows with quoted cells are left alone.
    const rows = lines.flatMap((line, index) => (index > 0 && !line.includes('"') ? [index] : []));
    if (at < 0 || rows.length === 0) return undefined;
    const row = random.pick(rows);
    const cells = (lines[row] ?? '').split(',');
    cells[at] = change(cells[at] ?? '');
    lines[row] = cells.join(',');
    return `${lines.join('\n')}\n`;
  });
}

/** Another digit in the place of the last one. */
export function otherDigit(text: string): string {
  return text.replace(/\d(?=\D*$)/u, (digit) => String((Number(digit) + 4) % 10));
}
