import { Signal } from '@clatter/contracts/messages';
import type { PresenceService } from '@clatter/contracts/presence';
import type { Assignment, LogRecord } from '@clatter/log';
import { createLogger } from '@clatter/runtime';
import { ManualClock } from '@clatter/runtime/testing';
import { expect, it } from 'vitest';
import { GroupUnderTest, idOf } from './adapters/group-under-test.ts';
import { type Addressed, Delivery } from './delivery.ts';
import { MemberLists } from './member-lists.ts';
import { SignalsConsumer } from './signals.ts';

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
    const { userIds: ids } = await lists.of(group.id);
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
  const { userIds: present } = await new MemberLists(group.store, new ManualClock()).of(group.id);
  expect(present).toEqual(new Set([idOf('alice'), idOf('bob')]));
});

/** One owner of the signals of a group, and what it has told whom. */
function ownerOf(group: GroupUnderTest): {
  told: Addressed[];
  take: (...receipts: (readonly [name: string, deliveredSeq: number, readSeq: number])[]) => Promise<void>;
} {
  const told: Addressed[] = [];
  const clock = new ManualClock();
  const delivery = { deliver: async (addressed: Addressed[]) => void told.push(...addressed) } as never;
  const logger = createLogger({ service: 'test', level: 'silent' });
  const assignment = { committedOffset: 0, commit: async () => undefined } as unknown as Assignment;
  const lists = new MemberLists(group.store, clock);
  const consumer = new SignalsConsumer({ store: group.store, delivery, clock, logger }, lists, assignment);
  return {
    told,
    async take(...receipts) {
      const records = receipts.map(([name, deliveredSeq, readSeq], offset) => ({
        offset,
        headers: {},
        value: Signal.encode({
          conversationId: group.id,
          userId: idOf(name),
          receipt: { conversationId: '', userId: '', deliveredSeq, readSeq },
        }),
      }));
      await consumer.onBatch(records as unknown as LogRecord[]);
      await consumer.stop();
    },
  };
}

it('what is told of a member never goes back, of a late device neither, nor by another owner', async () => {
  await using group = await GroupUnderTest.of('bob');
  for (const text of ['one', 'two', 'three']) await group.say('alice', text);
  const owner = ownerOf(group);
  const seqs = ({ told }: { told: Addressed[] }) =>
    told.map(({ frame }) => [frame.receipt?.deliveredSeq, frame.receipt?.readSeq]);
  await owner.take(['bob', 3, 3]);
  await owner.take(['bob', 2, 2]);
  await owner.take(['bob', 4, 1]);
  expect(seqs(owner)).toEqual([
    [3, 3],
    [4, 3],
  ]);
  const next = ownerOf(group);
  await next.take(['bob', 3, 0]);
  await next.take(['bob', 0, 4]);
  expect(seqs(next)).toEqual([[4, 4]]);
});

it('receipts of many go together to each member, those of a few alone, and none of a stranger', async () => {
  const names = ['bob', 'carol', 'dave', 'erin', 'frank'];
  await using group = await GroupUnderTest.of(...names);
  const seq = await group.say('alice', 'hello');
  const owner = ownerOf(group);
  await owner.take(...names.map((name) => [name, seq, 0] as const), ['mallory', seq, seq]);
  expect(owner.told).toHaveLength(1);
  const [{ frame, userIds } = { frame: undefined, userIds: [] }] = owner.told;
  expect(frame?.receipts?.conversationId).toBe(group.id);
  expect(frame?.receipts?.items.map(({ userId }) => userId)).toEqual(names.map(idOf));
  expect(new Set(userIds)).toEqual(new Set(['alice', ...names].map(idOf)));
  owner.told.length = 0;
  await owner.take(['bob', seq, seq], ['carol', seq, 0]);
  expect(owner.told.map(({ frame: { receipt } }) => receipt?.userId)).toEqual([idOf('bob')]);
});
