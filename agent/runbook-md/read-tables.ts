import type { Section } from './sections.ts';
import { literalText, type Row, readTable } from './table.ts';

/** A parameter as a table has it. */
export interface TableParameter {
  name: string;
  /** Text of its default; undefined where the table says that it has to be given. */
  standard: string | undefined;
  description: string;
  /** Line of the file, from 1. */
  line: number;
}

const RESULTS_PREFIX = /^(?:\{\{\s*results_dir\s*\}\}|\$\{?RESULTS_DIR\}?|\/app\/results|\.\/results)\/+/u;
/** What a cell says in the place of a default. */
const REQUIRED = /^\W*required\b/iu;
const NO_DEFAULT = /^(?:\W*(?:optional|none|empty|n\/a|unset|not set)\b.*|[-–—*\s]*)$/iu;

/** The parameters of a table of any of the public headers, without the results dir, which each run has anyway. */
export function readParameters({ lines, line }: Section): TableParameter[] {
  const { rows } = readTable(lines, line + 1);
  const seen = new Set(['results_dir']);
  return rows.flatMap(({ cells, line: at }) => {
    const cell = (...names: string[]) => names.map((name) => cells.get(name)).find((text) => text !== undefined) ?? '';
    const name = nameOf(cell('template variable')) ?? nameOf(cell('parameter', 'name')) ?? '';
    if (name === '' || seen.has(name)) return [];
    seen.add(name);
    const given = cell('default', 'value', 'value / default', 'environment', 'environment / path');
    const required = REQUIRED.test(given) || (/^\W*yes\b/iu.test(cell('required')) && NO_DEFAULT.test(given));
    return [{ name, standard: required ? undefined : defaultOf(given), description: cell('description'), line: at }];
  });
}

/** `{{window_days}}`, `` `window_days` ``, `--window-days` and `Window days` all name window_days. */
function nameOf(cell: string): string | undefined {
  const inner = /\{\{\s*([\w.]+)\s*\}\}/u.exec(cell)?.[1] ?? /`([^`]+)`/u.exec(cell)?.[1] ?? cell;
  const name = inner
    .toLowerCase()
    .replace(/[^a-z0-9]+/gu, '_')
    .replace(/^[_0-9]+|_+$/gu, '');
  return name === '' ? undefined : name;
}

/** One literal: the first code span where prose stands around it. */
function defaultOf(cell: string): string {
  if (/^`+[^`]*`+$/u.test(cell)) return literalText(cell);
  const code = /`([^`]+)`/u.exec(cell)?.[1];
  return code ?? (NO_DEFAULT.test(cell) ? '' : literalText(cell));
}

export interface TableOutput {
  path: string;
  description: string;
  required: boolean;
  line: number;
}

/** Single files; patterns, placeholders and folders name no file that could be looked for, and are returned as notes. */
export function readOutputs({ lines, line }: Section): { outputs: TableOutput[]; notes: string[] } {
  const optionalAt = lines.findIndex((text) => /^### Optional Files\s*$/u.test(text));
  const end = optionalAt < 0 ? lines.length : optionalAt;
  const required = readTable(lines.slice(0, end), line + 1).rows;
  const optional = readTable(lines.slice(end), line + 1 + end).rows;
  const notes: string[] = [];
  const seen = new Set<string>();
  const outputs = [
    ...required.map((row) => ({ row, required: true })),
    ...optional.map((row) => ({ row, required: false })),
  ];
  const read = outputs.flatMap(({ row, required }) => {
    const file = fileOf(row);
    if (seen.has(file)) return [];
    seen.add(file);
    if (isFile(file)) return [{ path: file, description: secondCell(row), required, line: row.line }];
    notes.push(
      `line ${row.line}: ${file || 'a file without a name'} is not looked for: it is no single file of the results dir`,
    );
    return [];
  });
  return { outputs: read, notes };
}

function fileOf({ cells }: Row): string {
  const [first = ''] = cells.values();
  return withoutPrefix(/`([^`]+)`/u.exec(first)?.[1] ?? first);
}

/** A path below the results dir, without what names that dir. */
export function withoutPrefix(file: string): string {
  return file.trim().replace(RESULTS_PREFIX, '');
}

function secondCell({ cells }: Row): string {
  return [...cells.values()][1] ?? '';
}

function isFile(file: string): boolean {
  return file !== '' && !/[*?<>{}[\]|]|\/$|^\/|^[~$]|(?:^|\/)\.\.(?:\/|$)/u.test(file);
}
