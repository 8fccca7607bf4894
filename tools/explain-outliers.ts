import { z } from 'zod';
import { COST_VARIANCE, type CostVarianceFile, type OutlierRow } from './cost-variance.ts';
import { defineTool } from './tool.ts';

export const OUTLIER_TRACES = 'data/outlier_traces.json';

const PER_OPERATION = 10;

export interface OutlierTrace {
  operation: string;
  trace_id: string;
  cost_usd: number;
  generations: number;
  models: string;
  max_prompt_tokens: number;
  max_output_tokens: number;
  errors: number;
  minutes: number;
  /** How many times the operation's typical trace: calls per trace, prompt tokens per call, output tokens per call. */
  times_calls: number;
  times_prompt: number;
  times_output: number;
  /** The factor that explains most of the distance (methods C5: ln cost = ln calls + ln tokens + ln price). */
  driver: 'more calls' | 'longer prompts' | 'longer answers' | 'a dearer model';
}

export const explainOutliers = defineTool({
  name: 'explain_outliers',
  description:
    'For each outlier trace of data/cost_variance.json: generations, models, largest prompt and answer, and which factor (more calls, longer prompts, longer answers, a dearer model) sets it apart from the operation’s typical trace. Writes data/outlier_traces.json. Example: {}',
  input: z.strictObject({}),
  output: z.object({ traces: z.number(), drivers: z.record(z.string(), z.number()), saved_as: z.string() }),
  writes: 'own artifacts',
  asks: 'artifacts',
  async run(_input, context) {
    const variance = context.results.readJson(COST_VARIANCE) as CostVarianceFile;
    const traces = Object.entries(variance).flatMap(([operation, { outliers }]) =>
      outliers.slice(0, PER_OPERATION).map((row) => explain(operation, row)),
    );
    await context.results.writeJson(OUTLIER_TRACES, traces);
    const drivers: Record<string, number> = {};
    for (const trace of traces) drivers[trace.driver] = (drivers[trace.driver] ?? 0) + 1;
    return { traces: traces.length, drivers, saved_as: OUTLIER_TRACES };
  },
});

function explain(operation: string, row: OutlierRow): OutlierTrace {
  const times = (value: number, usual: number) => (usual > 0 ? value / usual : 1);
  const factors = {
    'more calls': times(row.n, row.median_n),
    'longer prompts': times(row.context_sum / row.n, row.median_context),
    'longer answers': times(row.out_sum / row.n, row.median_out),
  };
  // Output is the smaller part of most bills: its growth counts by the share it can have in the distance.
  const weight = { 'more calls': 1, 'longer prompts': 1, 'longer answers': 0.5 };
  const cost = Math.log(Math.max(times(row.cost_usd, row.median_cost), 1e-9));
  const terms = Object.entries(factors).map(([name, factor]) => ({
    name,
    term: weight[name as keyof typeof weight] * Math.log(Math.max(factor, 1e-9)),
  }));
  const top = terms.sort((a, b) => b.term - a.term)[0];
  return {
    operation,
    trace_id: row.trace_id,
    cost_usd: row.cost_usd,
    generations: row.n,
    models: row.models,
    max_prompt_tokens: row.max_context,
    max_output_tokens: row.max_out,
    errors: row.errors,
    minutes: row.span_s / 60,
    times_calls: factors['more calls'],
    times_prompt: factors['longer prompts'],
    times_output: factors['longer answers'],
    driver: top && top.term > 0.25 * cost ? (top.name as OutlierTrace['driver']) : 'a dearer model',
  };
}
