import { type ErrorCode, RunbookError } from '../../lib/errors.ts';
import { positionOf } from './position.ts';

/** An answer that is no success. Its text is free of the key already. */
export interface FailedAnswer {
  status: number;
  headers: Headers;
  text: string;
}

/** What was asked of whom; for the messages. */
export interface Asked {
  /** Origin. */
  host: string;
  projectId: string;
  sql: string;
}

export interface Failure {
  error: RunbookError;
  /** Null where asking again is of no use; `times` bounds the further tries, `afterMs` is what the server asks for. */
  retry: { afterMs: number | null; times: number } | null;
}

/** A client does not wait longer than this for one try: the caller is told when to come back. */
export const MAX_WAIT_MS = 60_000;
const HOUR_MS = 3_600_000;
const MAX_DETAIL = 500;

const SHORTER = 'Shorten the window (-p window_days=7) or aggregate further.';

/** Maps an answer that is no success to what happened and what to do. */
export function failureOf(answer: FailedAnswer, asked: Asked): Failure {
  const { status } = answer;
  if (status === 429) return rateLimited(answer);
  if (status >= 500) return serverFailure(answer);
  return { error: refusal(answer, asked), retry: null };
}

function refusal(answer: FailedAnswer, asked: Asked): RunbookError {
  const { status, headers, text } = answer;
  const { detail, body } = read(answer);
  const say = (code: ErrorCode, message: string, hint: string) => new RunbookError(code, message, { status, hint });
  switch (status) {
    case 400: {
      const position = positionOf(body, detail, asked.sql);
      const hint = 'Mend the query; the position is that of the text sent.';
      const details = position ? { status, hint, position } : { status, hint: 'Mend the query.' };
      return new RunbookError('hogql', `PostHog refuses the query: ${detail}`, details);
    }
    case 401:
      return say(
        'auth',
        `PostHog does not accept the key: ${detail}`,
        `Set POSTHOG_API_KEY to a personal API key (phx_…) made at ${asked.host}/settings/user-api-keys that is not revoked; a key of another region does not work here.`,
      );
    case 402:
      return say(
        'budget',
        `The project's API quota is used up: ${detail}`,
        'Wait for the next period, or raise the quota in PostHog.',
      );
    case 403:
      return say('forbidden', `The key may not query this project: ${detail}`, forbiddenHint(detail, asked));
    case 404:
      return say(
        'not_found',
        `PostHog knows no such project: ${detail}`,
        `Check POSTHOG_PROJECT_ID (${asked.projectId}) and that the project lives on ${asked.host}: the US and EU regions do not know each other's projects.`,
      );
    case 413:
      return say('hogql', `The query is too long: ${detail}`, 'Bind fewer values, or split the query.');
    default:
      if (status >= 300 && status < 400) {
        const target = originOf(headers.get('location'), asked.host);
        const redirected = `${asked.host} answers with a redirect${target ? ` to ${target}` : ''}.`;
        return say(
          'bad_response',
          redirected,
          `Set POSTHOG_HOST to ${target ?? 'the address that PostHog itself has'}.`,
        );
      }
      return say(
        'bad_response',
        `The answer has status ${status}, which PostHog's query API does not give: ${detail}`,
        isPage(text) ? PAGE_HINT : 'Check POSTHOG_HOST.',
      );
  }
}

/** PostHog says 403 for three reasons, each with another way out. */
function forbiddenHint(detail: string, { host, projectId }: Asked): string {
  const scope = /scope '([^']+)'/u.exec(detail)?.[1];
  if (scope)
    return `Give the key the scope ${scope} at ${host}/settings/user-api-keys, or make a new one with it and set POSTHOG_API_KEY.`;
  if (/personal api key/iu.test(detail))
    return `Personal API keys cannot query here: check that POSTHOG_HOST (${host}) is up to date and that POSTHOG_API_KEY has the scope query:read.`;
  return `Check that the key's owner may see project ${projectId}, that the key is not limited to other projects, that it has the scope query:read, and that ${host} is the region the project lives in.`;
}

