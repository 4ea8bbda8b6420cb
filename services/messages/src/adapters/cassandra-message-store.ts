/**
 * The MessageStore on Cassandra 5. Last writer wins, by cell, is what Cassandra does by itself: each cell is written USING TIMESTAMP of
 * its position, or of its own value where it is a maximum (001_conversation_log.cql, 002_projections.cql, 003_groups.cql,
 * 004_own_logs.cql, 005_channels.cql, 006_mentions.cql, 008_leaving.cql and 010_late_channels.cql say which). Nothing is read
 * before it is written, and nothing is deleted. Of two different values at one timestamp Cassandra keeps the larger; here they are the
 * same, for what a position writes follows from the log alone.
 *
 *   conversation_log  (conversation, bucket) → rows by seq, head: one mutation per conversation and batch
 *   conversations     conversation → latest bucket, metadata          members   conversation → user
 *   inbox             user → conversation                             receipts  conversation → user
 *   timers            slot, five minutes → what is due then; the one table whose rows are deleted, when they are over (007_timers.cql)
 *   channel_members, channel_receipts  (channel, bucket) → user       channels_of   user → channel
 *   partition_marks   group of partitions of clatter.commands → how far each was applied
 *
 * A write and a read wait for a quorum of the local data centre, so a read sees whatever was acknowledged.
 */
import type { Counter, Health } from '@clatter/runtime';
import { BUCKET_SEQS, type Head, type LogRow, type MessageStore, type OwnFlagsRow, type ReceiptRow } from '../ports.ts';
import { pageChannelMembers, readChannelMembers, readChannelReceipt, readChannelsOf } from './cassandra-channels.ts';
import { readNewest, readStored } from './cassandra-inbox.ts';
import { MarkWriter, markGroupOf } from './cassandra-marks.ts';
import {
  bucketOf,
  leavingMutations,
  logMutation,
  type Mutation,
  projectionMutations,
  raiseMutation,
  receiptMutations,
} from './cassandra-mutations.ts';
import {
  msOf,
  toConversation,
  toHead,
  toInbox,
  toLogRow,
  toMark,
  toMember,
  toOwn,
  toOwnFlags,
  toReceipt,
} from './cassandra-rows.ts';
import { CassandraSession, type CassandraSessionParts } from './cassandra-session.ts';
import { READS } from './cassandra-statements.ts';
import { cassandraTimers } from './cassandra-timers.ts';
import { long, uuid } from './cassandra-values.ts';

/** Receipts of a conversation that are read at once. */
const RECEIPTS_MAX = 500;
/** People who are named in one query for their receipts. */
const RECEIPTS_ASKED_MAX = 100;

export interface CassandraMessageStoreParts extends CassandraSessionParts {
  /** As the projector's. */
  readonly bucketSeqs?: number;
}

export interface CassandraMessageStore extends MessageStore {
  /** Resolves when it is connected for the first time and the schema stands. Rejects where a person has to see to it. */
  ready(): Promise<void>;
  health(): Health;
}

