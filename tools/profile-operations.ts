import { z } from 'zod';
import type { CallProfile, EvidenceRow, ExampleRow, TraceProfile, TrendRow } from '../analysis/evidence.ts';
import { traceThresholds } from '../analysis/evidence.ts';
import { callProfileSql, examplesSql, traceEvidenceSql, traceProfileSql, trendSql } from '../analysis/profile-sql.ts';
import { sqlFragments } from '../analysis/sql.ts';
import { queryRows, type Row, text } from './query-rows.ts';
import { defineTool, type ToolContext } from './tool.ts';

export const PROFILES = 'data/profiles.json';

/** Operations whose trend is followed: the dearest, or the busiest where nothing has a cost. */
const TREND_OPERATIONS = 40;
const MAX_BUCKETS = 28;

export interface ProfilesFile {
  calls: CallProfile[];
  traces: TraceProfile[];
  trace_evidence: EvidenceRow[];
  trend: TrendRow[];
  trend_buckets: number;
  trend_bucket_s: number;
  examples: ExampleRow[];
}

/** Numbers that ClickHouse sends as text (64-bit integers) become numbers; everything else stays. */
export function typed<T>(row: Row, texts: readonly string[]): T {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, texts.includes(name) ? text(value) : numberOrText(value)]),
  ) as T;
}

/** Sums of floats differ in their last digits from run to run, with the order in which threads finish. */
const SIGNIFICANT_DIGITS = 12;

function numberOrText(value: unknown): unknown {
  const parsed = typeof value === 'string' && value !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
  return typeof parsed === 'number' && !Number.isInteger(parsed)
    ? Number(parsed.toPrecision(SIGNIFICANT_DIGITS))
    : parsed;
}

export const profileOperations = defineTool({
  name: 'profile_operations',
  description:
    'Profiles every operation from counts, tokens, times and costs alone (no prompt or answer is read): sizes, spacing, hidden caching, prompt outliers, growing contexts, repeated calls, and the trend over the window. Writes data/profiles.json, which detect_findings reads. Example: {}',
  input: z.strictObject({}),
  output: z.object({ operations: z.number(), flagged: z.record(z.string(), z.number()), saved_as: z.string() }),
  writes: 'own artifacts',
  asks: 'source',
  async run(_input, context) {
    const { calls } = sqlFragments(text(context.params.operation_property));
    const profiles = (await queryRows(context, { name: 'profile: calls', sql: callProfileSql(calls) })).map((row) =>
      typed<CallProfile>(row, ['operation']),
    );
    const traces = (await queryRows(context, { name: 'profile: traces', sql: traceProfileSql(calls) })).map((row) =>
      typed<TraceProfile>(row, ['operation']),
    );
    const file: ProfilesFile = {
      calls: profiles,
      traces,
      trace_evidence: traces.length > 0 ? await traceEvidence(context, calls, traces) : [],
      ...(await trend(context, calls, profiles)),
      examples: (await queryRows(context, { name: 'profile: example traces', sql: examplesSql(calls) })).map((row) =>
        typed<ExampleRow>(row, ['operation', 'model', 'trace_id', 'at_utc']),
      ),
    };
    await context.results.writeJson(PROFILES, file);
    return { operations: profiles.length, flagged: flagged(file.trace_evidence), saved_as: PROFILES };
  },
});

async function traceEvidence(context: ToolContext, calls: string, traces: TraceProfile[]): Promise<EvidenceRow[]> {
  const { operations, bloat_above, bloat_base, storm_from } = traceThresholds(traces);
  const rows = await queryRows(context, {
    name: 'profile: traces that stand out',
    sql: traceEvidenceSql(calls),
    values: { operations, bloat_above, bloat_base, storm_from },
  });
  return rows.map((row) => typed<EvidenceRow>(row, ['operation', 'kind', 'trace_id']));
}

async function trend(
  context: ToolContext,
  calls: string,
  profiles: CallProfile[],
): Promise<Pick<ProfilesFile, 'trend' | 'trend_buckets' | 'trend_bucket_s'>> {
  const operations = profiles.slice(0, TREND_OPERATIONS).map((profile) => profile.operation);
  const seconds = (context.window.to.getTime() - context.window.from.getTime()) / 1000;
  const buckets = Math.max(1, Math.min(MAX_BUCKETS, Math.floor(seconds / 86_400)));
  const bucket_s = Math.ceil(seconds / buckets);
  if (operations.length === 0) return { trend: [], trend_buckets: buckets, trend_bucket_s: bucket_s };
  const rows = await queryRows(context, {
    name: 'profile: trend',
    sql: trendSql(calls),
    values: { operations, buckets, bucket_s },
  });
  return {
    trend: rows.map((row) => typed<TrendRow>(row, ['operation', 'newest_model'])),
    trend_buckets: buckets,
    trend_bucket_s: bucket_s,
  };
}

function flagged(rows: EvidenceRow[]): Record<string, number> {
  const counts: Record<string, number> = {};
  const seen = new Set<string>();
  for (const row of rows) {
    const key = `${row.kind}\u0000${row.operation}`;
    if (seen.has(key)) continue;
    seen.add(key);
    counts[row.kind] = (counts[row.kind] ?? 0) + row.seen;
  }
  return counts;
}
