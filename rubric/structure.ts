import type { Block, CodeBlock, TextBlock } from './markdown.ts';
import { CODE_MARK } from './markdown.ts';
import { type MeasurementPlan, readPlan } from './plan.ts';

export const SECTIONS = [
  'Executive Summary',
  'Cost Analysis',
  'High-Variance Investigation',
  'Failure-Mode Analysis',
  'Qualitative Findings',
  'Recommendations',
  'Implementation Roadmap',
  'Appendix',
] as const;
export type SectionName = (typeof SECTIONS)[number];

export const PARTS = {
  problem: 'The Problem',
  why: 'Why It Matters',
  evidence: 'Evidence',
  fix: 'Recommended Fix',
  measure: 'How to Measure Success',
  impact: 'Expected Impact',
} as const;
export type Part = keyof typeof PARTS;

/** Where in the report a block stands. */
export interface Scope {
  section: SectionName | null;
  /** Text of the nearest heading. */
  heading: string;
  /** Number of the recommendation, where it is inside one. */
  priority: number | null;
  part: Part | null;
}
export type ScopedBlock = Block & { scope: Scope };

/** A piece of Python in a fix, with the report's line on which it begins. */
export interface CodePiece {
  value: string;
  line: number;
}

/** The Python of a fix as it stands there; rubric/fix-code.ts says whether it holds. */
interface FixCode {
  /** The first two Python blocks, or the two parts of one block with a `# Before` and an `# After`. */
  pair: [before: CodePiece, after: CodePiece] | null;
  /** Every Python block. */
  blocks: CodePiece[];
}

export interface ReportRecommendation {
  priority: number;
  title: string;
  line: number;
  /** The parts that are there and not empty, with the line where they begin. */
  parts: Partial<Record<Part, number>>;
  blocks: ScopedBlock[];
  code: FixCode;
  /** What is wrong with the code, with lines; filled in by rubric/report.ts, which loads the parser. */
  codeFaults: string[];
  plan: MeasurementPlan;
}

export interface Report {
  blocks: ScopedBlock[];
  sections: Partial<Record<SectionName, { line: number; empty: boolean }>>;
  recommendations: ReportRecommendation[];
}

