/**
 * What one person may do with others, and see of them. A block hides both from each other, as privacy for nobody does, so that whoever is
 * blocked cannot tell the one from the other.
 */
import type { Audience, Privacy, Relation } from '@clatter/contracts/auth';
import type { User } from '@clatter/wire';
import type { Database } from './ports.ts';
import { PRIVACY_COLUMNS, type PrivacyRow, toPrivacy } from './privacy.ts';

type RelationRow = PrivacyRow & {
  user_id: string;
  has_viewer: boolean;
  blocked_number: number | null;
  blocked_by_number: number | null;
};

export class Relations {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Of the living among these people, by id. */
  async of(viewerId: string, userIds: readonly string[]): Promise<ReadonlyMap<string, Relation>> {
    const rows = await this.#read(viewerId, userIds);
    return new Map(rows.map((row) => [row.user_id, toRelation(viewerId, row)]));
  }

  /** People as the viewer may see them, in the order given. Who looks for a service, with no viewer, sees all. */
  async view(viewerId: string, users: readonly User[]): Promise<User[]> {
    if (viewerId === '' || users.every(({ userId }) => userId === viewerId)) return [...users];
    const rows = new Map(
      (
        await this.#read(
          viewerId,
          users.map(({ userId }) => userId),
        )
      ).map((row) => [row.user_id, row]),
    );
    return users.map((user) => {
      const row = rows.get(user.userId);
      return row && user.userId !== viewerId ? shown(user, toPrivacy(row), row) : user;
    });
  }

  #read(viewerId: string, userIds: readonly string[]): Promise<readonly RelationRow[]> {
    return this.#database.query<RelationRow>(
      `SELECT a.user_id, ${PRIVACY_COLUMNS.split(', ')
        .map((name) => `p.${name}`)
        .join(', ')},
         EXISTS (SELECT 1 FROM contacts c WHERE c.user_id = a.user_id AND c.contact_id = $1) AS has_viewer,
         (SELECT number FROM blocks b WHERE b.user_id = $1 AND b.blocked_id = a.user_id) AS blocked_number,
         (SELECT number FROM blocks b WHERE b.user_id = a.user_id AND b.blocked_id = $1) AS blocked_by_number
       FROM accounts a LEFT JOIN privacy p ON p.user_id = a.user_id
       WHERE a.user_id = ANY($2::uuid[]) AND a.deleted_at_ms IS NULL`,
      [viewerId, userIds],
    );
  }
}

const isBlocked = (row: RelationRow): boolean => (row.blocked_number ?? row.blocked_by_number) !== null;

const allows = (audience: Audience, row: RelationRow): boolean =>
  !isBlocked(row) && (audience === 'everyone' || (audience === 'contacts' && row.has_viewer));

function toRelation(viewerId: string, row: RelationRow): Relation {
  const privacy = toPrivacy(row);
  const own = row.user_id === viewerId;
  return {
    userId: row.user_id,
    seesPresence: own || allows(privacy.presence, row),
    mayMessage: own || allows(privacy.messages, row),
    mayAdd: own || allows(privacy.groups, row),
    blockedNumber: row.blocked_number ?? 0,
    blockedByNumber: row.blocked_by_number ?? 0,
  };
}

/** A name is seen by all; the rest by whom it is for. */
const shown = (user: User, privacy: Privacy, row: RelationRow): User => ({
  ...user,
  avatarUrl: allows(privacy.avatar, row) ? user.avatarUrl : undefined,
  bio: allows(privacy.bio, row) ? user.bio : '',
  statusText: allows(privacy.statusText, row) ? user.statusText : '',
});
