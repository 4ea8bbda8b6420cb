/**
 * Reads of channels, whose members and receipts are spread over CHANNEL_BUCKETS partitions. A caller does not always know that a conversation is
 * a channel: then the table of groups is asked first, and this one where that has nothing.
 */
import type { types } from 'cassandra-driver';
import type { InboxRow, MemberRow, ReceiptRow } from '../ports.ts';
import { CHANNEL_BUCKETS, channelBucketOf } from './cassandra-mutations.ts';
import { toInbox, toMember, toReceipt } from './cassandra-rows.ts';
import type { CassandraSession } from './cassandra-session.ts';
import { READS } from './cassandra-statements.ts';
import { uuid } from './cassandra-values.ts';

/** Rows of one partition that one query asks for by their keys. */
const KEYS_MAX = 200;

/** Of these people, in the order asked. */
export async function readChannelMembers(
  session: CassandraSession,
  conversationId: string,
  userIds: readonly string[],
): Promise<(MemberRow | undefined)[]> {
  const id = uuid(conversationId);
  const found = new Map<string, MemberRow>();
  const reads: Promise<void>[] = [];
  for (const [bucket, ids] of Map.groupBy(userIds, channelBucketOf))
    for (let from = 0; from < ids.length; from += KEYS_MAX) {
      const keys = ids.slice(from, from + KEYS_MAX).map(uuid);
      reads.push(
        session.read(READS.channelMembersOf, [id, bucket, keys]).then((rows) => {
          for (const row of rows.map(toMember)) found.set(row.userId, row);
        }),
      );
    }
  await Promise.all(reads);
  return userIds.map((userId) => found.get(userId));
}

/** A page, bucket by bucket, each by user id; nothing where the conversation is no channel. */
export async function pageChannelMembers(
  session: CassandraSession,
  conversationId: string,
  after: string,
  limit: number,
): Promise<MemberRow[]> {
  const id = uuid(conversationId);
  const [conversation] = await session.read(READS.kind, [id]);
  if (conversation?.kind !== 'channel') return [];
  const found: MemberRow[] = [];
  const first = after === '' ? 0 : channelBucketOf(after);
  for (let bucket = first; bucket < CHANNEL_BUCKETS && found.length < limit; bucket++) {
    const left = limit - found.length;
    const rows =
      after !== '' && bucket === first
        ? await session.read(READS.channelMembers, [id, bucket, uuid(after), left])
        : await session.read(READS.channelMembersFirst, [id, bucket, left]);
    for (const row of rows) found.push(toMember(row));
  }
  return found;
}

export async function readChannelReceipt(
  session: CassandraSession,
  conversationId: string,
  userId: string,
): Promise<ReceiptRow | undefined> {
  const [row] = await session.read(READS.channelReceipt, [uuid(conversationId), channelBucketOf(userId), uuid(userId)]);
  return row && { ...toReceipt(row), channel: true };
}

/**
 * The rows are those of the inbox, and `channels_of` says which: a person's own log writes flags there, without knowing what is a channel.
 */
export async function readChannelsOf(session: CassandraSession, userId: string): Promise<InboxRow[]> {
  const id = uuid(userId);
  const keys = (await session.read(READS.channelsOf, [id])).map((row) => row.conversation_id as types.Uuid);
  const reads: Promise<InboxRow[]>[] = [];
  for (let from = 0; from < keys.length; from += KEYS_MAX)
    reads.push(
      session
        .read(READS.inboxOf, [id, keys.slice(from, from + KEYS_MAX)])
        .then((rows) => rows.map(toInbox).filter((row) => row !== undefined)),
    );
  return (await Promise.all(reads)).flat();
}
