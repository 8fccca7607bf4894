import { z } from 'zod';
import type { FailureRow } from '../analysis/evidence.ts';
import { failureSql } from '../analysis/profile-sql.ts';
import { sqlFragments } from '../analysis/sql.ts';
import { typed } from './profile-operations.ts';
import { queryRows, text } from './query-rows.ts';
import { defineTool } from './tool.ts';

export const FAILURE_MODES = 'data/failure_modes.json';

/** A group of failed calls: one operation, one class, one HTTP status. */
export interface FailureGroup {
  operation: string;
  class: string;
  http_status: number;
  errors: number;
  cost_usd: number;
  longest_latency_s: number;
  example_message: string;
  trace_ids: string[];
}

export interface FailureFile {
  failed_calls: number;
  groups: FailureGroup[];
  rows: FailureRow[];
}

export const failureModes = defineTool({
  name: 'failure_modes',
  description:
    'Failed calls by operation, class (rate_limited, timeouts, server_errors, context_length, content_filter, auth, client_errors, other) and HTTP status, with example traces. Writes data/failure_modes.json. Example: {}',
  input: z.strictObject({}),
  output: z.object({ failed_calls: z.number(), by_class: z.record(z.string(), z.number()), saved_as: z.string() }),
  writes: 'own artifacts',
  asks: 'source',
  async run(_input, context) {
    const { calls } = sqlFragments(text(context.params.operation_property));
    const rows = (
      await queryRows(context, { name: 'failures by operation, class and status', sql: failureSql(calls) })
    ).map((row) => typed<FailureRow>(row, ['operation', 'class', 'trace_id', 'message', 'at_utc']));
    const groups = groupFailures(rows);
    const failed = groups.reduce((sum, group) => sum + group.errors, 0);
    const file: FailureFile = { failed_calls: failed, groups, rows };
    await context.results.writeJson(FAILURE_MODES, file);
    await context.facts.publish({ 'calls.failed': { value: failed, unit: 'count', source: FAILURE_MODES } });
    const byClass: Record<string, number> = {};
    for (const group of groups) byClass[group.class] = (byClass[group.class] ?? 0) + group.errors;
    return { failed_calls: failed, by_class: byClass, saved_as: FAILURE_MODES };
  },
});

function groupFailures(rows: FailureRow[]): FailureGroup[] {
  const groups = new Map<string, FailureGroup>();
  for (const row of rows) {
    const key = [row.operation, row.class, row.http_status].join('\u0000');
    const group = groups.get(key);
    if (group) group.trace_ids.push(row.trace_id);
    else
      groups.set(key, {
        operation: row.operation,
        class: row.class,
        http_status: row.http_status,
        errors: row.seen,
        cost_usd: row.cost_total,
        longest_latency_s: row.latency_max,
        example_message: row.message,
        trace_ids: [row.trace_id],
      });
  }
  return [...groups.values()]
    .map((group) => ({ ...group, trace_ids: [...new Set(group.trace_ids.filter((id) => id !== ''))].slice(0, 10) }))
    .sort((a, b) => b.errors - a.errors || a.operation.localeCompare(b.operation));
}
