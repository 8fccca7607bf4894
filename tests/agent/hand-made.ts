import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { EventBody, RunEvent } from '../../agent/events.ts';
import { Payloads } from '../../agent/record/payloads.ts';
import { type RunRecord, readRecord } from '../../agent/record/read.ts';
import { temporaryFolder } from './toy.ts';

type Started = Extract<EventBody, { type: 'run_started' }>;
type Used = Extract<EventBody, { type: 'generation' }>['properties'];

export const RUN = '11111111-2222-4333-8444-555555555555';

/** How a hand-made run begins. */
export function started(more: Partial<Started> = {}): Started {
  return {
    type: 'run_started',
    program: '0.0.0',
    runbook: { name: 'toy', title: 'Toy runbook', version: '1.0.0', digest: 'd', dir: null, files: [] },
    driver: 'scripted',
    model: null,
    source: { specs: ['toy'], as_of: null },
    rounds: 1,
    parent: null,
    note: 'test',
    budget: null,
    steps: [{ number: 1, id: 'connect', title: 'Connect' }],
    params: {},
    results_dir: '/made/by/hand',
    ...more,
  };
}

export function resumed(after_step: number): EventBody {
  return { type: 'run_resumed', after_step, driver: 'claude', model: 'm-2', note: '', budget: null, torn_bytes: 0 };
}

export function finished(exit: number): EventBody {
  return { type: 'run_finished', exit, queries: 0, response_bytes: 0, elapsed_s: 1, report: null };
}

export function graded(round: number, average: number, passed: boolean): EventBody {
  const scores = [{ id: 'evidence', name: 'Evidence', score: average, reasons: ['one of two traces is named'] }];
  const failed_gates = passed ? [] : ['outputs: data/a.csv is missing'];
  return {
    type: 'graded',
    round,
    average,
    passed,
    scores,
    failed_gates,
    claims: { checked: 4, verified: 3 },
    judge: null,
  };
}

export function generation(step: number, more: Partial<Used> = {}): EventBody {
  return {
    ...{ type: 'generation', step, turn: 1, request: null, answer: null, event: '$ai_generation' },
    ...{ uuid: 'u', distinct_id: 'd', timestamp: '2026-07-31T12:00:00.000Z' },
    properties: {
      $ai_trace_id: RUN,
      $ai_span_name: 'connect',
      $ai_model: 'm-1',
      $ai_provider: 'anthropic',
      $ai_input_tokens: 100,
      $ai_cache_reporting_exclusive: true,
      $ai_cache_read_input_tokens: 300,
      $ai_cache_creation_input_tokens: 0,
      $ai_cache_creation_5m_input_tokens: 0,
      $ai_cache_creation_1h_input_tokens: 0,
      $ai_output_tokens: 50,
      $ai_total_cost_usd: 0.25,
      $ai_latency: 2,
      $ai_stop_reason: 'tool_use',
      $ai_http_status: 200,
      $ai_is_error: false,
      $ai_error: null,
      request_id: null,
      ...more,
    },
  };
}

/** An event of a hand-made log: a second after the one before, unless it says when. */
export type Made = EventBody & { time?: string; from?: string };

/** Writes a results dir with this log, and reads it. @param files artifacts, which are kept and named in the log behind the first event */
export function recordOf(events: readonly Made[], files: Record<string, string> = {}): RunRecord {
  const dir = path.join(temporaryFolder(), 'run');
  mkdirSync(dir, { recursive: true });
  const payloads = new Payloads(dir);
  const written = Object.entries(files).map(([file, text]): EventBody => {
    return { type: 'artifact_written', path: file, bytes: text.length, sha256: payloads.put(text) };
  });
  const [first, ...rest] = events;
  const all = [...(first ? [first] : []), ...written, ...rest];
  const lines = all.map((event, index) => {
    const time = new Date(Date.parse('2026-07-31T12:00:00.000Z') + index * 1000).toISOString();
    return JSON.stringify({ v: 1, seq: index + 1, time, run: RUN, ...event } as RunEvent);
  });
  writeFileSync(path.join(dir, 'events.jsonl'), `${lines.join('\n')}\n`);
  return readRecord(dir);
}
