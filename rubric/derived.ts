import type { About } from './backing.ts';
import type { Claim, Ground } from './claim.ts';
import { totalCost } from './expected.ts';
import { type Figure, moneyIn, numbersIn, percentagesIn, shows } from './figures.ts';
import { rowsOf, traceKey } from './keys.ts';
import type { Subject } from './subjects.ts';

const OF_CALLS = /^\s*of (?:all |the |total )*(?:calls|requests|generations|traffic)\b/iu;
const OF_SPEND = /^\s*of (?:all |the |total |overall )*(?:spend|costs?|bill)\b/iu;

/** Whether a figure is the sum or the difference of what a line's operations or models cost or call, or their share of the whole. */
export function derivedFrom({ subjects, prose }: About, figure: Figure, ground: Ground): boolean {
  const rows = subjects.flatMap((subject) => rowOf(subject, ground));
  if (rows.length < 2) return false;
  const costs = combined(rows.map((row) => row.total_cost_usd));
  const calls = combined(rows.map((row) => row.calls));
  const after = prose.text.slice(figure.index + figure.text.length);
  const all = (ground.artifacts.spans.value ?? []).reduce((sum, row) => sum + row.calls, 0);
  const shares = [
    ...(OF_CALLS.test(after) ? calls.map((value) => value / all) : []),
    ...(OF_SPEND.test(after) ? costs.map((value) => value / totalCost(ground.artifacts)) : []),
  ];
  return { usd: costs, plain: calls, percent: shares }[figure.unit].some((value) => shows(figure, value));
}

/** Claims that nothing in the data backs, but that are the sum, difference or share of figures of the same line that hold. */
export function withStated(claims: readonly Claim[], text: string): Claim[] {
  const open = claims.filter((claim) => claim.status === 'unsupported' && UNITS.has(claim.kind));
  if (open.length === 0) return [...claims];
  const held = new Set(claims.filter(({ status }) => status === 'verified').map((claim) => claim.text));
  const figures = [...moneyIn(text), ...percentagesIn(text), ...numbersIn(text)];
  const stated = figures.filter((figure) => held.has(figure.text)).slice(0, MOST_STATED);
  return claims.map((claim) => {
    const figure = open.includes(claim) ? figures.find((one) => one.text === claim.text) : undefined;
    if (!figure || !statedValues(figure, stated).some((value) => shows(figure, value))) return claim;
    return { ...claim, status: 'verified', derived: true, reason: '' };
  });
}

/** A line that states more figures shows no sum of them. */
const MOST_STATED = 20;
const UNITS: ReadonlySet<string> = new Set(['usd', 'percent', 'count', 'tokens']);

function statedValues({ unit }: Figure, stated: readonly Figure[]): number[] {
  if (unit !== 'percent') return combined(stated.filter((one) => one.unit === unit).map(({ value }) => value));
  return (['usd', 'plain'] as const).flatMap((kind) => {
    const values = stated.filter((one) => one.unit === kind).map(({ value }) => value);
    return values.flatMap((part) => values.filter((whole) => whole > part).map((whole) => part / whole));
  });
}

function combined(values: readonly number[]): number[] {
  if (values.length < 2) return [];
  const [first = 0, second = 0] = values;
  const sum = values.reduce((all, value) => all + value, 0);
  return values.length === 2 ? [sum, Math.abs(first - second)] : [sum];
}

function rowOf({ name, kind }: Subject, { artifacts }: Ground): readonly { total_cost_usd: number; calls: number }[] {
  const key = traceKey(name);
  if (kind === 'operation') return rowsOf(artifacts.spans.value ?? [], 'operation', key);
  if (kind === 'model') return rowsOf(artifacts.models.value ?? [], 'model', key);
  return [];
}
