import type { Command } from '@clatter/contracts/messages';
import type { Input } from '@clatter/wire';
import { expect, it } from 'vitest';
import { GroupUnderTest, idOf } from './adapters/group-under-test.ts';

const ban = (name: string): Input<Command> => ({ ban: { userId: idOf(name) } });
const unban = (name: string): Input<Command> => ({ unban: { userId: idOf(name) } });
const add = (...names: string[]): Input<Command> => ({ addMembers: { userIds: names.map(idOf) } });

const bans = async (group: GroupUnderTest, viewer: string): Promise<readonly string[] | undefined> =>
  (await group.messages.listBans({ userId: idOf(viewer), conversationId: group.id })).userIds;

it('a ban removes, is the last that its person sees, and keeps them out until it is taken back', async () => {
  await using group = await GroupUnderTest.of('bob', 'carol');
  const { event, recipients } = await group.submit('alice', ban('bob'));
  expect(event?.membersChanged).toMatchObject({ removedIds: [idOf('bob')], bannedIds: [idOf('bob')] });
  expect(recipients).toContain(idOf('bob'));
  expect(await group.code('bob', { send: { content: { text: { body: 'hey' } } } })).toBe('NOT_A_MEMBER');
  expect(await group.code('alice', add('bob'))).toBe('FORBIDDEN');
  // All or nobody: it is said who cannot be added.
  expect(await group.code('alice', add('bob', 'dave'))).toBe('FORBIDDEN');
  expect(await bans(group, 'alice')).toEqual([idOf('bob')]);
  const lifted = await group.submit('alice', unban('bob'));
  expect(lifted.recipients).not.toContain(idOf('bob'));
  expect(await bans(group, 'alice')).toEqual([]);
  expect(await group.code('alice', add('bob', 'dave'))).toBe('ack');
});

it('a stranger is banned without hearing of it, and stays a stranger', async () => {
  await using group = await GroupUnderTest.of('bob');
  const userId = idOf('mallory');
  const { recipients } = await group.submit('alice', ban('mallory'));
  expect(recipients).not.toContain(userId);
  expect(await group.store.readInboxRow(userId, group.id)).toBeUndefined();
  expect(await group.code('alice', add('mallory'))).toBe('FORBIDDEN');
  expect(await group.code('mallory', { send: { content: { text: { body: 'hey' } } } })).toBe('NOT_FOUND');
  expect(await group.code('mallory', { create: { kind: 'group', title: '', memberIds: [] } })).toBe('CONFLICT');
  const about = { userId, conversationId: group.id };
  await expect(group.messages.getConversation(about)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(group.messages.history({ userId, history: about })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const { items = [] } = await group.messages.listMembers({ userId: idOf('bob'), conversationId: group.id });
  expect(items.map((member) => member.userId).sort()).toEqual([idOf('alice'), idOf('bob')].sort());
  await group.submit('alice', unban('mallory'));
  await expect(group.messages.getConversation(about)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await group.code('alice', add('mallory'))).toBe('ack');
});

it('admins and the owner ban and see who is banned; nobody bans the owner, themselves, or somebody twice', async () => {
  await using group = await GroupUnderTest.of('bob', 'carol');
  await group.submit('alice', { setRole: { userId: idOf('carol'), role: 'admin' } });
  expect(await group.code('bob', ban('dave'))).toBe('FORBIDDEN');
  expect(await group.code('bob', unban('dave'))).toBe('FORBIDDEN');
  expect(await group.code('mallory', ban('bob'))).toBe('NOT_FOUND');
  expect(await group.code('carol', ban('alice'))).toBe('FORBIDDEN');
  expect(await group.code('carol', ban('carol'))).toBe('INVALID');
  expect(await group.code('carol', ban('dave'))).toBe('ack');
  expect(await group.code('carol', ban('dave'))).toBe('CONFLICT');
  expect(await group.code('carol', unban('bob'))).toBe('NOT_FOUND');
  await expect(bans(group, 'bob')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(bans(group, 'mallory')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await bans(group, 'carol')).toEqual([idOf('dave')]);
});

it('a ban that comes again after it was lifted is the first one', async () => {
  await using group = await GroupUnderTest.of('bob');
  const once = { commandId: idOf('once') };
  const first = await group.submit('alice', ban('bob'), once);
  await group.submit('alice', unban('bob'));
  const again = await group.submit('alice', ban('bob'), { ...once, timestampMs: 2e12 });
  expect(again.answer).toEqual(first.answer);
  expect(await group.code('alice', add('bob'))).toBe('ack');
});
