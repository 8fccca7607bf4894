import { z } from 'zod';
import { sqlFragments } from '../analysis/sql.ts';
import { RunbookError } from '../lib/errors.ts';
import type { SourceNotice } from '../sources/source.ts';
import { num0, queryRows, type Row, text } from './query-rows.ts';
import { defineTool, type ToolContext } from './tool.ts';

/** Where prompts and outputs can be read: on the events themselves, in `posthog.ai_events`, or nowhere (privacy mode). */
const contentPlace = z.enum(['events', 'ai_events', 'none']);

const project = z.object({
  label: z.string(),
  backend: z.string(),
  window: z.object({ from: z.string(), to: z.string(), days: z.number() }),
  /** Days between the first event of the window and its end, at least one: what monthly figures are scaled by. */
  observed_days: z.number(),
  first_event: z.string(),
  last_event: z.string(),
  generations: z.number(),
  embeddings: z.number(),
  embedding_cost_usd: z.number(),
  traces: z.number(),
  unnamed_calls: z.number(),
  calls_without_trace: z.number(),
  calls_without_cost: z.number(),
  calls_without_tokens: z.number(),
  content: contentPlace,
  notices: z.array(z.object({ code: z.string(), message: z.string(), count: z.number() })),
});
export type Project = z.infer<typeof project>;

export const PROJECT = 'data/project.json';

/** The newest generations whose traces are looked up in `posthog.ai_events`. */
const PROBE_CALLS = 100;

export const probeProject = defineTool({
  name: 'probe_project',
  description:
    'Proves the connection and describes the traffic of the window: generations, traces, calls without name, trace, cost or tokens, and where prompts and outputs can be read. Stops the run when there is nothing to analyse. Example: {}',
  input: z.strictObject({}),
  output: project,
  writes: 'own artifacts',
  asks: 'source',
  async run(_input, context) {
    const [row = {}] = await queryRows(context, { name: 'probe: traffic of the window', sql: overviewSql(context) });
    const generations = num0(row.generations);
    if (generations === 0) throw noEvents(context);
    const content = await findContent(context, num0(row.calls_with_content));
    const result = describe(context, row, content);
    await context.results.writeJson(PROJECT, result);
    await publishFacts(context, result);
    return result;
  },
});

function overviewSql(context: ToolContext): string {
  const sql = sqlFragments(String(context.params.operation_property ?? ''));
  const generation = "event = '$ai_generation'";
  return `SELECT
    countIf(${generation}) AS generations,
    countIf(event = '$ai_embedding') AS embeddings,
    round(sumIf(coalesce(toFloat(properties.$ai_total_cost_usd), 0), event = '$ai_embedding'), 12) AS embedding_cost_usd,
    uniqExactIf(properties.$ai_trace_id, ${generation}) AS traces,
    countIf(${generation} AND ${sql.operation} = 'unnamed') AS unnamed_calls,
    countIf(${generation} AND coalesce(properties.$ai_trace_id, '') = '') AS calls_without_trace,
    countIf(${generation} AND isNull(toFloat(properties.$ai_total_cost_usd))) AS calls_without_cost,
    countIf(${generation} AND isNull(toFloat(properties.$ai_input_tokens)) AND isNull(toFloat(properties.$ai_output_tokens))) AS calls_without_tokens,
    countIf(${generation} AND (isNotNull(properties.$ai_input) OR (isNotNull(properties.$ai_output_choices) AND ${sql.is_error} = 0))) AS calls_with_content,
    toString(toTimeZone(minIf(timestamp, ${generation}), 'UTC')) AS first_event,
    toString(toTimeZone(maxIf(timestamp, ${generation}), 'UTC')) AS last_event
  FROM events WHERE event IN ('$ai_generation', '$ai_embedding') AND ${sql.window}`;
}

/** What the source noticed about the data; how it was loaded is this machine's matter and would make two runs' reports differ. */
function dataNotices(context: ToolContext): SourceNotice[] {
  return context.source.notices().filter(({ code }) => code !== 'load_cached' && code !== 'cache_unusable');
}

