import { randomUUID } from 'node:crypto';
import { Command, DeadLetter } from '@clatter/contracts/messages';
import type { Assignment, LogRecord, NewRecord } from '@clatter/log';
import { createLogger, createMetrics } from '@clatter/runtime';
import { ManualClock } from '@clatter/runtime/testing';
import { ClatterError, type Input } from '@clatter/wire';
import { expect, it } from 'vitest';
import { ConversationCache } from './conversation-cache.ts';
import type { Delivery } from './delivery.ts';
import { BUCKET_SEQS, type MessageStore } from './ports.ts';
import { Projector } from './projector.ts';

const NO_COMMAND: LogRecord = {
  topic: 'clatter.commands',
  partition: 0,
  offset: 7,
  timestampMs: 0,
  key: 'a key',
  value: Uint8Array.of(0xff),
  headers: {},
};

/** A projector whose log, broker and delivery are memory. */
async function projectorOver(parts: {
  clock: ManualClock;
  store: Partial<MessageStore>;
  send?: (topic: string, record: NewRecord) => Promise<{ partition: number; offset: number }>;
}): Promise<{ projector: Projector; commits: number[] }> {
  const commits: number[] = [];
  const counter = createMetrics().counter('test', 'test');
  const assignment = {
    topic: 'clatter.commands',
    partition: 0,
    logId: 'a log',
    signal: new AbortController().signal,
    committedOffset: 0,
    currentEnd: async () => 1_000_000,
    commit: async (offset: number) => void commits.push(offset),
  } as unknown as Assignment;
  const projector = await Projector.assign(
    {
      store: {
        readMark: async () => undefined,
        write: async () => undefined,
        readTimerBuckets: async () => [],
        ...parts.store,
      } as unknown as MessageStore,
      cache: new ConversationCache(64 << 20),
      delivery: { announce: async () => undefined } as unknown as Delivery,
      producer: { send: parts.send ?? (async () => ({ partition: 0, offset: 0 })) },
      clock: parts.clock,
      random: () => 0.5,
      logger: createLogger({ service: 'test', level: 'silent' }),
      epoch: 0,
      rulesVersion: 1,
      bucketSeqs: BUCKET_SEQS,
      commandPartitions: () => 1,
      timers: new Set(),
      counters: {
        batches: counter,
        conversations: counter,
        commands: counter,
        events: counter,
        storeRetries: counter,
        dead: counter,
        due: counter,
        timerFailures: counter,
      },
      onTrouble: () => undefined,
    },
    assignment,
  );
  return { projector, commits };
}

it('commits a record that is no command when its dead letter is in the log, not before', async () => {
  const clock = new ManualClock();
  const letters: NewRecord[] = [];
  let away = true;
  const { projector, commits } = await projectorOver({
    clock,
    store: {},
    async send(_topic, record) {
      if (away) throw new ClatterError('UNAVAILABLE', 'away');
      letters.push(record);
      return { partition: 0, offset: 0 };
    },
  });
  await projector.onBatch([NO_COMMAND]);
  await clock.advance(1000);
  expect(commits).toEqual([]);
  away = false;
  await clock.advance(5000);
  expect(letters.map(({ value }) => DeadLetter.decode(value))).toMatchObject([{ offset: 7, reason: 'not a command' }]);
  expect(commits).toEqual([8]);
});

it('takes no more records than a bound while the store refuses read points, and goes on when it takes them', async () => {
  // What was announced and not committed grew as long as they were refused: memory, and what the next owner does again.
  const clock = new ManualClock();
  let refused = true;
  const { projector, commits } = await projectorOver({
    clock,
    store: {
      readConversations: async () => [undefined],
      readMembers: async () => [],
      latestBucket: async () => -1,
      readTail: async () => [],
      async writeReceipts() {
        if (refused) throw new ClatterError('UNAVAILABLE', 'refused');
      },
    },
  });
  const [conversationId, senderId] = [randomUUID(), randomUUID()];
  let offset = 0;
  const record = (body: Input<Command>): LogRecord => ({
    ...NO_COMMAND,
    offset: offset++,
    key: conversationId,
    value: Command.encode({ conversationId, senderId, commandId: randomUUID(), ...body }),
  });
  const batch = (): LogRecord[] =>
    Array.from({ length: 2000 }, () => record({ send: { content: { text: { body: 'hi' } } } }));
  await projector.onBatch([record({ create: { kind: 'group', title: '', memberIds: [] } })]);
  let taken = 0;
  const taking = (async () => {
    for (; taken < 20; taken++) await projector.onBatch(batch());
  })();
  await clock.advance(30_000);
  // Who writes waits, and nobody else: ten batches are the bound.
  expect(taken).toBe(10);
  expect(commits.at(-1) ?? 0).toBeLessThanOrEqual(1);
  refused = false;
  for (let second = 0; second < 20 && taken < 20; second++) await clock.advance(5000);
  await taking;
  await clock.advance(5000);
  expect(commits.at(-1)).toBe(40_001);
});

it('stops where a command is for rules that it does not have (rule 7), and decides nothing of its batch', async () => {
  const clock = new ManualClock();
  let written = 0;
  const { projector, commits } = await projectorOver({
    clock,
    store: {
      readConversations: async () => [undefined],
      readMembers: async () => [],
      latestBucket: async () => -1,
      readTail: async () => [],
      write: async () => void written++,
    },
  });
  const [conversationId, senderId] = [randomUUID(), randomUUID()];
  const record = (offset: number, rules: string): LogRecord => ({
    ...NO_COMMAND,
    offset,
    key: conversationId,
    value: Command.encode({
      conversationId,
      senderId,
      commandId: randomUUID(),
      create: { kind: 'group', title: '', memberIds: [] },
    }),
    headers: { rules },
  });
  await expect(projector.onBatch([record(0, '1'), record(1, '2')])).rejects.toThrow(
    'clatter.commands partition 0 at 1: want rules up to version 1, got a command for version 2',
  );
  await clock.advance(5000);
  expect([written, commits]).toEqual([0, []]);
});
