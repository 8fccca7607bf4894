import type { Artifacts } from './artifacts.ts';
import type { Ground } from './claim.ts';
import { runTotals, sampleCounts } from './expected.ts';
import type { Figure } from './figures.ts';
import { traceKey } from './keys.ts';
import type { Prose } from './markdown.ts';
import { type OwnValues, Pool } from './pool.ts';
import type { Scope } from './structure.ts';

/** An operation, a model or a trace that a line is about. */
export interface Subject {
  name: string;
  kind: 'operation' | 'model' | 'trace';
  own: OwnValues;
}

/** The subjects that a line names in code spans, and the operation that its passage is about. */
export function subjectsOf({ codes }: Prose, scope: Scope, ground: Ground): Subject[] {
  const named = codes.flatMap((code) => asSubject(code, ground));
  const operation = passageOperation(scope, ground);
  const own = operation === null ? undefined : ground.known.ofOperation(operation);
  return own && operation !== null ? [...named, { name: operation, kind: 'operation', own }] : named;
}

function asSubject(code: string, { known }: Ground): Subject[] {
  const operation = known.ofOperation(code);
  if (operation) return [{ name: code, kind: 'operation', own: operation }];
  const model = known.ofModel(code);
  if (model) return [{ name: code, kind: 'model', own: model }];
  const trace = known.ofTrace(code);
  return trace ? [{ name: code, kind: 'trace', own: trace }] : [];
}

/** The operation that a recommendation, or a passage on variance, is about. */
export function passageOperation(scope: Scope, { artifacts }: Ground): string | null {
  if (scope.section === 'Recommendations') {
    return (
      artifacts.recommendations.value?.recommendations.find((r) => r.priority === scope.priority)?.operation ?? null
    );
  }
  if (scope.section !== 'High-Variance Investigation') return null;
  return Object.keys(artifacts.variance.value ?? {}).find((name) => traceKey(name) === traceKey(scope.heading)) ?? null;
}

/** Three digits that count: shorter figures read like some value of the data by chance. */
const TELLING = 3;

export function isTelling(figure: Figure): boolean {
  const digits = figure.text.replace(/\D/gu, '').replace(/^0+/u, '');
  return digits.length >= TELLING;
}

/** Whether it is a figure of the run as a whole, which any line may mention: totals, facts, shares of all calls, what was read. */
export function isGlobal(figure: Figure, ground: Ground): boolean {
  return globals(ground).has(figure);
}

/** Asked for every figure, computed once for each results dir. */
const computed = new WeakMap<Artifacts, Pool>();

function globals({ artifacts }: Ground): Pool {
  const known = computed.get(artifacts);
  if (known) return known;
  const samples = artifacts.samples.value ?? [];
  const counts = [...sampleCounts(samples)].flatMap((pair) => pair.split('/').map(Number));
  const failures = artifacts.failures.value;
  const failed = Array.isArray(failures) ? [] : [failures?.failed_calls].filter((n) => typeof n === 'number');
  const totals = runTotals(artifacts);
  const calls = artifacts.project.value?.generations ?? 0;
  const made = new Pool();
  for (const value of [...totals, ...failed, ...counts, ...unpriced(artifacts)]) {
    made.add('plain', value);
    made.add('usd', value);
  }
  for (const share of [...totals, ...(calls > 0 ? failed.map((n) => n / calls) : [])]) made.add('percent', share);
  computed.set(artifacts, made);
  return made;
}

function unpriced({ models, spans }: Artifacts): number[] {
  return [models.value, spans.value].map((rows) => (rows ?? []).reduce((sum, row) => sum + row.unpriced_calls, 0));
}
