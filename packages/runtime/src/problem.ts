/**
 * Errors at the edges: one mapper for each. What is no ClatterError is a bug: it is logged with an id, and shown without details. What is away is
 * told to clients without its address and its reason, which are for the log.
 */
import { ClatterError, type ErrorCode, errorKinds } from '@clatter/wire';

/** RFC 9457. */
export interface Problem {
  /** Members of one code alone (RFC 9457 §3.2). */
  readonly [member: string]: unknown;
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly retryAfterMs?: number;
}

const BUG = 'something went wrong here; it has been logged';

export const asClatterError = (error: unknown): ClatterError =>
  error instanceof ClatterError ? error : new ClatterError('INTERNAL', BUG, { cause: error });

/** What clients read of errors whose own words are about the inside of the platform: addresses, calls, brokers. */
const shown: Partial<Record<ErrorCode, string>> = {
  UNAVAILABLE: 'a part of the platform is away for now: wait and send the same again',
  INTERNAL: BUG,
};

/** An error as a client may read it. */
export function forClient(error: unknown): Pick<ClatterError, 'code' | 'message' | 'retryAfterMs'> {
  const { code, message, retryAfterMs } = asClatterError(error);
  return { code, message: shown[code] ?? message, retryAfterMs };
}

export function toProblem(error: unknown): Problem {
  const { code, message, retryAfterMs } = forClient(error);
  const { details } = asClatterError(error);
  return {
    ...details,
    type: 'about:blank',
    title: code,
    status: errorKinds[code].http,
    code,
    detail: message,
    ...(retryAfterMs > 0 && { retryAfterMs }),
  };
}
