import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, RunbookError } from '../../lib/errors.ts';
import { type Reply, readBounded } from './answer.ts';
import { type Asked, type Failure, failureOf, MAX_WAIT_MS } from './failures.ts';

export interface ApiOptions {
  /** Origin, as `https://us.posthog.com`. */
  host: string;
  apiKey: string;
  /** For tests and proxies; default: the platform's. */
  fetch?: typeof fetch;
  /** Time to a whole answer, ms; default 100,000: PostHog lets a query wait for 30 s and run for 10 s, a host of your own for 60 s. */
  timeoutMs?: number;
  /** Further tries after the first; default 3. */
  maxRetries?: number;
  /** Waits between tries and polls; tests shorten it. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface Call {
  method: 'GET' | 'POST' | 'DELETE';
  /** Path below the host. */
  path: string;
  body?: string;
  asked: Asked;
  /** Not tried again. */
  once?: true;
}

const TIMEOUT_MS = 100_000;
const MAX_RETRIES = 3;
/** All waits of one call together. */
const MAX_TOTAL_WAIT_MS = 120_000;

/** Requests to PostHog's API: bounded in time, size and tries; every failure typed, the key in none of them. */
export class Api {
  readonly #options: ApiOptions;

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  /** @throws RunbookError typed by what happened */
  async send(call: Call, signal?: AbortSignal): Promise<Reply> {
    let waited = 0;
    for (let retries = 0; ; retries += 1) {
      const outcome = await this.#attempt(call, signal);
      if (!('error' in outcome)) return outcome;
      const { error, retry } = outcome;
      const most = call.once ? 0 : (this.#options.maxRetries ?? MAX_RETRIES);
      if (!retry || retries >= Math.min(retry.times, most)) throw error;
      const waitMs = Math.max(retry.afterMs ?? 0, backoff(retries));
      waited += waitMs;
      if (waitMs > MAX_WAIT_MS || waited > MAX_TOTAL_WAIT_MS) throw error;
      await this.wait(waitMs, signal);
    }
  }

  /** @throws RunbookError `interrupted` */
  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    try {
      if (this.#options.sleep) await this.#options.sleep(ms, signal);
      else await sleep(ms, undefined, signal ? { signal } : {});
    } catch (cause) {
      throw signal?.aborted ? interrupted() : cause;
    }
    if (signal?.aborted) throw interrupted();
  }

  async #attempt(call: Call, signal?: AbortSignal): Promise<Reply | Failure> {
    if (signal?.aborted) throw interrupted();
    const timer = new AbortController();
    const timeout = setTimeout(() => timer.abort(), this.#options.timeoutMs ?? TIMEOUT_MS);
    const stop = () => timer.abort();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      const response = await (this.#options.fetch ?? fetch)(`${this.#options.host}${call.path}`, {
        method: call.method,
        ...(call.body === undefined ? {} : { body: call.body }),
        headers: {
          authorization: `Bearer ${this.#options.apiKey}`,
          'content-type': 'application/json',
          accept: 'application/json',
          'accept-encoding': 'gzip',
        },
        redirect: 'manual',
        signal: timer.signal,
      });
      const { text, bytes } = await readBounded(response);
      const { status, headers } = response;
      if (status >= 200 && status < 300) return { status, headers, text, bytes };
      return failureOf({ status, headers, text: this.#scrub(text) }, call.asked);
    } catch (cause) {
      if (signal?.aborted) throw interrupted();
      if (cause instanceof RunbookError) throw cause;
      return timer.signal.aborted ? this.#timedOut() : this.#disconnected(cause);
    } finally {
      clearTimeout(timeout);
      signal?.removeEventListener('abort', stop);
    }
  }

  #timedOut(): Failure {
    const seconds = (this.#options.timeoutMs ?? TIMEOUT_MS) / 1000;
    const error = new RunbookError('timeout', `${this.#host()} did not answer within ${seconds} s.`, {
      hint: 'Shorten the window (-p window_days=7), or try again later.',
    });
    return { error, retry: { afterMs: null, times: 1 } };
  }

  #disconnected(cause: unknown): Failure {
    const inner = (cause as { cause?: unknown }).cause ?? cause;
    const code = String((inner as { code?: unknown }).code ?? '');
    const reason = this.#scrub(messageOf(inner) || code);
    const error = new RunbookError('network', `The connection to ${this.#host()} failed: ${reason}`, {
      hint: networkHint(code, reason),
    });
    return { error, retry: isCertificate(code) ? null : { afterMs: null, times: Number.POSITIVE_INFINITY } };
  }

  #host(): string {
    return new URL(this.#options.host).host;
  }

  /** The key never stands in an error, even where a proxy echoes the request. */
  #scrub(text: string): string {
    const { apiKey } = this.#options;
    if (apiKey === '') return text;
    return [apiKey, encodeURIComponent(apiKey)].reduce((rest, form) => rest.split(form).join('[redacted]'), text);
  }
}

export function interrupted(): RunbookError {
  return new RunbookError('interrupted', 'The query was interrupted.');
}

function isCertificate(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|ERR_SSL|EPROTO/u.test(code);
}

function networkHint(code: string, reason: string): string {
  if (code === 'ENOTFOUND') return 'No such host is known: check POSTHOG_HOST and the network.';
  if (code === 'ECONNREFUSED') return 'Nothing listens there: check POSTHOG_HOST and its port, then run again.';
  if (/wrong version number|EPROTO|ERR_SSL/u.test(`${code} ${reason}`))
    return 'The server does not speak https there: check POSTHOG_HOST; for a server of your own it may begin with http://.';
  if (isCertificate(code))
    return 'The certificate of POSTHOG_HOST is not trusted: set NODE_EXTRA_CA_CERTS to the file of your own authority.';
  return 'Check POSTHOG_HOST and the network, then run again.';
}

/** 0.5 s, doubled each time, up to 8 s, less up to a quarter at random so that several clients do not march in step. */
function backoff(retries: number): number {
  return Math.min(8000, 500 * 2 ** retries) * (1 - 0.25 * Math.random());
}
