import type { Artifacts } from './artifacts.ts';

/** Small readers that the comparisons of data files share. */

export const SPANS = 'data/metrics_by_span.csv';
export const MODELS = 'data/metrics_by_model.csv';

/** Files round money to nine digits and averages to twelve; sums of many rows move the last of them. */
export const ROUNDING = 1e-6;

/** Equal but for rounding. */
export function near(a: number, b: number, relative = 1e-9): boolean {
  return Math.abs(a - b) <= ROUNDING + relative * Math.abs(b);
}

export function sum<T>(rows: readonly T[], value: (row: T) => number): number {
  return rows.reduce((total, row) => total + value(row), 0);
}

/** The value of a data file that only some runs write. */
export function dataFile(artifacts: Artifacts, file: string): unknown {
  return artifacts.data.find((each) => each.file === file)?.value;
}

/** The objects of a list; nothing where it is none. */
export function objectsOf(value: unknown): Record<string, unknown>[] {
  if (!Array.isArray(value)) return [];
  return value.filter((item): item is Record<string, unknown> => typeof item === 'object' && item !== null);
}

/** A number, or zero where there is none. */
export function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

/** Files whose traces were found by queries over all the traffic. */
const SOURCES = ['outlier_traces', 'profiles', 'finding_evidence', 'failure_modes', 'content_profile', 'cost_variance'];

/** Every text of those files, trace ids among them; null where the profiles were not kept, so that nothing can be said. */
export function tracedTexts(artifacts: Artifacts): Set<string> | null {
  if (dataFile(artifacts, 'data/profiles.json') === undefined) return null;
  const texts = new Set<string>();
  for (const name of SOURCES) collectTexts(dataFile(artifacts, `data/${name}.json`), texts);
  return texts;
}

function collectTexts(value: unknown, into: Set<string>): void {
  if (typeof value === 'string') into.add(value);
  else if (typeof value === 'object' && value !== null)
    for (const item of Object.values(value)) collectTexts(item, into);
}
