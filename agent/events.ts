import type { SourceNotice } from '../sources/source.ts';

/** Everything that happens in a run is one of these. The terminal view, the log and `--json` only read them. */
export type EventBody =
  | {
      type: 'run_started';
      runbook: { name: string; version: string; digest: string };
      driver: string;
      params: Record<string, unknown>;
      results_dir: string;
      note: string;
    }
  | {
      type: 'source_opened';
      kind: string;
      label: string;
      now: string;
      window: { from: string; to: string };
      notices: readonly SourceNotice[];
      elapsed_s: number;
    }
  | { type: 'step_started'; number: number; of: number; id: string; title: string; rendered_sha256: string }
  | { type: 'tool_started'; step: number; tool: string; input: unknown }
  | { type: 'tool_progress'; step: number; tool: string; message: string }
  | {
      type: 'query';
      step: number;
      tool: string;
      n: number;
      name: string;
      rows: number;
      response_bytes: number;
      elapsed_s: number;
    }
  | { type: 'tool_finished'; step: number; tool: string; output: unknown; elapsed_s: number }
  | {
      type: 'tool_failed';
      step: number;
      tool: string;
      code: string;
      message: string;
      hint: string | null;
      elapsed_s: number;
    }
  | { type: 'artifact_written'; path: string; bytes: number; sha256: string }
  | { type: 'step_finished'; number: number; id: string; elapsed_s: number }
  | { type: 'step_failed'; number: number; id: string; code: string; message: string; hint: string | null }
  | { type: 'gate_stopped'; number: number; id: string; message: string; hint: string | null }
  | {
      type: 'graded';
      average: number;
      passed: boolean;
      scores: { id: string; name: string; score: number }[];
      failed_gates: string[];
    }
  | {
      type: 'run_finished';
      exit: number;
      queries: number;
      response_bytes: number;
      elapsed_s: number;
      report: string | null;
    };

/** An event as it is logged: schema version, order, time (UTC) and run. */
export type RunEvent = EventBody & { v: 1; seq: number; time: string; run: string };

export type EventSink = (event: RunEvent) => void;
