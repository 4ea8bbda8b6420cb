import type { PresenceService } from '@clatter/contracts/presence';
import type { Assignment, ConsumeOptions, Consumer, EventLog } from '@clatter/log';
import { createLogger, createMetrics, loadConfig } from '@clatter/runtime';
import { ManualClock } from '@clatter/runtime/testing';
import { expect, it } from 'vitest';
import { messagesConfig } from './config.ts';
import type { MessageStore } from './ports.ts';
import { createMessages } from './service.ts';

it('a partition that stops again, or goes to another, is counted once or not at all', async () => {
  // Each stop of the same partition was counted, and one that another instance had since went on to be told of.
  const metrics = createMetrics();
  const consumed: ConsumeOptions[] = [];
  const consumer: Consumer = { ready: async () => undefined, close: async () => undefined } as Consumer;
  const log = {
    partitions: () => 256,
    producer: () => ({ send: async () => ({ partition: 0, offset: 0 }) }),
    consume(options: ConsumeOptions) {
      consumed.push(options);
      return consumer;
    },
  } as unknown as EventLog;
  const service = createMessages({
    config: loadConfig(messagesConfig, {}),
    log,
    store: { readMark: async () => undefined, readTimerBuckets: async () => [] } as unknown as MessageStore,
    presence: {} as PresenceService,
    gateways: { get: () => undefined, ids: () => [], refresh: async () => undefined },
    logger: createLogger({ service: 'test', level: 'silent' }),
    metrics,
    clock: new ManualClock(),
  });
  await service.start();
  const commands = consumed[0] as ConsumeOptions;
  const [topic] = commands.topics as [string];
  const assign = async (): Promise<AbortController> => {
    const lost = new AbortController();
    await commands.assign({ topic, partition: 3, logId: 'a log', signal: lost.signal } as unknown as Assignment);
    return lost;
  };
  const stopped = async (): Promise<number> =>
    Number(/^clatter_messages_halted_partitions(?:\{.*\})? (\d+)/m.exec(await metrics.text())?.[1]);

  await assign();
  commands.onHalt?.(topic, 3, new Error('the log was replaced'));
  expect([await stopped(), service.ready?.().ok]).toEqual([1, false]);
  const lost = await assign();
  expect(await stopped()).toBe(0);
  commands.onHalt?.(topic, 3, new Error('the log was replaced'));
  commands.onHalt?.(topic, 3, new Error('the log was replaced'));
  expect(await stopped()).toBe(1);
  lost.abort();
  expect([await stopped(), service.ready?.()]).toEqual([0, { ok: true, reasons: [] }]);
  await service.stop();
});
