import { parse } from 'csv-parse/sync';
import type { Finding, FindingKind } from '../analysis/findings.ts';
import { MONTH_DAYS, wilsonHigh } from '../analysis/findings.ts';
import type { Abnormality } from '../analysis/reading.ts';
import { COST_VARIANCE, type CostVarianceFile } from './cost-variance.ts';
import { FINDINGS } from './detect-findings.ts';
import { OUTLIER_TRACES, type OutlierTrace } from './explain-outliers.ts';
import { FAILURE_MODES, type FailureFile } from './failure-modes.ts';
import type { PriceMapFile } from './match-prices.ts';
import { PROJECT, type Project } from './probe-project.ts';
import { PRICE_MAP } from './query-rows.ts';
import { RECOMMENDATIONS, type Recommendation, type RecommendationsFile } from './rank-recommendations.ts';
import { SAMPLES, type Sample } from './read-traces.ts';
import type { ResultsDir } from './results-dir.ts';
import { HISTORY, type HistoryFile } from './review-history.ts';

/** Findings that the report's table shows; the rest is in `data/findings.json`. */
const MAX_FINDINGS = 40;

/** A row of a metrics CSV: text stays text, numbers are numbers, an empty cell is null. */
export type MetricsRow = Record<string, string | number | null>;

export function readCsv(results: ResultsDir, file: string): MetricsRow[] {
  const rows = parse(results.readText(file), { columns: true, skip_empty_lines: true }) as Record<string, string>[];
  const texts = new Set(['operation', 'model', 'day']);
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, cell]) => [name, texts.has(name) ? cell : cell === '' ? null : Number(cell)]),
    ),
  );
}

/** A column's sum; unknown cells count as nothing. */
export function total(rows: MetricsRow[], column: string): number {
  return rows.reduce((sum, row) => sum + Number(row[column] ?? 0), 0);
}

const KINDS_OF: Record<Exclude<Abnormality, 'clean'>, FindingKind[]> = {
  prompt_stuffing: ['prompt_bloat', 'context_stuffing'],
  response_truncation: ['response_truncation'],
  model_confusion: ['malformed_output', 'model_confusion'],
  retry_storm: ['retry_storm'],
  tool_abuse: ['tool_abuse'],
  empty_output: ['empty_output'],
};

const MEANING: Record<Exclude<Abnormality, 'clean'>, { title: string; why: string }> = {
  prompt_stuffing: {
    title: 'Prompt stuffing',
    why: 'Tokens that the task does not need are paid on every call and dilute what matters.',
  },
  response_truncation: {
    title: 'Truncated responses',
    why: 'The user gets half an answer, and the whole price is paid.',
  },
  model_confusion: {
    title: 'Model confusion',
    why: 'The answer misses the instruction, so the step fails although the call succeeds.',
  },
  retry_storm: { title: 'Retry storms', why: 'The same request is paid for several times.' },
  tool_abuse: { title: 'Tool loops', why: 'The agent makes no progress while every round re-sends the conversation.' },
  empty_output: { title: 'Empty outputs', why: 'A paid call leaves the user with nothing.' },
};

export interface QualitativeGroup {
  abnormality: string;
  title: string;
  why: string;
  seen: number;
  of: number;
  flagged: number;
  counted: { operation: string; seen: number; of: number; unit: string; share: number }[];
  samples: Sample[];
}

function qualitative(samples: Sample[], findings: Finding[]): QualitativeGroup[] {
  const tags = Object.keys(MEANING) as Exclude<Abnormality, 'clean'>[];
  return tags.flatMap((tag) => {
    const own = samples.filter((sample) => sample.abnormality === tag);
    if (own.length === 0) return [];
    return [
      {
        abnormality: tag,
        ...MEANING[tag],
        seen: own.length,
        of: samples.length,
        flagged: own.filter((sample) => sample.percentile_bucket === 'flagged').length,
        counted: findings
          .filter((f) => KINDS_OF[tag].includes(f.kind) && f.frequency.of > 0)
          .map((f) => ({
            operation: f.operation,
            ...f.frequency,
            unit: String(f.metrics.unit ?? 'calls'),
            share: f.frequency.seen / f.frequency.of,
          })),
        samples: own.slice(0, 2),
      },
    ];
  });
}

function trendRows(all: MetricsRow[], week: MetricsRow[], three: MetricsRow[], days: number) {
  const cost = (rows: MetricsRow[], operation: unknown) =>
    Number(rows.find((row) => row.operation === operation)?.total_cost_usd ?? 0);
  return all.slice(0, 5).map((row) => ({
    operation: row.operation,
    per_day: Number(row.total_cost_usd) / days,
    per_day_7d: cost(week, row.operation) / Math.min(7, days),
    per_day_3d: cost(three, row.operation) / Math.min(3, days),
  }));
}