function serverFailure(answer: FailedAnswer): Failure {
  const { status, headers } = answer;
  const { detail } = read(answer);
  const afterMs = retryAfter(headers);
  const say = (code: ErrorCode, message: string, hint: string) => new RunbookError(code, message, { status, hint });
  switch (status) {
    case 504:
      return {
        error: say('timeout', `PostHog could not run the query in time (504): ${detail}`, SHORTER),
        retry: { afterMs, times: Number.POSITIVE_INFINITY },
      };
    // PostHog's own codes: the same query fails again.
    case 512:
      return {
        error: say('timeout', `PostHog expects the query to take too long (512): ${detail}`, SHORTER),
        retry: null,
      };
    case 513:
      return {
        error: say('timeout', `The query needs more memory than PostHog gives (513): ${detail}`, SHORTER),
        retry: null,
      };
    // Capacity, and gateways before PostHog: passing.
    case 502:
    case 503:
    case 520:
    case 522:
    case 524:
      return {
        error: say(
          'server',
          `PostHog is too busy or not reachable at the moment (${status}): ${detail}`,
          'Try again in a few minutes; status.posthog.com tells of outages.',
        ),
        retry: { afterMs, times: Number.POSITIVE_INFINITY },
      };
    default:
      return {
        error: say(
          'server',
          `PostHog answers with a server error (${status}): ${detail}`,
          'Try again in a while, and with a simpler query: PostHog hides the cause. status.posthog.com tells of outages.',
        ),
        retry: { afterMs, times: 1 },
      };
  }
}

/** 429 is either a rate limit, which passes within seconds, or the hourly budget of bytes read, which does not. */
function rateLimited(answer: FailedAnswer): Failure {
  const { status, headers } = answer;
  const { detail, code } = read(answer);
  const seconds = /available in (\d+) second/iu.exec(detail)?.[1];
  const afterMs = retryAfter(headers) ?? (seconds ? Number(seconds) * 1000 : null);
  if (code === 'api_queries_budget_exceeded') {
    const error = new RunbookError('budget', `The project's hourly read budget is used up: ${detail}`, {
      status,
      hint: `Run again after ${inMs(afterMs ?? HOUR_MS)}, or shorten the window: the budget counts the bytes that queries read.`,
    });
    return { error, retry: null };
  }
  const when = afterMs === null ? 'in a minute' : `after ${inMs(afterMs)}`;
  const error = new RunbookError('rate_limited', `PostHog limits the rate of queries: ${detail}`, {
    status,
    hint: `Run again ${when}, when other users of this project's API are done.`,
  });
  return { error, retry: { afterMs, times: Number.POSITIVE_INFINITY } };
}

function inMs(ms: number): string {
  return `${new Date(Date.now() + ms).toISOString().slice(0, 19)}Z`;
}

export const PAGE_HINT = 'Check POSTHOG_HOST: a web page came back, as from a login page, a proxy or another program.';

/** Whether a text is a web page rather than JSON. */
export function isPage(text: string): boolean {
  return /^\s*</u.test(text);
}

function read({ status, text }: FailedAnswer): { detail: string; code: string | undefined; body: unknown } {
  const body = parsed(text);
  const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const progress = (fields.query_status ?? {}) as Record<string, unknown>;
  const said = [fields.detail, progress.error_message, fields.error].find((item) => typeof item === 'string' && item);
  const rest = isPage(text) ? `a web page with status ${status}` : text.trim() || `status ${status}, no reason given`;
  return {
    detail: String(said ?? rest).slice(0, MAX_DETAIL),
    code: typeof fields.code === 'string' ? fields.code : undefined,
    body,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `Retry-After` in ms: seconds or an HTTP date. */
function retryAfter(headers: Headers): number | null {
  const value = headers.get('retry-after')?.trim();
  if (!value) return null;
  const ms = /^\d+(?:\.\d+)?$/u.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

function originOf(location: string | null, base: string): string | undefined {
  try {
    return location ? new URL(location, base).origin : undefined;
  } catch {
    return undefined;
  }
}
