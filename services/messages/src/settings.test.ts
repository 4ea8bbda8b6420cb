import type { Command } from '@clatter/contracts/messages';
import type { Input } from '@clatter/wire';
import { expect, it } from 'vitest';
import { GroupUnderTest, idOf } from './adapters/group-under-test.ts';

const say: Input<Command> = { send: { content: { text: { body: 'hi' } } } };

it('who may send and who may add is what the settings say, for members', async () => {
  await using group = await GroupUnderTest.of('bob', 'carol');
  const add = (name: string): Input<Command> => ({ addMembers: { userIds: [idOf(name)] } });
  const his = await group.say('bob', 'his');
  expect(await group.code('bob', add('dave'))).toBe('FORBIDDEN');
  await group.submit('alice', { changeSettings: { sendRole: 'admin', addRole: 'member' } });
  expect(await group.code('bob', say)).toBe('FORBIDDEN');
  expect(await group.code('bob', { edit: { seq: his, content: { text: { body: 'louder' } } } })).toBe('FORBIDDEN');
  expect(await group.code('bob', { react: { seq: his, emoji: '👍' } })).toBe('ack');
  expect(await group.code('bob', { delete: { seq: his } })).toBe('ack');
  expect(await group.code('alice', say)).toBe('ack');
  expect(await group.code('bob', add('dave'))).toBe('ack');
  await group.submit('alice', { setRole: { userId: idOf('bob'), role: 'admin' } });
  expect(await group.code('bob', say)).toBe('ack');
});

it('are changed by admins and the owner, field by field, and told with all of them', async () => {
  await using group = await GroupUnderTest.of('bob');
  expect(await group.code('bob', { changeSettings: { fullHistory: true } })).toBe('FORBIDDEN');
  expect(await group.code('mallory', { changeSettings: { fullHistory: true } })).toBe('NOT_FOUND');
  expect(await group.code('alice', { changeSettings: { sendRole: 'owner' } })).toBe('INVALID');
  expect(await group.code('alice', { changeSettings: { addRole: 'none' } })).toBe('INVALID');
  await group.submit('alice', { changeSettings: { sendRole: 'admin' } });
  const { event } = await group.submit('alice', { changeSettings: { fullHistory: true } });
  const settings = {
    sendRole: 'admin',
    addRole: 'admin',
    fullHistory: true,
    disappearAfterSeconds: 0,
    mentionAllRole: 'admin',
    pinRole: 'member',
  };
  expect(event?.settingsChanged).toEqual({ settings });
  const seen = await group.messages.getConversation({ userId: idOf('bob'), conversationId: group.id });
  expect(seen.conversation?.settings).toEqual(settings);
  const { items } = await group.messages.listConversations({ userId: idOf('bob') });
  expect(items?.[0]?.conversation?.settings).toEqual(settings);
});

it('a change that comes again, however late, is the first one', async () => {
  await using group = await GroupUnderTest.of('bob');
  const once = { commandId: idOf('once') };
  const first = await group.submit('alice', { changeSettings: { sendRole: 'admin' } }, once);
  await group.submit('alice', { changeSettings: { sendRole: 'member' } });
  for (let i = 0; i < 5; i++) await group.say('bob', `${i}`);
  const again = await group.submit('alice', { changeSettings: { sendRole: 'admin' } }, { ...once, timestampMs: 2e12 });
  expect(again.answer).toEqual(first.answer);
  expect(again.event).toBeUndefined();
  expect(await group.code('bob', say)).toBe('ack');
});

it('a group has a picture, until somebody takes it away', async () => {
  await using group = await GroupUnderTest.of('bob');
  const pictureOf = async (): Promise<string | undefined> => {
    const { items } = await group.messages.listConversations({ userId: idOf('bob') });
    return items?.[0]?.conversation?.pictureUrl;
  };
  expect(await pictureOf()).toBeUndefined();
  expect(await group.code('bob', { rename: { pictureUrl: 'https://example.org/b.png' } })).toBe('FORBIDDEN');
  await group.submit('alice', { rename: { pictureUrl: 'https://example.org/a.png' } });
  const { event } = await group.submit('alice', { rename: { title: 'Still with it' } });
  expect(event?.renamed).toMatchObject({ title: 'Still with it', pictureUrl: 'https://example.org/a.png' });
  await group.submit('alice', { changeSettings: { fullHistory: true } });
  expect(await pictureOf()).toBe('https://example.org/a.png');
  await group.submit('alice', { rename: { pictureUrl: '' } });
  expect(await pictureOf()).toBeUndefined();
});
