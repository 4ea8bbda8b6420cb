/** Writes that go to disk together, in the flat form in which they travel to the thread: structured clone costs by the object. */
import type { SqlValue } from './storage-protocol.ts';

/** A number that stands for a prepared statement. */
export type Statement = number;

/** Adds to the group that is about to be written. */
export type AddOp = (statement: Statement, params: readonly SqlValue[]) => void;

export class WriteGroup {
  /** Which statement takes the next parameters, and how many. */
  readonly statements: number[] = [];
  readonly counts: number[] = [];
  readonly params: SqlValue[] = [];
  /** Byte values among params, which are null there. */
  readonly #blobs: Uint8Array[] = [];
  readonly #blobIndexes: number[] = [];
  #blobBytes = 0;
  #bytes = 0;
  readonly #done = Promise.withResolvers<void>();

  constructor() {
    // Whoever added nothing may not look at it.
    this.#done.promise.catch(() => undefined);
  }

  get empty(): boolean {
    return this.statements.length === 0;
  }

  /** About what it takes in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Resolves when it is on disk. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  add(statement: Statement, params: readonly SqlValue[]): void {
    this.statements.push(statement);
    this.counts.push(params.length);
    for (const param of params) {
      if (param instanceof Uint8Array) {
        this.#blobs.push(param);
        this.#blobIndexes.push(this.params.length);
        this.#blobBytes += param.length;
        this.#bytes += param.length;
        this.params.push(null);
      } else {
        this.#bytes += typeof param === 'string' ? param.length : 8;
        this.params.push(param);
      }
    }
  }

  /** The byte values one after the other in a buffer that can be transferred, and (index in params, end in bytes) of each. */
  packBlobs(): { readonly blobs: readonly number[]; readonly bytes: Uint8Array<ArrayBuffer> } {
    const bytes = new Uint8Array(new ArrayBuffer(this.#blobBytes));
    const blobs: number[] = [];
    let at = 0;
    for (let i = 0; i < this.#blobs.length; i++) {
      const value = this.#blobs[i] as Uint8Array;
      bytes.set(value, at);
      at += value.length;
      blobs.push(this.#blobIndexes[i] as number, at);
    }
    return { blobs, bytes };
  }

  succeed(): void {
    this.#done.resolve();
  }

  fail(error: Error): void {
    this.#done.reject(error);
  }
}
