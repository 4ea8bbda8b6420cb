/** The calls of messages: each reads as one viewer. Identical for a direct call and for gRPC. */
import type { MessagesService } from '@clatter/contracts/messages';
import type { Clock } from '@clatter/runtime';
import { ClatterError, type ConversationFlags, History, Sync } from '@clatter/wire';
import { decodeDetails } from './conversation-details.ts';
import { readHistory } from './history.ts';
import { listConversations } from './inbox.ts';
import { goodInvites } from './invite-links.ts';
import { previewInvite } from './invite-preview.ts';
import { readReactionsTo, readReceiptsOf, readVotesOf } from './message-readers.ts';
import { readOwnViews } from './own-content.ts';
import { decodeFlags, isHidden, mutedUntil } from './own-conversations.ts';
import { readPins } from './pinned-messages.ts';
import type { MessageStore } from './ports.ts';
import { readScheduled } from './scheduled-list.ts';
import { syncPage } from './sync.ts';
import { readOwnMembership, viewConversation } from './viewer.ts';

const MEMBERS_MAX = 500;
/** Members of one page for pushes, and people whose channels are asked for at once. */
const PEOPLE_MAX = 1000;

/** What admins and the owner alone are told. Throws FORBIDDEN for other members. */
async function readManager(store: MessageStore, userId: string, conversationId: string): Promise<void> {
  const { role } = await readOwnMembership(store, userId, conversationId);
  if (role !== 'admin' && role !== 'owner')
    throw new ClatterError('FORBIDDEN', 'conversationId: only the owner and admins see this');
}

export function messagesRpc(store: MessageStore, clock: Clock): MessagesService {
  return {
    async history({ userId = '', history = {} }) {
      return { page: await readHistory(store, userId, History.create(history as Partial<History>), clock.nowMs()) };
    },

    async sync({ userId = '', sync = {} }) {
      return { page: await syncPage(store, userId, Sync.create(sync as Partial<Sync>), clock.nowMs()) };
    },

    async listScheduled({ userId = '' }) {
      return { items: await readScheduled(store, userId) };
    },

    async listConversations({ userId = '', limit = 0, cursor, archived, pinned }) {
      return listConversations(store, userId, { limit, cursor, archived, pinned }, clock.nowMs());
    },

    async listMuted({ conversationId = '', userIds = [] }) {
      if (userIds.length > MEMBERS_MAX)
        throw new ClatterError('INVALID', `userIds: want at most ${MEMBERS_MAX}, got ${userIds.length}`);
      const rows = await Promise.all(userIds.map((userId) => store.readInboxRow(userId, conversationId)));
      const nowMs = clock.nowMs();
      const flags = rows.map((row) => decodeFlags(row?.flags).flags);
      const [head] = flags.some(({ hidden }) => hidden) ? await store.readHeads([conversationId]) : [];
      return {
        userIds: userIds.filter((_, index) => mutedUntil(flags[index] as ConversationFlags) > nowMs),
        hiddenUserIds: userIds.filter(
          (_, index) => head !== undefined && isHidden(flags[index] as ConversationFlags, head),
        ),
      };
    },

    async getConversation({ userId = '', conversationId = '' }) {
      const [[row], inbox] = await Promise.all([
        store.readConversations([conversationId]),
        store.readInboxRow(userId, conversationId),
      ]);
      const own = await readOwnMembership(store, userId, conversationId);
      if (!row) throw new ClatterError('NOT_FOUND', 'conversationId: there is no such conversation');
      const [ownOf, [head]] = await Promise.all([
        readOwnViews(store, userId, inbox ? [inbox] : []),
        store.readHeads([conversationId]),
      ]);
      return {
        conversation: viewConversation(row, own, inbox?.peerId ?? ''),
        flags: decodeFlags(inbox?.flags).flags,
        draft: ownOf(conversationId).draft,
        messageNo: head?.messageNo ?? 0,
      };
    },

    async listMembers({ userId = '', conversationId = '', limit = 0, cursor }) {
      if (limit > MEMBERS_MAX) throw new ClatterError('INVALID', `limit: want 1 to ${MEMBERS_MAX}, got ${limit}`);
      await readOwnMembership(store, userId, conversationId);
      const count = limit || MEMBERS_MAX;
      const rows = await store.readMembers(conversationId, cursor ?? '', count + 1);
      const page = rows.slice(0, count);
      const items = page
        .filter((row) => row.role !== 'none')
        .map(({ userId: id, role, joinedSeq, visibleFromSeq }) => ({ userId: id, role, joinedSeq, visibleFromSeq }));
      return rows.length > count ? { items, nextCursor: page.at(-1)?.userId } : { items };
    },

    async channelsOf({ userIds = [], countOnly = false }) {
      if (userIds.length > PEOPLE_MAX)
        throw new ClatterError('INVALID', `userIds: want at most ${PEOPLE_MAX}, got ${userIds.length}`);
      const people = await Promise.all(
        userIds.map(async (userId) => {
          const rows = (await store.readChannels(userId)).filter(({ removedSeq }) => removedSeq === 0);
          return { channels: countOnly ? [] : rows, count: rows.length };
        }),
      );
      return { people };
    },

    async pageMembers({ conversationId = '', limit = 0, cursor }) {
      if (limit > PEOPLE_MAX) throw new ClatterError('INVALID', `limit: want 1 to ${PEOPLE_MAX}, got ${limit}`);
      const rows = await store.readMembers(conversationId, cursor ?? '', limit || PEOPLE_MAX);
      const userIds = rows.filter(({ role }) => role !== 'none').map(({ userId }) => userId);
      return rows.length < (limit || PEOPLE_MAX) ? { userIds } : { userIds, nextCursor: rows.at(-1)?.userId };
    },

    listVotes: ({ userId = '', conversationId = '', seq = 0 }) =>
      readVotesOf(store, { userId, conversationId, seq, limit: 0, cursor: undefined, nowMs: clock.nowMs() }),

    async listPins({ userId = '', conversationId = '' }) {
      return { items: await readPins(store, userId, conversationId, clock.nowMs()) };
    },

    async listInvites({ userId = '', conversationId = '' }) {
      await readManager(store, userId, conversationId);
      const [row] = await store.readConversations([conversationId]);
      return { items: row ? goodInvites(decodeDetails(row.details).invites, clock.nowMs()) : [] };
    },

    previewInvite: ({ userId = '', conversationId = '', inviteId = '' }) =>
      previewInvite(store, { userId, conversationId, inviteId }, clock.nowMs()),

    listReceipts: ({ userId = '', conversationId = '', seq = 0, limit = 0, cursor }) =>
      readReceiptsOf(store, { userId, conversationId, seq, limit, cursor, nowMs: clock.nowMs() }),

    listReactions: ({ userId = '', conversationId = '', seq = 0, limit = 0, cursor }) =>
      readReactionsTo(store, { userId, conversationId, seq, limit, cursor, nowMs: clock.nowMs() }),

    async listBans({ userId = '', conversationId = '', limit = 0, cursor }) {
      if (limit > MEMBERS_MAX) throw new ClatterError('INVALID', `limit: want 1 to ${MEMBERS_MAX}, got ${limit}`);
      await readManager(store, userId, conversationId);
      const count = limit || MEMBERS_MAX;
      const rows = await store.readMembers(conversationId, cursor ?? '', count + 1);
      const page = rows.slice(0, count);
      const userIds = page.filter(({ banned }) => banned).map((row) => row.userId);
      return rows.length > count ? { userIds, nextCursor: page.at(-1)?.userId } : { userIds };
    },
  };
}
