import { setTimeout as sleep } from 'node:timers/promises';
import type Anthropic from '@anthropic-ai/sdk';
import { AwakeTimer } from '../../../lib/awake-timer.ts';
import { type Budget, spent } from './budget.ts';
import type { MessagesClient } from './client.ts';
import { explain, MalformedCall, SilentStream } from './failures.ts';
import type { TokenUsage } from './generation.ts';

/** A stream that says nothing for so long is given up, milliseconds. */
const IDLE_MS = 180_000;
/** A request is made so often at most: no tool has run until its answer is whole. */
const ATTEMPTS = 6;
/** Pauses double from the first, in seconds, where the provider does not say how long to wait. */
const FIRST_PAUSE_S = 0.5;
/** The longest time that a timer takes, milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What came of a request: an answer, or one whose tool call is no JSON, which the model alone can mend. */
export type Answer =
  | {
      kind: 'message';
      message: Anthropic.Message;
      /** From the request to the end of the answer, seconds. */
      latencyS: number;
      requestId: string | null;
    }
  | { kind: 'malformed'; reason: string };

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
  /** What the run may still use: asked before each attempt, and no answer and no pause lasts longer. */
  budget: Pick<Budget, 'checkRun' | 'leftS' | 'outOfTime'>;
  /** Told of every failure, also of an interruption: what it used has to be counted. */
  onFailure(failed: FailedRequest): void;
  idleMs?: number;
  firstPauseS?: number;
}

/**
 * One model request, streamed, and made again after a pause where that may help. All attempts are made here and none in the SDK, so that
 * each is counted and told, and none is made that the budget does not allow.
 * @throws RunbookError `agent_stopped` with the reason and what to do; `agent_budget`; the signal's reason where it was aborted
 */
export async function request(options: RequestOptions): Promise<Answer> {
  const { signal, budget, onFailure, firstPauseS = FIRST_PAUSE_S } = options;
  for (let attempt = 1; ; attempt += 1) {
    budget.checkRun();
    const started = performance.now();
    const over = AbortSignal.timeout(Math.min(Math.ceil(budget.leftS() * 1000), MAX_TIMER_MS));
    let usage: TokenUsage = { input_tokens: 0, output_tokens: 0 };
    const failed = (reason: string, status: number | null, waitS: number | null) =>
      onFailure({ attempt, waitS, reason, status, latencyS: (performance.now() - started) / 1000, usage });
    try {
      const { message, requestId } = await stream(options, over, (begun) => {
        usage = begun;
      });
      return { kind: 'message', message, requestId, latencyS: (performance.now() - started) / 1000 };
    } catch (error) {
      if (signal.aborted) failed('The run was interrupted.', null, null);
      signal.throwIfAborted();
      if (over.aborted) failed('The time of the run is over.', null, null);
      if (over.aborted) throw budget.outOfTime();
      const { error: failure, retry, malformed } = await explain(error);
      const waitS = retry && attempt < ATTEMPTS ? pause(retry.afterS, firstPauseS * 2 ** (attempt - 1)) : null;
      const isTooLong = waitS !== null && waitS > budget.leftS();
      failed(failure.message, failure.status ?? null, isTooLong ? null : waitS);
      if (malformed) return { kind: 'malformed', reason: failure.message };
      if (waitS === null) throw failure;
      if (isTooLong) throw tooLong(waitS, budget.leftS());
      await sleep(waitS * 1000, undefined, { signal });
    }
  }
}

function tooLong(waitS: number, leftS: number) {
  const [wait, left] = [Math.ceil(waitS), Math.floor(leftS)];
  return spent(`the provider asks to wait ${wait} s, and the run has ${left} s left`, 'Start it again later.');
}

/** Jitter keeps parallel runs from coming back together; never before the provider's own time. */
function pause(askedS: number | undefined, ownS: number): number {
  return askedS === undefined ? ownS * (0.75 + Math.random() / 4) : askedS * (1 + Math.random() / 4);
}

async function stream(
  { client, body, signal, idleMs = IDLE_MS }: RequestOptions,
  over: AbortSignal,
  onBegin: (usage: TokenUsage) => void,
): Promise<{ message: Anthropic.Message; requestId: string | null }> {
  const idle = new AwakeTimer(idleMs);
  const events = client.messages.stream(body, { signal: AbortSignal.any([signal, over, idle.signal]) });
  let inCall = false;
  events.on('streamEvent', (event) => {
    inCall = event.type === 'content_block_delta' && event.delta.type === 'input_json_delta';
    if (event.type === 'message_start') onBegin(event.message.usage);
    idle.renew();
  });
  try {
    return { message: await events.finalMessage(), requestId: events.request_id ?? null };
  } catch (error) {
    if (idle.signal.aborted) throw new SilentStream();
    // The SDK parses a call's input when its block ends.
    if (inCall && error instanceof Error && error.cause instanceof SyntaxError) throw new MalformedCall(error.message);
    throw error;
  } finally {
    idle.end();
  }
}
