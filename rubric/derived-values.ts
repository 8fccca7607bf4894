import type { Artifacts } from './artifacts.ts';
import { dataFile, numberOf, objectsOf } from './data-files.ts';
import { monthFactor, projectedSavings, sampleCounts, totalCost } from './expected.ts';
import type { Unit } from './figures.ts';
import type { Pool } from './pool.ts';

/**
 * What a reader of the tables would compute, by keys of its own: shares of the whole, sums a month and a day, ratios to the median, totals of
 * the run.
 */
export function addDerivedValues(artifacts: Artifacts, poolOf: (kind: 'operation' | 'model', name: string) => Pool) {
  for (const row of artifacts.spans.value ?? []) addShares(poolOf('operation', row.operation), row, artifacts);
  for (const row of artifacts.models.value ?? []) addShares(poolOf('model', row.model), row, artifacts);
  for (const [name, stats] of Object.entries(artifacts.variance.value ?? {})) {
    if (stats.median <= 0) continue;
    const pool = poolOf('operation', name);
    for (const key of ['p95', 'max', 'mean'] as const)
      put(pool, 'plain', `${key}_over_median`, stats[key] / stats.median);
  }
  for (const { operation, savings } of savingsByOperation(artifacts)) addSavings(poolOf, operation, savings, artifacts);
  for (const group of failureGroups(artifacts)) {
    put(poolOf('operation', String(group.operation)), 'plain', String(group.class), numberOf(group.errors));
  }
}

interface MetricsRow {
  calls: number;
  total_cost_usd: number;
}

function addShares(pool: Pool, row: MetricsRow, artifacts: Artifacts): void {
  const [cost, calls] = [totalCost(artifacts), totalCalls(artifacts)];
  const factor = monthFactor(artifacts);
  put(pool, 'usd', 'monthly_cost_usd', row.total_cost_usd * factor);
  put(pool, 'usd', 'per_day', (row.total_cost_usd * factor) / 30);
  if (cost > 0) put(pool, 'percent', 'share_of_spend', row.total_cost_usd / cost);
  if (calls > 0) put(pool, 'percent', 'share_of_all_calls', row.calls / calls);
}

function savingsByOperation({ recommendations, findings }: Artifacts): { operation: string; savings: number }[] {
  return [
    ...(recommendations.value?.recommendations ?? []).map(({ operation, savings }) => ({ operation, savings })),
    ...(findings.value?.findings ?? []).map((f) => ({ operation: f.operation, savings: f.monthly_savings_usd })),
  ].flatMap(({ operation, savings }) => (savings ? [{ operation, savings: savings.expected }] : []));
}

function addSavings(
  poolOf: Parameters<typeof addDerivedValues>[1],
  operation: string,
  savings: number,
  artifacts: Artifacts,
): void {
  const factor = monthFactor(artifacts);
  const pool = poolOf('operation', operation);
  const own = (artifacts.spans.value ?? []).find((row) => row.operation === operation)?.total_cost_usd ?? 0;
  const all = totalCost(artifacts);
  if (own > 0) put(pool, 'percent', 'savings_of_own', savings / (own * factor));
  if (all > 0) put(pool, 'percent', 'savings_of_all', savings / (all * factor));
}

/** Totals and counts of the run, which any line may mention. */
export function addRunValues(pool: Pool, artifacts: Artifacts): void {
  addRunCounts(pool, artifacts);
  addRunMoney(pool, artifacts);
  const samples = artifacts.samples.value ?? [];
  for (const pair of sampleCounts(samples)) {
    for (const count of pair.split('/')) put(pool, 'plain', 'samples', Number(count));
  }
  if (samples.length > 0) put(pool, 'percent', 'share_unseen', Z_95 ** 2 / (samples.length + Z_95 ** 2));
}