/** Begins to connect at once; until it is connected every call rejects with UNAVAILABLE. */
export function createCassandraMessageStore(parts: CassandraMessageStoreParts): CassandraMessageStore {
  const { metrics, bucketSeqs = BUCKET_SEQS } = parts;
  const session = new CassandraSession(parts);
  const counters = {
    log: metrics.counter('clatter_messages_store_mutations_total', 'Mutations of conversation logs'),
    projections: metrics.counter('clatter_messages_store_projections_total', 'Mutations of projections'),
  };

  const writeAll = async (mutations: readonly Mutation[], counter: Counter): Promise<void> => {
    if (mutations.length === 0) return;
    counter.add(mutations.length);
    await Promise.all(mutations.map((mutation) => session.write(mutation)));
  };
  const marks = new MarkWriter((mutation) => writeAll([mutation], counters.projections));
  const read = (query: string, ...params: unknown[]) => session.read(query, params);
  const readLog = async (query: string, ...params: unknown[]): Promise<LogRow[]> => {
    const rows = await read(query, ...params);
    return rows.map(toLogRow).filter((row) => row !== undefined);
  };

  async function latestBucket(conversationId: string): Promise<number> {
    const [row] = await read(READS.latestBucket, uuid(conversationId));
    return (row?.latest_bucket as number | null | undefined) ?? -1;
  }

  const headOf = async (conversationId: string, bucket: number): Promise<Head | undefined> => {
    const [row] = await read(READS.head, uuid(conversationId), bucket);
    return row && toHead(row);
  };

  /** Nearly all conversations are in their first bucket: its head is asked for at once, not after the latest bucket is known. */
  async function readHead(conversationId: string): Promise<Head | undefined> {
    const [latest, first] = await Promise.all([latestBucket(conversationId), headOf(conversationId, 0)]);
    // A bucket that was raised and not written yet has no head: the one before has it.
    for (let bucket = latest; bucket > 0; bucket--) {
      const head = await headOf(conversationId, bucket);
      if (head) return head;
    }
    return latest < 0 ? undefined : first;
  }

  return {
    ...cassandraTimers(session),
    ready: () => session.ready(),
    health: () => session.health(),
    close: () => session.close(),

    async write({ leavings = [], logs, projections, mark }) {
      const writeBatch = async (): Promise<void> => {
        const raised = logs.filter((log) => log.raisesBucket);
        await writeAll([...raised.map(raiseMutation), ...leavingMutations(leavings)], counters.projections);
        await writeAll(logs.map(logMutation), counters.log);
        await writeAll(projectionMutations(projections, bucketSeqs), counters.projections);
      };
      await Promise.all([writeBatch(), mark && marks.write(mark)]);
    },

    latestBucket,
    readTail: async (id, bucket, limit) => readLog(READS.tail, uuid(id), bucket, limit),
    async findCommand(id, senderId, commandId, fromBucket) {
      const latest = await latestBucket(id);
      const buckets: number[] = [];
      // The next one too: it may have been written by an owner whose raise this read does not see.
      for (let bucket = Math.max(0, fromBucket); bucket <= latest + 1; bucket++) buckets.push(bucket);
      const found = await Promise.all(
        buckets.map((bucket) => readLog(READS.command, uuid(id), bucket, uuid(commandId))),
      );
      return found
        .flat()
        .filter((row) => row.senderId === senderId)
        .sort((a, b) => a.position - b.position)[0];
    },
    async readRow(id, seq) {
      const [row] = await readLog(READS.row, uuid(id), bucketOf(seq, bucketSeqs), long(seq));
      return row;
    },
    async readRows(id, fromSeq, toSeq, limit, fromEnd) {
      const from = Math.max(1, fromSeq);
      if (from > toSeq) return [];
      const first = bucketOf(from, bucketSeqs);
      let last = bucketOf(toSeq, bucketSeqs);
      if (last > first) last = Math.min(last, (await latestBucket(id)) + 1);
      const found: LogRow[] = [];
      for (let step = 0; step <= last - first && found.length < limit; step++) {
        const bucket = fromEnd ? last - step : first + step;
        const query = fromEnd ? READS.rowsDown : READS.rowsUp;
        found.push(...(await readLog(query, uuid(id), bucket, long(from), long(toSeq), limit - found.length)));
      }
      return fromEnd ? found.reverse() : found;
    },
    async readHeads(ids) {
      const heads = new Map<string, Promise<Head | undefined>>();
      for (const id of ids) if (!heads.has(id)) heads.set(id, readHead(id));
      return Promise.all(ids.map((id) => heads.get(id)));
    },

    readConversations: (ids) =>
      Promise.all(
        ids.map(async (id) => {
          const [row] = await read(READS.conversation, uuid(id));
          return row && toConversation(row);
        }),
      ),
    readLate: (ids) =>
      Promise.all(
        ids.map(async (id) => {
          const [row] = await read(READS.late, uuid(id));
          return msOf(row?.late_at ?? null);
        }),
      ),
    async readMembers(id, after, limit) {
      const rows =
        after === ''
          ? await read(READS.membersFirst, uuid(id), limit)
          : await read(READS.members, uuid(id), uuid(after), limit);
      return rows.length > 0 ? rows.map(toMember) : pageChannelMembers(session, id, after, limit);
    },
    async readMember(id, userId) {
      const [row] = await read(READS.member, uuid(id), uuid(userId));
      return row ? toMember(row) : (await readChannelMembers(session, id, [userId]))[0];
    },
    readChannelMembers: (id, userIds) => readChannelMembers(session, id, userIds),

    readInbox: async (userId, below, limit) => readNewest(session, uuid(userId), below, limit),
    readInboxStored: async (userId, sinceMs, after, limit) =>
      readStored(session, uuid(userId), long(sinceMs), after, limit),
    async readInboxRow(userId, id) {
      const [row] = await read(READS.inboxRow, uuid(userId), uuid(id));
      return row && toInbox(row);
    },

    readChannels: (userId) => readChannelsOf(session, userId),
    async readOwnFlags(userId) {
      const found: OwnFlagsRow[] = [];
      for await (const page of session.readPages(READS.ownFlags, [uuid(userId)]))
        found.push(...page.filter((row) => row.flags).map(toOwnFlags));
      return found;
    },
    readOwn: (userId, ids) =>
      Promise.all(
        ids.map(async (id) => {
          const [row] = await read(READS.own, uuid(userId), uuid(id));
          return row && toOwn(row);
        }),
      ),

    writeReceipts: async (rows) => writeAll(receiptMutations(rows), counters.projections),
    readReceipts: (userId, ids) =>
      Promise.all(
        ids.map(async (id) => {
          const [row] = await read(READS.receipt, uuid(id), uuid(userId));
          return row ? toReceipt(row) : readChannelReceipt(session, id, userId);
        }),
      ),
    readConversationReceipts: async (id) => (await read(READS.receipts, uuid(id), RECEIPTS_MAX)).map(toReceipt),
    async readMemberReceipts(id, userIds) {
      const parts: Promise<readonly ReceiptRow[]>[] = [];
      for (let from = 0; from < userIds.length; from += RECEIPTS_ASKED_MAX) {
        const some = userIds.slice(from, from + RECEIPTS_ASKED_MAX).map(uuid);
        parts.push(read(READS.memberReceipts, uuid(id), some).then((rows) => rows.map(toReceipt)));
      }
      const byUser = new Map((await Promise.all(parts)).flat().map((row) => [row.userId, row]));
      return userIds.map((userId) => byUser.get(userId));
    },

    async readMark(partition) {
      const [row] = await read(READS.mark, markGroupOf(partition), partition);
      return row && toMark(partition, row);
    },
  };
}
