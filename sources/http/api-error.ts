import { RunbookError } from '../../lib/errors.ts';

/** An answer in PostHog's error form: `{type, code, detail, attr}` with a status. */
export class ApiError extends Error {
  readonly status: number;
  readonly type: string;
  readonly code: string;
  readonly attr: string | null;
  /** The editor's diagnosis, as PostHog adds it to refusals of HogQL. */
  readonly extra: Readonly<Record<string, unknown>> | undefined;

  constructor(
    status: number,
    kind: { type: string; code: string },
    detail: string,
    more: { attr?: string; extra?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(detail);
    this.status = status;
    this.type = kind.type;
    this.code = kind.code;
    this.attr = more.attr ?? null;
    this.extra = more.extra;
  }

  body(): Record<string, unknown> {
    const { type, code, message: detail, attr, extra } = this;
    return { type, code, detail, attr, ...(extra ? { extra } : {}) };
  }
}

/** A 400 about one field of the request. */
export function invalid(detail: string, attr?: string): ApiError {
  return new ApiError(400, { type: 'validation_error', code: 'invalid_input' }, detail, attr ? { attr } : {});
}

/** What went wrong as PostHog would say it; nothing internal leaves. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof RunbookError) {
    switch (error.code) {
      case 'hogql':
        return refused(error);
      case 'timeout':
        return new ApiError(504, { type: 'server_error', code: 'timeout' }, error.message);
      case 'interrupted':
        return new ApiError(499, { type: 'invalid_request', code: 'cancelled' }, 'The query was cancelled.');
      case 'source_unavailable':
        return new ApiError(503, { type: 'server_error', code: 'database_unavailable' }, 'The events are not open.');
      default:
    }
  }
  return new ApiError(500, { type: 'server_error', code: 'error' }, 'A server error occurred.');
}

/** Messages that begin with a name of ClickHouse's (`NO_COMMON_TYPE: …`) have it as their code. */
function refused(error: RunbookError): ApiError {
  const name = /^([A-Z][A-Z_]{3,}): /u.exec(error.message)?.[1]?.toLowerCase();
  if (name === 'memory_limit_exceeded') {
    const kind = { type: 'server_error', code: 'clickhouse_memory_limit_exceeded' };
    return new ApiError(513, kind, 'The query used more memory than it may. Try reducing its scope.');
  }
  const errors = error.position ? [{ message: error.message, ...error.position }] : [];
  return new ApiError(400, { type: 'validation_error', code: name ?? 'invalid_input' }, error.message, {
    ...(errors.length > 0 ? { extra: { hogql_metadata: { isValid: false, errors, warnings: [], notices: [] } } } : {}),
  });
}
