import type { Command } from '@clatter/contracts/messages';
import type { Input } from '@clatter/wire';
import { describe, expect, it } from 'vitest';
import { GroupUnderTest, idOf } from './adapters/group-under-test.ts';
import { PINS_MAX } from './pin-list.ts';

const pin = (seq: number, remove = false): Input<Command> => ({ pin: { seq, remove } });

async function pins(group: GroupUnderTest, name: string): Promise<readonly (string | undefined)[]> {
  const { items = [] } = await group.messages.listPins({ userId: idOf(name), conversationId: group.id });
  const { conversation } = await group.messages.getConversation({ userId: idOf(name), conversationId: group.id });
  expect(conversation?.pinnedSeqs).toEqual(items.map(({ seq }) => seq));
  return items.map(({ event }) => event?.message?.content?.text?.body);
}

describe('pins', () => {
  it('are listed in their order, as the messages are now, with who pinned them', async () => {
    await using group = await GroupUnderTest.of('bob');
    const [first, second] = [await group.say('alice', 'first'), await group.say('bob', 'second')];
    const { event } = await group.submit('bob', pin(second));
    expect(event?.pinned).toEqual({ seq: second });
    await group.submit('alice', pin(first));
    await group.submit('bob', { edit: { seq: second, content: { text: { body: 'mended' } } } });
    expect(await pins(group, 'alice')).toEqual(['mended', 'first']);
    const { items } = await group.messages.listPins({ userId: idOf('bob'), conversationId: group.id });
    expect(items?.[0]).toMatchObject({ seq: second, pinnedBy: idOf('bob'), pinnedAtMs: event?.sentAtMs });
    expect((await group.submit('alice', pin(second, true))).event?.unpinned).toEqual({ seq: second });
    expect(await pins(group, 'alice')).toEqual(['first']);
  });

  it('of deleted messages are gone', async () => {
    await using group = await GroupUnderTest.of('bob');
    const seq = await group.say('bob', 'a slip');
    await group.submit('alice', pin(seq));
    await group.submit('bob', { delete: { seq } });
    expect(await pins(group, 'alice')).toEqual([]);
    expect(await group.code('alice', pin(seq))).toBe('NOT_FOUND');
    expect(await group.code('alice', pin(seq, true))).toBe('CONFLICT');
  });

  it('are made once, of messages that one may see, as the settings say', async () => {
    await using group = await GroupUnderTest.of('bob');
    const seq = await group.say('alice', 'early');
    expect(await group.code('bob', pin(1))).toBe('NOT_FOUND');
    expect(await group.code('bob', pin(99))).toBe('NOT_FOUND');
    expect(await group.code('mallory', pin(seq))).toBe('NOT_FOUND');
    await group.submit('alice', { addMembers: { userIds: [idOf('carol')] } });
    expect(await group.code('carol', pin(seq))).toBe('NOT_FOUND');
    expect(await group.code('bob', pin(seq, true))).toBe('CONFLICT');
    expect(await group.code('bob', pin(seq))).toBe('ack');
    expect(await group.code('alice', pin(seq))).toBe('CONFLICT');
    expect(await pins(group, 'carol')).toEqual([]);
    await group.submit('alice', { changeSettings: { pinRole: 'admin' } });
    expect(await group.code('bob', pin(seq, true))).toBe('FORBIDDEN');
    await expect(pins(group, 'mallory')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const once = { commandId: idOf('once') };
    const { answer } = await group.submit('alice', pin(seq, true), once);
    expect((await group.submit('alice', pin(seq, true), once)).answer).toEqual(answer);
  });

  it(`are at most ${PINS_MAX}`, async () => {
    await using group = await GroupUnderTest.of();
    for (let i = 0; i <= PINS_MAX; i++) await group.say('alice', `${i}`);
    for (let i = 0; i < PINS_MAX; i++) expect(await group.code('alice', pin(2 + i))).toBe('ack');
    expect(await group.code('alice', pin(2 + PINS_MAX))).toBe('TOO_LARGE');
    await group.submit('alice', pin(2, true));
    expect(await group.code('alice', pin(2 + PINS_MAX))).toBe('ack');
  });
});
