/**
 * A store full of conversations, and one owner of all of them: what memory it takes, and how long a send to a conversation waits that is
 * not in memory. Rows are made by the code that decides and stores commands; the log, presence and gateways are left out.
 */
import { createHash } from 'node:crypto';
import { Command } from '@clatter/contracts/messages';
import type { Assignment, LogRecord } from '@clatter/log';
import { type Clock, createLogger } from '@clatter/runtime';
import { BatchWrites } from '../batch-writes.ts';
import { emptyConversation } from '../conversation.ts';
import { ConversationBatch, type Outcome } from '../conversation-batch.ts';
import { ConversationCache } from '../conversation-cache.ts';
import type { Delivery } from '../delivery.ts';
import { BUCKET_SEQS, type MessageStore } from '../ports.ts';
import { Projector } from '../projector.ts';
import { RULES_VERSION } from '../rules-version.ts';

const BATCH_CONVERSATIONS = 500;
const MESSAGES_EACH = 3;
/** Log time of the newest message that is loaded: the window of ids is long over when the next ones come. */
const LOADED_MS = 1_800_000_000_000;
const DAY_MS = 24 * 3_600_000;

/** The same UUID for the same name: a later run knows what an earlier one loaded. */
function idOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const conversationId = (index: number): string => idOf(`conversation ${index}`);
/** Each person talks to some ten others. */
const membersOf = (index: number, count: number): [string, string] => {
  const people = Math.max(2, Math.ceil(count / 5));
  return [idOf(`person ${index % people}`), idOf(`person ${(index * 7 + 1) % people}`)];
};

function record(offset: number, index: number, count: number, timestampMs: number, body: object): LogRecord {
  const key = conversationId(index);
  const [senderId] = membersOf(index, count);
  const fields = { conversationId: key, senderId, commandId: idOf(`command ${offset}`), receivedAtMs: timestampMs };
  const value = Command.encode({ ...fields, ...body });
  return { topic: 'clatter.commands', partition: 0, offset, timestampMs, key, value, headers: {} };
}

const text = { send: { content: { text: { body: 'a message of about sixty bytes, as people write them, mostly' } } } };

/** Writes so many conversations of two people with three messages each. */
export async function loadConversations(
  store: MessageStore,
  count: number,
  onProgress: (loaded: number) => void = () => undefined,
): Promise<void> {
  for (let from = 0; from < count; from += BATCH_CONVERSATIONS) {
    const to = Math.min(count, from + BATCH_CONVERSATIONS);
    const batches: ConversationBatch[] = [];
    for (let index = from; index < to; index++) {
      const state = emptyConversation(conversationId(index));
      const loaded = { state, replayUntil: -1, rows: new Map(), inboxesStoredAtMs: 0 };
      const batch = new ConversationBatch(loaded, store, BUCKET_SEQS);
      const [, other] = membersOf(index, count);
      const bodies = [
        { create: { kind: 'direct', title: '', memberIds: [other] } },
        ...Array(MESSAGES_EACH).fill(text),
      ];
      for (const [step, body] of bodies.entries()) {
        const offset = index * bodies.length + step;
        const { value, timestampMs } = record(offset, index, count, LOADED_MS - bodies.length + step, body);
        await batch.take({ command: Command.decode(value), position: offset, timestampMs });
      }
      batches.push(batch);
    }
    const nextOffset = to * (MESSAGES_EACH + 1);
    await store.write(new BatchWrites(batches, { partition: 0, logId: 'log', epoch: 0, nextOffset }).last(LOADED_MS));
    onProgress(to);
  }
}

export interface ManyFigures {
  readonly sends: number;
  readonly acknowledged: number;
  /** One at a time, in ms. */
  readonly coldMs: readonly number[];
  readonly warmMs: readonly number[];
  /** In batches of `BATCH`, sends a second. */
  readonly coldPerSecond: number;
  readonly bytesMax: number;
  readonly cacheBytes: number;
  readonly conversations: number;
  readonly evictions: number;
}

