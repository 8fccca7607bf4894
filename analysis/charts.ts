import { barLabel, horizontal, logDomain, logTicks, nameAxis, positive, split, usdAxis } from './chart-parts.ts';
import {
  axisNames,
  CATEGORIES,
  CHART_WIDTH,
  type ChartSpec,
  COLORS,
  emptyChart,
  type Json,
  OTHER_COLOR,
  usdExpr,
} from './chart-theme.ts';
import { DAY_MS, isoDay, monday, timeAxis, timeDomain } from './chart-time.ts';

const TOP_OPERATIONS = 15;

export interface OperationCost {
  operation: string;
  calls: number;
  recorded_cost_usd: number;
  backfilled_cost_usd: number;
}

/** Horizontal bars of cost by operation, recorded and backfilled stacked: the dearest 15 and the rest as one bar. */
export function costByOperation(rows: readonly OperationCost[]): ChartSpec {
  const costs = rows.map((row) => ({
    operation: row.operation,
    calls: positive(row.calls),
    recorded: positive(row.recorded_cost_usd),
    backfilled: positive(row.backfilled_cost_usd),
  }));
  const total = (row: { recorded: number; backfilled: number }) => row.recorded + row.backfilled;
  const ranked = costs.filter((row) => total(row) > 0).sort((a, b) => total(b) - total(a));
  if (ranked.length === 0) return emptyChart('No data: no operation has a cost in this window.');
  const { top, rest } = split(ranked, TOP_OPERATIONS);
  const names = axisNames(top.map((row) => row.operation));
  const bars = top.map((row) => ({ ...row, name: names.get(row.operation) ?? '' }));
  if (rest.length > 0) bars.push({ ...merged(rest), name: `${rest.length} other operations` });
  const values = bars.flatMap((row) => [
    {
      name: row.name,
      operation: row.operation,
      calls: row.calls,
      part: 'Recorded',
      cost: row.recorded,
      total: total(row),
    },
    {
      name: row.name,
      operation: row.operation,
      calls: row.calls,
      part: 'Backfilled',
      cost: row.backfilled,
      total: total(row),
    },
  ]);
  const mixed = ranked.some((row) => row.backfilled > 0);
  return {
    ...horizontal(values.filter((row) => row.cost > 0)),
    title: 'Cost by operation',
    encoding: { y: nameAxis() },
    layer: [
      {
        mark: { type: 'bar', height: { band: 0.68 }, cornerRadiusEnd: 2 },
        encoding: {
          x: { field: 'cost', type: 'quantitative', title: 'Cost in the window', stack: 'zero', axis: usdAxis() },
          color: {
            field: 'part',
            type: 'nominal',
            scale: { domain: ['Recorded', 'Backfilled'], range: [COLORS.primary, COLORS.secondary] },
            legend: mixed ? { title: null } : null,
          },
          order: { field: 'part', type: 'ordinal', sort: 'descending' },
          tooltip: ['operation', 'part', 'cost', 'calls'].map((field) => ({ field })),
        },
      },
      barLabel(usdExpr('datum.total'), 'total'),
    ],
  };
}

function merged(rows: readonly { calls: number; recorded: number; backfilled: number }[]) {
  const sum = (of: (row: { calls: number; recorded: number; backfilled: number }) => number) =>
    rows.reduce((total, row) => total + of(row), 0);
  return {
    operation: 'other operations',
    calls: sum((row) => row.calls),
    recorded: sum((row) => row.recorded),
    backfilled: sum((row) => row.backfilled),
  };
}

export interface OperationSpread {
  operation: string;
  /** US dollars per trace. */
  min: number;
  p25: number;
  median: number;
  p75: number;
  p95: number;
  max: number;
}

export interface OutlierTrace {
  operation: string;
  trace_id: string;
  /** US dollars. */
  cost: number;
}

const TOP_SPREADS = 20;
const MAX_OUTLIERS = 2_000;

/**
 * Cost per trace by operation on a log scale: a line from min to max, a bar over the middle half, ticks at the median and
 * p95, and the outlier traces as dots. Operations without a cost are left out, for a log scale has no zero.
 */
export function costVariance(rows: readonly OperationSpread[], outliers: readonly OutlierTrace[]): ChartSpec {
  const priced = rows.filter((row) => positive(row.max) > 0).slice(0, TOP_SPREADS);
  if (priced.length === 0) return emptyChart('No data: no operation has traces with a cost in this window.');
  const names = axisNames(priced.map((row) => row.operation));
  const spreads = priced.map((row) => {
    const least = [row.min, row.p25, row.median, row.p75, row.p95].find((value) => positive(value) > 0) ?? row.max;
    const at = (value: number) => positive(value) || least;
    const { operation, max } = row;
    const [min, p25, median, p75, p95] = [at(row.min), at(row.p25), at(row.median), at(row.p75), at(row.p95)];
    return { name: names.get(operation) ?? '', operation, min, p25, median, p75, p95, max };
  });
  const dots = outliers.slice(0, MAX_OUTLIERS).flatMap(({ operation, trace_id, cost }) => {
    const name = names.get(operation);
    return name === undefined || positive(cost) === 0 ? [] : [{ name, operation, trace_id, cost }];
  });
  const domain = logDomain([...spreads.flatMap(({ min, max }) => [min, max]), ...dots.map(({ cost }) => cost)]);
  const x = (field: string): ChartSpec => ({
    field,
    type: 'quantitative',
    title: 'Cost per trace (log scale)',
    scale: { type: 'log', domain, nice: false },
    axis: { ...usdAxis(), values: logTicks(domain) },
  });
  const tooltip = ['operation', 'min', 'p25', 'median', 'p75', 'p95', 'max'].map((field) => ({ field }));
  return {
    ...horizontal(spreads),
    title: {
      text: 'Cost per trace by operation',
      subtitle:
        'Box: middle half of the traces · thick mark: median · thin mark: p95 · line: least to most · dots: outlier traces',
    },
    encoding: { y: nameAxis() },
    layer: [
      { mark: { type: 'rule', color: COLORS.line }, encoding: { x: x('min'), x2: { field: 'max' }, tooltip } },
      {
        mark: { type: 'bar', color: COLORS.soft, height: { band: 0.56 }, cornerRadius: 2 },
        encoding: { x: x('p25'), x2: { field: 'p75' }, tooltip },
      },
      {
        mark: { type: 'tick', color: COLORS.primary, thickness: 3, size: 17, opacity: 1 },
        encoding: { x: x('median') },
      },
      {
        mark: { type: 'tick', color: COLORS.primary, thickness: 1.5, size: 11, opacity: 1 },
        encoding: { x: x('p95') },
      },
      {
        data: { values: dots },
        mark: { type: 'point', color: COLORS.accent, opacity: 0.65, size: 28 },
        encoding: { x: x('cost'), tooltip: ['trace_id', 'operation', 'cost'].map((field) => ({ field })) },
      },
    ],
  };
}

