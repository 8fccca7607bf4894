import type { Ground } from './claim.ts';
import { totalCost } from './expected.ts';
import { type Figure, shows } from './figures.ts';
import { rowsOf, traceKey } from './keys.ts';
import type { Subject } from './subjects.ts';

/** Whether a figure is the sum or the difference of what a line's operations or models cost or call, or their share of the whole. */
export function derivedFrom(subjects: readonly Subject[], figure: Figure, ground: Ground): boolean {
  const rows = subjects.flatMap((subject) => rowOf(subject, ground));
  if (rows.length === 0) return false;
  const costs = rows.map((row) => row.total_cost_usd);
  const calls = rows.map((row) => row.calls);
  const total = totalCost(ground.artifacts);
  const candidates = {
    usd: combined(costs),
    plain: combined(calls),
    percent: total > 0 ? combined(costs).map((value) => value / total) : [],
  }[figure.unit];
  return candidates.some((value) => shows(figure, value));
}

function combined(values: readonly number[]): number[] {
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
