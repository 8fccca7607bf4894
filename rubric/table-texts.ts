import type { Artifacts } from './artifacts.ts';
import { type Claim, claim, type Ground } from './claim.ts';
import { traceKey } from './keys.ts';
import type { TableBlock } from './markdown.ts';
import { fullText, type Scope } from './structure.ts';

type Table = TableBlock & { scope: Scope };
type Row = Table['rows'][number];
type Item = Record<string, unknown>;
/** The text of a row's cell by its column head; empty where there is no such column. */
export type CellText = (header: string) => string;

export function cellText(table: Table, row: Row): CellText {
  const headers = table.header.map((header) => header.trim().toLowerCase());
  return (header) => traceKey(fullText(row.cells[headers.indexOf(header)] ?? { text: '', codes: [] }));
}

/** The words of a row (kind, severity, status, driver, issue, title, effort, trace) against the file that its table shows. */
export function textClaims(table: Table, row: Row, ground: Ground): Claim[] {
  const cell = cellText(table, row);
  const headers = new Set(table.header.map((header) => header.trim().toLowerCase()));
  const faults: string[] = [];
  if (headers.has('finding') && headers.has('operation')) faults.push(...findingFaults(cell, ground.artifacts));
  else if (table.scope.section === 'Failure-Mode Analysis' && headers.has('kind')) {
    faults.push(...failureFaults(cell, ground.artifacts));
  } else if (table.scope.section === 'Implementation Roadmap') faults.push(...roadmapFaults(cell, ground.artifacts));
  else if (cell('trace') !== '') faults.push(...traceFaults(cell, table.scope, ground));
  return faults.map((reason) =>
    claim(ground, table, {
      kind: 'operation',
      text: row.cells
        .map((each) => fullText(each))
        .join(' | ')
        .slice(0, 100),
      line: row.line,
      failure: { status: 'contradicted', reason },
    }),
  );
}

/** @returns what is wrong where no item has all of these texts, naming the first column that rules the last items out */
function match(
  items: readonly Item[],
  wanted: [string, string, (item: Item) => readonly string[]][],
  file: string,
): string[] {
  let left = items;
  for (const [header, written, texts] of wanted) {
    if (written === '') continue;
    left = left.filter((item) => texts(item).includes(written));
    if (left.length === 0) return [`${file} has no such ${header} in this row`];
  }
  return [];
}

const of = (key: string) => (item: Item) => [traceKey(String(item[key] ?? ''))];
const ids = (item: Item) => [
  ...(Array.isArray(item.trace_ids) ? item.trace_ids.map((id) => traceKey(String(id))) : []),
  'none',
];

function findingFaults(cell: CellText, { findings }: Artifacts): string[] {
  if (!findings.value) return [];
  return match(
    findings.value.findings,
    [
      ['finding', cell('finding').replaceAll(' ', '_'), of('kind')],
      ['operation', cell('operation'), of('operation')],
      ['severity', cell('severity'), of('severity')],
      ['trace', cell('example trace'), ids],
    ],
    'data/findings.json',
  );
}

function failureFaults(cell: CellText, { failures }: Artifacts): string[] {
  const file = failures.value;
  const groups = Array.isArray(file) ? file : file?.groups;
  if (!Array.isArray(groups)) return [];
  const status = (group: Item) => [group.http_status ? String(group.http_status) : 'none'];
  return match(
    groups.filter((group): group is Item => typeof group === 'object' && group !== null),
    [
      ['operation', cell('operation'), of('operation')],
      ['kind', cell('kind'), of('class')],
      ['status', cell('http status'), status],
      ['trace', cell('example trace'), ids],
    ],
    'data/failure_modes.json',
  );
}

function roadmapFaults(cell: CellText, { recommendations }: Artifacts): string[] {
  const own = recommendations.value?.recommendations.find((item) => String(item.priority) === cell('priority'));
  if (!own) return [];
  const title = (text: unknown) => traceKey(String(text).replace(/\\([_*`\\[\]<>#|~-])/gu, '$1')).replace(/[`ʼ]/gu, '');
  const faults: string[] = [];
  const compare = (header: string, ok: boolean) => {
    if (cell(header) !== '' && !ok)
      faults.push(`data/recommendations.json says another ${header} of priority ${own.priority}`);
  };
  if (typeof own.title === 'string') compare('recommendation', title(own.title) === title(cell('recommendation')));
  if (typeof own.severity === 'string') compare('impact', own.severity === cell('impact'));
  if (typeof own.effort === 'string') compare('effort', cell('effort').startsWith(own.effort));
  if (typeof own.period_days === 'number')
    compare('validation period', cell('validation period') === `${own.period_days} days`);
  const saving = cell('expected savings per month');
  if (own.savings && saving !== '' && !/\d/u.test(saving)) compare('expected savings per month', false);
  if (own.savings === null && /[1-9]/u.test(saving)) compare('expected savings per month', false);
  return faults;
}

/** What the data say of a trace, where a table of traces says it: its driver, its issue, and whose evidence it may be. */
function traceFaults(cell: CellText, scope: Scope, { known, artifacts }: Ground): string[] {
  const trace = cell('trace');
  const faults: string[] = [];
  for (const header of ['driver', 'issue']) {
    const told = known.texts.saidOf(trace, header);
    if (cell(header) !== '' && told.size > 0 && !told.has(cell(header)))
      faults.push(`the data say another ${header} of this trace`);
  }
  const own = artifacts.recommendations.value?.recommendations.find((item) => item.priority === scope.priority);
  const operations = known.texts.operationsOf(trace);
  if (own && operations && !operations.has(traceKey(own.operation)))
    faults.push(`the trace is none of ${own.operation}`);
  return faults;
}
