import { z } from 'zod';
import type { QueryRequest, QueryValue } from '../source.ts';
import { ApiError } from './api-error.ts';

const value: z.ZodType<QueryValue> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(value)]),
);
const body = z.looseObject({
  query: z.looseObject({ kind: z.string(), query: z.string(), values: z.record(z.string(), value).nullish() }),
  name: z.string().nullish(),
});

/** The HogQL query of a request body. @throws ApiError 400 as PostHog answers it */
export function readRequest(text: string): QueryRequest {
  let json: unknown;
  try {
    // Some shell clients send one closing brace too many; PostHog's own answer is this error.
    json = JSON.parse(text);
  } catch (error) {
    throw new ApiError(400, 'validation_error', 'invalid_json', `JSON parse error - ${(error as Error).message}`);
  }
  const parsed = body.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join('.') ?? 'query';
    throw new ApiError(
      400,
      'validation_error',
      'invalid_input',
      `${field}: ${issue?.message ?? 'invalid'}`,
      field || null,
    );
  }
  const { query, name } = parsed.data;
  if (query.kind !== 'HogQLQuery')
    throw new ApiError(400, 'validation_error', 'invalid_input', `Unsupported query kind: ${query.kind}`, 'query');
  return {
    sql: query.query.replace(/;\s*$/u, ''),
    ...(query.values ? { values: query.values } : {}),
    ...(name ? { name } : {}),
  };
}
