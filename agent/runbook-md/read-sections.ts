import { isDeepStrictEqual } from 'node:util';
import { loadRubric } from '../../rubric/load.ts';
import { type Section, withoutGenerated } from './sections.ts';
import { readTable, table } from './table.ts';

const COLUMNS = ['#', 'Criterion', '5 (Excellent)', '3 (Acceptable)', '1 (Poor)'];

/** Where a runbook has no rubric of its own, its files are all that is asked for. */
const FILES_ONLY: [string, string, string, string, string] = [
  '1',
  'Deliverables',
  'Each file of the manifest is there and does what the objective asks for.',
  'Each file is there; part of them falls short of the objective.',
  'A file is missing, or none does what the objective asks for.',
];

/**
 * The rubric of a RUNBOOK.md as a file of the runbook; undefined where it is the one that ships with the program, which is computed.
 */
export async function rubricFrom(sections: readonly Section[], evaluation: string): Promise<string | undefined> {
  const found = sections.map((section) => ({ section, ...criteriaIn(section) })).find(({ rows }) => rows.length > 0);
  const rows = found?.rows ?? [FILES_ONLY];
  const { criteria } = await loadRubric();
  const shipped = criteria.map(({ name, anchors }) => [name, anchors[5], anchors[3], anchors[1]]);
  if (
    isDeepStrictEqual(
      rows.map((row) => row.slice(1)),
      shipped,
    )
  )
    return undefined;
  const around = found && evaluation !== 'programmatic' ? proseOf(found.section) : '';
  return `# Rubric\n\n${table(COLUMNS, rows)}\n${around === '' ? '' : `\n${around}\n`}`;
}

function criteriaIn({ lines, line }: Section): { rows: string[][] } {
  const at = lines.findIndex((text) => /^\s*\|[^\n]*\bcriterion\b[^\n]*\b5\b[^\n]*\b3\b[^\n]*\b1\b/iu.test(text));
  if (at < 0) return { rows: [] };
  const { header, rows } = readTable(lines.slice(at), line + 1 + at);
  const column = (pattern: RegExp) => header.findIndex((name) => pattern.test(name));
  const order = [column(/criterion/u), column(/^\D*5\b/u), column(/^\D*3\b/u), column(/^\D*1\b/u)];
  return {
    rows: rows.map(({ cells }, index) => [String(index + 1), ...order.map((at) => [...cells.values()][at] ?? '')]),
  };
}

/** What the section says beside its tables: thresholds and rounds stand there. */
function proseOf({ lines }: Section): string {
  const text = withoutGenerated(lines.join('\n'));
  return text
    .split('\n')
    .filter((line) => !line.trim().startsWith('|'))
    .join('\n')
    .trim();
}

const TABLES = /^(?:Objective|REQUIRED OUTPUT|Parameters)\b/iu;
/** Sections that export makes of the manifest and the rubric. */
const MADE = /^(?:Evaluate: Rubric|Iterate on Errors\b|Final Checklist\b)/iu;

/**
 * The sections that are no steps, as they stand, for the guide of the runbook.
 * @param objective what the objective says beyond the description
 * @param isOurs whether export wrote the file, and with it sections that it will write again
 */
export function guideFrom(sections: readonly Section[], objective: string, isOurs: boolean): string | undefined {
  const kept = sections.flatMap(({ title, step, lines }) => {
    if (step !== undefined || TABLES.test(title) || (isOurs && MADE.test(title))) return [];
    const text = withoutGenerated(lines.join('\n')).trim();
    return text === '' ? [] : [`## ${title}\n\n${text}`];
  });
  const all = [...(objective === '' ? [] : [`## Objective\n\n${objective}`]), ...kept];
  return all.length > 0 ? `${all.join('\n\n')}\n` : undefined;
}
