/** Ids as clients give them. */
import { isUuid } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';

/** An id in lower case. Throws INVALID. */
export function checkId(field: string, value: string | undefined): string {
  const id = (value ?? '').toLowerCase();
  if (isUuid(id)) return id;
  throw new ClatterError(
    'INVALID',
    `${field}: want a UUID, got ${value ? JSON.stringify(value.slice(0, 40)) : 'none'}`,
  );
}
