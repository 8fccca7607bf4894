import { RunbookError } from '../../lib/errors.ts';

/** A failed answer of the API, and how long to wait before the next try (ms), null where a further try is of no use. */
export interface Failure {
  error: RunbookError;
  retryAfterMs: number | null;
}

interface Body {
  code?: string;
  detail?: string;
}

/** Waits longer than this are the caller's business. */
const MAX_WAIT_MS = 60_000;

/** Maps an answer that is no success to what happened and what to do. `attempt` counts from 1. */
export function failureOf(status: number, headers: Headers, text: string, attempt: number): Failure {
  const body = readBody(text);
  const detail =
    body.detail ??
    (text.trim().startsWith('<') ? `an HTML page (status ${status})` : text.slice(0, 300)) ??
    `status ${status}`;
  const say = (code: ConstructorParameters<typeof RunbookError>[0], message: string, hint: string) =>
    new RunbookError(code, message, { status, hint });
  const final = (error: RunbookError): Failure => ({ error, retryAfterMs: null });
  switch (status) {
    case 400:
      return final(
        say('hogql', `PostHog refuses the query: ${detail}`, 'Mend the query; the position is that of the text sent.'),
      );
    case 401:
      return final(
        say(
          'auth',
          `PostHog does not accept the key: ${detail}`,
          'Set POSTHOG_API_KEY to a personal API key (phx_…) of this host that is not revoked.',
        ),
      );
    case 403:
      return final(
        say(
          'forbidden',
          `The key may not query this project: ${detail}`,
          'Give the key the scope query:read and access to the project, and check that POSTHOG_HOST is the region the project lives in.',
        ),
      );
    case 404:
      return final(
        say(
          'not_found',
          `PostHog knows no such project: ${detail}`,
          'Check POSTHOG_PROJECT_ID and that POSTHOG_HOST is the right region.',
        ),
      );
    case 402:
      return final(
        say(
          'budget',
          `The project's API quota is used up: ${detail}`,
          'Wait for the next period, or raise the quota in PostHog.',
        ),
      );
    case 429:
      return rateLimited(headers, body, detail, status, attempt);
    case 503:
    case 504:
    case 512:
    case 513:
      return {
        error: say(
          'timeout',
          `PostHog could not run the query in time (${status}): ${detail}`,
          'Shorten the window (-p window_days=7) or try again later.',
        ),
        retryAfterMs: wait(headers) ?? backoff(attempt),
      };
    default:
      if (status >= 500)
        return {
          error: say(
            'server',
            `PostHog answers with a server error (${status}): ${detail}`,
            'Try again in a while; status.posthog.com tells of outages.',
          ),
          retryAfterMs: attempt === 1 ? backoff(attempt) : null,
        };
      return final(say('bad_response', `PostHog answers with status ${status}: ${detail}`, 'Check POSTHOG_HOST.'));
  }
}

function rateLimited(headers: Headers, body: Body, detail: string, status: number, attempt: number): Failure {
  const seconds = /available in (\d+) second/iu.exec(detail)?.[1];
  const waitMs = wait(headers) ?? (seconds ? Number(seconds) * 1000 : backoff(attempt));
  const resume = new Date(Date.now() + waitMs).toISOString();
  if (body.code === 'api_queries_budget_exceeded') {
    const error = new RunbookError('budget', `The project's hourly read budget is used up: ${detail}`, {
      status,
      hint: `Run again after ${resume}, or shorten the window.`,
    });
    return { error, retryAfterMs: null };
  }
  const error = new RunbookError('rate_limited', `PostHog limits the rate of queries: ${detail}`, {
    status,
    hint: `Run again after ${resume}.`,
  });
  return { error, retryAfterMs: waitMs <= MAX_WAIT_MS ? waitMs : null };
}

function readBody(text: string): Body {
  try {
    const parsed = JSON.parse(text) as Body;
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

/** `Retry-After` in ms: seconds or an HTTP date. */
function wait(headers: Headers): number | undefined {
  const value = headers.get('retry-after');
  if (!value) return undefined;
  const ms = /^\d+(?:\.\d+)?$/u.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** 0.5 s, doubled each time, up to 8 s, less up to a quarter at random. */
export function backoff(attempt: number): number {
  return Math.min(8000, 500 * 2 ** (attempt - 1)) * (1 - 0.25 * Math.random());
}
