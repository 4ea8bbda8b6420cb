/** How the message store's rows lie in the cells of the simulated replicas, and back. Mirrors the tables that Cassandra has. */
import type {
  ConversationRow,
  Head,
  InboxRow,
  Leaving,
  LogMutation,
  LogRow,
  MemberRow,
  OwnContent,
  OwnFlagsRow,
  PartitionMark,
  Projections,
  ReceiptRow,
} from '../ports.ts';
import { type TimerBucket, type TimerPlace, type TimerRow, timerBucketOf } from '../timer-ports.ts';
import { type Cell, type Cells, cell, type Mutation } from './replicas.ts';

export const partitions = {
  /** Rows and the head of one bucket. */
  log: (conversationId: string, bucket: number): string => `log/${conversationId}/${bucket}`,
  /** The latest bucket of a conversation. */
  latest: (conversationId: string): string => `latest/${conversationId}`,
  conversation: (conversationId: string): string => `conversation/${conversationId}`,
  members: (conversationId: string): string => `members/${conversationId}`,
  inbox: (userId: string): string => `inbox/${userId}`,
  receipts: (conversationId: string): string => `receipts/${conversationId}`,
  mark: (partition: number): string => `mark/${partition}`,
  timers: (slot: number): string => `timers/${slot}`,
} as const;

type RowStatics = Omit<LogRow, 'event' | 'eventPosition'>;

const rowName = (seq: number): string => `row/${seq}`;
const eventName = (seq: number): string => `event/${seq}`;
export const leavingName = (userId: string): string => `leaving/${userId}`;
/** Of the person's own log. */
const ownName = (column: 'flags' | 'draft' | 'deleted', conversationId: string): string =>
  `${column}/${conversationId}`;
/** A maximum: the value is its timestamp. */
const storedName = (conversationId: string): string => `stored/${conversationId}`;

export function raiseMutation({ conversationId, bucket, rows }: LogMutation): Mutation {
  return { partition: partitions.latest(conversationId), cells: [['bucket', cell(rows[0]?.position ?? 0, bucket)]] };
}

export const leavingMutation = ({ conversationId, userId, seq, position }: Leaving): Mutation => ({
  partition: partitions.members(conversationId),
  cells: [[leavingName(userId), cell(position, seq)]],
});

export function logMutation({ conversationId, bucket, rows, rewrites, head }: LogMutation): Mutation {
  const cells: [string, Cell][] = [];
  for (const { event, eventPosition, ...statics } of rows) {
    cells.push([rowName(statics.seq), cell(statics.position, statics)]);
    cells.push([eventName(statics.seq), cell(eventPosition, event)]);
  }
  for (const { seq, event, eventPosition } of rewrites) cells.push([eventName(seq), cell(eventPosition, event)]);
  cells.push(['head', cell(head.position, head)]);
  return { partition: partitions.log(conversationId, bucket), cells };
}

export function projectionMutations(
  { conversations, late = [], members, inbox, receipts, rewrites, timers, own = [] }: Projections,
  bucketOf: (seq: number) => number,
): Mutation[] {
  return [
    ...conversations.map((row) => ({
      partition: partitions.conversation(row.conversationId),
      cells: [['row', cell(row.position, row)] as const],
    })),
    ...late.map(({ conversationId, storedAtMs }) => ({
      partition: partitions.conversation(conversationId),
      cells: [['stored/late', cell(storedAtMs, storedAtMs)] as const],
    })),
    // What says in which table a row lies is no part of it.
    ...members.map(({ conversationId, channel: _, ...row }) => ({
      partition: partitions.members(conversationId),
      cells: [[row.userId, cell(row.position, row)] as const],
    })),
    ...inbox.map(({ storedAtMs, ...row }) => ({
      partition: partitions.inbox(row.userId),
      cells: [
        [row.conversationId, cell(row.position, row)] as const,
        [storedName(row.conversationId), cell(storedAtMs, storedAtMs)] as const,
      ],
    })),
    ...own.map(({ userId, conversationId, flags, position, draft, deleted, storedAtMs }) => ({
      partition: partitions.inbox(userId),
      cells: [
        [ownName('flags', conversationId), cell(position, flags)] as const,
        ...(draft ? [[ownName('draft', conversationId), cell(draft.position, draft.bytes)] as const] : []),
        ...(deleted ? [[ownName('deleted', conversationId), cell(deleted.position, deleted.bytes)] as const] : []),
        [storedName(conversationId), cell(storedAtMs, storedAtMs)] as const,
      ],
    })),
    ...receipts.map(receiptMutation),
    ...rewrites.map(({ conversationId, seq, event, eventPosition }) => ({
      partition: partitions.log(conversationId, bucketOf(seq)),
      cells: [[eventName(seq), cell(eventPosition, event)] as const],
    })),
    ...timers.map((row) => ({
      partition: partitions.timers(row.slot),
      cells: [[`${row.conversationId}/${row.seq}`, cell(row.position, row)] as const],
    })),
  ];
}

/** A bucket is gone as far as it was written at or below a position. */
export const removeTimersMutation = ({ slot, bucket }: TimerBucket, position: number): Mutation => ({
  partition: partitions.timers(slot),
  cells: [[`removed/${bucket}`, cell(position, position)]],
});

