/** What a batch of the projector writes, as mutations: the statements of one partition, applied together or not at all. */
import type { types } from 'cassandra-driver';
import { encodeMentions } from '../mentions.ts';
import {
  BUCKET_SEQS,
  type ConversationRow,
  type InboxRow,
  type Leaving,
  type LogMutation,
  type LogRow,
  type OwnRow,
  type Projections,
  type ReceiptRow,
} from '../ports.ts';
import { timerBucketOf } from '../timer-ports.ts';
import { NIL_ID } from './cassandra-rows.ts';
import { WRITES } from './cassandra-statements.ts';
import { timerBucketMutations, timerStatements } from './cassandra-timers.ts';
import { blob, long, uuid } from './cassandra-values.ts';

export interface Statement {
  readonly query: string;
  readonly params: readonly unknown[];
}

/** Statements of one partition. */
export type Mutation = readonly Statement[];

/** Rows of one conversation or person in one mutation, far below the server's limit on its bytes. They need not be atomic. */
const ROWS_MAX = 500;

export const bucketOf = (seq: number, bucketSeqs = BUCKET_SEQS): number => Math.floor((seq - 1) / bucketSeqs);

/** The highest bucket wins, whoever raises it. */
export const raiseMutation = ({ conversationId, bucket }: LogMutation): Mutation => [
  { query: WRITES.raise, params: [long(bucket), bucket, uuid(conversationId)] },
];

/** By partition, as the members' rows. */
export const leavingMutations = (leavings: readonly Leaving[]): Mutation[] =>
  byPartition(leavings, memberPartition, ({ conversationId, userId, seq, position, channel }) => {
    const cells = [long(position), long(seq), uuid(conversationId)];
    return [
      channel
        ? { query: WRITES.channelLeaving, params: [...cells, channelBucketOf(userId), uuid(userId)] }
        : { query: WRITES.leaving, params: [...cells, uuid(userId)] },
    ];
  });

/** What tells the partitions of members and receipts apart. */
const memberPartition = ({
  conversationId,
  userId,
  channel,
}: Pick<Leaving, 'conversationId' | 'userId' | 'channel'>): string =>
  channel ? `${conversationId}/${channelBucketOf(userId)}` : conversationId;

/** Rows, rewrites in the same bucket and the head: one partition, so one mutation of the commit log and of each replica. */
export function logMutation({ conversationId, bucket, rows, rewrites, head }: LogMutation): Mutation {
  const id = uuid(conversationId);
  const headCells = [long(head.seq), long(head.messageNo), long(head.sentAtMs)];
  const statements: Statement[] = [];
  let headWritten = false;
  for (const row of rows) {
    const { seq, messageNo, commandId, senderId, sentAtMs, position } = row;
    const creation = [id, bucket, long(seq), long(messageNo), uuid(commandId), uuid(senderId), long(sentAtMs)];
    if (row.eventPosition !== position)
      statements.push(
        { query: WRITES.rowCreation, params: [...creation, long(position)] },
        rewriteStatement(id, bucket, row),
      );
    else if (seq === head.seq && position === head.position) {
      headWritten = true;
      statements.push({
        query: WRITES.rowAndHead,
        params: [...creation, blob(row.event), ...headCells, long(position)],
      });
    } else statements.push({ query: WRITES.row, params: [...creation, blob(row.event), long(position)] });
  }
  for (const rewrite of rewrites) statements.push(rewriteStatement(id, bucket, rewrite));
  if (!headWritten) statements.push({ query: WRITES.head, params: [long(head.position), ...headCells, id, bucket] });
  return statements;
}

const rewriteStatement = (
  conversationId: types.Uuid,
  bucket: number,
  { seq, event, eventPosition }: Pick<LogRow, 'seq' | 'event' | 'eventPosition'>,
): Statement => ({
  query: WRITES.rewrite,
  params: [long(eventPosition), blob(event), conversationId, bucket, long(seq)],
});

export function projectionMutations(
  { conversations, late = [], members, inbox, receipts, rewrites, timers, own = [] }: Projections,
  bucketSeqs: number,
): Mutation[] {
  return [
    ...conversations.map((row): Mutation => [conversationStatement(row)]),
    ...late.map(({ conversationId, storedAtMs }): Mutation => {
      const storedAt = long(storedAtMs);
      return [{ query: WRITES.late, params: [storedAt, storedAt, uuid(conversationId)] }];
    }),
    ...byPartition(members, memberPartition, (row) =>
      row.channel ? channelMemberStatements(row) : memberStatements(row),
    ),
    ...byPartition(
      inbox,
      (row) => row.userId,
      (row) => inboxStatements(row),
    ),
    ...byPartition(
      inbox.filter(({ kind }) => kind === 'channel'),
      (row) => row.userId,
      channelOfStatements,
    ),
    ...byPartition(own, (row) => row.userId, ownStatements),
    ...receiptMutations(receipts),
    ...byPartition(
      rewrites,
      (row) => `${row.conversationId}/${bucketOf(row.seq, bucketSeqs)}`,
      (row) => [rewriteStatement(uuid(row.conversationId), bucketOf(row.seq, bucketSeqs), row)],
    ),
    ...timerBucketMutations(timers),
    ...byPartition(timers, ({ slot, dueAtMs }) => `${slot}/${timerBucketOf(dueAtMs)}`, timerStatements),
  ];
}

