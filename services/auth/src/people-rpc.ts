/** The calls about people to each other. Identical for a direct call and for gRPC. */
import type { Contact, PeopleService } from '@clatter/contracts/auth';
import { isUuid } from '@clatter/runtime';
import { ClatterError } from '@clatter/wire';
import { type Accounts, toUser } from './accounts.ts';
import type { Blocks } from './blocks.ts';
import type { ContactRow, Contacts } from './contacts.ts';
import type { PrivacySettings } from './privacy.ts';
import type { Relations } from './relations.ts';
import type { Consents, Reports } from './reports.ts';

const USERS_MAX = 500;
const BLOCKS_DEFAULT = 50;
const BLOCKS_MAX = 100;
const CONTACTS_DEFAULT = 100;
const CONTACTS_MAX = 500;

export function peopleRpc(parts: {
  accounts: Accounts;
  relations: Relations;
  privacy: PrivacySettings;
  blocks: Blocks;
  contacts: Contacts;
  reports: Reports;
  consents: Consents;
}): PeopleService {
  const { accounts, relations, privacy, blocks, contacts, reports, consents } = parts;

  const contactsOf = async (viewerId: string, rows: readonly ContactRow[]): Promise<Contact[]> => {
    const users = await relations.view(viewerId, rows.map(toUser));
    return rows.map((row, index) => ({ user: users[index], name: row.name, addedAtMs: row.added_at_ms }));
  };

  return {
    async getRelations({ viewerId = '', userIds = [] }) {
      if (userIds.length > USERS_MAX)
        throw new ClatterError('INVALID', `userIds: want at most ${USERS_MAX}, got ${userIds.length}`);
      return { relations: [...(await relations.of(known('viewerId', viewerId), userIds.filter(isUuid))).values()] };
    },

    async getPrivacy({ userId = '' }) {
      return { privacy: await privacy.get(known('userId', userId)) };
    },

    async setPrivacy({ userId = '', change = {} }) {
      return { privacy: await privacy.set(known('userId', userId), change) };
    },

    async setBlock({ userId = '', blockedId = '', blocked = false }) {
      return { number: await blocks.set(known('userId', userId), known('blockedId', blockedId), blocked) };
    },

    async listBlocks({ userId = '', limit = 0, cursor = '' }) {
      const count = pageSize(limit, BLOCKS_DEFAULT, BLOCKS_MAX);
      const rows = await blocks.list(known('userId', userId), placeOf(cursor), count + 1);
      const page = rows.slice(0, count);
      const found = await accounts.byIds(
        page.map((row) => row.blocked_id),
        false,
      );
      const users = new Map((await relations.view(userId, found.map(toUser))).map((user) => [user.userId, user]));
      const items = page.map((row) => ({ user: users.get(row.blocked_id), blockedAtMs: row.blocked_at_ms }));
      const last = page.at(-1);
      return rows.length > count && last ? { items, nextCursor: String(last.number) } : { items };
    },

    async setContact({ userId = '', contactId = '', present = false, name }) {
      const [own, other] = [known('userId', userId), known('contactId', contactId)];
      if (present) return { contact: (await contactsOf(own, [await contacts.put(own, other, name)]))[0] };
      await contacts.remove(own, other);
      return {};
    },

    async listContacts({ userId = '', query = '', locale = '', limit = 0, cursor = '' }) {
      const count = pageSize(limit, CONTACTS_DEFAULT, CONTACTS_MAX);
      const from = placeOf(cursor);
      const all = await contacts.list(known('userId', userId), query.slice(0, 100), locale);
      const items = await contactsOf(userId, all.slice(from, from + count));
      return all.length > from + count ? { items, nextCursor: String(from + count) } : { items };
    },

    async report({ userId = '', reportedId = '', ...about }) {
      const { conversationId } = about;
      if (conversationId !== undefined) known('conversationId', conversationId);
      return { reportId: await reports.add(known('userId', userId), known('reportedId', reportedId), about) };
    },

    async recordConsent({ userId = '', purpose = '', version = '', given = false }) {
      return { consent: await consents.record(known('userId', userId), { purpose, version, given }) };
    },

    async listConsents({ userId = '' }) {
      return { items: await consents.list(known('userId', userId)) };
    },
  };
}

/** An id. Throws INVALID. */
function known(field: string, id: string): string {
  if (!isUuid(id)) throw new ClatterError('INVALID', `${field}: want a UUID in lower case`);
  return id;
}

function pageSize(limit: number, usual: number, max: number): number {
  if (limit > max) throw new ClatterError('INVALID', `limit: want 1 to ${max}, got ${limit}`);
  return limit || usual;
}

/** Where a page begins; what is no cursor of ours is the first. */
const placeOf = (cursor: string): number => (/^\d{1,15}$/.test(cursor) ? Number(cursor) : 0);
