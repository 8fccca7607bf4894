import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, RunbookError } from '../../lib/errors.ts';
import { programVersion } from '../../lib/version.ts';
import { type Answer, failureOf } from './failures.ts';
import type { ApiRequest } from './requests.ts';

export interface ClientOptions {
  /** Without a slash at its end. */
  target: string;
  token: string;
  /** Further values that must stand in no error: secrets that are sent. */
  hidden: readonly string[];
  signal: AbortSignal;
  /** Waits; tests shorten them. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/** How a request is taken whose failures mean something. */
interface SendOptions {
  /** Statuses that are answers here, beside success. */
  also?: readonly number[];
  /** Further tries; default 3. */
  retries?: number;
  timeoutMs?: number;
}

/** Time to a whole answer, ms. The platform's own proxy gives up after 100 s. */
const TIMEOUT_MS = 110_000;
const RETRIES = 3;
const FIRST_WAIT_MS = 1000;
/** Longer than this nobody waits for a Retry-After, ms. */
const MAX_WAIT_MS = 120_000;
const MAX_REDIRECTS = 3;
/** A larger answer is no result of a run. */
const MAX_BYTES = 64_000_000;

/** Requests to the target: the token goes to its origin alone, and stands in no error. */
export class Client {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** The answer as JSON, and its status. @throws RunbookError as `send`, `bad_response` for what is no JSON */
  async json(
    request: ApiRequest,
    options: SendOptions = {},
  ): Promise<{ status: number; value: unknown; answer: Answer }> {
    const answer = await this.send(request, options);
    const text = answer.body.toString('utf8');
    if (answer.status >= 300) return { status: answer.status, value: undefined, answer };
    try {
      return { status: answer.status, value: JSON.parse(text), answer };
    } catch (cause) {
      throw new RunbookError(
        'bad_response',
        `${request.method} ${request.path} was answered with something that is no JSON.`,
        {
          at: `${request.method} ${request.path}`,
          hint: 'Check --target: it is the origin of the API, not of the web pages.',
          status: answer.status,
          cause,
        },
      );
    }
  }

  /**
   * Sends a request. 429 is tried again after the time that it names; failures of the target and of the network only where the request
   * changes nothing.
   * @throws RunbookError typed by what happened; `interrupted`
   */
  async send(
    request: ApiRequest,
    { also = [], retries = RETRIES, timeoutMs = TIMEOUT_MS }: SendOptions = {},
  ): Promise<Answer> {
    for (let tries = 0; ; tries += 1) {
      const outcome = await this.#attempt(request, timeoutMs);
      if (!('error' in outcome) && (isSuccess(outcome.status) || also.includes(outcome.status))) return outcome;
      const error = 'error' in outcome ? outcome.error : this.#scrubbed(failureOf(outcome, request));
      const waitMs = 'error' in outcome ? backoff(tries) : Math.max(retryAfter(outcome), backoff(tries));
      if (tries >= retries || waitMs > MAX_WAIT_MS || !mayRepeat(request, error)) throw error;
      await this.wait(waitMs);
    }
  }

  /** @throws RunbookError `interrupted` */
  async wait(ms: number): Promise<void> {
    const { signal, sleep: wait = (time, abort) => sleep(time, undefined, { signal: abort }) } = this.#options;
    await wait(ms, signal).catch((cause: unknown) => {
      if (!signal.aborted) throw cause;
    });
    if (signal.aborted) throw interrupted();
  }

  async #attempt(request: ApiRequest, timeoutMs: number): Promise<Answer | { error: RunbookError }> {
    const { signal } = this.#options;
    if (signal.aborted) throw interrupted();
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const response = await this.#follow(request, limit);
      return { status: response.status, headers: response.headers, body: await bytesOf(response, request) };
    } catch (cause) {
      if (signal.aborted) throw interrupted();
      if (cause instanceof RunbookError) throw cause;
      return { error: this.#scrubbed(this.#disconnected(cause, limit.aborted, timeoutMs)) };
    }
  }