const conversationStatement = (row: ConversationRow): Statement => ({
  query: WRITES.conversation,
  params: [
    uuid(row.conversationId),
    row.kind,
    row.title,
    row.description,
    long(row.createdAtMs),
    row.memberCount,
    long(row.bumpedAtMs),
    blob(row.details),
    long(row.position),
  ],
});

const memberStatements = (row: Projections['members'][number]): Statement[] => [
  {
    query: WRITES.member,
    params: [
      uuid(row.conversationId),
      uuid(row.userId),
      row.role,
      long(row.joinedSeq),
      long(row.visibleFromSeq),
      long(row.removedSeq),
      row.banned,
      blob(encodeMentions(row.mentionSeqs)),
      long(row.position),
    ],
  },
];

function inboxStatements(
  row: InboxRow,
  query: string = WRITES.inbox,
  storedQuery: string = WRITES.inboxStored,
): Statement[] {
  const key = [uuid(row.userId), uuid(row.conversationId)];
  const cells = [row.joinedSeq, row.visibleFromSeq, row.removedSeq, row.changedAtMs].map(long);
  const storedAt = long(row.storedAtMs);
  return [
    {
      query,
      params: [...key, row.kind, uuid(row.peerId || NIL_ID), ...cells, long(row.position)],
    },
    { query: storedQuery, params: [storedAt, storedAt, ...key] },
  ];
}

function ownStatements({ userId, conversationId, flags, position, draft, deleted, storedAtMs }: OwnRow): Statement[] {
  const key = [uuid(userId), uuid(conversationId)];
  const storedAt = long(storedAtMs);
  return [
    { query: WRITES.ownFlags, params: [long(position), blob(flags), ...key] },
    ...(draft ? [{ query: WRITES.ownDraft, params: [long(draft.position), blob(draft.bytes), ...key] }] : []),
    ...(deleted ? [{ query: WRITES.ownDeleted, params: [long(deleted.position), blob(deleted.bytes), ...key] }] : []),
    { query: WRITES.inboxStored, params: [storedAt, storedAt, ...key] },
  ];
}

export const receiptMutations = (rows: readonly ReceiptRow[]): Mutation[] =>
  byPartition(rows, memberPartition, (row) => (row.channel ? channelReceiptStatements(row) : receiptStatements(row)));

/** Cells that are maxima have their own values as timestamps. */
function receiptStatements(row: ReceiptRow): Statement[] {
  const key = [uuid(row.conversationId), uuid(row.userId)];
  const [delivered, read] = [long(row.deliveredSeq), long(row.readSeq)];
  const readMessageNo = long(row.readMessageNo);
  const updatedAt = long(row.updatedAtMs);
  const updated = { query: WRITES.receiptUpdated, params: [updatedAt, updatedAt, ...key] };
  if (row.deliveredSeq === row.readSeq)
    return [{ query: WRITES.deliveredAndRead, params: [read, delivered, read, readMessageNo, ...key] }, updated];
  return [
    { query: WRITES.delivered, params: [delivered, delivered, ...key] },
    { query: WRITES.read, params: [read, read, readMessageNo, ...key] },
    updated,
  ];
}

/** Parts of a channel's members and receipts. Neither their number nor what a bucket follows from may ever change. */
export const CHANNEL_BUCKETS = 64;

/** By the last byte of the id: its bits are random in each version that people's ids have. */
export const channelBucketOf = (userId: string): number => Number.parseInt(userId.slice(-2), 16) % CHANNEL_BUCKETS;

const channelMemberStatements = (row: Projections['members'][number]): Statement[] => [
  {
    query: WRITES.channelMember,
    params: [
      uuid(row.conversationId),
      channelBucketOf(row.userId),
      uuid(row.userId),
      row.role,
      long(row.joinedSeq),
      long(row.visibleFromSeq),
      long(row.removedSeq),
      row.banned,
      blob(encodeMentions(row.mentionSeqs)),
      long(row.position),
    ],
  },
];

function channelReceiptStatements(row: ReceiptRow): Statement[] {
  const key = [uuid(row.conversationId), channelBucketOf(row.userId), uuid(row.userId)];
  const [delivered, read, updated] = [row.deliveredSeq, row.readSeq, row.updatedAtMs].map(long);
  return [
    { query: WRITES.channelDelivered, params: [delivered, delivered, ...key] },
    { query: WRITES.channelRead, params: [read, read, long(row.readMessageNo), ...key] },
    { query: WRITES.channelReceiptUpdated, params: [updated, updated, ...key] },
  ];
}

const channelOfStatements = (row: InboxRow): Statement[] =>
  inboxStatements(row, WRITES.channelOf, WRITES.channelOfStored);

function byPartition<T>(
  rows: readonly T[],
  keyOf: (row: T) => string,
  statementsOf: (row: T) => Statement[],
): Mutation[] {
  const open = new Map<string, Statement[]>();
  const mutations: Mutation[] = [];
  for (const row of rows) {
    const key = keyOf(row);
    let statements = open.get(key);
    if (!statements || statements.length >= ROWS_MAX) {
      statements = [];
      open.set(key, statements);
      mutations.push(statements);
    }
    statements.push(...statementsOf(row));
  }
  return mutations;
}
