import type { Artifacts, SpanRow } from './artifacts.ts';
import { dataFile, MODELS, near, numberOf, objectsOf, ROUNDING, SPANS, sum } from './data-files.ts';

/** What the tables by operation, by model, by window and by day say against each other. */
export function metricFaults(artifacts: Artifacts): string[] {
  return [...spanFaults(artifacts), ...modelFaults(artifacts), ...windowFaults(artifacts), ...dailyFaults(artifacts)];
}

function spanFaults({ spans }: Artifacts): string[] {
  const rows = spans.value ?? [];
  return [
    ...rowFaults(SPANS, rows, (row) => row.operation),
    ...rows.flatMap((row) => {
      const average = row.calls > 0 ? row.total_cost_usd / row.calls : 0;
      if (Math.abs(row.avg_cost_per_call - average) <= 1e-9 + 1e-6 * average) return [];
      return [`${SPANS}: avg_cost_per_call of ${row.operation} is not total_cost_usd / calls`];
    }),
    ...rows.flatMap((row) =>
      (row.p95_latency_s ?? 0) < 0 ? [`${SPANS}: p95_latency_s of ${row.operation} is below zero`] : [],
    ),
    ...rows.flatMap((row, index) => {
      const before = rows[index - 1];
      const dearer = before && row.total_cost_usd > before.total_cost_usd + ROUNDING;
      return dearer ? [`${SPANS}: ${row.operation} stands below ${before.operation}, which is cheaper`] : [];
    }),
  ];
}

type Row = Pick<SpanRow, 'calls' | 'total_cost_usd' | 'total_tokens' | 'unpriced_calls'>;

/** Rows with one name each, whole counts, and nothing below zero. */
function rowFaults<T extends Row>(file: string, rows: readonly T[], nameOf: (row: T) => string): string[] {
  const seen = new Set<string>();
  return rows.flatMap((row) => {
    const name = nameOf(row);
    const faults = seen.has(name) ? [`${file}: ${name} is there twice`] : [];
    seen.add(name);
    if (!Number.isInteger(row.calls) || row.calls < 0) faults.push(`${file}: calls of ${name} is no count`);
    if (row.unpriced_calls > row.calls) faults.push(`${file}: unpriced_calls of ${name} is above its calls`);
    if (row.total_cost_usd < 0 || row.total_tokens < 0) faults.push(`${file}: ${name} has a figure below zero`);
    return faults;
  });
}

const SUMS = ['calls', 'total_tokens', 'total_cost_usd', 'recorded_cost_usd', 'backfilled_cost_usd'] as const;

function modelFaults({ spans, models }: Artifacts): string[] {
  if (!spans.value || !models.value) return [];
  const [bySpan, byModel] = [spans.value, models.value];
  return [
    ...rowFaults(MODELS, byModel, (row) => row.model),
    ...SUMS.flatMap((name) => {
      const [a, b] = [sum(bySpan, (row) => row[name]), sum(byModel, (row) => row[name])];
      return near(a, b) ? [] : [`${name}: ${a} by operation, but ${b} by model`];
    }),
  ];
}

/** What three days saw, seven saw as well, and the whole window too. */
function windowFaults({ spans, spans7d, spans3d }: Artifacts): string[] {
  return [
    ...withinFaults('data/metrics_by_span_7d.csv', spans7d.value, SPANS, spans.value),
    ...withinFaults('data/metrics_by_span_3d.csv', spans3d.value, 'data/metrics_by_span_7d.csv', spans7d.value),
  ];
}

function withinFaults(file: string, rows: SpanRow[] = [], wider: string, all: SpanRow[] = []): string[] {
  const byName = new Map(all.map((row) => [row.operation, row]));
  return rows.flatMap((row) => {
    const whole = byName.get(row.operation);
    if (!whole) return [`${file}: ${row.operation} is not in ${wider}`];
    const above = (['calls', 'total_tokens', 'total_cost_usd'] as const).filter(
      (name) => row[name] > whole[name] && !near(row[name], whole[name]),
    );
    return above.map((name) => `${file}: ${name} of ${row.operation} is above that of ${wider}`);
  });
}

/** The query of days has a limit of rows, so that a part of the calls may be all there is; never more. */
function dailyFaults(artifacts: Artifacts): string[] {
  const file = 'data/daily_cost_by_model.csv';
  const rows = objectsOf(dataFile(artifacts, file));
  if (rows.length === 0) return [];
  if (rows.some((row) => typeof row.calls !== 'number')) return [`${file} has rows without calls`];
  const models = new Set(artifacts.models.value?.map(({ model }) => model));
  const stranger = rows.find((row) => artifacts.models.value && !models.has(String(row.model)));
  if (stranger) return [`${file}: ${stranger.model} is not in ${MODELS}`];
  return (artifacts.models.value ?? []).flatMap(({ model, calls, total_cost_usd: cost }) => {
    const own = rows.filter((row) => row.model === model);
    const days = sum(own, (row) => numberOf(row.calls));
    const spent = sum(own, (row) => numberOf(row.cost_usd));
    if (days > calls) return [`${file}: ${days} calls of ${model}, but ${MODELS} has ${calls}`];
    const wrong = days === calls ? !near(spent, cost, 1e-5) : spent > cost && !near(spent, cost, 1e-5);
    return wrong ? [`${file}: the days of ${model} cost ${spent}, but ${MODELS} says ${cost}`] : [];
  });
}
