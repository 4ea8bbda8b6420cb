/** Whom a message was for and how far each of them got, and who reacted to it, as a member may see it. */
import {
  type GivenReaction,
  type ListReactionsResponse,
  type ListReceiptsResponse,
  type ListVotesResponse,
  StoredEvent,
} from '@clatter/contracts/messages';
import { ClatterError, type Input, type Receipt } from '@clatter/wire';
import { GROUP_MEMBERS_MAX } from './conversation.ts';
import { isExpired } from './expiry.ts';
import { readAllMembers } from './member-rows.ts';
import type { LogRow, MemberRow, MessageStore } from './ports.ts';
import { readOwnMembership, sightOf } from './viewer.ts';

const LIMIT_MAX = 500;

/** A message of one conversation, and which page of what is known of it. */
export interface AskedOfMessage {
  readonly userId: string;
  readonly conversationId: string;
  readonly seq: number;
  /** 1 to 500; 0 means 500. */
  readonly limit: number;
  readonly cursor: string | undefined;
  /** The clock of who reads. */
  readonly nowMs: number;
}

/** Errors: NOT_FOUND, NOT_A_MEMBER; INVALID where the members are too many to be told of one by one. */
export async function readReceiptsOf(store: MessageStore, asked: AskedOfMessage): Promise<Input<ListReceiptsResponse>> {
  const { conversationId, seq } = asked;
  const { senderId } = await readMessage(store, asked);
  const [conversation] = await store.readConversations([conversationId]);
  if ((conversation?.memberCount ?? 0) > GROUP_MEMBERS_MAX)
    throw new ClatterError(
      'INVALID',
      `conversationId: want a conversation of at most ${GROUP_MEMBERS_MAX} members, got ${conversation?.memberCount}`,
    );
  const others = (await readAllMembers(store, conversationId)).filter(
    (row) => row.userId !== senderId && wasToldOf(row, seq),
  );
  const rows = await store.readMemberReceipts(
    conversationId,
    others.map(({ userId }) => userId),
  );
  const receipts: Input<Receipt>[] = others.map(({ userId }, index) => {
    const { deliveredSeq = 0, readSeq = 0 } = rows[index] ?? {};
    return { userId, deliveredSeq: Math.max(deliveredSeq, readSeq), readSeq };
  });
  const reached = (by: 'deliveredSeq' | 'readSeq'): number =>
    receipts.filter((receipt) => (receipt[by] ?? 0) >= seq).length;
  return {
    ...pageOf(receipts, ({ userId = '' }) => userId, asked),
    members: receipts.length,
    delivered: reached('deliveredSeq'),
    read: reached('readSeq'),
  };
}

/** Errors: NOT_FOUND, NOT_A_MEMBER. */
export async function readReactionsTo(
  store: MessageStore,
  asked: AskedOfMessage,
): Promise<Input<ListReactionsResponse>> {
  const { event } = await readMessage(store, asked);
  const given: Input<GivenReaction>[] = StoredEvent.decode(event).reactions.flatMap(({ emoji, userIds }) =>
    userIds.map((userId) => ({ emoji, userId })),
  );
  return pageOf(given, ({ emoji, userId }) => `${emoji} ${userId}`, asked);
}

/** Errors: NOT_FOUND, NOT_A_MEMBER; INVALID for what is no poll, FORBIDDEN for an anonymous one. */
export async function readVotesOf(store: MessageStore, asked: AskedOfMessage): Promise<Input<ListVotesResponse>> {
  const { event: poll, votes } = StoredEvent.decode((await readMessage(store, asked)).event);
  const { anonymous } = poll?.message?.content?.poll ?? {};
  if (anonymous === undefined) throw new ClatterError('INVALID', `seq: want a poll, and message ${asked.seq} is none`);
  if (anonymous) throw new ClatterError('FORBIDDEN', 'seq: nobody is told who voted in an anonymous poll');
  return { items: votes };
}

/** Whoever came later has read up to there by coming, and that says nothing. */
const wasToldOf = ({ role, joinedSeq }: MemberRow, seq: number): boolean => role !== 'none' && joinedSeq < seq;

async function readMessage(
  store: MessageStore,
  { userId, conversationId, seq, nowMs }: AskedOfMessage,
): Promise<LogRow> {
  const { fromSeq } = sightOf(userId, await readOwnMembership(store, userId, conversationId), nowMs);
  const row = seq < fromSeq ? undefined : await store.readRow(conversationId, seq);
  const stored = row && StoredEvent.decode(row.event);
  if (!row || !stored?.event?.message || stored.event.message.deleted || isExpired(stored, nowMs))
    throw new ClatterError('NOT_FOUND', 'seq: there is no such message');
  return row;
}

/** By key: a page goes on behind the last one's key, whatever came or went meanwhile. */
function pageOf<T>(
  all: readonly T[],
  keyOf: (item: T) => string,
  { limit, cursor }: AskedOfMessage,
): { items: T[]; nextCursor?: string } {
  if (limit > LIMIT_MAX) throw new ClatterError('INVALID', `limit: want 1 to ${LIMIT_MAX}, got ${limit}`);
  const rest = all
    .map((item) => ({ key: keyOf(item), item }))
    .filter(({ key }) => cursor === undefined || key > cursor)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const page = rest.slice(0, limit || LIMIT_MAX);
  const items = page.map(({ item }) => item);
  const last = page.at(-1);
  return rest.length > page.length && last ? { items, nextCursor: last.key } : { items };
}
