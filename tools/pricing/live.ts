import { messageOf, RunbookError } from '../../lib/errors.ts';
import { type ParsedTable, parseTable } from './entries.ts';

const DEFAULT_URL = 'https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json';

/** The real table has 1.4 MB. */
const MAX_BYTES = 32_000_000;

/** A table that trickles in is given up after this many times the time-out. */
const TOTAL_TIMEOUTS = 4;

/**
 * Where the live table is: `LITELLM_PRICING_URL`, else LiteLLM's own.
 * @throws RunbookError `config` when the variable holds no http(s) address
 */
export function pricingUrl(env: Readonly<Record<string, string | undefined>> = process.env): URL {
  const text = env.LITELLM_PRICING_URL?.trim() || DEFAULT_URL;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url;
  throw new RunbookError('config', 'LITELLM_PRICING_URL is no http or https address.', {
    at: 'LITELLM_PRICING_URL',
    hint: `Unset it to use ${DEFAULT_URL}, or give the full address of a table in that format.`,
  });
}

/** The address without what may be secret in it: user, password, query. */
export function publicUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

export type LiveAnswer = (ParsedTable & { etag: string | null }) | 'unchanged';

/**
 * Reads the live table.
 *
 * @param options.etag of the copy at hand; the answer is then `unchanged` while the server has the same
 * @param options.timeoutMs for the connection, the first byte, and each pause after it
 * @throws RunbookError `timeout`, `network`, `server`, `bad_response`, and `interrupted` when the signal fired
 */
export async function fetchTable(
  url: URL,
  options: { etag: string | null; timeoutMs: number; maxBytes?: number; signal: AbortSignal },
): Promise<LiveAnswer> {
  const { etag, timeoutMs, maxBytes = MAX_BYTES, signal } = options;
  const patience = new Patience(timeoutMs);
  try {
    const response = await fetch(withoutCredentials(url), {
      headers: {
        accept: 'application/json',
        ...(etag === null ? {} : { 'if-none-match': etag }),
        ...authorization(url),
      },
      signal: AbortSignal.any([signal, patience.signal]),
    });
    if (response.status === 304 && etag !== null) return 'unchanged';
    if (!response.ok) {
      await response.body?.cancel();
      throw new RunbookError(response.status >= 500 ? 'server' : 'bad_response', `HTTP ${response.status}`, {
        status: response.status,
      });
    }
    const text = await readText(response, maxBytes, () => patience.renew());
    return { ...parse(text), etag: response.headers.get('etag') };
  } catch (cause) {
    if (signal.aborted)
      throw new RunbookError('interrupted', 'The run was interrupted while prices were read.', { cause });
    if (cause instanceof RunbookError) throw cause;
    if (patience.signal.aborted) throw new RunbookError('timeout', `no answer within ${timeoutMs / 1000} s`, { cause });
    throw new RunbookError('network', `no connection (${networkCode(cause)})`, { cause });
  } finally {
    patience.end();
  }
}

function parse(text: string): ParsedTable {
  try {
    return parseTable(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? 'it is not JSON' : messageOf(cause);
    throw new RunbookError('bad_response', `the answer is no price table: ${why}`, { cause });
  }
}

async function readText(response: Response, maxBytes: number, onChunk: () => void): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    onChunk();
    bytes += chunk.byteLength;
    if (bytes > maxBytes) {
      throw new RunbookError('bad_response', `the answer is larger than ${Math.round(maxBytes / 1e6)} MB`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** fetch refuses addresses with a user and a password in them. */
function withoutCredentials(url: URL): URL {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare;
}

function authorization(url: URL): Record<string, string> {
  if (url.username === '' && url.password === '') return {};
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** `ECONNREFUSED`, `ENOTFOUND` …, without the message, which may hold an address. */
function networkCode(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const code = inner instanceof Error && 'code' in inner ? inner.code : undefined;
  return typeof code === 'string' ? code : 'it was cut';
}

/** Fires when nothing came for the time-out, or when the whole takes too long. */
class Patience {
  readonly #controller = new AbortController();
  readonly #ms: number;
  #pause: NodeJS.Timeout;
  readonly #total: NodeJS.Timeout;

  constructor(ms: number) {
    this.#ms = ms;
    this.#pause = setTimeout(() => this.#controller.abort(), ms);
    this.#total = setTimeout(() => this.#controller.abort(), ms * TOTAL_TIMEOUTS);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  renew(): void {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.#controller.abort(), this.#ms);
  }

  end(): void {
    clearTimeout(this.#pause);
    clearTimeout(this.#total);
  }
}
