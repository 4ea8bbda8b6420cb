import type { PresenceService } from '@clatter/contracts/presence';
import { createLogger } from '@clatter/runtime';
import { ManualClock } from '@clatter/runtime/testing';
import { expect, it } from 'vitest';
import { GroupUnderTest, idOf } from './adapters/group-under-test.ts';
import { Delivery } from './delivery.ts';
import { MemberLists } from './signals.ts';

it('a list of members is forgotten with the event that changes it, and not before', async () => {
  await using group = await GroupUnderTest.of('bob', 'carol');
  const clock = new ManualClock();
  const lists = new MemberLists(group.store, clock);
  const delivery = new Delivery({
    presence: { locate: async () => ({ connections: [] }) } as Partial<PresenceService> as PresenceService,
    gateways: { get: () => undefined, ids: () => [], refresh: async () => undefined },
    clock,
    random: () => 0.5,
    logger: createLogger({ service: 'test', level: 'silent' }),
    defer: (run) => run(),
    queueBytesMax: 1000,
    onMembers: (conversationId) => lists.forget(conversationId),
  });
  const names = async (): Promise<string[]> => {
    const ids = await lists.of(group.id);
    return ['alice', 'bob', 'carol'].filter((name) => ids.has(idOf(name)));
  };
  const everybody = ['alice', 'bob', 'carol'];
  expect(await names()).toEqual(everybody);
  const removal = await group.submit('alice', { removeMember: { userId: idOf('bob') } });
  expect(await names()).toEqual(everybody);
  await delivery.announce([await group.submit('alice', { rename: { title: 'x' } })]);
  expect(await names()).toEqual(everybody);
  await delivery.announce([removal]);
  expect(await names()).toEqual(['alice', 'carol']);
  delivery.close();
});
