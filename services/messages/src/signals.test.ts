import type { PresenceService } from '@clatter/contracts/presence';
import { createLogger } from '@clatter/runtime';
import { ManualClock } from '@clatter/runtime/testing';
import { expect, it } from 'vitest';
import { GroupUnderTest, idOf } from './adapters/group-under-test.ts';
import { Delivery } from './delivery.ts';
import { MemberLists } from './member-lists.ts';

const uncounted = { add: () => undefined };

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
    counters: { locates: uncounted, deliveries: uncounted, frames: uncounted },
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

it('members are found behind more rows of people who are none than a page holds', async () => {
  // The receipts and typing of whoever was not among the first thousand rows were dropped.
  await using group = await GroupUnderTest.of('bob');
  const gone = {
    role: 'none',
    joinedSeq: 1,
    visibleFromSeq: 1,
    removedSeq: 2,
    banned: false,
    mentionSeqs: [],
    position: 1,
  } as const;
  const members = Array.from({ length: 2500 }, (_, index) => ({
    ...gone,
    conversationId: group.id,
    userId: `00000000-0000-7000-8000-${String(index).padStart(12, '0')}`,
  }));
  const projections = { conversations: [], members, inbox: [], receipts: [], rewrites: [], timers: [] };
  await group.store.write({ logs: [], projections });
  const present = await new MemberLists(group.store, new ManualClock()).of(group.id);
  expect(present).toEqual(new Set([idOf('alice'), idOf('bob')]));
});
