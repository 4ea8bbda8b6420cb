/** An account keeps a way in: the last one is not taken away. */
import { ClatterError } from '@clatter/wire';
import type { Queries } from './ports.ts';

/** Inside the transaction that took one away. Throws CONFLICT where none is left. */
export async function requireWayIn(queries: Queries, userId: string): Promise<void> {
  const [left] = await queries.query(
    `SELECT 1 AS one FROM accounts WHERE user_id = $1 AND
       (password_hash <> '' OR EXISTS (SELECT 1 FROM passkeys WHERE passkeys.user_id = accounts.user_id)
        OR EXISTS (SELECT 1 FROM identities WHERE identities.user_id = accounts.user_id)) FOR UPDATE`,
    [userId],
  );
  if (!left) throw new ClatterError('CONFLICT', 'it is the only way to log in: set a password first');
}
