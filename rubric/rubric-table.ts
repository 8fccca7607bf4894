import { CHECKS, type CheckId, GATES } from './ids.ts';
import { readBlocks, type TableBlock } from './markdown.ts';
import { fullText, normalTitle } from './structure.ts';
import { thresholdsOf } from './thresholds.ts';

const CRITERION = /^(?:criterion|criteria|dimensions?|aspects?)$/iu;
/** What a column of an anchor may be called beside its score. */
const SCORE = String.raw`^(?:scores?|level|rating|grade)?\s*:?\s*`;

/** Other names of the criteria that checks compute; words such as "quality" make no difference. */
const NAMES: Record<CheckId, RegExp> = {
  evidence: /^(?:trace )?evidence(?: (?:base|basis|grounding|traceability|citations?))?$/u,
  cost_analysis: /^(?:costs?(?: volume)?|spend)(?: (?:analysis|breakdown))?$/u,
  qualitative_depth:
    /^(?:qualitative (?:depth|analysis|findings|insights?|investigation)|depth qualitative analysis)$/u,
  actionability: /^(?:actionability(?: recommendations)?|actionable recommendations|recommendations)$/u,
  roadmap: /^(?:(?:prioriti[sz]ed|implementation|priority) )*roadmap(?: prioriti[sz]ation)?$/u,
};

/** Files of the trace optimizer that checks and gates rest on. */
const CHECKED = ['recommendations.md', 'validation_report.json', 'data/metrics_by_span.csv', 'data/findings.json'];

/**
 * The rubric of a Markdown runbook, as a rubric file would say it: a table `# | Criterion | 5 | 3 | 1`, with what the text around it says of
 * thresholds. Criteria with the names of our checks are computed; the others need a model that judges. Every gate holds, unless the runbook
 * leaves other files than those that checks and gates read.
 * @throws Error where there is no such table, or where it is not clear what a report needs to pass
 */
export async function rubricTable(markdown: string, outputs: readonly string[] = CHECKED): Promise<unknown> {
  const isChecked = CHECKED.every((file) => outputs.includes(file));
  const blocks = await readBlocks(withoutFrontmatter(markdown));
  const table = blocks.find((block): block is TableBlock => block.kind === 'table' && columnsOf(block) !== undefined);
  const columns = table && columnsOf(table);
  if (!columns) throw new Error('there is no table # | Criterion | 5 | 3 | 1');
  const names = new Map<string, string>();
  const criteria = table.rows.map(({ cells }) => {
    const cell = (column: number) => fullText(cells[column] ?? { text: '', codes: [] }).trim();
    const name = cell(columns.criterion);
    const id = idOf(name, names);
    const anchors = { 5: cell(columns.five), 3: cell(columns.three), 1: cell(columns.one) };
    return { id, name, checks: isChecked ? checksOf(name) : [], anchors };
  });
  return {
    version: 1,
    criteria,
    thresholds: thresholdsOf(blocks),
    gates: (isChecked ? GATES : (['outputs'] as const)).map((id) => ({ id, name: id.replaceAll('_', ' ') })),
  };
}

/** Lines keep their numbers. */
function withoutFrontmatter(markdown: string): string {
  return markdown.replace(/^---\r?\n[\s\S]*?\n---\r?\n/u, (front) => front.replace(/[^\n]/gu, ''));
}

interface Columns {
  criterion: number;
  five: number;
  three: number;
  one: number;
}

function columnsOf({ header }: TableBlock): Columns | undefined {
  const find = (pattern: RegExp) => header.findIndex((text) => pattern.test(text.trim()));
  const anchor = (score: number) => find(new RegExp(String.raw`${SCORE}${score}\b|\(${score}\)$`, 'iu'));
  const columns = { criterion: find(CRITERION), five: anchor(5), three: anchor(3), one: anchor(1) };
  return Object.values(columns).every((index) => index >= 0) ? columns : undefined;
}

function checksOf(name: string): CheckId[] {
  const words = normalTitle(name).replace(/\b(?:quality|of|the|and|in|overall)\b/gu, '');
  const plain = words.replace(/\s+/gu, ' ').trim();
  return CHECKS.filter((check) => NAMES[check].test(plain));
}

/** Names that differ have ids that differ, also where they have no Latin letters. @param names by id, of those before it */
function idOf(name: string, names: Map<string, string>): string {
  const words =
    name
      .normalize('NFKD')
      .toLowerCase()
      .match(/[a-z0-9]+/gu) ?? [];
  const plain = words.join('_');
  const own = /^[a-z]/u.test(plain) ? plain : ['criterion', ...words].join('_');
  const id = (names.get(own) ?? name) === name ? own : `${own}_${names.size + 1}`;
  names.set(id, name);
  return id;
}