function recommendationView(item: Recommendation) {
  return {
    ...item,
    effort_text: { S: 'S (days)', M: 'M (1–2 weeks)', L: 'L (a month)' }[item.effort],
  };
}

/** Everything that the report's templates may show, computed once; it is kept as an artifact so that each figure can be traced. */
export function reportView(results: ResultsDir) {
  const read = <T>(file: string) => results.readJson(file) as T;
  const project = read<Project>(PROJECT);
  const spans = readCsv(results, 'data/metrics_by_span.csv');
  const models = readCsv(results, 'data/metrics_by_model.csv');
  const findings = read<{ findings: Finding[] }>(FINDINGS).findings;
  const { recommendations } = read<RecommendationsFile>(RECOMMENDATIONS);
  const samples = read<Sample[]>(SAMPLES);
  const variance = read<CostVarianceFile>(COST_VARIANCE);
  const outliers = read<OutlierTrace[]>(OUTLIER_TRACES);
  const failures = read<FailureFile>(FAILURE_MODES);
  const cost = total(spans, 'total_cost_usd');
  const sum = (pick: 'low' | 'expected' | 'high') => recommendations.reduce((s, r) => s + (r.savings?.[pick] ?? 0), 0);
  const monthlySpend = (cost * MONTH_DAYS) / project.observed_days;
  return {
    project,
    totals: {
      calls: total(spans, 'calls'),
      cost_usd: cost,
      recorded_usd: total(spans, 'recorded_cost_usd'),
      backfilled_usd: total(spans, 'backfilled_cost_usd'),
      backfilled_share: cost > 0 ? total(spans, 'backfilled_cost_usd') / cost : 0,
      unpriced_calls: total(spans, 'unpriced_calls'),
      tokens: total(spans, 'total_tokens'),
      operations: spans.length,
      models: models.length,
      monthly_spend_usd: monthlySpend,
      savings_low: sum('low'),
      savings_expected: sum('expected'),
      savings_high: sum('high'),
      savings_share: monthlySpend > 0 ? sum('expected') / monthlySpend : 0,
    },
    model_names: models.map((row) => String(row.model)),
    most_called: [...spans].sort((a, b) => Number(b.calls) - Number(a.calls)).slice(0, 10),
    dearest: spans.slice(0, 10),
    models: models.slice(0, 15),
    trend: trendRows(
      spans,
      readCsv(results, 'data/metrics_by_span_7d.csv'),
      readCsv(results, 'data/metrics_by_span_3d.csv'),
      project.observed_days,
    ),
    backfilled: models.filter((row) => Number(row.backfilled_cost_usd) > 0).slice(0, 15),
    unpriced: read<PriceMapFile>(PRICE_MAP)
      .prices.filter((price) => price.priced_as === null && price.calls_without_cost > 0)
      .slice(0, 15),
    variance: Object.entries(variance).map(([operation, stats]) => ({
      operation,
      ...stats,
      outliers: [],
      p95_over_median: stats.median > 0 ? stats.p95 / stats.median : null,
      excess_share: stats.total_usd > 0 ? stats.excess_usd / stats.total_usd : null,
      traces: outliers.filter((o) => o.operation === operation).slice(0, 4),
      driver: mostFrequent(outliers.filter((o) => o.operation === operation).map((o) => o.driver)),
    })),
    failures: {
      failed_calls: failures.failed_calls,
      share: failures.failed_calls / project.generations,
      groups: failures.groups.slice(0, 12),
      more: Math.max(0, failures.groups.length - 12),
    },
    findings: findings.slice(0, MAX_FINDINGS).map(({ trace_ids, ...f }) => ({
      ...f,
      trace_ids: trace_ids.slice(0, 3),
      share: f.frequency.of > 0 ? f.frequency.seen / f.frequency.of : null,
    })),
    more_findings: Math.max(0, findings.length - MAX_FINDINGS),
    top_findings: recommendations.slice(0, 3),
    reading: {
      read: samples.length,
      abnormal: samples.filter((s) => s.abnormality !== 'clean').length,
      content: project.content,
      groups: qualitative(samples, findings),
      clean_upper_bound: wilsonHigh(0, Math.max(1, samples.length)),
      clean: samples.filter((s) => s.abnormality === 'clean').slice(0, 2),
    },
    recommendations: recommendations.map((item) => recommendationView(item)),
    history: read<HistoryFile>(HISTORY),
  };
}
export type ReportView = ReturnType<typeof reportView>;

function mostFrequent(values: string[]): string | null {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.entries()].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}