export interface ModelDay {
  /** UTC, `YYYY-MM-DD`. */
  day: string;
  model: string;
  cost_usd: number;
}

/** Longer windows are drawn by week. */
const DAILY_UP_TO = 120;

/**
 * Stacked bars of cost by day and model: the dearest 7 models and the rest, by week (from Monday, UTC) where the days span
 * more than 120. Days without traffic stay empty.
 */
export function dailyCostByModel(rows: readonly ModelDay[]): ChartSpec {
  const days = rows.flatMap(({ day, model, cost_usd }) => {
    const at = /^\d{4}-\d{2}-\d{2}/u.test(day) ? Date.parse(`${day.slice(0, 10)}T00:00:00Z`) : Number.NaN;
    return Number.isFinite(at) && positive(cost_usd) > 0 ? [{ at, model, cost: cost_usd }] : [];
  });
  if (days.length === 0) return emptyChart('No data: no day has a cost in this window.');
  const first = days.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const last = days.reduce((most, { at }) => Math.max(most, at), first);
  const weekly = last - first >= DAILY_UP_TO * DAY_MS;
  const step = weekly ? 7 * DAY_MS : DAY_MS;
  const { series, of } = modelSeries(days);
  const values = stacked(
    days.map(({ at, model, cost }) => ({ start: weekly ? monday(at) : at, model: of(model), cost })),
    series,
    step,
  );
  const domain = timeDomain(weekly ? monday(first) : first, (weekly ? monday(last) : last) + step);
  const span = first === last ? isoDay(first) : `${isoDay(first)} to ${isoDay(last)}`;
  return {
    width: CHART_WIDTH,
    height: 360,
    autosize: { type: 'fit', contains: 'padding' },
    title: {
      text: `${weekly ? 'Weekly' : 'Daily'} cost by model`,
      subtitle: `${span}, UTC${weekly ? ' · weeks from Monday, the first and last may be partial' : ''}`,
    },
    data: { values },
    mark: { type: 'bar', aria: values.length <= 300, stroke: '#ffffff', strokeWidth: values.length > 400 ? 0 : 0.5 },
    encoding: {
      x: {
        field: 'start',
        type: 'quantitative',
        title: null,
        scale: { domain, nice: false, zero: false },
        axis: timeAxis(domain, step),
      },
      x2: { field: 'end' },
      y: { field: 'from', type: 'quantitative', title: weekly ? 'Cost per week' : 'Cost per day', axis: usdAxis() },
      y2: { field: 'to' },
      color: {
        field: 'model',
        type: 'nominal',
        scale: { domain: series, range: series.map((_, index) => CATEGORIES[index] ?? OTHER_COLOR) },
        legend: { columns: series.some((name) => name.length > 20) ? 3 : 4, labelLimit: 190 },
      },
      tooltip: ['model', 'day', 'cost'].map((field) => ({ field })),
    },
  };
}

/** The dearest models by name, and the rest under one name. */
function modelSeries(days: readonly { model: string; cost: number }[]): {
  series: string[];
  of: (model: string) => string;
} {
  const totals = new Map<string, number>();
  for (const { model, cost } of days) totals.set(model, (totals.get(model) ?? 0) + cost);
  const ranked = [...totals].sort((a, b) => b[1] - a[1]).map(([model]) => model);
  const { top, rest } = split(ranked, CATEGORIES.length);
  const names = axisNames(top);
  const other = `${rest.length} other models`;
  return {
    series: rest.length > 0 ? [...names.values(), other] : [...names.values()],
    of: (model) => names.get(model) ?? other,
  };
}

/** One rectangle per period and model, stacked in the order of the series. */
function stacked(
  costs: readonly { start: number; model: string; cost: number }[],
  series: readonly string[],
  step: number,
): Record<string, Json>[] {
  const periods = new Map<number, Map<string, number>>();
  for (const { start, model, cost } of costs) {
    const sums = periods.get(start) ?? new Map<string, number>();
    periods.set(start, sums.set(model, (sums.get(model) ?? 0) + cost));
  }
  const inset = step * 0.08;
  return [...periods].flatMap(([start, sums]) => {
    let to = 0;
    return series.flatMap((model) => {
      const cost = sums.get(model);
      if (cost === undefined) return [];
      const from = to;
      to += cost;
      return [{ start: start + inset, end: start + step - inset, day: isoDay(start), model, cost, from, to }];
    });
  });
}
