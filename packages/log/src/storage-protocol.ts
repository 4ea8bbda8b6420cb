/** What Storage says to its worker threads. Parameters travel flat, one message a group: structured clone costs by the object. */

export type SqlValue = null | number | string | Uint8Array;

export interface StorageWorkerData {
  readonly file: string;
  readonly role: 'writer' | 'reader' | 'checkpointer';
}

export type StorageRequest =
  | { readonly kind: 'migrate'; readonly id: number; readonly name: string; readonly scripts: readonly string[] }
  | { readonly kind: 'prepare'; readonly statement: number; readonly sql: string }
  /**
   * One transaction: statements[i] takes the next counts[i] of params. Byte values travel in one transferred buffer: blobs holds
   * (index in params, end in bytes) pairs, in order. A view of a pooled Buffer would be cloned with its whole pool.
   */
  | {
      readonly kind: 'commit';
      readonly id: number;
      readonly statements: readonly number[];
      readonly counts: readonly number[];
      readonly params: readonly SqlValue[];
      readonly blobs: readonly number[];
      readonly bytes: Uint8Array;
    }
  /** Copies what is in the write-ahead log into the database; `whole` waits for readers and starts the log anew. */
  | { readonly kind: 'checkpoint'; readonly id: number; readonly whole: boolean }
  | {
      readonly kind: 'read';
      readonly id: number;
      readonly statements: readonly number[];
      readonly params: readonly (readonly SqlValue[])[];
    }
  | { readonly kind: 'limit'; readonly id: number; readonly pagesMax: number }
  | { readonly kind: 'close'; readonly id: number };

export interface StorageAnswer {
  readonly id: number;
  /** For reads: rows as arrays, one list per statement. */
  readonly rows?: readonly (readonly SqlValue[][] | { readonly error: string })[];
  /** For checkpoints: pages in the write-ahead log. */
  readonly pages?: number;
  readonly error?: string;
}
