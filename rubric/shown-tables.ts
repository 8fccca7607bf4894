import type { Artifacts } from './artifacts.ts';
import { dataFile, objectsOf } from './data-files.ts';
import type { TableBlock } from './markdown.ts';
import { tablesOf, wordsOf } from './passage.ts';
import { fullText, type Report, type SectionName } from './structure.ts';

/** A table that a report shows where data/report_view.json has rows for it. */
interface Shown {
  what: string;
  rows: (view: View) => unknown;
  section: SectionName;
  /** What its rows are named by. */
  name: 'operation' | 'model' | 'kind';
  /** The column without which it does not say it. */
  column: RegExp;
}
type View = Record<string, unknown>;

const TABLES: Shown[] = [
  {
    what: 'most-called operations',
    rows: (v) => v.most_called,
    section: 'Cost Analysis',
    name: 'operation',
    column: /calls/iu,
  },
  {
    what: 'dearest operations',
    rows: (v) => v.dearest,
    section: 'Cost Analysis',
    name: 'operation',
    column: /total cost/iu,
  },
  { what: 'models', rows: (v) => v.models, section: 'Cost Analysis', name: 'model', column: /cost/iu },
  { what: 'cost a day', rows: (v) => v.trend, section: 'Cost Analysis', name: 'operation', column: /\bday|daily/iu },
  {
    what: 'cost per trace',
    rows: (v) => v.variance,
    section: 'High-Variance Investigation',
    name: 'operation',
    column: /median/iu,
  },
  {
    what: 'failures',
    rows: (v) => (v.failures as View | undefined)?.groups,
    section: 'Failure-Mode Analysis',
    name: 'operation',
    column: /errors|failed|calls/iu,
  },
  {
    what: 'findings',
    rows: (v) => v.findings,
    section: 'Failure-Mode Analysis',
    name: 'kind',
    column: /seen|traces|calls/iu,
  },
];

/** Tables that the report lacks. Each begins with the first row of the data, and one table is not two. */
export function tableGaps(artifacts: Artifacts, { blocks }: Report): string[] {
  const view = dataFile(artifacts, 'data/report_view.json');
  if (typeof view !== 'object' || view === null) return [];
  const taken = new Set<TableBlock>();
  return TABLES.flatMap(({ what, rows, section, name, column }) => {
    const [first] = objectsOf(rows(view as View));
    if (typeof first?.[name] !== 'string') return [];
    const found = tablesOf(blocks)
      .filter((table) => table.scope.section === section && !taken.has(table))
      .find((table) => table.header.some((head) => column.test(head)) && begins(table, first[name] as string));
    if (!found) return [`${section} has no table of ${what}`];
    taken.add(found);
    return [];
  });
}

function begins(table: TableBlock, name: string): boolean {
  const cell = table.rows[0]?.cells[0];
  return cell !== undefined && (wordsOf(fullText(cell)) === wordsOf(name) || wordsOf(name) === '');
}
