import { z } from 'zod';
import type { ChartSpec } from '../analysis/chart-theme.ts';
import { costByOperation, costVariance, dailyCostByModel } from '../analysis/charts.ts';
import { COST_VARIANCE, type CostVarianceFile } from './cost-variance.ts';
import { renderChart } from './render-chart.ts';
import { readCsv } from './report-view.ts';
import { defineTool, type ToolContext } from './tool.ts';

export const drawReportCharts = defineTool({
  name: 'draw_report_charts',
  description:
    "Draws the report's three charts from the run's artifacts: cost by operation, cost per trace with its outliers (log scale), daily cost by model. Example: {}",
  input: z.strictObject({}),
  output: z.object({ figures: z.array(z.string()), warnings: z.array(z.string()) }),
  writes: 'own artifacts',
  asks: 'artifacts',
  async run(_input, context) {
    const drawn = [];
    for (const chart of charts(context)) {
      context.progress(chart.title);
      drawn.push(await renderChart.run({ ...chart, save_as: `figures/${chart.name}` }, context));
    }
    return {
      figures: drawn.flatMap(({ svg, png }) => [svg, png]),
      warnings: drawn.flatMap(({ warnings }) => warnings),
    };
  },
});

interface ReportChart {
  name: string;
  title: string;
  alt: string;
  spec: ChartSpec;
}

function charts(context: ToolContext): ReportChart[] {
  const operations = readCsv(context.results, 'data/metrics_by_span.csv').map((row) => ({
    operation: String(row.operation),
    calls: Number(row.calls),
    recorded_cost_usd: Number(row.recorded_cost_usd),
    backfilled_cost_usd: Number(row.backfilled_cost_usd),
  }));
  const variance = Object.entries(context.results.readJson(COST_VARIANCE) as CostVarianceFile);
  const spreads = variance.map(([operation, { min, p25, median, p75, p95, max }]) => ({
    operation,
    min,
    p25,
    median,
    p75,
    p95,
    max,
  }));
  const outliers = variance.flatMap(([operation, stats]) =>
    stats.outliers.map(({ trace_id, cost_usd }) => ({ operation, trace_id, cost: cost_usd })),
  );
  const days = readCsv(context.results, 'data/daily_cost_by_model.csv').map((row) => ({
    day: String(row.day),
    model: String(row.model),
    cost_usd: Number(row.cost_usd),
  }));
  return [
    {
      name: 'cost_by_operation',
      title: 'Cost by operation',
      alt: 'Bars of the cost of each operation, recorded and backfilled',
      spec: costByOperation(operations),
    },
    {
      name: 'cost_variance',
      title: 'Cost per trace',
      alt: 'Spread of the cost per trace of the dearest operations on a log scale, with outlier traces as dots',
      spec: costVariance(spreads, outliers),
    },
    {
      name: 'daily_cost_by_model',
      title: 'Cost by day and model',
      alt: 'Stacked bars of the cost of each model by day',
      spec: dailyCostByModel(days),
    },
  ];
}
