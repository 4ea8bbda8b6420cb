/** Rows for tests of a store: ids of their own for each test, so that one store serves all. */
import { randomInt, randomUUID } from 'node:crypto';
import { DEFAULT_DETAILS, encodeDetails } from '../conversation-details.ts';
import type {
  ConversationRow,
  InboxRow,
  LogMutation,
  LogRow,
  MemberRow,
  MessageStore,
  Projections,
  ReceiptRow,
  StoreBatch,
} from '../ports.ts';
import { BUCKET_SEQS } from '../ports.ts';

/** A store, and what can befall it. */
export interface StoreUnderTest {
  readonly store: MessageStore;
  /** The process ends and another one starts. */
  reopen(): Promise<void>;
  end(): Promise<void>;
}

export type OpenStore = () => Promise<StoreUnderTest>;

export const EPOCH = 2 ** 48;
export const NOBODY: Projections = {
  conversations: [],
  members: [],
  inbox: [],
  receipts: [],
  rewrites: [],
  timers: [],
};

/** A row as a message makes it, at a position of epoch 1 that follows from its seq. */
export const logRow = (seq: number, rest: Partial<LogRow> = {}): LogRow => {
  const position = rest.position ?? EPOCH + seq * 10;
  return {
    seq,
    messageNo: seq,
    commandId: randomUUID(),
    senderId: randomUUID(),
    sentAtMs: 1_800_000_000_000 + seq,
    event: bytes(`event of ${seq}`),
    eventPosition: position,
    ...rest,
    position,
  };
};

export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

const bucketOf = (seq: number): number => Math.floor((seq - 1) / BUCKET_SEQS);

/** Rows of one bucket as a mutation; the last one is the head. */
export const mutation = (
  conversationId: string,
  rows: readonly LogRow[],
  rest: Partial<LogMutation> = {},
): LogMutation => {
  const first = rows[0] as LogRow;
  const { seq, messageNo, position, sentAtMs } = rows.at(-1) as LogRow;
  const bucket = bucketOf(first.seq);
  const raisesBucket = bucket === 0 ? first.seq === 1 : bucketOf(first.seq - 1) < bucket;
  const head = { seq, messageNo, position, sentAtMs };
  return { conversationId, bucket, raisesBucket, rows, rewrites: [], head, ...rest };
};

export const logBatch = (...logs: LogMutation[]): StoreBatch => ({ logs, projections: NOBODY });
export const projected = (projections: Partial<Projections>): StoreBatch => ({
  logs: [],
  projections: { ...NOBODY, ...projections },
});

export const conversationRow = (rest: Partial<ConversationRow> = {}): ConversationRow => ({
  conversationId: randomUUID(),
  kind: 'group',
  title: 'Tuesday 🏔️',
  description: '',
  createdAtMs: 1_800_000_000_000,
  memberCount: 3,
  bumpedAtMs: 1_800_000_060_000,
  details: new Uint8Array(
    encodeDetails({
      ...DEFAULT_DETAILS,
      settings: { ...DEFAULT_DETAILS.settings, sendRole: 'admin', disappearAfterSeconds: 60 },
    }),
  ),
  position: EPOCH + 1,
  ...rest,
});

export const memberRow = (
  rest: Partial<MemberRow> & { conversationId: string },
): MemberRow & { conversationId: string } => ({
  userId: randomUUID(),
  role: 'member',
  joinedSeq: 1,
  visibleFromSeq: 1,
  removedSeq: 0,
  banned: false,
  mentionSeqs: [3, 8],
  position: EPOCH + 1,
  ...rest,
});

export const inboxRow = (rest: Partial<InboxRow> & { userId: string }): InboxRow => ({
  conversationId: randomUUID(),
  kind: 'direct',
  peerId: randomUUID(),
  joinedSeq: 1,
  visibleFromSeq: 1,
  removedSeq: 0,
  changedAtMs: 1_800_000_000_000,
  position: EPOCH + 1,
  storedAtMs: 1_800_000_000_500,
  ...rest,
});

export const receiptRow = (rest: Partial<ReceiptRow> = {}): ReceiptRow => ({
  conversationId: randomUUID(),
  userId: randomUUID(),
  deliveredSeq: 5,
  readSeq: 4,
  readMessageNo: 3,
  updatedAtMs: 1_800_000_000_000,
  ...rest,
});

/** A partition that no other test uses. */
export const somePartition = (): number => randomInt(1, 2 ** 31 - 1);

/** Rows in a form that tests compare: byte values of any class are equal. */
export const plain = <T extends { readonly event: Uint8Array }>(row: T | undefined): object | undefined =>
  row && { ...row, event: Buffer.from(row.event).toString('hex') };

/** Every order of a few things. */
export function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}