/** Names are compared without case, numbering, punctuation and kinds of dashes. */
export function normalTitle(title: string): string {
  return title
    .normalize('NFKC')
    .replace(/^\s*[\d.]+\s*/u, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .toLowerCase();
}

const SECTION_BY_NAME = new Map<string, SectionName>(SECTIONS.map((name) => [normalTitle(name), name]));
const PART_BY_NAME = new Map<string, Part>(
  Object.entries(PARTS).map(([part, name]) => [normalTitle(name), part as Part]),
);
const RECOMMENDATION = /^(?:priority|recommendation)\s+(\d{1,3})\s*[:.\u2013\u2014-]\s*(\S.*)$/iu;

/**
 * The report's structure: sections are `##`, recommendations are `### Priority N: title` under `Recommendations`, their parts are
 * `####` headings or bold lead-ins.
 */
export function readStructure(blocks: readonly Block[]): Report {
  const report: Report = { blocks: [], sections: {}, recommendations: [] };
  let scope: Scope = { section: null, heading: '', priority: null, part: null };
  for (const block of blocks) {
    if (block.kind === 'heading') scope = enter(report, scope, block);
    else scope = leadIn(scope, block);
    const scoped = { ...block, scope };
    report.blocks.push(scoped);
    if (block.kind === 'heading') continue;
    const section = scope.section === null ? undefined : report.sections[scope.section];
    if (section && hasContent(block)) section.empty = false;
    if (scope.priority !== null) report.recommendations.at(-1)?.blocks.push(scoped);
  }
  for (const recommendation of report.recommendations) complete(recommendation);
  return report;
}

function enter(report: Report, scope: Scope, heading: { depth: number; text: string; line: number }): Scope {
  const { depth, text, line } = heading;
  if (depth <= 2) {
    const section = depth === 2 ? (SECTION_BY_NAME.get(normalTitle(text)) ?? null) : null;
    if (section) report.sections[section] ??= { line, empty: true };
    return { section, heading: text, priority: null, part: null };
  }
  if (scope.section !== 'Recommendations') return { ...scope, heading: text };
  const found = depth === 3 ? RECOMMENDATION.exec(text) : null;
  if (found) {
    const priority = Number(found[1]);
    report.recommendations.push({ priority, title: found[2] ?? '', line, parts: {}, blocks: [], ...empty() });
    return { ...scope, heading: text, priority, part: null };
  }
  if (depth === 3) return { ...scope, heading: text, priority: null, part: null };
  const part = scope.priority === null ? null : (PART_BY_NAME.get(normalTitle(text)) ?? null);
  return { ...scope, heading: text, part: part ?? (depth > 4 ? scope.part : null) };
}

function empty(): Pick<ReportRecommendation, 'code' | 'codeFaults' | 'plan'> {
  return { code: { pair: null, blocks: [] }, codeFaults: [], plan: {} };
}

/** A paragraph that opens with a part's name in bold begins that part. */
function leadIn(scope: Scope, block: Block): Scope {
  if (scope.priority === null || block.kind !== 'text' || block.lead === null || block.quoted) return scope;
  const part = PART_BY_NAME.get(normalTitle(block.lead));
  return part ? { ...scope, part } : scope;
}

function hasContent(block: Block): boolean {
  return block.kind === 'text' ? block.lines.length > 0 : block.kind !== 'code' || block.value.trim() !== '';
}

function complete(recommendation: ReportRecommendation): void {
  for (const block of recommendation.blocks) {
    const { part } = block.scope;
    if (part && saysSomething(block)) recommendation.parts[part] ??= block.line;
  }
  recommendation.code = fixCode(recommendation.blocks.filter((block) => block.scope.part === 'fix'));
  recommendation.plan = readPlan(recommendation.blocks.filter((block) => block.scope.part === 'measure'));
}

/** A lead-in alone, or a row of dashes, is no content. */
function saysSomething(block: Block): boolean {
  if (block.kind === 'table') return block.rows.length > 0;
  if (block.kind !== 'text') return hasContent(block);
  const text = proseOf(block).replace(/\uFFFC/gu, 'x');
  const own = block.lead !== null && PART_BY_NAME.has(normalTitle(block.lead)) ? text.slice(block.lead.length) : text;
  return /[\p{L}\p{N}]/u.test(own);
}

function proseOf(block: TextBlock): string {
  return block.lines
    .map((line) => line.text)
    .join(' ')
    .trimStart();
}

const PYTHON = new Set(['python', 'py', 'python3']);
const BEFORE = /^\s*#+\s*before\b/iu;
const AFTER = /^\s*#+\s*after\b/iu;

function fixCode(scoped: readonly ScopedBlock[]): FixCode {
  const code = scoped.filter((block): block is CodeBlock & { scope: Scope } => block.kind === 'code');
  const blocks = code
    .filter((block) => PYTHON.has(block.lang))
    .map(({ value, line }): CodePiece => ({ value, line: line + 1 }));
  const [first, second] = blocks;
  if (!first) return { pair: null, blocks };
  return { pair: second ? [first, second] : splitPair(first), blocks };
}

function splitPair({ value, line }: CodePiece): FixCode['pair'] {
  const lines = value.split('\n');
  const before = lines.findIndex((text) => BEFORE.test(text));
  const after = lines.findIndex((text) => AFTER.test(text));
  if (before < 0 || after <= before) return null;
  return [
    { value: lines.slice(before, after).join('\n'), line: line + before },
    { value: lines.slice(after).join('\n'), line: line + after },
  ];
}

/** The line's text with its code spans in place. */
export function fullText(prose: { text: string; codes: readonly string[] }): string {
  let index = 0;
  return prose.text.replaceAll(CODE_MARK, () => prose.codes[index++] ?? '');
}
