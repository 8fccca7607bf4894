import { z } from 'zod';
import { asThreshold, NEVER, sqlFragments } from '../analysis/sql.ts';
import { type Distribution, outlierThresholds } from '../analysis/variance.ts';
import { typed } from './profile-operations.ts';
import { num0, queryRows, type Row, text } from './query-rows.ts';
import { defineTool, type ToolContext } from './tool.ts';

export const COST_VARIANCE = 'data/cost_variance.json';

/** As many ids as the report shows; the counts say how many there are. */
const LISTED_OUTLIERS = 10;
/** Outliers per operation that later steps explain and draw. */
const KEPT_OUTLIERS = 50;

const outlierRow = z.object({
  trace_id: z.string(),
  cost_usd: z.number(),
  n: z.number(),
  context_sum: z.number(),
  out_sum: z.number(),
  models: z.string(),
  max_context: z.number(),
  max_out: z.number(),
  errors: z.number(),
  span_s: z.number(),
  median_n: z.number(),
  median_context: z.number(),
  median_out: z.number(),
  median_cost: z.number(),
});
export type OutlierRow = z.infer<typeof outlierRow>;

const distribution = z.object({
  n: z.number(),
  min: z.number(),
  max: z.number(),
  mean: z.number(),
  median: z.number(),
  std: z.number(),
  p25: z.number(),
  p75: z.number(),
  p95: z.number(),
  p99: z.number(),
  log_median: z.number(),
  log_mad: z.number(),
  gini: z.number(),
  excess_usd: z.number(),
  total_usd: z.number(),
  threshold_2std: z.number(),
  threshold_robust: z.number().nullable(),
  outliers_2std: z.number(),
  outliers_robust: z.number(),
  outlier_trace_ids: z.array(z.string()),
  robust_outlier_trace_ids: z.array(z.string()),
  outliers: z.array(outlierRow),
});
export type CostVarianceFile = Record<string, z.infer<typeof distribution>>;

export const costVariance = defineTool({
  name: 'cost_variance',
  description:
    'Distribution of cost per trace for the dearest operations, over all traces with a cost (not a sample of the dearest): n, min, max, mean, median, std, p95 and the outlier traces by two rules, mean + 2 std and a robust one on the log scale. Writes data/cost_variance.json. Example: {"top_n": 5}',
  input: z.strictObject({ top_n: z.number().int().min(1).max(100) }),
  output: z.object({
    operations: z.number(),
    saved_as: z.string(),
    spread: z.array(z.object({ operation: z.string(), n: z.number(), p95_over_median: z.number() })),
  }),
  writes: 'own artifacts',
  asks: 'source',
  async run({ top_n }, context) {
    const rows = await queryRows(context, { name: 'variance: cost per trace', sql: distributionSql(context, top_n) });
    const stats = rows.map((row) => ({ operation: text(row.operation), stats: toDistribution(row) }));
    const outliers = stats.length > 0 ? await findOutliers(context, stats) : [];
    const file: CostVarianceFile = Object.fromEntries(
      stats.map(({ operation, stats: s }) => [operation, entry(operation, s, outliers)]),
    );
    await context.results.writeJson(COST_VARIANCE, file);
    return {
      operations: rows.length,
      saved_as: COST_VARIANCE,
      spread: stats.map(({ operation, stats: s }) => ({
        operation,
        n: s.n,
        p95_over_median: s.median > 0 ? s.p95 / s.median : 0,
      })),
    };
  },
});

function traceCosts(context: ToolContext): string {
  const { calls } = sqlFragments(text(context.params.operation_property));
  return `(SELECT operation, trace_id, sum(coalesce(cost, 0)) AS trace_cost FROM ${calls} AS gen
    WHERE trace_id != '' GROUP BY operation, trace_id HAVING trace_cost > 0)`;
}

/**
 * p95 is the public runbook's own (`sorted[int(0.95·(n-1))]`), over all traces; std is the population's. Gini and the excess over
 * the median follow methods C5.
 */
