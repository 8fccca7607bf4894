import { messageOf, RunbookError } from '../../../lib/errors.ts';

/** Why a request has no whole answer, and whether another attempt may help. */
export interface Failure {
  error: RunbookError;
  /** Null where the same request would fail again; else how long the provider asks to wait, seconds, where it says so. */
  retry: { afterS: number | undefined } | null;
  /** The model wrote a tool call that is no JSON: asking it anew in the same words helps less than telling it. */
  malformed?: true;
}

/** The connection is there, but nothing more comes over it. */
export class SilentStream extends Error {}
/** An answer that broke off in a tool call whose input cannot be parsed. */
export class MalformedCall extends Error {}

const ADVICE: Readonly<Record<number, string>> = {
  400: 'The provider refuses the request: see the message; --model chooses another model.',
  401: 'Check the model key (ANTHROPIC_API_KEY or OPENROUTER_API_KEY).',
  402: 'The account has no credit left.',
  403: 'The key may not use this model or workspace.',
  404: 'The provider does not know the model, or ANTHROPIC_BASE_URL is wrong.',
  413: 'The conversation has grown too large for one request: choose a smaller sample_size or top_n.',
  429: 'Wait, or raise the limit of the account; then start the run again.',
};

/** Limits that waiting does not lift (Anthropic's error codes of 2026-10). */
const SPENT = /spend_limit_reached$|^ramp_limit_exceeded$/u;

/** What a failed request means. A failing model is no failing source: it never stops a run as a gate does. */
export async function explain(error: unknown): Promise<Failure> {
  const sdk = await import('@anthropic-ai/sdk');
  const again = { afterS: undefined };
  if (error instanceof SilentStream)
    return { error: stopped('The model stopped answering in the middle of an answer.', error), retry: again };
  if (error instanceof MalformedCall)
    return {
      error: stopped(`A tool call of the model is no JSON: ${error.message}`, error),
      retry: null,
      malformed: true,
    };
  if (error instanceof sdk.APIConnectionError)
    return { error: stopped(`The model cannot be reached: ${reasonOf(error)}`, error), retry: again };
  if (!(error instanceof sdk.APIError))
    return { error: stopped(`The answer of the model broke off: ${messageOf(error)}`, error), retry: again };
  const text = error.apiMessage || error.message;
  const { status, headers, errorCode } = error;
  // Without a status the error came inside the stream.
  if (status === undefined)
    return { error: stopped(`The model's provider failed in the middle of an answer: ${text}`, error), retry: again };
  const message = `The model's provider answers ${status}: ${text}`;
  const mayRetry = shouldRetry(status, headers) && !SPENT.test(errorCode ?? '');
  return {
    error: stopped(message, error, { hint: ADVICE[status], status }),
    retry: mayRetry ? { afterS: askedWait(headers) } : null,
  };
}

function stopped(
  message: string,
  cause: unknown,
  { hint = 'Try again later, or use --agent scripted.', status }: { hint?: string | undefined; status?: number } = {},
): RunbookError {
  return new RunbookError('agent_stopped', message, { hint, cause, ...(status === undefined ? {} : { status }) });
}

/** The provider's own word on it, where it gives one; else time-outs, conflicts, limits of the rate and faults of the server. */
function shouldRetry(status: number, headers: Headers | undefined): boolean {
  const said = headers?.get('x-should-retry');
  if (said === 'true' || said === 'false') return said === 'true';
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

/** `retry-after-ms`, or `retry-after` as seconds or as a date (RFC 9110 §10.2.3), in seconds. */
function askedWait(headers: Headers | undefined): number | undefined {
  const milliseconds = Number.parseFloat(headers?.get('retry-after-ms') ?? '');
  if (milliseconds >= 0) return milliseconds / 1000;
  const after = headers?.get('retry-after') ?? '';
  const seconds = /^\d/u.test(after) ? Number.parseFloat(after) : (Date.parse(after) - Date.now()) / 1000;
  return seconds >= 0 ? seconds : undefined;
}

/** The reason of a failed connection stands in the innermost cause. */
function reasonOf(error: Error): string {
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message;
}
