/**
 * Errors over gRPC. What another process throws arrives as it was: the table of errors gives the status, and the code and the time to wait
 * travel in the trailing metadata. A status that comes from somebody else (the library, a proxy) gets the code whose status it is.
 */
import { ClatterError, type ErrorCode, errorKinds } from '@clatter/wire';
import * as grpc from '@grpc/grpc-js';
import { asClatterError } from '../problem.ts';

const CODE = 'clatter-code';
const RETRY_AFTER = 'clatter-retry-after-ms';

export type GrpcStatus = Pick<grpc.StatusObject, 'code' | 'details' | 'metadata'>;

export function toStatus(error: unknown): GrpcStatus {
  const { code, message, retryAfterMs } = asClatterError(error);
  const metadata = new grpc.Metadata();
  metadata.set(CODE, code);
  metadata.set(RETRY_AFTER, String(retryAfterMs));
  return { code: errorKinds[code].grpc, details: message, metadata };
}

/** @param callee what was called, for statuses that are not ours */
export function fromStatus(status: grpc.ServiceError | grpc.StatusObject, callee: string): ClatterError {
  const [code] = status.metadata?.get(CODE) ?? [];
  const [retryAfterMs] = status.metadata?.get(RETRY_AFTER) ?? [];
  if (typeof code === 'string' && Object.hasOwn(errorKinds, code))
    return new ClatterError(code as ErrorCode, status.details, { retryAfterMs: Number(retryAfterMs) || 0 });
  const said = `${callee}: ${grpc.status[status.code]?.toLowerCase()}: ${status.details}`;
  return new ClatterError(codeOf(status.code), said, { cause: status });
}

function codeOf(status: grpc.status): ErrorCode {
  switch (status) {
    // The answer may have been on its way: as with a connection that broke, nobody knows.
    case grpc.status.DEADLINE_EXCEEDED:
    case grpc.status.CANCELLED:
    case grpc.status.ABORTED:
      return 'UNAVAILABLE';
    // Ours are told by their code; the library means a message above the bound.
    case grpc.status.RESOURCE_EXHAUSTED:
      return 'TOO_LARGE';
    default: {
      const codes = Object.keys(errorKinds) as ErrorCode[];
      return codes.find((code) => errorKinds[code].grpc === status) ?? 'INTERNAL';
    }
  }
}