function distributionSql(context: ToolContext, topN: number): string {
  return `SELECT operation, n, total_usd, mean, std, median, p25, p75, p99, log_median,
      arrayElement(costs, 1) AS min, arrayElement(costs, n) AS max,
      arrayElement(costs, toInt(floor(0.95 * (n - 1))) + 1) AS p95,
      arraySum(arrayMap(x -> greatest(x - median, 0), costs)) AS excess_usd,
      2 * arraySum(arrayMap((x, i) -> x * i, costs, arrayEnumerate(costs))) / (n * total_usd) - (n + 1) / n AS gini,
      arrayElement(arraySort(arrayMap(x -> abs(log(x) - log_median), costs)), intDiv(n + 1, 2)) AS log_mad
    FROM (SELECT operation, count() AS n, sum(trace_cost) AS total_usd, avg(trace_cost) AS mean, stddevPop(trace_cost) AS std,
        quantile(0.5)(trace_cost) AS median, quantile(0.25)(trace_cost) AS p25, quantile(0.75)(trace_cost) AS p75,
        quantile(0.99)(trace_cost) AS p99, quantile(0.5)(log(trace_cost)) AS log_median, arraySort(groupArray(trace_cost)) AS costs
      FROM ${traceCosts(context)} AS traces GROUP BY operation)
    ORDER BY total_usd DESC, operation LIMIT ${topN}`;
}

function toDistribution(row: Row): Distribution {
  const names = [
    'n',
    'min',
    'max',
    'mean',
    'median',
    'std',
    'p25',
    'p75',
    'p95',
    'p99',
    'log_median',
    'log_mad',
    'gini',
    'excess_usd',
    'total_usd',
  ] as const;
  const figures = typed<Record<string, unknown>>(row, ['operation']);
  return Object.fromEntries(names.map((name) => [name, num0(figures[name])])) as unknown as Distribution;
}

interface Outlier extends z.infer<typeof outlierRow> {
  operation: string;
  over_2std_n: number;
  over_robust_n: number;
}

/** The outliers with what `explain_outliers` needs: their own figures and the medians of their operation. */
async function findOutliers(
  context: ToolContext,
  stats: { operation: string; stats: Distribution }[],
): Promise<Outlier[]> {
  const thresholds = stats.map(({ stats: s }) => outlierThresholds(s));
  const over = (name: string) =>
    `countIf(cost_usd > transform(operation, {operations}, {${name}}, ${NEVER})) OVER (PARTITION BY operation) AS ${name}_n`;
  const median = (value: string, name: string) =>
    `quantile(0.5)(${value}) OVER (PARTITION BY operation) AS median_${name}`;
  const { calls } = sqlFragments(text(context.params.operation_property));
  const rows = await queryRows(context, {
    name: 'variance: outlier traces',
    sql: `SELECT * FROM (
        SELECT *, ${over('over_2std')}, ${over('over_robust')}, ${median('n', 'n')}, ${median('context_sum / n', 'context')},
          ${median('out_sum / n', 'out')}, ${median('cost_usd', 'cost')}
        FROM (SELECT operation, trace_id, count() AS n, sum(coalesce(cost, 0)) AS cost_usd, sum(context_tokens) AS context_sum, sum(out_tokens) AS out_sum,
            arrayStringConcat(arraySort(groupUniqArray(model)), ', ') AS models, max(context_tokens) AS max_context, max(out_tokens) AS max_out,
            sum(is_error) AS errors, dateDiff('second', min(at), max(at)) AS span_s
          FROM ${calls} AS gen WHERE trace_id != '' AND operation IN {operations} GROUP BY operation, trace_id) AS per_trace
        WHERE cost_usd > 0) AS compared
      WHERE cost_usd > transform(operation, {operations}, {lowest}, ${NEVER})
      ORDER BY operation, cost_usd DESC, trace_id LIMIT ${KEPT_OUTLIERS} BY operation LIMIT 5000`,
    values: {
      operations: stats.map(({ operation }) => operation),
      over_2std: thresholds.map((t) => asThreshold(t.twoStd)),
      over_robust: thresholds.map((t) => asThreshold(t.robust ?? NEVER)),
      lowest: thresholds.map((t) => asThreshold(Math.min(t.twoStd, t.robust ?? NEVER))),
    },
  });
  return rows.map((row) => typed<Outlier>(row, ['operation', 'trace_id', 'models']));
}

function entry(operation: string, stats: Distribution, all: Outlier[]): z.infer<typeof distribution> {
  const { twoStd, robust } = outlierThresholds(stats);
  const own = all.filter((outlier) => outlier.operation === operation);
  const ids = (limit: number | null) =>
    limit === null
      ? []
      : own
          .filter((o) => o.cost_usd > limit)
          .slice(0, LISTED_OUTLIERS)
          .map((o) => o.trace_id);
  return {
    ...stats,
    threshold_2std: twoStd,
    threshold_robust: robust,
    outliers_2std: own[0]?.over_2std_n ?? 0,
    outliers_robust: own[0]?.over_robust_n ?? 0,
    outlier_trace_ids: ids(twoStd),
    robust_outlier_trace_ids: ids(robust),
    outliers: own.map(({ operation: _operation, over_2std_n: _two, over_robust_n: _robust, ...row }) => row),
  };
}
