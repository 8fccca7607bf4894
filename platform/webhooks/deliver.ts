import { RunbookError } from '../../lib/errors.ts';
import { type GuardedAnswer, guardedRequest } from '../network/guard.ts';
import type { Allow } from '../network/target.ts';
import { webhookHeaders } from './sign.ts';

export interface WebhookTarget {
  url: string;
  trajectoryId: string;
}

export interface DeliveryOptions {
  /** Slack and its like get the body alone; `trajectory` is Jetty's form, with its headers. */
  kind: 'trajectory' | 'slack';
  secret?: string;
  /** From 1. */
  attempt: number;
  allow: Allow;
  now: Date;
  /** In [0, 1); default `Math.random`. */
  random?: () => number;
  /** Default `TIMEOUT_MS`. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

export type Delivery =
  | { kind: 'delivered'; status: number }
  /** The same delivery again with `attempt` + 1, so many ms from now. */
  | { kind: 'retry'; afterMs: number; reason: string }
  | { kind: 'gave_up'; reason: string };

export const MAX_ATTEMPTS = 8;
/** A receiver that does its work before it answers is slow; one that takes longer than this loses the delivery twice over. */
const TIMEOUT_MS = 15_000;
/** Of an answer that nobody reads. */
const MAX_ANSWER_BYTES = 65_536;
/** Pauses of 1, 5, 25, 125 minutes and then 8 hours at most: 27 hours in all, half of it on average. */
const FIRST_PAUSE_MS = 60_000;
const PAUSE_FACTOR = 5;
const MAX_PAUSE_MS = 8 * 3_600_000;
const MIN_PAUSE_MS = 1000;
/** Answers below 500 after which the same request may succeed: time-out, too early, too many. */
const PASSING = new Set([408, 425, 429]);

/**
 * One attempt to deliver a webhook. What comes of it is a value, since the caller keeps it: any 2xx is delivered, also where the rest of
 * the answer is cut off or too long; what may pass is to be tried again; everything else is given up.
 * @param body JSON, sent and signed byte for byte
 * @throws RunbookError `interrupted` only
 */
export async function deliver(target: WebhookTarget, body: string, options: DeliveryOptions): Promise<Delivery> {
  try {
    const answer = await post(target, body, options);
    return ofStatus(answer.status, options, answer.headers['retry-after']);
  } catch (error) {
    if (!(error instanceof RunbookError) || error.code === 'interrupted') throw error;
    if (error.status !== undefined) return ofStatus(error.status, options);
    if (error.code === 'network' || error.code === 'timeout') return again(error.message, options);
    return { kind: 'gave_up', reason: error.message };
  }
}

function post(target: WebhookTarget, body: string, options: DeliveryOptions): Promise<GuardedAnswer> {
  const { secret, now, kind, allow, signal, timeoutMs = TIMEOUT_MS } = options;
  const signed =
    kind === 'slack' ? {} : webhookHeaders({ payload: body, trajectoryId: target.trajectoryId, secret, now });
  return guardedRequest({
    url: target.url,
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'posthog-trace-optimizer', ...signed },
    body,
    timeoutMs,
    maxBytes: MAX_ANSWER_BYTES,
    allow,
    ...(signal ? { signal } : {}),
  });
}

function ofStatus(status: number, options: DeliveryOptions, retryAfter?: string): Delivery {
  if (status >= 200 && status < 300) return { kind: 'delivered', status };
  const reason = `The receiver answers with status ${status}.`;
  if (status >= 500 || PASSING.has(status)) return again(reason, options, retryAfter);
  return { kind: 'gave_up', reason };
}

function again(reason: string, { attempt, now, random = Math.random }: DeliveryOptions, retryAfter?: string): Delivery {
  if (attempt >= MAX_ATTEMPTS) return { kind: 'gave_up', reason: `${reason} It was attempt ${attempt}, the last.` };
  const most = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * PAUSE_FACTOR ** (attempt - 1));
  const asked = Math.min(MAX_PAUSE_MS, askedPauseMs(retryAfter, now));
  return { kind: 'retry', afterMs: Math.round(Math.max(MIN_PAUSE_MS, asked, random() * most)), reason };
}

/** What `Retry-After` asks for, ms: seconds or an HTTP date; 0 where it asks for nothing, or for nothing that can be read. */
function askedPauseMs(value: string | undefined, now: Date): number {
  if (value === undefined) return 0;
  const ms = /^\s*\d+\s*$/u.test(value) ? Number(value) * 1000 : Date.parse(value) - now.getTime();
  return Number.isNaN(ms) ? 0 : Math.max(0, ms);
}
