import type { Artifacts, Finding } from '../artifacts.ts';
import { monthFactor } from '../expected.ts';
import type { TableBlock } from '../markdown.ts';
import { fullText, type ScopedBlock } from '../structure.ts';
import { at, type Evidence, isThere, only, type Scored, withClaims } from './criterion.ts';

const COLUMNS: [string, RegExp][] = [
  ['impact', /impact|severity/iu],
  ['effort', /effort|ease/iu],
  ['savings', /saving/iu],
  ['validation period', /validation|period|measure/iu],
];

/**
 * Roadmap: one table with a row for each recommendation, in their order, by impact and effort, with savings and validation periods. All of it:
 * 5; one thing missing: 4; more, or no table but all are named: 3; only some are named: 2; no roadmap: 1. Savings above
 * what an operation costs, or on an operation that costs nothing, hold it at 2.
 */
export function roadmap(input: Evidence): Scored {
  if (!isThere(input, 'Implementation Roadmap')) {
    return only(1, 'the section Implementation Roadmap is missing or empty');
  }
  const blocks = input.report.blocks.filter((block) => block.scope.section === 'Implementation Roadmap');
  const table = blocks
    .filter((b): b is ScopedBlock & TableBlock => b.kind === 'table')
    .sort((a, b) => b.rows.length - a.rows.length)[0];
  const scored = table ? ofTable(table, input) : ofText(blocks, input);
  const excess = (input.artifacts.findings.value?.findings ?? []).flatMap(
    (finding) => excessOf(finding, input.artifacts) ?? [],
  );
  const limited =
    excess.length > 0
      ? { ...scored, score: Math.min(scored.score, 2), faults: [...scored.faults, ...excess.slice(0, 5)] }
      : scored;
  return withClaims('roadmap', input, limited);
}

function ofTable(table: ScopedBlock & TableBlock, { report }: Evidence): Scored {
  const priorities = table.rows
    .map((row) => Number.parseInt(fullText(row.cells[0] ?? { text: '', codes: [] }), 10))
    .filter(Number.isFinite);
  const rows = new Map(table.rows.map((row) => [Number.parseInt(row.cells[0]?.text ?? '', 10), row]));
  const absent = report.recommendations.filter((r) => !rows.has(r.priority));
  const columns = COLUMNS.filter(([, pattern]) => !isFilled(table, pattern, report.recommendations.length));
  const ordered = priorities.every((value, index) => index === 0 || value >= (priorities[index - 1] ?? 0));
  const gaps = [
    ...columns.map(([name]) => `no ${name} for each recommendation`),
    ...(absent.length > 0 ? [`no row for priority ${absent.map((r) => r.priority).join(', ')}`] : []),
    ...(ordered ? [] : ['rows are not in the order of their priority']),
  ];
  const faults = gaps.map((gap) => `${at(table.line)}: ${gap}`);
  const well = `${priorities.length} steps by impact and effort, with savings and validation periods`;
  const none = report.recommendations.length > 0 && absent.length === report.recommendations.length;
  const score = none ? 2 : gaps.length === 0 ? 5 : gaps.length === 1 ? 4 : 3;
  return { score, faults, merits: gaps.length === 0 ? [well] : [] };
}

function isFilled(table: TableBlock, header: RegExp, recommendations: number): boolean {
  const columns = table.header.flatMap((text, column) => (header.test(text) ? [column] : []));
  return columns.some((column) => {
    const cells = table.rows.map((row) => row.cells[column]?.text.trim() ?? '');
    return cells.filter((cell) => /[\p{L}\p{N}\uFFFC]/u.test(cell)).length >= Math.max(1, recommendations);
  });
}

function ofText(blocks: readonly ScopedBlock[], { report }: Evidence): Scored {
  const text = blocks
    .flatMap((block) => (block.kind === 'text' ? block.lines.map(fullText) : []))
    .join('\n')
    .toLowerCase();
  const named = report.recommendations.filter(
    (r) => text.includes(r.title.toLowerCase()) || text.includes(`priority ${r.priority}`),
  );
  const all = named.length === report.recommendations.length && named.length > 0;
  return only(all ? 3 : 2, `no table; ${named.length} of ${report.recommendations.length} recommendations are named`);
}

/** Savings may be rounded, not larger than what there is to save. */
const TOLERANCE = 1.001;

function excessOf(finding: Finding, artifacts: Artifacts): string | null {
  const { spans, project } = artifacts;
  const saved = finding.monthly_savings_usd?.expected ?? 0;
  if (saved <= 0 || !spans.value || !project.value) return null;
  const row = spans.value.find((span) => span.operation === finding.operation);
  const cost = (row?.total_cost_usd ?? 0) * monthFactor(artifacts);
  if (saved <= cost * TOLERANCE + 1e-6) return null;
  return `data/findings.json: ${finding.id} would save ${saved.toFixed(2)} USD a month of ${cost.toFixed(2)} that ${finding.operation} costs`;
}
