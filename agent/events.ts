import type { SourceNotice } from '../sources/source.ts';
import type { BudgetLimits } from './budget-limits.ts';

/** A failure as an event: what happened, where, what to do. `code` is an ErrorCode, or `unexpected` for a fault of the program. */
interface Failure {
  code: string;
  message: string;
  hint: string | null;
}

interface StepName {
  number: number;
  id: string;
  title: string;
}

/** A runbook as it was run. */
export interface KeptRunbook {
  name: string;
  title: string;
  version: string;
  digest: string;
  /** Where it was read from; null for the one that ships with the program, `record` for one that is only in the record. */
  dir: string | null;
  /** Its files as they were run, by payload. */
  files: { path: string; sha256: string }[];
}

/** What the steps of a run were performed with, from one of them on. */
export interface RunPart {
  from_step: number;
  params: Record<string, unknown>;
  runbook: KeptRunbook;
}

/**
 * Everything that happens in a run is one of these; the terminal view, the log and `--json` only read them. Times in seconds, sizes in
 * bytes. `step` and `number` count from 1; a query outside any step has step 0.
 */
export type EventBody =
  | {
      type: 'run_started';
      /** Version of this program. */
      program: string;
      runbook: KeptRunbook;
      driver: string;
      /** The model that performs the steps, where one does. */
      model: string | null;
      /** The source as it was asked for: `sample`, `posthog`, or files. */
      source: { specs: string[]; as_of: string | null };
      rounds: number;
      /** The run that earlier steps were taken from, and what they were performed with; older logs do not say. */
      parent: { run: string; before_step: number; parts?: RunPart[] } | null;
      /** Which driver was chosen, and why. */
      note: string;
      /** What the driver's model may use; null where there is none. */
      budget: BudgetLimits | null;
      steps: StepName[];
      params: Record<string, unknown>;
      results_dir: string;
    }
  | {
      type: 'source_opened';
      kind: string;
      label: string;
      /** Pinned: every query of the run uses these two instants. */
      window: { from: string; to: string };
      notices: readonly SourceNotice[];
      elapsed_s: number;
    }
  | ({ type: 'source_failed' } & Failure)
  /** The run goes on in another process, behind the last finished step. */
  | {
      type: 'run_resumed';
      after_step: number;
      /** As it is performed from here on; older logs do not say. */
      runbook?: KeptRunbook;
      steps?: StepName[];
      driver: string;
      model: string | null;
      note: string;
      budget: BudgetLimits | null;
      /** Bytes of a half-written line that were cut off. */
      torn_bytes: number;
    }
  /** `rendered_sha256` is the payload of the step's text as it was performed. */
  | ({ type: 'step_started'; rendered_sha256: string } & StepName)
  /** `call` numbers the run's tool calls. `payload` holds the whole input where the event shows a part. */
  | { type: 'tool_started'; step: number; call: number; tool: string; input: unknown; payload: string | null }
  | { type: 'tool_progress'; step: number; tool: string; message: string }
  | {
      type: 'query';
      step: number;
      call: number;
      tool: string;
      n: number;
      name: string;
      rows: number;
      response_bytes: number;
      elapsed_s: number;
      /** Why the query failed, where it did. */
      error: string | null;
      /** Payloads: the HogQL with its values, and the answer or the failure. */
      request: string;
      answer: string;
    }
  /** An answer from outside the source (model prices, pull requests), as payload. */
  | { type: 'outside_read'; step: number; call: number; tool: string; name: string; answer: string }
  | {
      type: 'tool_finished';
      step: number;
      call: number;
      tool: string;
      output: unknown;
      payload: string | null;
      queries: number;
      rows: number;
      response_bytes: number;
      elapsed_s: number;
    }
  /** `call` is null where a tool was refused before it was called. */
  | ({ type: 'tool_failed'; step: number; call: number | null; tool: string; elapsed_s: number } & Failure)
  | GenerationEvent
  /** A request that failed is made again after a pause. */
  | { type: 'model_retry'; step: number; attempt: number; wait_s: number; reason: string }
  /** What the model said beside its tool calls. */
  | { type: 'model_text'; step: number; text: string }
  /** `sha256` is also the payload that holds this version. */
  | { type: 'artifact_written'; path: string; bytes: number; sha256: string }
  | { type: 'artifact_removed'; path: string }
  /** `note` is what the agent hands on to later steps. */
  | { type: 'step_finished'; number: number; id: string; note: string | null; elapsed_s: number }
  | ({ type: 'step_failed'; number: number; id: string; elapsed_s: number } & Failure)
  | ({ type: 'gate_stopped'; number: number; id: string } & Failure)
  /** A model judges: how many votes it gives on each criterion, and the models that wrote the report. */
  | { type: 'judge_opened'; model: string; authors: string[]; samples: number }
  /** A question to the judge and its answer, as payloads. */
  | { type: 'judge_asked'; question: string; answer: string }
  | {
      type: 'graded';
      round: number;
      average: number;
      passed: boolean;
      scores: { id: string; name: string; score: number | null; reasons: string[] }[];
      failed_gates: string[];
      claims: { checked: number; verified: number };
      /** The model that judged; null where the checks alone did. */
      judge: string | null;
    }
  | ({ type: 'grade_failed' } & Failure)
  | { type: 'round_finished'; round: number; of: number; passed: boolean; note: string | null }
  | {
      type: 'run_finished';
      exit: number;
      queries: number;
      response_bytes: number;
      elapsed_s: number;
      report: string | null;
    };

/**
 * One model request of our own agent, as PostHog's LLM analytics names it: a log line is an event that this product can read, so that a run
 * can be analysed like any other traffic. The trace is the run, the span is the step.
 */
export interface GenerationEvent {
  type: 'generation';
  step: number;
  turn: number;
  /** Payloads: the request (its messages are payloads of their own) and the answer; null where they are not ours to see, or there is none. */
  request: string | null;
  answer: string | null;
  event: '$ai_generation';
  uuid: string;
  distinct_id: string;
  timestamp: string;
  properties: {
    $ai_trace_id: string;
    $ai_span_name: string;
    $ai_model: string;
    $ai_provider: string;
    /** The part of the prompt that no cache served; cached tokens come beside it. */
    $ai_input_tokens: number;
    $ai_cache_reporting_exclusive: true;
    $ai_cache_read_input_tokens: number;
    $ai_cache_creation_input_tokens: number;
    $ai_cache_creation_5m_input_tokens: number;
    $ai_cache_creation_1h_input_tokens: number;
    $ai_output_tokens: number;
    $ai_total_cost_usd: number;
    /** Seconds. */
    $ai_latency: number;
    $ai_stop_reason: string;
    /** Null where the answer broke off. */
    $ai_http_status: number | null;
    $ai_is_error: boolean;
    $ai_error: string | null;
    request_id: string | null;
  };
}

/** An event as it is logged: schema version, order, time (UTC) and run. `from` names the run that it was taken over from. */
export type RunEvent = EventBody & { v: 1; seq: number; time: string; run: string; from?: string };

export type EventSink = (event: RunEvent) => void;
