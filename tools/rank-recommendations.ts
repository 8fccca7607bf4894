import { z } from 'zod';
import type { Finding } from '../analysis/findings.ts';
import { MONTH_DAYS, savings } from '../analysis/findings.ts';
import { type Ranked, rank, validationPeriod } from '../analysis/recommend.ts';
import { sqlFragments } from '../analysis/sql.ts';
import { renderTemplate } from '../lib/templates.ts';
import { baselines } from './baselines.ts';
import { COST_VARIANCE, type CostVarianceFile } from './cost-variance.ts';
import { type EvidenceTrace, FINDING_EVIDENCE, FINDINGS } from './detect-findings.ts';
import { fixTemplate, metricSql } from './fixes.ts';
import { guardFindings } from './guards.ts';
import { withSamples } from './plan-samples.ts';
import { PROJECT, type Project } from './probe-project.ts';
import { PROFILES, type ProfilesFile } from './profile-operations.ts';
import { text } from './query-rows.ts';
import { SAMPLES, type Sample } from './read-traces.ts';
import { defineTool, type ToolContext } from './tool.ts';

export const RECOMMENDATIONS = 'data/recommendations.json';

/** More than this many recommendations are no longer a decision. */
const MAX_RECOMMENDATIONS = 8;
/** MAD of ln(cost) to the standard deviation of a normal spread. */
const MAD_TO_SIGMA = 1.4826;

export const recommendation = z.object({
  priority: z.number(),
  id: z.string(),
  kind: z.string(),
  operation: z.string(),
  title: z.string(),
  severity: z.string(),
  problem: z.string(),
  why: z.string(),
  evidence: z.array(z.record(z.string(), z.union([z.string(), z.number()]))),
  trace_ids: z.array(z.string()),
  frequency: z.object({ seen: z.number(), of: z.number(), unit: z.string() }),
  sample: z
    .object({ trace_id: z.string(), input_excerpt: z.string(), output_excerpt: z.string(), note: z.string() })
    .nullable(),
  before: z.string(),
  after: z.string(),
  effort: z.enum(['S', 'M', 'L']),
  metric: z.string(),
  unit: z.enum(['usd', 'share', 'number']),
  baseline: z.number().nullable(),
  target: z.string(),
  target_value: z.number().nullable(),
  period_days: z.number(),
  period_traces: z.number(),
  traces_per_day: z.number(),
  period_capped: z.boolean(),
  /** The event property that names the operation. */
  filter_property: z.string(),
  verify: z.string(),
  savings: savings.nullable(),
  spend_share: z.number().nullable(),
  status: z.enum(['new', 'follow_up']),
});
export type Recommendation = z.infer<typeof recommendation>;

export const rankRecommendations = defineTool({
  name: 'rank_recommendations',
  description:
    'Ranks the findings by impact × ease into recommendations, each with problem, reason, evidence, before/after code, measurement plan (metric, baseline measured in the source, target, validation period) and savings after the recommendations before it. Where fewer problems were found than asked for, measured guard rails fill up without claiming savings. Writes data/recommendations.json. Example: {"min_recommendations": 3}',
  input: z.strictObject({ min_recommendations: z.number().int().min(1).max(20) }),
  output: z.object({ recommendations: z.number(), projected_monthly_savings_usd: z.number(), saved_as: z.string() }),
  writes: 'own artifacts',
  asks: 'artifacts',
  async run({ min_recommendations }, context) {
    const { findings } = context.results.readJson(FINDINGS) as { findings: Finding[] };
    // What cannot be opened in PostHog cannot be acted on; calls without a trace id stay in the table of findings.
    const traced = findings.filter((finding) => finding.trace_ids.length > 0);
    const profiles = context.results.readJson(PROFILES) as ProfilesFile;
    const project = context.results.readJson(PROJECT) as Project;
    const totalCost = profiles.calls.reduce((sum, profile) => sum + profile.cost_usd, 0);
    const scale = { observedDays: project.observed_days, totalCost };
    const ranked = rank(traced, (f) => fixTemplate(f.kind).ease, scale).slice(
      0,
      Math.max(MAX_RECOMMENDATIONS, min_recommendations),
    );
    const chosen = [...ranked, ...guardFindings(profiles, project).map((guard) => ({ finding: guard, savings: null }))];
    const measured = await baselines(context, chosen);
    const built = await withSamples(
      context,
      chosen.map((item, index) => build(context, item, { measured: measured[index] ?? null, scale, profiles })),
    );
    const file = withGuards(
      { recommendations: built.slice(0, ranked.length), reserve: built.slice(ranked.length) },
      min_recommendations,
    );
    await context.results.writeJson(RECOMMENDATIONS, file);
    const list = file.recommendations;
    const projected = list.reduce((sum, r) => sum + (r.savings?.expected ?? 0), 0);
    return { recommendations: list.length, projected_monthly_savings_usd: projected, saved_as: RECOMMENDATIONS };
  },
});

export interface RecommendationsFile {
  recommendations: Recommendation[];
  /** Guard rails that fill up where there are fewer problems than recommendations asked for. */
  reserve: Recommendation[];
}

