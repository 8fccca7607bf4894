import { setTimeout as sleep } from 'node:timers/promises';
import type Anthropic from '@anthropic-ai/sdk';
import { messageOf, RunbookError } from '../../../lib/errors.ts';
import type { MessagesClient } from './client.ts';
import type { TokenUsage } from './generation.ts';

/** A stream that says nothing for so long is given up, milliseconds. */
const IDLE_MS = 180_000;
/** Requests that broke after their answer began are made again this often: no tool has run yet. */
const ATTEMPTS = 4;
const FIRST_PAUSE_S = 1;

export interface Answer {
  message: Anthropic.Message;
  /** From the request to the end of the answer, seconds. */
  latencyS: number;
  requestId: string | null;
}

/** A request that failed, and may have cost something all the same. */
export interface FailedRequest {
  /** From 1. */
  attempt: number;
  /** Pause until the next attempt, seconds; null where there is none. */
  waitS: number | null;
  reason: string;
  status: number | null;
  /** From the request to its failure, seconds. */
  latencyS: number;
  /** What had been used when the answer broke off. */
  usage: TokenUsage;
}

export interface RequestOptions {
  client: MessagesClient;
  body: Anthropic.MessageStreamParams;
  signal: AbortSignal;
  onFailure(failed: FailedRequest): void;
  idleMs?: number;
  firstPauseS?: number;
}

/**
 * One model request, streamed. The SDK repeats what failed before the answer began; what broke off in the middle is repeated here.
 * @throws RunbookError `agent_stopped` with the reason and what to do; the signal's reason where it was aborted
 */
export async function request(options: RequestOptions): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const started = performance.now();
    const elapsed = () => (performance.now() - started) / 1000;
    let usage: TokenUsage = { input_tokens: 0, output_tokens: 0 };
    try {
      const answer = await stream(options, (begun) => {
        usage = begun;
      });
      return { ...answer, latencyS: elapsed() };
    } catch (error) {
      options.signal.throwIfAborted();
      const { error: failure, broken } = await explain(error);
      const last = !broken || attempt === ATTEMPTS;
      // Jitter keeps parallel runs from coming back together.
      const waitS = (options.firstPauseS ?? FIRST_PAUSE_S) * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
      const { message: reason, status = null } = failure;
      options.onFailure({ attempt, waitS: last ? null : waitS, reason, status, latencyS: elapsed(), usage });
      if (last) throw failure;
      await sleep(waitS * 1000, undefined, { signal: options.signal });
    }
  }
}

async function stream(
  { client, body, signal, idleMs = IDLE_MS }: RequestOptions,
  onBegin: (usage: TokenUsage) => void,
): Promise<Omit<Answer, 'latencyS'>> {
  const idle = new AbortController();
  const events = client.messages.stream(body, { signal: AbortSignal.any([signal, idle.signal]) });
  let timer = setTimeout(() => idle.abort(), idleMs);
  events.on('streamEvent', (event) => {
    if (event.type === 'message_start') onBegin(event.message.usage);
    clearTimeout(timer);
    timer = setTimeout(() => idle.abort(), idleMs);
  });
  try {
    return { message: await events.finalMessage(), requestId: events.request_id ?? null };
  } catch (error) {
    if (idle.signal.aborted) throw new SilentStream();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

class SilentStream extends Error {}

interface Failure {
  error: RunbookError;
  /** The answer broke off after it had begun. */
  broken: boolean;
}

const ADVICE: Readonly<Record<number, string>> = {
  400: 'The provider refuses the request: see the message; --model chooses another model.',
  401: 'Check the model key (ANTHROPIC_API_KEY or OPENROUTER_API_KEY).',
  402: 'The account has no credit left.',
  403: 'The key may not use this model or workspace.',
  404: 'The provider does not know the model, or ANTHROPIC_BASE_URL is wrong.',
  413: 'The conversation has grown too large for one request: choose a smaller sample_size or top_n.',
  429: 'Wait, or raise the limit of the account; then start the run again.',
};

async function explain(error: unknown): Promise<Failure> {
  const sdk = await import('@anthropic-ai/sdk');
  if (error instanceof SilentStream)
    return stopped('The model stopped answering in the middle of an answer.', true, error);
  if (error instanceof sdk.APIConnectionError)
    return stopped(`The model cannot be reached: ${reasonOf(error)}`, false, error);
  if (!(error instanceof sdk.APIError))
    return stopped(`The answer of the model broke off: ${messageOf(error)}`, true, error);
  const text = error.apiMessage || error.message;
  // Without a status the error came inside the stream.
  if (error.status === undefined)
    return stopped(`The model's provider failed in the middle of an answer: ${text}`, true, error);
  return stopped(`The model's provider answers ${error.status}: ${text}`, false, error, {
    hint: ADVICE[error.status],
    status: error.status,
  });
}

/** A failing model is no failing source: it never stops a run as a gate does. */
function stopped(
  message: string,
  broken: boolean,
  cause: unknown,
  { hint = 'Try again later, or use --agent scripted.', status }: { hint?: string | undefined; status?: number } = {},
): Failure {
  const details = { hint, cause, ...(status === undefined ? {} : { status }) };
  return { error: new RunbookError('agent_stopped', message, details), broken };
}

/** The reason of a failed connection stands in the innermost cause. */
function reasonOf(error: Error): string {
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message;
}