function addRunCounts(pool: Pool, artifacts: Artifacts): void {
  const { spans, models, findings, recommendations, variance, facts, project } = artifacts;
  const calls = totalCalls(artifacts);
  const failed = failedCalls(artifacts);
  const counts: Record<string, number | null | undefined> = {
    calls,
    failed_calls: failed,
    unpriced_calls: (spans.value ?? []).reduce((sum, row) => sum + row.unpriced_calls, 0),
    total_tokens: (spans.value ?? []).reduce((sum, row) => sum + row.total_tokens, 0),
    operations: spans.value?.length,
    models: models.value?.length,
    findings: findings.value?.findings.length,
    recommendations: recommendations.value?.recommendations.length,
    variance: Object.keys(variance.value ?? {}).length,
  };
  for (const group of failureGroups(artifacts)) {
    const key = String(group.class);
    counts[key] = (counts[key] ?? 0) + numberOf(group.errors);
    if (group.http_status)
      counts[`http_${group.http_status}`] = (counts[`http_${group.http_status}`] ?? 0) + numberOf(group.errors);
  }
  for (const [key, value] of Object.entries(project.value ?? {})) {
    if (typeof value === 'number') counts[key === 'generations' ? 'calls' : key] = value;
  }
  for (const [key, value] of Object.entries(counts)) {
    if (value === undefined || value === null) continue;
    put(pool, 'plain', key, value);
    if (/calls/u.test(key) && key !== 'calls' && calls > 0) put(pool, 'percent', `share_of_${key}`, value / calls);
  }
  if (failed !== null && calls > 0) put(pool, 'percent', 'error_rate', failed / calls);
  const longest = failureGroups(artifacts).map((group) => numberOf(group.longest_latency_s));
  if (longest.length > 0) put(pool, 'plain', 'longest_latency_s', Math.max(...longest));
  for (const [id, { unit, value }] of Object.entries(facts.value ?? {})) {
    if (typeof value === 'number') put(pool, UNITS[unit] ?? 'plain', id.replaceAll('.', '_'), value);
  }
}

const UNITS: Record<string, Unit> = { usd: 'usd', share: 'percent' };

function addRunMoney(pool: Pool, artifacts: Artifacts): void {
  const total = totalCost(artifacts);
  const factor = monthFactor(artifacts);
  const sum = (column: 'recorded_cost_usd' | 'backfilled_cost_usd') =>
    (artifacts.spans.value ?? []).reduce((all, row) => all + row[column], 0);
  const money: Record<string, unknown> = {
    total_cost_usd: total,
    monthly_cost_usd: total * factor,
    per_day: (total * factor) / 30,
    recorded_cost_usd: sum('recorded_cost_usd'),
    backfilled_cost_usd: sum('backfilled_cost_usd'),
    embedding_cost_usd: artifacts.project.value?.embedding_cost_usd,
    ...projectedSavings(artifacts),
  };
  for (const [key, value] of Object.entries(money)) if (typeof value === 'number') put(pool, 'usd', key, value);
  if (total <= 0) return;
  for (const column of ['recorded_cost_usd', 'backfilled_cost_usd'] as const)
    put(pool, 'percent', `${column.split('_')[0]}_share`, sum(column) / total);
  const savings = projectedSavings(artifacts)?.expected;
  if (savings) put(pool, 'percent', 'savings_of_all', savings / (total * factor));
}

function totalCalls(artifacts: Artifacts): number {
  return artifacts.project.value?.generations ?? (artifacts.spans.value ?? []).reduce((sum, row) => sum + row.calls, 0);
}

/** How many calls failed; null where the data do not say. */
export function failedCalls({ failures: { value } }: Artifacts): number | null {
  return value && !Array.isArray(value) && typeof value.failed_calls === 'number' ? value.failed_calls : null;
}

function failureGroups(artifacts: Artifacts): Record<string, unknown>[] {
  const value = dataFile(artifacts, 'data/failure_modes.json') as { groups?: unknown } | unknown[] | undefined;
  return objectsOf(Array.isArray(value) ? value : value?.groups);
}

function put(pool: Pool, unit: Unit, key: string, value: number): void {
  pool.keep(key, value);
  pool.add('plain', value);
  if (unit !== 'plain') pool.add(unit, value);
}

/** Two-sided 95 percent quantile of the normal distribution: of none seen in n, the Wilson interval ends at z² / (n + z²). */
const Z_95 = 1.959964;
