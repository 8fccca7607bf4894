import type { FileChange } from '../../agent/diff/files.ts';
import type { QueryChange } from '../../agent/diff/queries.ts';
import { isSame, type RunDiff } from '../../agent/diff/run-diff.ts';
import type { Change } from '../../agent/diff/values.ts';
import { count, instant, truncate, usd } from '../../lib/format.ts';
import type { Palette } from '../colors.ts';
import { printable, printableValue } from '../printable.ts';

/** Characters of a value that are shown. */
const MAX_VALUE = 80;
const MARK = { changed: '~', new: '+', gone: '-' } as const;

/** What changed between two runs, for people: a section for each kind of change that there is. */
export function diffText(found: RunDiff, colors: Palette): string {
  const diff = shown(found);
  const { before, after } = diff.runs;
  const head = [
    colors.red(`- ${before.run.slice(0, 8)}  ${instant(before.started)}  ${before.place}`),
    colors.green(`+ ${after.run.slice(0, 8)}  ${instant(after.started)}  ${after.place}`),
  ];
  if (isSame(diff)) return `${[...head, '', 'Nothing differs.'].join('\n')}\n`;
  const sections = Object.entries(sectionsOf(diff, colors)).flatMap(([title, lines]) =>
    lines.length === 0 ? [] : ['', colors.bold(title), ...lines],
  );
  return `${[...head, ...sections].join('\n')}\n`;
}

/** What files and logs say, for a terminal; patches keep their lines. */
function shown(diff: RunDiff): RunDiff {
  return {
    ...printableValue(diff),
    queries: diff.queries.map((query) => ({ ...printableValue(query), sql: printable(query.sql) })),
    report: printable(diff.report),
  };
}

function sectionsOf(diff: RunDiff, colors: Palette): Record<string, string[]> {
  const changes = (list: readonly Change[]) => list.map((change) => changeLine(change, show, colors));
  return {
    Setup: changes(diff.setup),
    Parameters: changes(diff.parameters),
    Runbook: diff.runbook.map(({ path, kind }) => marked(kind, path, colors)),
    Queries: diff.queries.flatMap((query) => queryLines(query, colors)),
    Findings: diff.findings.flatMap(({ kind, title, changes: facts }) => [
      marked(kind, title, colors),
      ...(kind === 'changed' ? facts.map((fact) => `  ${changeLine(fact, figure, colors)}`) : []),
    ]),
    Costs: diff.costs.map((change) => changeLine({ ...change, name: COST[change.name] ?? change.name }, money, colors)),
    Grade: [
      ...changes(diff.grade),
      ...diff.gates.before.map((gate) => marked('gone', `gate ${gate}`, colors)),
      ...diff.gates.after.map((gate) => marked('new', `gate ${gate}`, colors)),
    ],
    Files: diff.files.map((file) => marked(file.kind, `${file.path}${rowsOf(file)}`, colors)),
    'recommendations.md': diff.report === '' ? [] : patchLines(diff.report, '  ', colors),
  };
}

const COST: Record<string, string> = { report: 'spend in the report', model: 'model requests of the run' };

function queryLines(
  { kind, step, tool, name, sql, values, rows, answer, error }: QueryChange,
  colors: Palette,
): string[] {
  const head = marked(kind, `step ${step}, ${tool}${name === '' ? '' : `: ${name}`}`, colors);
  if (kind !== 'changed') return [`${head} (${count(rows.before ?? rows.after ?? 0)} rows)`];
  const isSameSize = rows.before === rows.after;
  const gives = isSameSize
    ? `${answer === 'same' ? 'the same' : 'other'} ${count(rows.after ?? 0)} rows`
    : `${count(rows.before ?? 0)} → ${count(rows.after ?? 0)} rows`;
  return [
    `${head} (${gives})`,
    ...(sql === '' ? [] : patchLines(sql, '      ', colors)),
    ...values.map((change) => `    ${changeLine(change, show, colors)}`),
    ...(error.before === error.after ? [] : [`    ${changeLine({ name: 'error', ...error }, show, colors)}`]),
  ];
}

function rowsOf({ rows: { before, after } }: FileChange): string {
  if (before === null || after === null) return after === null ? '' : ` (${count(after)} rows)`;
  return before === after ? ` (${count(after)} rows)` : ` (${count(before)} → ${count(after)} rows)`;
}

function marked(kind: keyof typeof MARK, text: string, colors: Palette): string {
  const color = { changed: colors.yellow, new: colors.green, gone: colors.red }[kind];
  return `  ${color(MARK[kind])} ${text}`;
}

function changeLine({ name, before, after }: Change, as: (value: unknown, name: string) => string, colors: Palette) {
  return `  ${name}: ${colors.red(as(before, name))} → ${colors.green(as(after, name))}`;
}

function show(value: unknown): string {
  if (value === null) return '–';
  return truncate(typeof value === 'string' && value !== '' ? value : JSON.stringify(value), MAX_VALUE);
}

function money(value: unknown): string {
  return typeof value === 'number' ? usd(value) : show(value);
}

/** A fact of a finding. */
function figure(value: unknown, name: string): string {
  if (name.startsWith('savings')) return money(value);
  return typeof value === 'number' ? count(value) : show(value);
}

function patchLines(patch: string, indent: string, colors: Palette): string[] {
  return patch.split('\n').map((line) => {
    const color = line.startsWith('+') ? colors.green : line.startsWith('-') ? colors.red : colors.dim;
    return color(`${indent}${line}`);
  });
}
