import type { Command } from '@clatter/contracts/messages';
import type { Input } from '@clatter/wire';
import { describe, expect, it } from 'vitest';
import { GroupUnderTest, idOf } from './adapters/group-under-test.ts';
import { CALLS_MAX } from './mentions.ts';

/** A text that speaks of people, by their names, or of all. */
const calling = (...names: string[]): Input<Command> => ({
  send: {
    content: {
      text: {
        body: 'hey you',
        mentions: names.map((name, start) => ({
          start,
          length: 1,
          ...(name === 'all' ? { all: true } : { userId: idOf(name) }),
        })),
      },
    },
  },
});
const read = (group: GroupUnderTest, name: string, readSeq: number) =>
  group.store.writeReceipts([
    {
      conversationId: group.id,
      userId: idOf(name),
      deliveredSeq: readSeq,
      readSeq,
      readMessageNo: readSeq - 1,
      updatedAtMs: 1,
    },
  ]);

async function mentions(group: GroupUnderTest, name: string): Promise<number | undefined> {
  const { items = [] } = await group.messages.listConversations({ userId: idOf(name) });
  const { page } = await group.messages.sync({ userId: idOf(name), sync: {} });
  expect(page?.conversations?.[0]?.mentions).toBe(items[0]?.mentions);
  return items[0]?.mentions;
}

describe('mentions', () => {
  it('count for members who did not read them, once a message, and for nobody else', async () => {
    await using group = await GroupUnderTest.of('bob', 'carol');
    const { event, calls } = await group.submit('alice', calling('bob', 'bob', 'alice', 'mallory'));
    expect(calls).toEqual({ mentionedIds: [idOf('bob')], mentionsAll: false });
    expect(event?.message?.content?.text?.mentions).toHaveLength(4);
    await group.submit('alice', calling('bob'));
    expect([await mentions(group, 'alice'), await mentions(group, 'bob'), await mentions(group, 'carol')]).toEqual([
      0, 2, 0,
    ]);
    await read(group, 'bob', 2);
    expect(await mentions(group, 'bob')).toBe(1);
    await read(group, 'bob', 3);
    expect(await mentions(group, 'bob')).toBe(0);
  });

  it('of all count for all but the sender, with those of one a message once', async () => {
    await using group = await GroupUnderTest.of('bob', 'carol');
    await group.submit('alice', calling('all', 'bob'));
    await read(group, 'bob', 2);
    await group.submit('alice', calling('all'));
    // Her own read point may not be written yet: what she said calls her no more for that.
    await read(group, 'alice', 1);
    expect([await mentions(group, 'alice'), await mentions(group, 'bob'), await mentions(group, 'carol')]).toEqual([
      0, 1, 2,
    ]);
  });

  it('of all are for whom the settings allow, in edits too', async () => {
    await using group = await GroupUnderTest.of('bob');
    expect(await group.code('bob', calling('all'))).toBe('FORBIDDEN');
    const seq = await group.say('bob', 'mine');
    const edit: Input<Command> = { edit: { seq, content: calling('all').send?.content } };
    expect(await group.code('bob', edit)).toBe('FORBIDDEN');
    await group.submit('alice', { changeSettings: { mentionAllRole: 'member' } });
    expect(await group.code('bob', calling('all'))).toBe('ack');
    expect(await group.code('bob', edit)).toBe('ack');
  });

  it('are taken back by a deletion, and not changed by an edit', async () => {
    await using group = await GroupUnderTest.of('bob', 'carol');
    const first = await group.submit('alice', calling('bob', 'all'));
    const second = await group.submit('alice', calling('carol'));
    const edited = calling('bob').send?.content;
    await group.submit('alice', { edit: { seq: second.event?.seq ?? 0, content: edited } });
    expect([await mentions(group, 'bob'), await mentions(group, 'carol')]).toEqual([1, 2]);
    await group.submit('alice', { delete: { seq: first.event?.seq ?? 0 } });
    expect([await mentions(group, 'bob'), await mentions(group, 'carol')]).toEqual([0, 1]);
  });

  it('of an earlier stay are forgotten, and those after a removal are not counted', async () => {
    await using group = await GroupUnderTest.of('bob');
    await group.submit('alice', calling('bob', 'all'));
    await group.submit('alice', { removeMember: { userId: idOf('bob') } });
    expect((await group.submit('alice', calling('bob'))).calls?.mentionedIds).toEqual([]);
    await group.submit('alice', { addMembers: { userIds: [idOf('bob')] } });
    expect(await mentions(group, 'bob')).toBe(0);
    await group.submit('alice', calling('bob'));
    expect(await mentions(group, 'bob')).toBe(1);
  });

  it(`are counted up to ${CALLS_MAX}`, async () => {
    await using group = await GroupUnderTest.of('bob');
    for (let i = 0; i < CALLS_MAX + 5; i++) await group.submit('alice', calling(i % 2 ? 'bob' : 'all'));
    expect(await mentions(group, 'bob')).toBe(CALLS_MAX);
    expect((await group.store.readMember(group.id, idOf('bob')))?.mentionSeqs.length).toBe(52);
  });
});
