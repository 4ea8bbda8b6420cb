import { DeadLetter } from '@clatter/contracts/messages';
import type { Assignment, LogRecord, NewRecord } from '@clatter/log';
import { createLogger, createMetrics } from '@clatter/runtime';
import { ManualClock } from '@clatter/runtime/testing';
import { ClatterError } from '@clatter/wire';
import { expect, it } from 'vitest';
import { ConversationCache } from './conversation-cache.ts';
import type { Delivery } from './delivery.ts';
import type { MessageStore } from './ports.ts';
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

it('commits a record that is no command when its dead letter is in the log, not before', async () => {
  const clock = new ManualClock();
  const commits: number[] = [];
  const letters: NewRecord[] = [];
  const counter = createMetrics().counter('test', 'test');
  let away = true;
  const assignment = {
    topic: 'clatter.commands',
    partition: 0,
    logId: 'a log',
    signal: new AbortController().signal,
    committedOffset: 0,
    currentEnd: async () => 8,
    commit: async (offset: number) => void commits.push(offset),
  } as unknown as Assignment;
  const projector = await Projector.assign(
    {
      store: { readMark: async () => undefined, write: async () => undefined } as unknown as MessageStore,
      cache: new ConversationCache(1 << 20),
      delivery: { announce: async () => undefined } as unknown as Delivery,
      producer: {
        async send(_topic, record) {
          if (away) throw new ClatterError('UNAVAILABLE', 'away');
          letters.push(record);
          return { partition: 0, offset: 0 };
        },
      },
      clock,
      random: () => 0.5,
      logger: createLogger({ service: 'test', level: 'silent' }),
      epoch: 0,
      bucketSeqs: 10,
      counters: {
        batches: counter,
        conversations: counter,
        commands: counter,
        events: counter,
        storeRetries: counter,
        dead: counter,
      },
      onTrouble: () => undefined,
    },
    assignment,
  );
  await projector.onBatch([NO_COMMAND]);
  await clock.advance(1000);
  expect(commits).toEqual([]);
  away = false;
  await clock.advance(5000);
  expect(letters.map(({ value }) => DeadLetter.decode(value))).toMatchObject([{ offset: 7, reason: 'not a command' }]);
  expect(commits).toEqual([8]);
});
