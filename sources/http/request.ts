import { z } from 'zod';
import type { QueryRequest, QueryValue } from '../source.ts';
import { ApiError, invalid } from './api-error.ts';
import { applyFilters, filters } from './filters.ts';

const value: z.ZodType<QueryValue> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(value)], 'text, number, boolean, null or a list'),
);

const kind = z.looseObject({ kind: z.string() });

const hogql = z.looseObject({
  query: z.string(),
  values: z.record(z.string(), value).nullish(),
  filters: filters.nullish(),
  name: z.string().nullish(),
});

const named = z.looseObject({ name: z.string() });

/**
 * The HogQL query of a request body: `{"query": {"kind": "HogQLQuery", "query": …}}`, or the query object itself; `text` is as it was sent.
 * @param now what relative dates of filters count from
 * @throws ApiError 400 as PostHog answers it
 */
export function readRequest(body: string, now: Date): { text: string; request: QueryRequest } {
  const json = parse(body);
  const outer = typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
  const bare = typeof outer.query === 'string' && outer.kind !== undefined;
  const at = bare ? '' : 'query.';
  const given = bare ? outer : outer.query;
  if (given === undefined || given === null) throw invalid('query: Field required', 'query');
  const type = kind.safeParse(given);
  if (!type.success) throw invalid(`${at}kind: Field required`, `${at}kind`);
  if (type.data.kind !== 'HogQLQuery')
    throw invalid(`Only HogQLQuery can run on local events, not ${type.data.kind}.`, `${at}kind`);
  const query = hogql.safeParse(given);
  if (!query.success) {
    const [issue] = query.error.issues;
    const field = `${at}${issue?.path.join('.') ?? ''}`;
    throw invalid(`${field}: ${issue?.message ?? 'invalid'}`, field);
  }
  const { query: text, values } = query.data;
  const name = named.safeParse(outer).data?.name ?? query.data.name;
  const bound = { sql: text.replace(/\s*;\s*$/u, ''), values: values ?? {} };
  return { text, request: { ...applyFilters(bound, query.data.filters ?? {}, now), ...(name ? { name } : {}) } };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const detail = `JSON parse error - ${(error as Error).message}`;
    throw new ApiError(400, { type: 'invalid_request', code: 'parse_error' }, detail);
  }
}
