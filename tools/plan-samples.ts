import { readTrace } from '../analysis/reading.ts';
import { contentCalls } from '../analysis/sql.ts';
import { PROJECT, type Project } from './probe-project.ts';
import { queryRows, text } from './query-rows.ts';
import { callColumns, toCall } from './read-traces.ts';
import type { ToolContext } from './tool.ts';

/** A recommendation as far as its sample goes. */
interface Sampled {
  operation: string;
  trace_ids: string[];
  sample: { trace_id: string; input_excerpt: string; output_excerpt: string; note: string } | null;
}

/**
 * Gives each recommendation without a read trace one of its cited traces, read for it: the dearest call of the first trace. One query, and only where content
 * stands on the events (`posthog.ai_events` is read by the sampling step alone, to stay within the run's number of queries).
 */
export async function withSamples<T extends Sampled>(context: ToolContext, list: T[]): Promise<T[]> {
  const { content } = context.results.readJson(PROJECT) as Project;
  const wanted = list.filter((item) => item.sample === null && item.trace_ids.length > 0);
  if (content !== 'events' || wanted.length === 0) return list;
  const rows = await queryRows(context, {
    name: 'plans: samples of cited traces',
    sql: `SELECT ${callColumns(true)} FROM ${contentCalls(text(context.params.operation_property), content)} AS gen
      WHERE trace_id IN {ids} AND operation IN {operations} ORDER BY operation, trace_id, cost DESC, at LIMIT 1 BY operation, trace_id LIMIT 200`,
    values: {
      ids: wanted.map((item) => String(item.trace_ids[0])),
      operations: [...new Set(wanted.map((item) => item.operation))],
    },
  });
  return list.map((item) => {
    const row = wanted.includes(item)
      ? rows.find((r) => text(r.trace_id) === item.trace_ids[0] && text(r.operation) === item.operation)
      : undefined;
    if (!row) return item;
    const { input_excerpt, output_excerpt } = readTrace([toCall(row)], { usual_prompt_tokens: null });
    return {
      ...item,
      sample: { trace_id: text(row.trace_id), input_excerpt, output_excerpt, note: 'its dearest call' },
    };
  });
}
