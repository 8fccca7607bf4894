/**
 * Every failure that a user can cause or meet is a `RunbookError`: a stable code, what happened, why, and what to do next.
 * Anything else that is thrown is a programming error.
 */
export type ErrorCode =
  | 'usage' // bad command line, bad parameter, bad file: nothing was started (exit 2)
  | 'config' // missing credentials or unusable environment (exit 2, or a gate: exit 3)
  | 'runbook_invalid' // a runbook, step or template that does not load (exit 2)
  | 'tool_input' // input that a tool's schema refuses
  | 'hogql' // a HogQL query that the source refuses
  | 'auth' // 401
  | 'forbidden' // 403
  | 'not_found' // 404
  | 'rate_limited' // 429
  | 'budget' // a read or cost budget is used up
  | 'agent_budget' // the agent's turns, tokens, time or money are used up (exit 4)
  | 'agent_stopped' // the model refused, went in circles, or could not go on
  | 'timeout' // no answer in time
  | 'network' // connection refused, reset, cut mid-answer
  | 'server' // 5xx
  | 'bad_response' // an answer that is not what the protocol says
  | 'source_unavailable' // the local engine is not installed, a file cannot be read
  | 'not_events' // a file that holds no events at all (exit 2)
  | 'gate' // a gate stopped the run (exit 3)
  | 'not_recorded' // a replay asks what the run did not ask
  | 'log' // the run's own log cannot be written: nothing may go on unrecorded (exit 5); a log is damaged (exit 2)
  | 'io' // disk full, unwritable folder, path outside the results dir
  | 'interrupted'; // Ctrl-C

export interface ErrorDetails {
  /** What to do next, in one sentence that a user can follow. */
  hint?: string;
  /** The file, field or line at fault. */
  at?: string;
  /** Zero-based character offsets in the query or file text, where known. */
  position?: { start: number; end: number };
  /** HTTP status of the failing answer, where there was one. */
  status?: number;
  cause?: unknown;
}

export class RunbookError extends Error {
  override readonly name = 'RunbookError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly at: string | undefined;
  readonly position: { start: number; end: number } | undefined;
  readonly status: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.at = details.at;
    this.position = details.position;
    this.status = details.status;
  }
}

/** The message of anything thrown, without a stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
