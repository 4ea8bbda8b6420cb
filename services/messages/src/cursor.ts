/** Cursors: small tuples, opaque to clients. */
import { ClatterError } from '@clatter/wire';

type Named = { number: number; string: string };

export const encodeCursor = (values: readonly (number | string)[]): string =>
  Buffer.from(JSON.stringify(values)).toString('base64url');

/** The values of a cursor of ours. Throws INVALID for anything else. */
export function decodeCursor<const T extends readonly (keyof Named)[]>(
  cursor: string,
  kinds: T,
): { [K in keyof T]: Named[T[K]] } {
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (
      Array.isArray(values) &&
      values.length === kinds.length &&
      values.every((value, index) => typeof value === kinds[index])
    )
      return values as unknown as { [K in keyof T]: Named[T[K]] };
  } catch {
    // Falls through: whatever is wrong with it, it is not a cursor that we gave.
  }
  throw new ClatterError('INVALID', 'cursor: want one that an earlier page gave');
}
