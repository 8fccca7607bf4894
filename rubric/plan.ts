import type { Block, Prose } from './markdown.ts';
import { CODE_MARK } from './markdown.ts';

const PLAN_FIELDS = {
  metric: 'metric',
  baseline: 'baseline',
  target: 'target',
  period: 'validation period',
  verify: 'how to verify',
} as const;
type PlanField = keyof typeof PLAN_FIELDS;

/** What a measurement plan says, by field; a field that is missing or empty is not there. */
export type MeasurementPlan = Partial<Record<PlanField, { text: string; line: number }>>;

const LABELS: [PlanField, RegExp][] = [
  ['metric', /^(?:primary |success )?metrics?(?: to (?:watch|track))?$/iu],
  ['baseline', /^(?:current |measured )?baseline(?: value)?$/iu],
  ['target', /^target(?: value)?$/iu],
  ['period', /^(?:validation|measurement)(?: period| window| time)(?: and why| \(.*\))?$/iu],
  ['verify', /^(?:how to )?verif(?:y|ication)(?: (?:it )?in posthog| query)?$/iu],
];

export function fieldOf(label: string): PlanField | null {
  const text = label.replace(/[:.]\s*$/u, '').trim();
  return LABELS.find(([, pattern]) => pattern.test(text))?.[0] ?? null;
}

/**
 * Reads a measurement plan: list items or lines `Metric: …`, or a table with those column heads (or those words in its first
 * column). A code block belongs to the field whose label stands before it, and cannot stand for a label.
 */
export function readPlan(blocks: readonly Block[]): MeasurementPlan {
  const plan: MeasurementPlan = {};
  let current: PlanField | null = null;
  for (const block of blocks) {
    if (block.kind === 'table') {
      readTable(plan, block);
      current = null;
    } else if (block.kind === 'code') {
      if (current !== null) append(plan, current, { text: block.value, line: block.line });
    } else if (block.kind === 'text') {
      for (const line of block.lines) current = readLine(plan, line, current);
    }
  }
  return plan;
}

function readLine(plan: MeasurementPlan, prose: Prose, current: PlanField | null): PlanField | null {
  const colon = prose.text.indexOf(':');
  const field = fieldOf(colon < 0 ? prose.text : prose.text.slice(0, colon));
  const value = field === null ? prose.text : colon < 0 ? '' : prose.text.slice(colon + 1);
  const target = field ?? current;
  if (target !== null) append(plan, target, { text: value.replaceAll(CODE_MARK, 'code'), line: prose.line });
  return target;
}

function readTable(plan: MeasurementPlan, table: Block & { kind: 'table' }): void {
  for (const row of table.rows) {
    const [first, second] = row.cells;
    const named = fieldOf(first?.text ?? '');
    if (named && second) append(plan, named, { text: second.text, line: row.line });
  }
  const [row] = table.rows;
  for (const [index, head] of table.header.entries()) {
    const field = fieldOf(head);
    const cell = row?.cells[index];
    if (field && cell) append(plan, field, { text: cell.text, line: cell.line });
  }
}

/** What people write where they have nothing to say. */
const NOTHING =
  /^[^\p{L}\p{N}\uFFFC]*(?:n\/?a|tbd|todo|none|unknown|pending|x+|(?:(?:is |are |still )?(?:to be|will be|not yet|yet to be) (?:decided|determined|defined|agreed|chosen|known|measured|set|announced)(?: later)?))?[^\p{L}\p{N}\uFFFC]*$/iu;

function append(plan: MeasurementPlan, field: PlanField, value: { text: string; line: number }): void {
  if (NOTHING.test(value.text)) return;
  const known = plan[field];
  if (known) known.text += `\n${value.text}`;
  else plan[field] = { ...value };
}

/** Words beside the number of days: a period alone does not say why it is that long. */
const REASON_WORDS = 4;

const NUMBER = /\d|\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|half)\b/iu;
/** An honest plan may say that nothing was measured so far, and then aim at a direction. */
const NOT_MEASURED = /\bnot (?:measurable|measured|recorded|available|logged|stored)\b/iu;
const DIRECTION =
  /\b(?:drop|fall|rise|decrease|increase|decline|below|above|under|over|lower|higher|fewer|less|more|no)\b/iu;
const DAYS = /(?:\d|\b(?:one|two|three|four|six|eight))\s*(?:full |whole )?-?(?:days?|weeks?|months?)\b/iu;
const LENGTH = /~?\d[\d.,]*\s*(?:-|–|to)?\s*\d*\s*(?:days?|weeks?|months?)/giu;

/** What a plan lacks, in the words of the report. */
export function missingOf(plan: MeasurementPlan): string[] {
  const missing: string[] = (Object.keys(PLAN_FIELDS) as PlanField[])
    .filter((field) => !plan[field])
    .map((field) => PLAN_FIELDS[field]);
  const { baseline, target, period } = plan;
  if (baseline && !NUMBER.test(baseline.text) && !NOT_MEASURED.test(baseline.text))
    missing.push('figure of the baseline');
  if (target && !NUMBER.test(target.text) && !DIRECTION.test(target.text)) missing.push('figure of the target');
  if (period) {
    if (!DAYS.test(period.text)) missing.push('length of the validation period');
    const words = period.text.replace(LENGTH, ' ').match(/\p{L}{2,}/gu) ?? [];
    if (words.length < REASON_WORDS) missing.push('why the validation period is that long');
  }
  return missing;
}