export interface ManyOptions {
  readonly store: MessageStore;
  readonly clock: Clock;
  /** As many as were loaded. */
  readonly count: number;
  /** Conversations that are spoken to, spread over all; then so many of them once more, one at a time. */
  readonly sends: number;
  readonly singles: number;
  readonly cacheBytesMax: number;
}

const BATCH = 200;

/** Speaks to conversations that are not in memory, in batches and one at a time. */
export async function speakToMany(options: ManyOptions): Promise<ManyFigures> {
  const { store, clock, count, sends, singles, cacheBytesMax } = options;
  let evictions = 0;
  let acknowledged = 0;
  const none = { add: () => undefined };
  const evicted = {
    add(many: number): void {
      evictions += many;
    },
  };
  const cache = new ConversationCache(cacheBytesMax, { hits: none, misses: none, evictions: evicted });
  const announce = async (outcomes: readonly Outcome[]): Promise<void> => {
    acknowledged += outcomes.filter(({ answer }) => answer.kind === 'ack').length;
  };
  const signal = new AbortController().signal;
  // Behind what an earlier run sent.
  const first = Math.max(count * (MESSAGES_EACH + 1), (await store.readMark(0))?.nextOffset ?? 0);
  const assignment = { topic: 'clatter.commands', partition: 0, logId: 'log', signal, committedOffset: first };
  const projector = await Projector.assign(
    {
      store,
      cache,
      delivery: { announce } as unknown as Delivery,
      producer: { send: async () => ({ partition: 0, offset: 0 }) },
      clock,
      random: Math.random,
      logger: createLogger({ service: 'bench', level: 'fatal' }),
      epoch: 0,
      bucketSeqs: BUCKET_SEQS,
      rulesVersion: RULES_VERSION,
      commandPartitions: () => 1,
      timers: new Set(),
      counters: {
        batches: none,
        conversations: none,
        commands: none,
        events: none,
        storeRetries: none,
        dead: none,
        due: none,
        timerFailures: none,
      },
      onTrouble: () => undefined,
    },
    {
      ...assignment,
      endOffset: first,
      currentEnd: async () => Number.MAX_SAFE_INTEGER,
      commit: async () => undefined,
    } as Assignment,
  );
  let offset = first;
  // A step that shares no factor with the count meets each conversation once before any of them again.
  const stride = strideFor(count);
  let next = 0;
  const cold = (): LogRecord => {
    const index = next;
    next = (next + stride) % count;
    return record(offset++, index, count, LOADED_MS + DAY_MS, text);
  };
  const timed = async (one: LogRecord): Promise<number> => {
    const began = performance.now();
    await projector.onBatch([one]);
    return performance.now() - began;
  };

  const began = performance.now();
  for (let sent = 0; sent < sends; sent += BATCH)
    await projector.onBatch(Array.from({ length: Math.min(BATCH, sends - sent) }, cold));
  const coldPerSecond = (sends / (performance.now() - began)) * 1000;
  const coldMs: number[] = [];
  const warmMs: number[] = [];
  for (let single = 0; single < singles; single++) {
    const at = next;
    coldMs.push(await timed(cold()));
    warmMs.push(await timed(record(offset++, at, count, LOADED_MS + DAY_MS, text)));
  }
  await projector.stop();
  const { bytes, conversations } = cache;
  const all = sends + 2 * singles;
  return {
    sends: all,
    acknowledged,
    coldMs,
    warmMs,
    coldPerSecond,
    bytesMax: cacheBytesMax,
    cacheBytes: bytes,
    conversations,
    evictions,
  };
}

function strideFor(count: number): number {
  const factor = (a: number, b: number): number => (b === 0 ? a : factor(b, a % b));
  let stride = Math.max(1, Math.floor(count * 0.618));
  while (factor(stride, count) !== 1) stride++;
  return stride;
}
