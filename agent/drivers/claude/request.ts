import { setTimeout as sleep } from 'node:timers/promises';
import type Anthropic from '@anthropic-ai/sdk';
import { spent } from './budget.ts';
import type { MessagesClient } from './client.ts';
import { explain, SilentStream } from './failures.ts';
import type { TokenUsage } from './generation.ts';

/** A stream that says nothing for so long is given up, milliseconds. */
const IDLE_MS = 180_000;
/** A request is made so often at most: no tool has run until its answer is whole. */
const ATTEMPTS = 6;
/** Pauses double from the first, in seconds, where the provider does not say how long to wait. */
const FIRST_PAUSE_S = 0.5;

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
  /** Time that the run has left, seconds: no pause is longer. */
  leftS(): number;
  onFailure(failed: FailedRequest): void;
  idleMs?: number;
  firstPauseS?: number;
}

/**
 * One model request, streamed, and made again after a pause where that may help. All attempts are made here and none in the SDK, so that
 * each is counted and told, and no pause outlasts the run's time.
 * @throws RunbookError `agent_stopped` with the reason and what to do; `agent_budget` where the provider asks to wait longer than the run
 * may take; the signal's reason where it was aborted
 */
export async function request(options: RequestOptions): Promise<Answer> {
  const { signal, leftS, onFailure, firstPauseS = FIRST_PAUSE_S } = options;
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
      signal.throwIfAborted();
      const { error: failure, retry } = await explain(error);
      const waitS = retry && attempt < ATTEMPTS ? pause(retry.afterS, firstPauseS * 2 ** (attempt - 1)) : null;
      const isTooLong = waitS !== null && waitS > leftS();
      const { message: reason, status = null } = failure;
      onFailure({ attempt, waitS: isTooLong ? null : waitS, reason, status, latencyS: elapsed(), usage });
      if (waitS === null) throw failure;
      if (isTooLong)
        throw spent(
          `the provider asks to wait ${Math.ceil(waitS)} s, and the run has ${Math.floor(leftS())} s left`,
          'Start it again later.',
        );
      await sleep(waitS * 1000, undefined, { signal });
    }
  }
}

/** Jitter keeps parallel runs from coming back together; never before the provider's own time. */
function pause(askedS: number | undefined, ownS: number): number {
  return askedS === undefined ? ownS * (0.75 + Math.random() / 4) : askedS * (1 + Math.random() / 4);
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
