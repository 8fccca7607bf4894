import { RunbookError } from '../../lib/errors.ts';

/** An answer in PostHog's error form: `{type, code, detail, attr}` with a status. */
export class ApiError extends Error {
  readonly status: number;
  readonly type: string;
  readonly code: string;
  readonly attr: string | null;

  constructor(status: number, type: string, code: string, detail: string, attr: string | null = null) {
    super(detail);
    this.status = status;
    this.type = type;
    this.code = code;
    this.attr = attr;
  }
}

/** What went wrong as PostHog would say it; nothing internal leaves. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof RunbookError) {
    if (error.code === 'hogql') {
      const name = /^([A-Z][A-Z_]{3,}): /u.exec(error.message)?.[1];
      return new ApiError(400, 'validation_error', name?.toLowerCase() ?? 'invalid_input', error.message);
    }
    if (error.code === 'timeout') return new ApiError(504, 'server_error', 'timeout', error.message);
    if (error.code === 'interrupted')
      return new ApiError(499, 'invalid_request', 'cancelled', 'The query was cancelled.');
  }
  return new ApiError(500, 'server_error', 'error', 'A server error occurred.');
}
