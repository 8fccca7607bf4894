import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { messageOf, RunbookError } from '../../lib/errors.ts';
import type { QueryRequest, QueryResult, Source, SourceNotice } from '../source.ts';
import { backoff, failureOf } from './failures.ts';
import { credentialsFromEnv, type PostHogCredentials } from './from-env.ts';

export interface PostHogOptions extends PostHogCredentials {
  asOf?: Date;
  /** Time to a whole answer, ms. */
  timeoutMs?: number;
  maxAttempts?: number;
  /** Waits between tries and polls; tests shorten it. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MS = 120_000;
const MAX_ATTEMPTS = 4;
const POLL_MS = 1000;
const MAX_POLLS = 120;

const answer = z.looseObject({
  columns: z.array(z.string()).nullish(),
  types: z.array(z.unknown()).nullish(),
  results: z.array(z.array(z.unknown())),
  hasMore: z.boolean().nullish(),
  is_cached: z.boolean().nullish(),
});
const pending = z.looseObject({
  query_status: z.looseObject({
    id: z.string(),
    complete: z.boolean().nullish(),
    error: z.boolean().nullish(),
    error_message: z.string().nullish(),
    results: z.unknown().optional(),
  }),
});

/** The live project over PostHog's query API: values bound, answers bounded, failures typed, retries few. */
export class PostHogSource implements Source {
  readonly kind = 'posthog';
  readonly label: string;
  readonly #options: PostHogOptions;
  readonly #now: Date;

  constructor(options: PostHogOptions) {
    this.#options = options;
    this.#now = options.asOf ?? new Date();
    this.label = `${new URL(options.host).host} project ${options.projectId}`;
  }

  async open(): Promise<void> {}

  now(): Date {
    return this.#now;
  }

  notices(): readonly SourceNotice[] {
    return [];
  }

  async close(): Promise<void> {}

  async query(request: QueryRequest): Promise<QueryResult> {
    const { host, projectId } = this.#options;
    const started = performance.now();
    const body = JSON.stringify({
      query: { kind: 'HogQLQuery', query: request.sql, ...(request.values ? { values: request.values } : {}) },
      refresh: 'force_blocking',
      ...(request.name ? { name: request.name } : {}),
    });
    const url = `${host}/api/projects/${encodeURIComponent(projectId)}/query/`;
    const first = await this.#request(url, { method: 'POST', body }, request.signal);
    const reply = first.status === 202 ? await this.#poll(url, first.text, request.signal) : first;
    return toResult(reply, (performance.now() - started) / 1000);
  }

  /** A query that PostHog moved to the background: asked for until it is done. */
  async #poll(url: string, text: string, signal?: AbortSignal): Promise<Reply> {
    const { id } = parse(pending, text).query_status;
    for (let poll = 0; poll < MAX_POLLS; poll += 1) {
      await this.#wait(POLL_MS, signal);
      const reply = await this.#request(`${url}${encodeURIComponent(id)}/`, { method: 'GET' }, signal);
      const status = parse(pending, reply.text).query_status;
      if (status.error)
        throw new RunbookError('hogql', `PostHog refuses the query: ${status.error_message ?? 'no reason given'}`);
      if (status.complete) return { ...reply, text: JSON.stringify(status.results) };
    }
    throw new RunbookError('timeout', 'The query did not finish in the background.', {
      hint: 'Shorten the window (-p window_days=7).',
    });
  }

  async #wait(ms: number, signal?: AbortSignal): Promise<void> {
    if (this.#options.sleep) await this.#options.sleep(ms, signal);
    else await sleep(ms, undefined, signal ? { signal } : {});
  }

