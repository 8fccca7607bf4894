import type { Evidence, TrendRow } from '../evidence.ts';
import type { Finding } from '../findings.ts';
import { toFinding } from './shared.ts';

const MIN_BUCKETS = 8;
const MIN_CALLS = 8;
const MIN_SEGMENT = 3;
/** Growth of cost per call from which on a change is worth a finding. */
const MIN_RATIO = 1.5;
/** Probability that a later part is dearer than an earlier one (Mann-Whitney's U / nm). */
const MIN_SUPERIORITY = 0.95;

interface Change {
  at: number;
  before: number;
  after: number;
}

/** A sustained step up in cost per call, with the driver that moved most: prompt, answer, or price (model). */
export function costTrends(evidence: Evidence): Finding[] {
  const operations = [...new Set(evidence.trend.map((row) => row.operation))];
  return operations.flatMap((operation) => {
    const rows = evidence.trend.filter((row) => row.operation === operation && row.priced >= MIN_CALLS);
    const change = stepUp(rows.map((row) => row.cost_usd / row.priced));
    if (rows.length < MIN_BUCKETS || !change) return [];
    const [early, late] = [rows.slice(0, change.at), rows.slice(change.at)];
    const traces = citedSince(evidence, operation, rows[change.at]?.bucket ?? 0);
    return [
      toFinding(evidence, {
        kind: 'cost_trend',
        operation,
        title: `A call costs ${(change.after / change.before).toFixed(1)} times what it did before`,
        traces,
        seen: traces.length,
        of: late.reduce((sum, row) => sum + row.calls, 0),
        unit: 'calls',
        metrics: {
          cost_per_call_before_usd: change.before,
          cost_per_call_after_usd: change.after,
          change_day_of_window: Math.round(
            ((rows[change.at]?.bucket ?? 0) * evidence.observedDays) / evidence.trendBuckets,
          ),
          driver: driver(early, late),
        },
        savings: null,
        rate: 0.1,
      }),
    ];
  });
}

/** The operation's dearest calls since the change: they show what it costs now. */
function citedSince(evidence: Evidence, operation: string, bucket: number): string[] {
  const since = evidence.trendStart + bucket * evidence.trendBucketS * 1000;
  const own = evidence.examples.filter(
    (e) => e.operation === operation && Date.parse(`${e.at_utc.replace(' ', 'T').slice(0, 23)}Z`) >= since,
  );
  return [...new Set(own.sort((a, b) => b.cost - a.cost).map((e) => e.trace_id))];
}

/** The split with the largest ratio of medians that also holds part by part; null where the series is level. */
export function stepUp(values: number[]): Change | null {
  let best: Change | null = null;
  for (let at = MIN_SEGMENT; at <= values.length - MIN_SEGMENT; at += 1) {
    const [early, late] = [values.slice(0, at), values.slice(at)];
    const [before, after] = [median(early), median(late)];
    if (before <= 0 || after / before < MIN_RATIO || superiority(early, late) < MIN_SUPERIORITY) continue;
    if (!best || after / before > best.after / best.before) best = { at, before, after };
  }
  return best;
}

function superiority(early: number[], late: number[]): number {
  const wins = late.flatMap((b) => early.map((a) => (b > a ? 1 : b === a ? 0.5 : 0)));
  return wins.reduce<number>((sum, win) => sum + win, 0) / wins.length;
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** dln cost = dln tokens + dln price (methods C5): the largest term names the cause. */
function driver(early: TrendRow[], late: TrendRow[]): string {
  const per = (rows: TrendRow[], value: (row: TrendRow) => number) =>
    rows.reduce((sum, row) => sum + value(row), 0) /
    Math.max(
      1,
      rows.reduce((sum, row) => sum + row.calls, 0),
    );
  const growth = (value: (row: TrendRow) => number) =>
    Math.log(Math.max(per(late, value), 1e-9) / Math.max(per(early, value), 1e-9));
  const prompt = growth((row) => row.context_sum);
  const answer = growth((row) => row.out_sum);
  const cost = growth((row) => row.cost_usd);
  if (prompt >= 0.5 * cost && prompt >= answer) return 'longer prompts';
  if (answer >= 0.5 * cost) return 'longer answers';
  return 'a dearer model';
}
