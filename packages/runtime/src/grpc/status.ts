/**
 * Errors over gRPC. What another process throws arrives as it was: the table of errors gives the status, and the code and the time to wait
 * travel in the trailing metadata. A status that comes from somebody else (the library, a proxy) says nothing of who asked or what they asked for:
 * the callee is away, a message was too large, or it is a bug.
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
  const kind = codeOf(status.code);
  if (kind === 'TOO_LARGE') return new ClatterError(kind, TOO_LARGE, { cause: new Error(said, { cause: status }) });
  return new ClatterError(kind, said, { cause: status });
}

const TOO_LARGE = 'the request or its answer is larger than services may send each other';

function codeOf(status: grpc.status): ErrorCode {
  switch (status) {
    case grpc.status.UNAVAILABLE:
    // The answer may have been on its way: as with a connection that broke, nobody knows.
    case grpc.status.DEADLINE_EXCEEDED:
    case grpc.status.CANCELLED:
    case grpc.status.ABORTED:
      return 'UNAVAILABLE';
    // Ours are told by their code; the library means a message above the bound.
    case grpc.status.RESOURCE_EXHAUSTED:
      return 'TOO_LARGE';
    default:
      return 'INTERNAL';
  }
}
