/** What Storage says to its two worker threads. Parameters travel flat, one message a group: structured clone costs by the object. */

export type SqlValue = null | number | string | Uint8Array;

export interface StorageWorkerData {
  readonly file: string;
  readonly role: 'writer' | 'reader';
  /** Upper bound of the file in pages, for tests of a full disk; 0: none. */
  readonly pagesMax: number;
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
      readonly params: SqlValue[];
      readonly blobs: readonly number[];
      readonly bytes: Uint8Array;
    }
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
  readonly error?: string;
}