  /** Goes after redirects within the origin, and refuses all others: the token must not leave it. */
  async #follow(request: ApiRequest, signal: AbortSignal): Promise<Response> {
    const { target } = this.#options;
    let url = new URL(target + request.path);
    for (let hops = 0; ; hops += 1) {
      const response = await fetch(url.href, { ...this.#init(request), redirect: 'manual', signal });
      const location = response.headers.get('location');
      if (response.status < 300 || response.status >= 400 || location === null) return response;
      await response.body?.cancel();
      const next = URL.canParse(location, url.href) ? new URL(location, url.href) : undefined;
      const keeps = request.method === 'GET' || response.status === 307 || response.status === 308;
      if (next?.origin !== url.origin || !keeps || hops === MAX_REDIRECTS)
        throw redirected(request, next, response.status);
      url = next;
    }
  }

  #init({ method, json, form, isPublic }: ApiRequest): RequestInit {
    const headers: Record<string, string> = { ...shownHeaders(), accept: 'application/json, */*' };
    if (!isPublic) headers.authorization = `Bearer ${this.#options.token}`;
    if (form) {
      const body = new FormData();
      for (const [name, value] of Object.entries(form)) body.set(name, value);
      return { method, headers, body };
    }
    if (json === undefined) return { method, headers };
    return { method, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(json) };
  }

  #disconnected(cause: unknown, isTimeout: boolean, timeoutMs: number): RunbookError {
    const { host } = new URL(this.#options.target);
    if (isTimeout)
      return new RunbookError('timeout', `${host} did not answer within ${timeoutMs / 1000} s.`, {
        hint: 'Try again later.',
      });
    const inner = (cause as { cause?: unknown }).cause ?? cause;
    const reason = messageOf(inner) || String((inner as { code?: unknown }).code ?? 'no reason is known');
    return new RunbookError('network', `The connection to ${host} failed: ${reason}`, {
      hint: 'Check --target (or JETTY_API_URL) and the network.',
    });
  }

  /** A proxy may echo what was sent. */
  #scrubbed(error: RunbookError): RunbookError {
    const { token, hidden } = this.#options;
    const secrets = [token, ...hidden].filter((secret) => secret !== '' && error.message.includes(secret));
    if (secrets.length === 0) return error;
    const { code, hint, at, status } = error;
    const message = secrets.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), error.message);
    return new RunbookError(code, message, {
      ...(hint ? { hint } : {}),
      ...(at ? { at } : {}),
      ...(status ? { status } : {}),
    });
  }
}

/** What every request says of the program; a library's own name is turned away by the platform's proxy. */
export function shownHeaders(): Record<string, string> {
  return { 'user-agent': `posthog-trace-optimizer/${programVersion()}` };
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Where the request may have had its effect already, asking again could have it twice; 524 says that it goes on. */
function mayRepeat({ method }: ApiRequest, { code, status }: RunbookError): boolean {
  if (code === 'rate_limited') return true;
  return method === 'GET' && status !== 524 && (code === 'server' || code === 'network' || code === 'timeout');
}

function backoff(tries: number): number {
  return FIRST_WAIT_MS * 2 ** tries;
}

/** Retry-After as ms: seconds or a date; 0 where there is none. */
function retryAfter({ headers }: Answer): number {
  const text = headers.get('retry-after') ?? '';
  const ms = /^\d+$/u.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

async function bytesOf(response: Response, { method, path }: ApiRequest): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES)
      throw new RunbookError('bad_response', `${method} ${path}: the answer is larger than ${MAX_BYTES / 1e6} MB.`, {
        at: `${method} ${path}`,
      });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function redirected({ method, path }: ApiRequest, next: URL | undefined, status: number): RunbookError {
  return new RunbookError(
    'bad_response',
    `${method} ${path} is sent on to ${next?.origin ?? 'no URL'} (${status}), which is not followed.`,
    {
      at: `${method} ${path}`,
      hint: 'The token goes to the target alone: give the right origin with --target.',
      status,
    },
  );
}

function interrupted(): RunbookError {
  return new RunbookError('interrupted', 'Interrupted.');
}
