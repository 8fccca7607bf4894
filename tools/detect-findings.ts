import { z } from 'zod';
import { detectFindings as detect } from '../analysis/detect.ts';
import type { Evidence } from '../analysis/evidence.ts';
import { type Finding, MONTH_DAYS } from '../analysis/findings.ts';
import { sqlFragments } from '../analysis/sql.ts';
import { FAILURE_MODES, type FailureFile } from './failure-modes.ts';
import { guardFindings } from './guards.ts';
import type { PriceMapFile } from './match-prices.ts';
import { PROJECT, type Project } from './probe-project.ts';
import { CONTENT_PROFILE, type ContentFile } from './profile-content.ts';
import { PROFILES, type ProfilesFile, typed } from './profile-operations.ts';
import { PRICE_MAP, queryRows, text } from './query-rows.ts';
import { defineTool, type ToolContext } from './tool.ts';

export const FINDINGS = 'data/findings.json';
export const FINDING_EVIDENCE = 'data/finding_evidence.json';

/** Traces per finding that the report tabulates. */
const TABULATED = 5;

/** A cited trace as the report's evidence tables show it. */
export interface EvidenceTrace {
  operation: string;
  trace_id: string;
  calls: number;
  cost_usd: number;
  tokens: number;
  largest_prompt: number;
  largest_answer: number;
  errors: number;
  longest_s: number;
  issue: string;
}

export const detectFindings = defineTool({
  name: 'detect_findings',
  description:
    'Turns the profiles, failures and prices of the run into findings: kind, operation, severity, cited traces, frequency, metrics, and monthly savings with an interval computed from the traffic. Writes data/findings.json and, for the report, data/finding_evidence.json. Example: {}',
  input: z.strictObject({}),
  output: z.object({
    findings: z.array(
      z.object({
        id: z.string(),
        kind: z.string(),
        operation: z.string(),
        severity: z.string(),
        seen: z.number(),
        of: z.number(),
      }),
    ),
    saved_as: z.string(),
  }),
  writes: 'own artifacts',
  asks: 'source',
  async run(_input, context) {
    const findings = detect(gather(context));
    await context.results.writeJson(FINDINGS, { version: 1, findings });
    const cited = [...findings, ...guardFindings(readProfiles(context), readProject(context))];
    await context.results.writeJson(FINDING_EVIDENCE, await evidenceTraces(context, cited));
    await context.facts.publish({ 'findings.total': { value: findings.length, unit: 'count', source: FINDINGS } });
    return {
      findings: findings.map((f) => ({
        id: f.id,
        kind: f.kind,
        operation: f.operation,
        severity: f.severity,
        seen: f.frequency.seen,
        of: f.frequency.of,
      })),
      saved_as: FINDINGS,
    };
  },
});

function gather(context: ToolContext): Evidence {
  const read = <T>(file: string) => context.results.readJson(file) as T;
  const project = readProject(context);
  const profiles = readProfiles(context);
  const content = read<ContentFile>(CONTENT_PROFILE);
  const prices = read<PriceMapFile>(PRICE_MAP);
  return {
    observedDays: project.observed_days,
    totalCost: profiles.calls.reduce((sum, profile) => sum + profile.cost_usd, 0),
    content: content.content,
    calls: profiles.calls,
    traces: profiles.traces,
    models: prices.uses,
    prices: prices.prices,
    downgrades: prices.downgrades,
    traceEvidence: profiles.trace_evidence,
    repeats: content.repeats,
    duplicates: content.duplicates,
    outputs: content.outputs,
    toolLoops: content.tool_loops,
    prefixes: content.prefixes,
    failures: read<FailureFile>(FAILURE_MODES).rows,
    trend: profiles.trend,
    trendBuckets: profiles.trend_buckets,
    trendStart: Date.parse(project.window.from),
    trendBucketS: profiles.trend_bucket_s,
    examples: profiles.examples,
  };
}

function readProject(context: ToolContext): Project {
  return context.results.readJson(PROJECT) as Project;
}

function readProfiles(context: ToolContext): ProfilesFile {
  return context.results.readJson(PROFILES) as ProfilesFile;
}

type Raw = Omit<EvidenceTrace, 'issue'>;

/** One bounded query for the traces that all findings and guard rails tabulate. */
async function evidenceTraces(context: ToolContext, findings: Finding[]): Promise<Record<string, EvidenceTrace[]>> {
  const ids = [...new Set(findings.flatMap((f) => f.trace_ids.slice(0, TABULATED)))];
  if (ids.length === 0) return {};
  const { calls } = sqlFragments(text(context.params.operation_property));
  const rows = await queryRows(context, {
    name: 'findings: cited traces',
    sql: `SELECT operation, trace_id, count() AS calls, sum(coalesce(cost, 0)) AS cost_usd, sum(context_tokens) + sum(out_tokens) AS tokens,
        max(context_tokens) AS largest_prompt, max(out_tokens) AS largest_answer, sum(is_error) AS errors, max(coalesce(latency, 0)) AS longest_s
      FROM ${calls} AS gen WHERE trace_id IN {ids} AND operation IN {operations} GROUP BY operation, trace_id LIMIT 5000`,
    values: { ids, operations: [...new Set(findings.map((f) => f.operation))] },
  });
  const traces = rows.map((row) => typed<Raw>(row, ['operation', 'trace_id']));
  return Object.fromEntries(
    findings.map((f) => [
      f.id,
      f.trace_ids.slice(0, TABULATED).flatMap((id) => {
        const trace = traces.find((t) => t.trace_id === id && t.operation === f.operation);
        return trace ? [{ ...trace, issue: issueOf(f, trace) }] : [];
      }),
    ]),
  );
}

/** What a trace shows of its finding, in figures of that trace. */
function issueOf(finding: Finding, trace: Raw): string {
  switch (finding.kind) {
    case 'prompt_bloat':
    case 'cacheable_prefix':
    case 'model_misuse':
      return `prompt of ${trace.largest_prompt} tokens for an answer of ${trace.largest_answer}`;
    case 'context_stuffing':
      return `${trace.calls} calls, prompt grows to ${trace.largest_prompt} tokens`;
    case 'retry_storm':
    case 'tool_abuse':
    case 'duplicate_calls':
      return `${trace.calls} calls, ${trace.errors} failed`;
    case 'response_truncation':
    case 'output_variance':
      return `answer of ${trace.largest_answer} tokens`;
    case 'rate_limited':
    case 'timeouts':
    case 'server_errors':
      return `${trace.errors} of ${trace.calls} calls failed, longest ${trace.longest_s.toFixed(1)} s`;
    default:
      return `${trace.calls} ${trace.calls === 1 ? 'call' : 'calls'}`;
  }
}

/** USD of the window as USD a month. */
export function perMonth(usd: number, observedDays: number): number {
  return (usd * MONTH_DAYS) / observedDays;
}
