import { CHECKS, GATES } from './ids.ts';
import { type Block, readBlocks, type TableBlock } from './markdown.ts';
import { fullText } from './structure.ts';

const DEFAULTS = { average: 4, each: 3, rounds: 3 };
const CRITERION = /^(?:criterion|criteria|dimension)$/iu;
const AVERAGE = /(?:average|mean|overall)[^.\d]{0,40}?(?:≥|>=|of at least|at least|of)\s*(\d(?:\.\d+)?)/iu;
const EACH = /(?:none|no [\p{L} ]{1,40}?)\s+(?:is |scores? |may be |scoring )?below\s+(\d)/iu;
const ROUNDS =
  /(?:at most|up to|max(?:imum)?(?: of)?)\s*(\d+)\s*(?:rounds|iterations)|(\d+)\s*(?:rounds|iterations)\b/iu;

/**
 * The rubric of a Markdown runbook, as a rubric file would say it: a table `# | Criterion | 5 | 3 | 1`, with what the text around it says of
 * thresholds. Criteria with the names of our checks are computed; the others need a model that judges.
 * @throws Error where there is no such table
 */
export async function rubricTable(markdown: string): Promise<unknown> {
  const blocks = await readBlocks(markdown.replace(/^---\n[\s\S]*?\n---\n/u, ''));
  const table = blocks.find((block): block is TableBlock => block.kind === 'table' && columnsOf(block) !== undefined);
  const columns = table && columnsOf(table);
  if (!columns) throw new Error('there is no table # | Criterion | 5 | 3 | 1');
  const criteria = table.rows.map(({ cells }) => {
    const cell = (column: number) => fullText(cells[column] ?? { text: '', codes: [] }).trim();
    const name = cell(columns.criterion);
    const id = idOf(name);
    const anchors = { 5: cell(columns.five), 3: cell(columns.three), 1: cell(columns.one) };
    return { id, name, checks: CHECKS.filter((check) => check === id), anchors };
  });
  const computed = criteria.every(({ checks }) => checks.length > 0);
  const gates = computed ? GATES : (['outputs'] as const);
  return {
    version: 1,
    criteria,
    thresholds: thresholdsOf(blocks),
    gates: gates.map((id) => ({ id, name: id.replaceAll('_', ' ') })),
  };
}

interface Columns {
  criterion: number;
  five: number;
  three: number;
  one: number;
}

function columnsOf({ header }: TableBlock): Columns | undefined {
  const find = (pattern: RegExp) => header.findIndex((text) => pattern.test(text.trim()));
  const columns = { criterion: find(CRITERION), five: find(/^5\b/u), three: find(/^3\b/u), one: find(/^1\b/u) };
  return Object.values(columns).every((index) => index >= 0) ? columns : undefined;
}

function idOf(name: string): string {
  const words =
    name
      .normalize('NFKD')
      .toLowerCase()
      .match(/[a-z0-9]+/gu) ?? [];
  const id = words.join('_');
  return /^[a-z]/u.test(id) ? id : `criterion_${id}`;
}

function thresholdsOf(blocks: readonly Block[]): typeof DEFAULTS {
  const text = blocks.flatMap((block) => (block.kind === 'text' ? block.lines.map(fullText) : [])).join('\n');
  const number = (pattern: RegExp) => {
    const match = pattern.exec(text);
    return match ? Number(match[1] ?? match[2]) : undefined;
  };
  return {
    average: number(AVERAGE) ?? DEFAULTS.average,
    each: number(EACH) ?? DEFAULTS.each,
    rounds: Math.min(10, Math.max(1, number(ROUNDS) ?? DEFAULTS.rounds)),
  };
}
