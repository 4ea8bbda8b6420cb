/**
 * Values as the driver takes them. It encodes a request only when it writes it to the socket, where a value of the wrong kind would end
 * the process instead of rejecting the call: so they are checked here, before.
 */
import { ClatterError } from '@clatter/wire';
import { types } from 'cassandra-driver';

/** Throws INVALID where it is no UUID. */
export function uuid(id: string): types.Uuid {
  try {
    return types.Uuid.fromString(id);
  } catch {
    throw new ClatterError('INVALID', `want a UUID, got ${JSON.stringify(id.slice(0, 40))}`);
  }
}

/** The same bytes, as the driver's class of them. */
export const blob = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Exactly: positions, seqs and times are integers below 2^53. */
export function long(value: number): types.Long {
  if (!Number.isSafeInteger(value)) throw new RangeError(`want an integer below 2^53, got ${value}`);
  return types.Long.fromNumber(value);
}
