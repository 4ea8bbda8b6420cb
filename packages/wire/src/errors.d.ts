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
export declare const errorKinds: {
  readonly INVALID: {
    readonly http: 400;
    readonly grpc: 3;
    readonly retry: false;
    readonly meaning: 'The request is malformed: the message says which field, what was wanted and what was got.';
  };
  readonly UNAUTHENTICATED: {
    readonly http: 401;
    readonly grpc: 16;
    readonly retry: false;
    readonly meaning: 'No valid token, or wrong credentials.';
  };
  readonly TOKEN_EXPIRED: {
    readonly http: 401;
    readonly grpc: 16;
    readonly retry: false;
    readonly meaning: 'The access token has expired: refresh it and try again.';
  };
  readonly FORBIDDEN: {
    readonly http: 403;
    readonly grpc: 7;
    readonly retry: false;
    readonly meaning: 'A member may not do this with the role that they have.';
  };
  readonly NOT_FOUND: {
    readonly http: 404;
    readonly grpc: 5;
    readonly retry: false;
    readonly meaning: 'There is no such thing, or the caller may not see it.';
  };
  readonly NOT_A_MEMBER: {
    readonly http: 404;
    readonly grpc: 5;
    readonly retry: false;
    readonly meaning: 'The caller was a member of this conversation and is one no more.';
  };
  readonly CONFLICT: {
    readonly http: 409;
    readonly grpc: 6;
    readonly retry: false;
    readonly meaning: 'Something else has this name or state already.';
  };
  readonly TOO_LARGE: {
    readonly http: 413;
    readonly grpc: 11;
    readonly retry: false;
    readonly meaning: 'The request is larger than the limit that the message names.';
  };
  readonly RATE_LIMITED: {
    readonly http: 429;
    readonly grpc: 8;
    readonly retry: true;
    readonly meaning: 'Too many requests: wait as long as the answer says.';
  };
  readonly UNAVAILABLE: {
    readonly http: 503;
    readonly grpc: 14;
    readonly retry: true;
    readonly meaning: 'A part of the platform is away for now: wait and send the same again.';
  };
  readonly INTERNAL: {
    readonly http: 500;
    readonly grpc: 13;
    readonly retry: false;
    readonly meaning: 'A bug. The log of the server has the request id.';
  };
};
export type ErrorCode = keyof typeof errorKinds;
/** An error that an edge may show: the code is stable, the message says what, where and what was wanted, and holds no secret. */
export declare class ClatterError extends Error {
  readonly name = 'ClatterError';
  readonly code: ErrorCode;
  /** When to try again, in ms; 0: not by itself. */
  readonly retryAfterMs: number;
  constructor(
    code: ErrorCode,
    message: string,
    options?: {
      retryAfterMs?: number;
      cause?: unknown;
    },
  );
}
export interface CloseKind {
  readonly name: string;
  readonly meaning: string;
}
/** Close codes of our own. Below 4500: come back, with a hint in the reason. From 4500 on: do not, before something changes. */
export declare const closeKinds: {
  readonly 4000: {
    readonly name: 'GOING_AWAY';
    readonly meaning: 'This gateway leaves; reconnect.';
  };
  readonly 4001: {
    readonly name: 'SLOW_CONSUMER';
    readonly meaning: 'The socket was not read fast enough; reconnect and sync.';
  };
  readonly 4002: {
    readonly name: 'RESYNC';
    readonly meaning: 'Reconnect and sync.';
  };
  readonly 4008: {
    readonly name: 'RATE_LIMITED';
    readonly meaning: 'Too many frames; reconnect after the hint.';
  };
  readonly 4500: {
    readonly name: 'BAD_FRAME';
    readonly meaning: 'Not JSON or protobuf, binary on the JSON subprotocol, no body or two.';
  };
  readonly 4501: {
    readonly name: 'NO_HELLO';
    readonly meaning: 'No hello in time, or a frame before it.';
  };
  readonly 4502: {
    readonly name: 'UNAUTHENTICATED';
    readonly meaning: 'The token is missing, bad or expired.';
  };
  readonly 4503: {
    readonly name: 'SESSION_REVOKED';
    readonly meaning: 'The session or the account has ended.';
  };
  readonly 4504: {
    readonly name: 'PROTOCOL_UNSUPPORTED';
    readonly meaning: 'The subprotocol is not one that this server speaks.';
  };
};
export type CloseCode = keyof typeof closeKinds;
/** Whether a client reconnects by itself after this close code: not where our own codes say so, nor after a protocol error (RFC 6455 §7.4.1). */
export declare const comesBack: (code: number) => boolean;
