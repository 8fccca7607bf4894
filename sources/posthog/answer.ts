import { z } from 'zod';
import { RunbookError } from '../../lib/errors.ts';
import type { QueryResult } from '../source.ts';
import { isPage, PAGE_HINT } from './failures.ts';

/** A successful answer as it came. */
export interface Reply {
  status: number;
  text: string;
  /** Size of the text, after decompression. */
  bytes: number;
  headers: Headers;
}

/** An answer larger than this is a query that should have aggregated. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

const answer = z.looseObject({
  columns: z.array(z.string()).nullish(),
  types: z.array(z.unknown()).nullish(),
  results: z.array(z.array(z.unknown())).nullish(),
  hasMore: z.boolean().nullish(),
  is_cached: z.boolean().nullish(),
  error: z.string().nullish(),
});

const progress = z.looseObject({
  query_status: z.looseObject({
    id: z.string(),
    complete: z.boolean().nullish(),
    error: z.boolean().nullish(),
    error_message: z.string().nullish(),
    results: z.unknown().optional(),
  }),
});

type Progress = z.infer<typeof progress>['query_status'];

/** Reads a body as it streams in. @throws RunbookError `bad_response` where it grows beyond 64 MB */
export async function readBounded(response: Response): Promise<{ text: string; bytes: number }> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES)
      throw new RunbookError('bad_response', 'The answer is larger than 64 MB.', {
        status: response.status,
        hint: 'Aggregate further, select fewer columns, or shorten the window.',
      });
    chunks.push(chunk);
  }
  return { text: Buffer.concat(chunks).toString('utf8'), bytes };
}

/** State of a query that runs in the background. @throws RunbookError `bad_response` */
export function toProgress(json: unknown): Progress {
  return checked(progress, json).query_status;
}

/**
 * @param json body of the answer, or the one within the state of a query that ran in the background
 * @param elapsedS time since the query was asked, s
 * @throws RunbookError `bad_response`, `hogql`
 */
export function toResult(json: unknown, reply: Reply, elapsedS: number): QueryResult {
  const body = checked(answer, json);
  if (!body.results) {
    if (body.error)
      throw new RunbookError('hogql', `PostHog refuses the query: ${body.error}`, { hint: 'Mend the query.' });
    throw badResponse('it has no results');
  }
  const columns = body.columns ?? [];
  const read = Number(reply.headers.get('x-posthog-query-bytes-read') ?? Number.NaN);
  return {
    columns,
    types: (body.types ?? []).map((type, index) =>
      Array.isArray(type) ? [String(type[0]), String(type[1])] : [columns[index] ?? '', String(type)],
    ),
    rows: body.results,
    hasMore: body.hasMore ?? false,
    responseBytes: reply.bytes,
    bytesRead: Number.isFinite(read) ? read : null,
    elapsedS,
    cached: body.is_cached ?? false,
  };
}

function checked<T>(schema: z.ZodType<T>, json: unknown): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw badResponse(`${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'not as expected'}`);
}

/**
 * Parses an answer. Its text stays out of the message: it may be anything.
 * @throws RunbookError `bad_response`
 */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(withBigIntegers(text));
  } catch {
    if (isPage(text)) throw badResponse('a web page', PAGE_HINT);
    throw badResponse(text.trim() === '' ? 'it is empty' : 'it is no JSON');
  }
}

function badResponse(why: string, hint?: string): RunbookError {
  return new RunbookError('bad_response', `The answer is not what PostHog's query API gives: ${why}`, {
    hint: hint ?? 'Check that POSTHOG_HOST is a PostHog and not a proxy, a login page or another program.',
  });
}

const BIG_INTEGER = /(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/gu;

/** Integers that JSON.parse would round (64-bit hashes, ids) become text. */
function withBigIntegers(text: string): string {
  if (!/[[,:\s]-?\d{16,}/u.test(text)) return text;
  const parts: string[] = [];
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at);
    const plain = quote < 0 ? text.slice(at) : text.slice(at, quote);
    parts.push(
      plain.replaceAll(BIG_INTEGER, (digits) => (Number.isSafeInteger(Number(digits)) ? digits : `"${digits}"`)),
    );
    if (quote < 0) break;
    at = endOfString(text, quote);
    parts.push(text.slice(quote, at));
  }
  return parts.join('');
}

/** The offset after the string that opens at `quote`. */
function endOfString(text: string, quote: number): number {
  let end = quote;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return end + 1;
  }
}
