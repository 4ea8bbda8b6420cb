/**
 * A digest of a set of connections, the same in whatever order they come: the sum of their hashes, in 64 bits. A gateway and the registry
 * compare it to see whether they know the same ones.
 */
import { createHash } from 'node:crypto';

const MASK = (1n << 64n) - 1n;

/** What names a connection within its gateway. */
export interface Digested {
  readonly userId: string;
  readonly connection: number;
}

/** A running digest: connections are added and removed one by one. */
export class ConnectionDigest {
  #sum = 0n;

  add(connection: Digested): void {
    this.#sum = (this.#sum + hash(connection)) & MASK;
  }

  remove(connection: Digested): void {
    this.#sum = (this.#sum - hash(connection)) & MASK;
  }

  /** 16 hex digits. */
  toString(): string {
    return this.#sum.toString(16).padStart(16, '0');
  }
}

function hash({ userId, connection }: Digested): bigint {
  return createHash('sha1').update(`${userId}/${connection}`).digest().readBigUInt64BE(0);
}