function noEvents(context: ToolContext): RunbookError {
  const { from, to } = context.window;
  const notices = dataNotices(context).map((notice) => notice.message);
  return new RunbookError(
    'gate',
    `${context.source.label} has no $ai_generation events between ${from.toISOString()} and ${to.toISOString()}.${notices.length ? ` (${notices.join(' ')})` : ''}`,
    {
      hint: 'Check that LLM analytics is instrumented in this project and that the project id is right, or widen the window with -p window_days=90.',
    },
  );
}

/** Content on the events themselves is seen by the overview; what moved to `posthog.ai_events` takes a look at the newest traces. */
async function findContent(context: ToolContext, onEvents: number): Promise<Project['content']> {
  if (onEvents > 0) return 'events';
  const sql = sqlFragments('');
  try {
    const [moved = {}] = await queryRows(context, {
      name: 'probe: content in ai_events',
      sql: `SELECT countIf(isNotNull(input) OR isNotNull(output_choices)) AS with_content FROM posthog.ai_events
        WHERE ${sql.window} AND trace_id IN (SELECT properties.$ai_trace_id FROM events WHERE ${sql.generations} ORDER BY timestamp DESC LIMIT ${PROBE_CALLS})`,
    });
    return num0(moved.with_content) > 0 ? 'ai_events' : 'none';
  } catch (error) {
    // Self-hosted and older projects have no such table; that is an answer, not a failure.
    if (error instanceof RunbookError && error.code === 'hogql') return 'none';
    throw error;
  }
}

/** ClickHouse's `2026-07-31 10:00:00.123456` (UTC) as ISO 8601. */
function iso(value: unknown): string {
  return new Date(`${text(value).replace(' ', 'T').slice(0, 23)}Z`).toISOString();
}

function describe(context: ToolContext, row: Row, content: Project['content']): Project {
  const { from, to } = context.window;
  const days = (to.getTime() - from.getTime()) / 86_400_000;
  const first = iso(row.first_event);
  return {
    label: context.source.label,
    backend: context.source.kind === 'posthog' ? 'posthog' : context.source.kind,
    window: { from: from.toISOString(), to: to.toISOString(), days },
    observed_days: Math.min(days, Math.max(1, (to.getTime() - new Date(first).getTime()) / 86_400_000)),
    first_event: first,
    last_event: iso(row.last_event),
    generations: num0(row.generations),
    embeddings: num0(row.embeddings),
    embedding_cost_usd: num0(row.embedding_cost_usd),
    traces: num0(row.traces),
    unnamed_calls: num0(row.unnamed_calls),
    calls_without_trace: num0(row.calls_without_trace),
    calls_without_cost: num0(row.calls_without_cost),
    calls_without_tokens: num0(row.calls_without_tokens),
    content,
    notices: dataNotices(context),
  };
}

async function publishFacts(context: ToolContext, project: Project): Promise<void> {
  const fact = (value: number | string, unit: 'count' | 'usd' | 'share' | 'time' | 'days') => ({
    value,
    unit,
    source: PROJECT,
  });
  await context.facts.publish({
    'window.from': fact(project.window.from, 'time'),
    'window.to': fact(project.window.to, 'time'),
    'window.days': fact(project.window.days, 'days'),
    'window.observed_days': fact(project.observed_days, 'days'),
    'calls.total': fact(project.generations, 'count'),
    'calls.unnamed': fact(project.unnamed_calls, 'count'),
    'calls.unnamed_share': fact(project.unnamed_calls / project.generations, 'share'),
    'calls.without_trace': fact(project.calls_without_trace, 'count'),
    'calls.without_cost': fact(project.calls_without_cost, 'count'),
    'calls.without_tokens': fact(project.calls_without_tokens, 'count'),
    'traces.total': fact(project.traces, 'count'),
    'embeddings.total': fact(project.embeddings, 'count'),
    'embeddings.cost': fact(project.embedding_cost_usd, 'usd'),
  });
}
