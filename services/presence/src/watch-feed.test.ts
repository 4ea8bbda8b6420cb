/** What watchers are told while the registry fails. */
import type { Connection } from '@clatter/contracts/presence';
import { createLogger } from '@clatter/runtime';
import { ManualClock } from '@clatter/runtime/testing';
import { ServerFrame } from '@clatter/wire';
import { expect, it } from 'vitest';
import { createMemoryRegistry } from './adapters/memory-registry.ts';
import { WatchFeed } from './watch-feed.ts';

it('tells the last state when the registry answers again', async () => {
  const clock = new ManualClock();
  const memory = createMemoryRegistry(clock, 60_000);
  let away = false;
  const told: (string | undefined)[] = [];
  const feed = new WatchFeed({
    registry: {
      ...memory,
      watchers: (userId) => (away ? Promise.reject(new Error('the registry is away')) : memory.watchers(userId)),
    },
    gateways: () => ({
      async deliver({ deliveries = [] }) {
        for (const { proto } of deliveries) told.push(ServerFrame.decode(proto as Uint8Array).presence?.status);
        return {};
      },
    }),
    clock,
    logger: createLogger({ service: 'presence', level: 'silent' }),
    graceMs: 5000,
    shared: false,
  });
  const connection: Connection = {
    userId: 'alice',
    sessionId: 's',
    gatewayId: 'g',
    connection: 1,
    encoding: 'proto',
    foreground: true,
    status: 'ONLINE',
    deviceId: '',
  };
  await memory.watch('g', ['alice'], []);
  away = true;
  await memory.register({ gatewayId: 'g', address: '' }, [connection], false);
  feed.changed('alice');
  await clock.advance(10_000);
  await memory.update({ ...connection, status: 'BUSY' });
  feed.changed('alice');
  await clock.advance(3000);
  expect(told).toEqual([]);
  away = false;
  await clock.advance(1000);
  expect(told).toEqual(['BUSY']);
  await clock.advance(60_000);
  expect(told).toEqual(['BUSY']);
  feed.close();
  expect(clock.waiting).toBe(0);
});
