import { RunbookError } from '../../lib/errors.ts';
import { oneLine, truncate } from '../../lib/format.ts';
import type { ApiRequest } from './requests.ts';

/** Of what a target says, this much is shown, characters. */
const MAX_SHOWN = 300;

export interface Answer {
  status: number;
  headers: Headers;
  body: Buffer;
}

/** What a target says of a failure, as a quotation: short, one line, printable. It is never obeyed. */
export function said({ body, headers }: Answer): string {
  const text = body.toString('utf8');
  const isPage = /html/iu.test(headers.get('content-type') ?? '') || /^\s*<(?:!doctype|html)/iu.test(text);
  const title = /<title[^>]*>([^<]*)/iu.exec(text)?.[1];
  const words = isPage ? `a page of the web${title ? `: ${title}` : ''}` : (detailOf(text) ?? text);
  const shown = truncate(oneLine(words).trim(), MAX_SHOWN);
  return shown === '' ? 'nothing' : isPage ? shown : `“${shown}”`;
}

/** `{detail}` as a text or a list of faults, `{error}` as a text or an object. */
function detailOf(text: string): string | undefined {
  const value = parsed(text) as { detail?: unknown; error?: unknown } | undefined;
  const detail = value?.detail ?? (value?.error as { message?: unknown } | undefined)?.message ?? value?.error;
  if (typeof detail === 'string') return detail;
  if (!Array.isArray(detail)) return undefined;
  const faults = detail as { loc?: unknown[]; msg?: unknown }[];
  return faults.map((fault) => `${[fault?.loc ?? []].flat().join('.')}: ${String(fault?.msg ?? '')}`).join('; ');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}

/** An answer that is no success, as an error that says what to do. */
export function failureOf(answer: Answer, { method, path }: ApiRequest): RunbookError {
  const { status } = answer;
  const what = `${method} ${path} was answered with ${status}: ${said(answer)}`;
  const error = (code: RunbookError['code'], message: string, hint: string) =>
    new RunbookError(code, message, { status, at: `${method} ${path}`, hint });
  switch (status) {
    case 401:
      return error(
        'config',
        `The target does not accept the token. ${what}`,
        'Create a new token, and set JETTY_API_TOKEN.',
      );
    case 403:
      return error(
        'config',
        `The token may not do this. ${what}`,
        'A token is bound to one collection: check --collection, or create a token for it.',
      );
    case 404:
      return error('usage', `The target knows no such thing. ${what}`, 'Check --target, --collection and --task.');
    case 429:
      return error('rate_limited', `The target asks to wait. ${what}`, 'Try again in a few minutes.');
    case 524:
      return error(
        'timeout',
        `The target did not answer in time; what was asked may go on there. ${what}`,
        "Look at the task's runs before you try again.",
      );
    default:
      return status >= 500
        ? error('server', `The target failed. ${what}`, 'Try again in a few minutes.')
        : error('bad_response', `The target refused. ${what}`, '--dry-run shows every request.');
  }
}
