import { describeInput } from '../describe-input.ts';
import type { RunEvent } from '../events.ts';
import type { Of } from './read.ts';

export interface Failure {
  code: string;
  message: string;
  hint: string | null;
}

export interface CallItem {
  kind: 'call';
  /** Null where the tool was refused before it was called. */
  call: number | null;
  tool: string;
  /** What tells it from other calls: the name of its query, or the file that it writes. */
  detail: string;
  queries: number;
  rows: number;
  response_bytes: number;
  /** Null where the run ended before it did. */
  elapsed_s: number | null;
  failure: Failure | null;
}

export interface RequestItem {
  kind: 'request';
  model: string;
  /** The whole prompt, and the part of it that a cache served. */
  input_tokens: number;
  cached_tokens: number;
  output_tokens: number;
  cost_usd: number;
  elapsed_s: number;
  stop_reason: string;
  error: string | null;
}

/** What happens inside a step or the grading. */
export type TimelineItem = CallItem | RequestItem | { kind: 'retry'; attempt: number; wait_s: number; reason: string };

export interface Work {
  /** In order. */
  items: TimelineItem[];
  /** Paths of the artifacts that were written, each once. */
  artifacts: string[];
  failure: Failure | null;
}

/** Takes an event into what it belongs to; most events are none of a timeline. */
export function addItem(work: Work, event: RunEvent): void {
  switch (event.type) {
    case 'tool_started':
      work.items.push(callOf(event, describeInput(event.input)));
      return;
    case 'query':
      countQuery(work, event);
      return;
    case 'tool_finished':
    case 'tool_failed':
      endCall(work, event);
      return;
    case 'generation':
      work.items.push(requestOf(event));
      return;
    case 'model_retry':
      work.items.push({ kind: 'retry', attempt: event.attempt, wait_s: event.wait_s, reason: event.reason });
      return;
    case 'artifact_written':
      if (!work.artifacts.includes(event.path)) work.artifacts.push(event.path);
  }
}

export function failureIn({ code, message, hint }: Failure): Failure {
  return { code, message, hint };
}

function callOf({ call, tool }: { call: number | null; tool: string }, detail: string): CallItem {
  const none = { queries: 0, rows: 0, response_bytes: 0, elapsed_s: null, failure: null };
  return { kind: 'call', call, tool, detail, ...none };
}

function countQuery({ items }: Work, { call, rows, response_bytes }: Of<'query'>): void {
  const item = openCall(items, call);
  if (!item) return;
  item.queries += 1;
  item.rows += rows;
  item.response_bytes += response_bytes;
}

function endCall({ items }: Work, event: Of<'tool_finished' | 'tool_failed'>): void {
  let item = openCall(items, event.call);
  if (!item) {
    item = callOf(event, '');
    items.push(item);
  }
  item.elapsed_s = event.elapsed_s;
  if (event.type === 'tool_failed') item.failure = failureIn(event);
}

function openCall(items: readonly TimelineItem[], call: number | null): CallItem | undefined {
  return items.find((item): item is CallItem => item.kind === 'call' && call !== null && item.call === call);
}

function requestOf({ properties: used }: Of<'generation'>): RequestItem {
  const cached = used.$ai_cache_read_input_tokens;
  return {
    kind: 'request',
    model: used.$ai_model,
    input_tokens: used.$ai_input_tokens + cached + used.$ai_cache_creation_input_tokens,
    cached_tokens: cached,
    output_tokens: used.$ai_output_tokens,
    cost_usd: used.$ai_total_cost_usd,
    elapsed_s: used.$ai_latency,
    stop_reason: used.$ai_stop_reason,
    error: used.$ai_error,
  };
}
