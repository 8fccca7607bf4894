import type { Ranked } from '../analysis/recommend.ts';
import { sqlFragments } from '../analysis/sql.ts';
import { metricSql } from './fixes.ts';
import { num, queryRows, text } from './query-rows.ts';
import type { ToolContext } from './tool.ts';

/**
 * Measures every recommendation's metric over the window in one query: the baseline that its plan states. The expressions are
 * those of `templates/fixes.yaml`, restricted to the recommendation's operation. Null where the source has no value.
 */
export async function baselines(context: ToolContext, ranked: Ranked[]): Promise<(number | null)[]> {
  if (ranked.length === 0) return [];
  const { operation, generations } = sqlFragments(text(context.params.operation_property));
  const names = ranked.map(({ finding }) => String(finding.metrics.template ?? finding.kind));
  const metrics = [...new Set(names)];
  const columns = metrics.map((name, index) => `toFloat(${metricSql(name)}) AS metric_${index}`);
  const rows = await queryRows(context, {
    name: 'plans: baselines',
    sql: `SELECT ${operation} AS operation, ${columns.join(', ')} FROM events WHERE ${generations} AND ${operation} IN {operations} GROUP BY operation LIMIT 1000`,
    values: { operations: [...new Set(ranked.map(({ finding }) => finding.operation))] },
  });
  return ranked.map(({ finding }, index) => {
    const row = rows.find((r) => text(r.operation) === finding.operation);
    const value = num(row?.[`metric_${metrics.indexOf(names[index] ?? '')}`]);
    return value === null ? null : Number(value.toPrecision(12));
  });
}
