/**
 * A digest of a set of connections, or of ids, the same in whatever order they come: the sum of their hashes, in 64 bits. A gateway and the
 * registry compare it to see whether they know the same ones.
 */
import { createHash } from 'node:crypto';

const MASK = (1n << 64n) - 1n;

/** What names a connection within its gateway. */
export interface Digested {
  readonly userId: string;
  readonly connection: number;
}

/** A running digest of ids: each is added and removed once. */
export class IdDigest {
  #sum = 0n;

  add(id: string): void {
    this.#sum = (this.#sum + hash(id)) & MASK;
  }

  remove(id: string): void {
    this.#sum = (this.#sum - hash(id)) & MASK;
  }

  /** 16 hex digits. */
  toString(): string {
    return this.#sum.toString(16).padStart(16, '0');
  }
}

/** A running digest: connections are added and removed one by one. */
export class ConnectionDigest {
  readonly #ids = new IdDigest();

  add(connection: Digested): void {
    this.#ids.add(nameOf(connection));
  }

  remove(connection: Digested): void {
    this.#ids.remove(nameOf(connection));
  }

  /** 16 hex digits. */
  toString(): string {
    return this.#ids.toString();
  }
}

const nameOf = ({ userId, connection }: Digested): string => `${userId}/${connection}`;

const hash = (id: string): bigint => createHash('sha1').update(id).digest().readBigUInt64BE(0);