/** The timers of a slot, in order. */
export const timersOf = (cells: Cells): TimerRow[] =>
  [...cells]
    .filter(([name]) => !name.startsWith('removed/'))
    .map(([, { value }]) => value as TimerRow)
    .filter((row) => row.position > ((cells.get(`removed/${timerBucketOf(row.dueAtMs)}`)?.value as number) ?? -1))
    .sort(byPlace);

export const byPlace = (a: TimerPlace, b: TimerPlace): number =>
  a.dueAtMs - b.dueAtMs ||
  (a.conversationId === b.conversationId ? a.seq - b.seq : a.conversationId < b.conversationId ? -1 : 1);

const RECEIPT_COLUMNS = ['deliveredSeq', 'readSeq', 'readMessageNo', 'updatedAtMs'] as const;

/** A receipt's cells are maxima: each has its value as its timestamp. */
export function receiptMutation(row: ReceiptRow): Mutation {
  return {
    partition: partitions.receipts(row.conversationId),
    cells: RECEIPT_COLUMNS.map((column) => [`${row.userId}/${column}`, cell(row[column], row[column])] as const),
  };
}

/** Positions of marks: the higher epoch wins, then the higher offset. */
export const markPosition = ({ epoch, nextOffset }: PartitionMark): number => epoch * 2 ** 48 + nextOffset;

export const markMutation = (mark: PartitionMark): Mutation => ({
  partition: partitions.mark(mark.partition),
  cells: [['mark', cell(markPosition(mark), mark)]],
});

/** The rows of a bucket, ascending. A row without its statics is none: only a rewrite has arrived. */
export function rowsOf(cells: Cells): LogRow[] {
  const rows: LogRow[] = [];
  for (const [name, { value }] of cells) {
    if (!name.startsWith('row/')) continue;
    const statics = value as RowStatics;
    const event = cells.get(eventName(statics.seq)) as Cell;
    rows.push({ ...statics, event: event.value as Uint8Array, eventPosition: event.timestamp });
  }
  return rows.sort((a, b) => a.seq - b.seq);
}

export const headOf = (cells: Cells): Head | undefined => cells.get('head')?.value as Head | undefined;
export const latestOf = (cells: Cells): number => (cells.get('bucket')?.value as number | undefined) ?? -1;
export const conversationOf = (cells: Cells): ConversationRow | undefined =>
  cells.get('row')?.value as ConversationRow | undefined;
export const lateOf = (cells: Cells): number => (cells.get('stored/late')?.value as number | undefined) ?? 0;
export const membersOf = (cells: Cells): MemberRow[] =>
  [...cells]
    .filter(([name]) => !name.startsWith('leaving/'))
    .map(([userId, { value }]) => {
      const row = value as MemberRow;
      const leavingSeq = (cells.get(leavingName(userId))?.value as number | undefined) ?? 0;
      return row.role !== 'none' && leavingSeq > row.joinedSeq ? { ...row, leavingSeq } : row;
    })
    .sort((a, b) => (a.userId < b.userId ? -1 : 1));
export const inboxOf = (cells: Cells): InboxRow[] =>
  [...cells]
    .filter(([name]) => !name.includes('/'))
    .map(([conversationId, { value }]) => ({
      ...(value as Omit<InboxRow, 'storedAtMs'>),
      storedAtMs: cells.get(storedName(conversationId))?.value as number,
      flags: cells.get(ownName('flags', conversationId))?.value as Uint8Array | undefined,
    }));
const NO_BYTES = new Uint8Array(0);
export const ownFlagsOf = (cells: Cells): OwnFlagsRow[] =>
  [...cells]
    .filter(([name]) => name.startsWith('flags/'))
    .map(([name, { value, timestamp }]) => {
      const conversationId = name.slice('flags/'.length);
      const deleted = cells.get(ownName('deleted', conversationId));
      return {
        conversationId,
        flags: value as Uint8Array,
        position: timestamp,
        deleted: (deleted?.value as Uint8Array | undefined) ?? NO_BYTES,
        deletedPosition: deleted?.timestamp ?? -1,
      };
    })
    .sort((a, b) => (a.conversationId < b.conversationId ? -1 : 1));
export function ownOf(conversationId: string, cells: Cells): OwnContent | undefined {
  const [draft, deleted] = (['draft', 'deleted'] as const).map(
    (column) => cells.get(ownName(column, conversationId))?.value as Uint8Array | undefined,
  );
  return draft || deleted ? { draft: draft ?? NO_BYTES, deleted: deleted ?? NO_BYTES } : undefined;
}
export const markOf = (cells: Cells): PartitionMark | undefined =>
  cells.get('mark')?.value as PartitionMark | undefined;

export function receiptsOf(conversationId: string, cells: Cells): ReceiptRow[] {
  const users = new Set([...cells.keys()].map((name) => name.split('/')[0] as string));
  return [...users].sort().map((userId) => {
    const at = (column: (typeof RECEIPT_COLUMNS)[number]): number =>
      (cells.get(`${userId}/${column}`)?.value as number | undefined) ?? 0;
    return {
      conversationId,
      userId,
      deliveredSeq: at('deliveredSeq'),
      readSeq: at('readSeq'),
      readMessageNo: at('readMessageNo'),
      updatedAtMs: at('updatedAtMs'),
    };
  });
}