/** Fills up from the reserve to `min` recommendations and numbers them. */
export function withGuards(file: RecommendationsFile, min: number): RecommendationsFile {
  const missing = Math.max(0, min - file.recommendations.length);
  const list = [...file.recommendations, ...file.reserve.slice(0, missing)];
  return {
    recommendations: list.map((r, index) => ({ ...r, priority: index + 1 })),
    reserve: file.reserve.slice(missing),
  };
}

interface Frame {
  measured: number | null;
  scale: { observedDays: number; totalCost: number };
  profiles: ProfilesFile;
}

function build(context: ToolContext, { finding, savings: saved }: Ranked, frame: Frame): Recommendation {
  const name = String(finding.metrics.template ?? finding.kind);
  const template = fixTemplate(name);
  const model = finding.model ?? String(finding.metrics.model ?? '');
  const variables = { f: finding, m: finding.metrics, op: codeSpan(finding.operation), model };
  const render = (part: string, source: string) =>
    renderTemplate(source, variables, { name: `templates/fixes.yaml ${name}.${part}` }).trim();
  const operationCost = Number(finding.metrics.operation_cost_usd ?? 0);
  return {
    priority: 0,
    id: finding.id,
    kind: finding.metrics.template === undefined ? finding.kind : 'guard',
    operation: finding.operation,
    title: render('title', template.title),
    severity: finding.severity,
    problem: render('problem', template.problem),
    why: render('why', template.why),
    evidence: evidenceOf(context, finding),
    trace_ids: finding.trace_ids.slice(0, 10),
    frequency: { ...finding.frequency, unit: String(finding.metrics.unit ?? 'calls') },
    sample: sampleOf(context, finding),
    before: render('before', template.before),
    after: render('after', template.after),
    effort: template.effort,
    ...plan(context, finding, name, frame),
    savings: saved,
    spend_share: frame.scale.totalCost > 0 ? operationCost / frame.scale.totalCost : null,
    status: 'new',
  };
}

function codeSpan(operation: string): string {
  return renderTemplate('{{code operation}}', { operation }, { name: 'operation' });
}

function evidenceOf(context: ToolContext, finding: Finding): Recommendation['evidence'] {
  const all = context.results.readJson(FINDING_EVIDENCE) as Record<string, EvidenceTrace[]>;
  return (all[finding.id] ?? []).map(({ trace_id, calls, cost_usd, tokens, issue }) => ({
    trace_id,
    calls,
    cost_usd,
    tokens,
    issue,
  }));
}

/** The read trace that shows it best, of those that the finding cites. */
function sampleOf(context: ToolContext, finding: Finding): Recommendation['sample'] {
  const samples = context.results.readJson(SAMPLES) as Sample[];
  const cited = samples.filter((s) => finding.trace_ids.includes(s.trace_id) && s.operation === finding.operation);
  const found = cited.find((s) => s.abnormality !== 'clean') ?? cited[0];
  if (!found) return null;
  const { trace_id, input_excerpt, output_excerpt, note } = found;
  return { trace_id, input_excerpt, output_excerpt, note };
}

function plan(context: ToolContext, finding: Finding, name: string, frame: Frame) {
  const { metric } = fixTemplate(name);
  const property = text(context.params.operation_property);
  const { measured, scale, profiles } = frame;
  const traces = profiles.traces.find((t) => t.operation === finding.operation)?.traces ?? 0;
  const perDay = traces / scale.observedDays;
  const variance = context.results.readJson(COST_VARIANCE) as CostVarianceFile;
  const mad = variance[finding.operation]?.log_mad;
  const period = validationPeriod(perDay, mad === undefined ? null : mad * MAD_TO_SIGMA);
  const baseline = measured !== null && metric.per_day ? measured / scale.observedDays : measured;
  const factor = metric.factor === 'savings' ? leftOver(finding, scale.observedDays) : metric.factor;
  const target = factor === undefined || baseline === null ? null : baseline * factor;
  return {
    metric: metric.name,
    unit: metric.unit,
    baseline,
    target: metric.target ?? (target === null ? 'a clear drop' : ''),
    target_value: target,
    period_days: period.days,
    period_traces: period.traces,
    traces_per_day: perDay,
    period_capped: period.capped,
    filter_property: property === '' ? '$ai_span_name' : property,
    verify: [
      `SELECT toDate(timestamp) AS day, ${metricSql(name)} AS value`,
      `FROM events WHERE event = '$ai_generation' AND ${sqlFragments(property).operation} = ${hogqlText(finding.operation)}`,
      `  AND timestamp >= now() - INTERVAL ${period.days} DAY`,
      'GROUP BY day ORDER BY day LIMIT 100',
    ].join('\n'),
  };
}

/** The share of its operation's cost that a finding's expected savings leave; undefined where it claims none. */
function leftOver(finding: Finding, observedDays: number): number | undefined {
  const monthly = (Number(finding.metrics.operation_cost_usd ?? 0) * MONTH_DAYS) / observedDays;
  const saved = finding.monthly_savings_usd?.expected;
  return saved === undefined || monthly <= 0 ? undefined : Math.max(0, 1 - saved / monthly);
}

/** A HogQL string literal, for a query that a person pastes into PostHog. */
function hogqlText(value: string): string {
  const escaped = value.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  return `'${escaped.replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t').replaceAll('\0', '\\0')}'`;
}
