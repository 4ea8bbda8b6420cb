/**
 * The one table of errors: what each code means, and what it is at every edge. It makes the WebSocket rejects, the HTTP problems, the
 * gRPC statuses and docs/errors.md.
 */

export interface ErrorKind {
  /** HTTP status of the problem document. */
  readonly http: number;
  /** gRPC status, by number (https://grpc.io/docs/guides/status-codes). */
  readonly grpc: number;
  /** Whether the same request may succeed later without a change. */
  readonly retry: boolean;
  readonly meaning: string;
}

export const errorKinds = {
  INVALID: {
    http: 400,
    grpc: 3,
    retry: false,
    meaning: 'The request is malformed: the message says which field, what was wanted and what was got.',
  },
  WEAK_PASSWORD: {
    http: 400,
    grpc: 3,
    retry: false,
    meaning: 'The password is too easy to guess: the message says why, with the name of the reason in parentheses.',
  },
  WRONG_CODE: {
    http: 400,
    grpc: 3,
    retry: false,
    meaning: 'The code is wrong, was used, or is too old; after five wrong ones it is worth nothing: ask for another.',
  },
  UNAUTHENTICATED: { http: 401, grpc: 16, retry: false, meaning: 'No valid token, or wrong credentials.' },
  TOKEN_EXPIRED: {
    http: 401,
    grpc: 16,
    retry: false,
    meaning: 'The access token has expired: refresh it and try again.',
  },
  MFA_REQUIRED: {
    http: 401,
    grpc: 16,
    retry: false,
    meaning: 'The login needs a second factor: the problem has `mfaToken` for POST /v1/sessions/mfa.',
  },
  REAUTHENTICATION_REQUIRED: {
    http: 403,
    grpc: 7,
    retry: false,
    meaning: 'Whoever asks has to prove again who they are, by POST /v1/me/reauthenticate, and then ask again.',
  },
  FORBIDDEN: { http: 403, grpc: 7, retry: false, meaning: 'A member may not do this with the role that they have.' },
  NOT_FOUND: { http: 404, grpc: 5, retry: false, meaning: 'There is no such thing, or the caller may not see it.' },
  NOT_A_MEMBER: {
    http: 404,
    grpc: 5,
    retry: false,
    meaning: 'The caller was a member of this conversation and is one no more.',
  },
  CONFLICT: { http: 409, grpc: 6, retry: false, meaning: 'Something else has this name or state already.' },
  TOO_LARGE: {
    http: 413,
    grpc: 11,
    retry: false,
    meaning: 'The request is larger than the limit that the message names.',
  },
  RATE_LIMITED: { http: 429, grpc: 8, retry: true, meaning: 'Too many requests: wait as long as the answer says.' },
  UNAVAILABLE: {
    http: 503,
    grpc: 14,
    retry: true,
    meaning: 'A part of the platform is away for now: wait and send the same again.',
  },
  INTERNAL: { http: 500, grpc: 13, retry: false, meaning: 'A bug. The log of the server has the request id.' },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

/** An error that an edge may show: the code is stable, the message says what, where and what was wanted, and holds no secret. */
export class ClatterError extends Error {
  override readonly name = 'ClatterError';
  readonly code: ErrorCode;
  /** When to try again, in ms; 0: not by itself. */
  readonly retryAfterMs: number;
  /** What a program needs to go on, beside the code; members of the problem over HTTP. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { retryAfterMs?: number; cause?: unknown; details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.retryAfterMs = options.retryAfterMs ?? (errorKinds[code].retry ? 1000 : 0);
  }
}

export interface CloseKind {
  readonly name: string;
  readonly meaning: string;
}

/** Close codes of our own. Below 4500: come back, with a hint in the reason. From 4500 on: do not, before something changes. */
export const closeKinds = {
  4000: { name: 'GOING_AWAY', meaning: 'This gateway leaves; reconnect.' },
  4001: { name: 'SLOW_CONSUMER', meaning: 'The socket was not read fast enough; reconnect and sync.' },
  4002: { name: 'RESYNC', meaning: 'Reconnect and sync.' },
  4008: { name: 'RATE_LIMITED', meaning: 'Too many frames; reconnect after the hint.' },
  4500: { name: 'BAD_FRAME', meaning: 'Not JSON or protobuf, binary on the JSON subprotocol, no body or two.' },
  4501: { name: 'NO_HELLO', meaning: 'No hello in time, or a frame before it.' },
  4502: { name: 'UNAUTHENTICATED', meaning: 'The token is missing, bad or expired.' },
  4503: { name: 'SESSION_REVOKED', meaning: 'The session or the account has ended.' },
  4504: { name: 'PROTOCOL_UNSUPPORTED', meaning: 'The subprotocol is not one that this server speaks.' },
} as const satisfies Record<number, CloseKind>;

export type CloseCode = keyof typeof closeKinds;

/** Whether a client reconnects by itself after this close code: not where our own codes say so, nor after a protocol error (RFC 6455 §7.4.1). */
export const comesBack = (code: number): boolean =>
  !(code >= 4500 && code < 5000) && ![1002, 1003, 1007, 1009].includes(code);
