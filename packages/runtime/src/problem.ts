/** Errors at the edges: one mapper for each. What is no ClatterError is a bug: it is logged with an id, and shown without details. */
import { ClatterError, type ErrorCode, errorKinds } from '@clatter/wire';

/** RFC 9457. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly retryAfterMs?: number;
}

export const asClatterError = (error: unknown): ClatterError =>
  error instanceof ClatterError
    ? error
    : new ClatterError('INTERNAL', 'something went wrong here; it has been logged', { cause: error });

export function toProblem(error: unknown): Problem {
  const { code, message, retryAfterMs } = asClatterError(error);
  return {
    type: 'about:blank',
    title: code,
    status: errorKinds[code].http,
    code,
    detail: message,
    ...(retryAfterMs > 0 && { retryAfterMs }),
  };
}