  /** One request with bounded retries. @throws RunbookError typed by what happened */
  async #request(url: string, init: { method: string; body?: string }, signal?: AbortSignal): Promise<Reply> {
    const attempts = this.#options.maxAttempts ?? MAX_ATTEMPTS;
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#attempt(url, init, attempt, signal);
      if ('reply' in outcome) return outcome.reply;
      if (signal?.aborted) throw new RunbookError('interrupted', 'The query was interrupted.');
      if (outcome.retryAfterMs === null || attempt >= attempts) throw outcome.error;
      await this.#wait(outcome.retryAfterMs, signal);
    }
  }

  async #attempt(
    url: string,
    init: { method: string; body?: string },
    attempt: number,
    signal?: AbortSignal,
  ): Promise<{ reply: Reply } | { error: RunbookError; retryAfterMs: number | null }> {
    const timeoutMs = this.#options.timeoutMs ?? TIMEOUT_MS;
    const timer = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(url, {
        ...init,
        headers: {
          authorization: `Bearer ${this.#options.apiKey}`,
          'content-type': 'application/json',
          accept: 'application/json',
        },
        redirect: 'error',
        signal: signal ? AbortSignal.any([signal, timer]) : timer,
      });
      const { text, bytes } = await readBounded(response);
      if (response.status === 200 || response.status === 202)
        return { reply: { status: response.status, text, bytes, headers: response.headers } };
      const failure = failureOf(response.status, response.headers, this.#scrub(text), attempt);
      return failure;
    } catch (cause) {
      return this.#connectionFailure(cause, timer.aborted, attempt);
    }
  }

  #connectionFailure(
    cause: unknown,
    timedOut: boolean,
    attempt: number,
  ): { error: RunbookError; retryAfterMs: number | null } {
    if (cause instanceof RunbookError) return { error: cause, retryAfterMs: null };
    const host = new URL(this.#options.host).host;
    if (timedOut) {
      return {
        error: new RunbookError('timeout', `${host} did not answer in time.`, {
          hint: 'Shorten the window (-p window_days=7) or try again later.',
        }),
        retryAfterMs: backoff(attempt),
      };
    }
    const reason = this.#scrub(messageOf((cause as { cause?: unknown }).cause ?? cause));
    const error = new RunbookError('network', `The connection to ${host} failed: ${reason}`, {
      hint: 'Check POSTHOG_HOST and the network, then run again.',
    });
    return { error, retryAfterMs: backoff(attempt) };
  }

  /** The key never stands in an error, even if a proxy echoes the request. */
  #scrub(text: string): string {
    return text.split(this.#options.apiKey).join('[redacted]');
  }
}

interface Reply {
  status: number;
  text: string;
  bytes: number;
  headers: Headers;
}

async function readBounded(response: Response): Promise<{ text: string; bytes: number }> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES)
      throw new RunbookError('bad_response', 'The answer is larger than 64 MB.', {
        hint: 'Aggregate further, or shorten the window.',
      });
    chunks.push(chunk);
  }
  return { text: Buffer.concat(chunks).toString('utf8'), bytes };
}

function parse<T>(schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new RunbookError(
      'bad_response',
      `The answer is not what PostHog's query API gives: ${messageOf(cause).slice(0, 200)}`,
      { hint: 'Check that POSTHOG_HOST is a PostHog, not a proxy or login page.', cause },
    );
  }
}

function toResult(reply: Reply, elapsedS: number): QueryResult {
  const body = parse(answer, reply.text);
  const read = reply.headers.get('x-posthog-query-bytes-read');
  return {
    columns: body.columns ?? [],
    types: (body.types ?? []).map((type, index) =>
      Array.isArray(type) ? [String(type[0]), String(type[1])] : [body.columns?.[index] ?? '', String(type)],
    ),
    rows: body.results,
    hasMore: body.hasMore ?? false,
    responseBytes: reply.bytes,
    bytesRead: read === null ? null : Number(read),
    elapsedS,
    cached: body.is_cached ?? false,
  };
}

/** @throws RunbookError `config` */
export function posthogSourceFromEnv(env: Readonly<Record<string, string | undefined>>, asOf?: Date): PostHogSource {
  return new PostHogSource({ ...credentialsFromEnv(env), ...(asOf ? { asOf } : {}) });
}
