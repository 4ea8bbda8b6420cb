/** Changes of one person wait for each other, and none begins of an account that is gone. */
import { ClatterError } from '@clatter/wire';
import type { Queries } from './ports.ts';

/** Inside a transaction, until its end. Throws NOT_FOUND where there is no such account, or no more. */
export async function lockAccount(queries: Queries, userId: string): Promise<void> {
  const found = await queries.query(
    'SELECT 1 AS one FROM accounts WHERE user_id = $1 AND deleted_at_ms IS NULL FOR NO KEY UPDATE',
    [userId],
  );
  if (found.length === 0) throw new ClatterError('NOT_FOUND', 'there is no such account');
}

/** Inside a transaction: that there is somebody else of that id, who can be blocked, kept as a contact, or reported. Throws INVALID, NOT_FOUND. */
export async function checkOther(queries: Queries, userId: string, otherId: string): Promise<void> {
  if (otherId === userId) throw new ClatterError('INVALID', 'userId: want somebody else');
  const found = await queries.query('SELECT 1 AS one FROM accounts WHERE user_id = $1 AND deleted_at_ms IS NULL', [
    otherId,
  ]);
  if (found.length === 0) throw new ClatterError('NOT_FOUND', 'userId: there is no such person');
}
