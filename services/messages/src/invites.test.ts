import type { Command } from '@clatter/contracts/messages';
import type { Input } from '@clatter/wire';
import { describe, expect, it } from 'vitest';
import { GroupUnderTest, idOf, T } from './adapters/group-under-test.ts';
import { BatchWrites } from './batch-writes.ts';
import { ConversationBatch } from './conversation-batch.ts';
import { loadConversation } from './loader.ts';
import { BUCKET_SEQS } from './ports.ts';

const invite = (inviteId: string, expiresInMs = 0, maxUses = 0): Input<Command> => ({
  createInvite: { inviteId, expiresInMs, maxUses },
});
const join = (inviteId: string): Input<Command> => ({ join: { inviteId } });
const revoke = (inviteId: string): Input<Command> => ({ revokeInvite: { inviteId } });

const listed = async (group: GroupUnderTest, viewer = 'alice'): Promise<(string | number | undefined)[][]> => {
  const { items = [] } = await group.messages.listInvites({ userId: idOf(viewer), conversationId: group.id });
  return items.map(({ inviteId, uses }) => [inviteId, uses]);
};

it('who has an invite becomes a member by their own act, and sees what the settings say', async () => {
  await using group = await GroupUnderTest.of('bob');
  await group.say('alice', 'early');
  await group.submit('alice', invite('a'));
  const { event, recipients } = await group.submit('carol', join('a'));
  const seq = event?.seq as number;
  expect(event?.senderId).toBe(idOf('carol'));
  const carol = { userId: idOf('carol'), role: 'member', joinedSeq: seq, visibleFromSeq: seq };
  expect(event?.membersChanged).toMatchObject({ added: [carol], inviteId: 'a' });
  expect([...(recipients ?? [])].sort()).toEqual(['alice', 'bob', 'carol'].map(idOf).sort());
  expect(await group.say('carol', 'hello')).toBe(seq + 1);
  expect(await listed(group)).toEqual([['a', 1]]);
});

it('lets in as many as it says, and whoever is in already takes no place', async () => {
  await using group = await GroupUnderTest.of('bob');
  await group.submit('alice', invite('a', 0, 2));
  expect(await group.code('bob', join('a'))).toBe('CONFLICT');
  expect(await group.code('carol', join('a'), { commandId: idOf('once') })).toBe('ack');
  // Her answer was lost: the same command again.
  expect(await group.code('carol', join('a'), { commandId: idOf('once') })).toBe('ack');
  expect(await group.code('dave', join('a'))).toBe('ack');
  expect(await group.code('erin', join('a'))).toBe('NOT_FOUND');
  expect(await listed(group)).toEqual([]);
});

it('ends by the time of the log, and when it is revoked', async () => {
  await using group = await GroupUnderTest.of('bob');
  const { event } = await group.submit('alice', invite('short', 1000), { timestampMs: T + 5000 });
  expect(event?.inviteCreated).toEqual({ inviteId: 'short', expiresAtMs: T + 6000, maxUses: 0 });
  await group.submit('alice', invite('long'), { timestampMs: T + 5000 });
  expect(await group.code('carol', join('short'), { timestampMs: T + 5999 })).toBe('ack');
  expect(await group.code('dave', join('short'), { timestampMs: T + 6000 })).toBe('NOT_FOUND');
  // Time in a conversation never goes back.
  await group.submit('alice', { send: { content: { text: { body: 'later' } } } }, { timestampMs: T + 7000 });
  expect(await group.code('dave', join('short'), { timestampMs: T + 5500 })).toBe('NOT_FOUND');
  expect(await group.code('alice', revoke('short'))).toBe('NOT_FOUND');
  expect(await group.code('alice', revoke('long'))).toBe('ack');
  expect(await group.code('dave', join('long'))).toBe('NOT_FOUND');
  expect(await group.code('alice', revoke('long'))).toBe('NOT_FOUND');
});

it('shows nothing to whom it does not let in: unknown, banned and of an empty group are the same', async () => {
  await using group = await GroupUnderTest.of('bob');
  await group.submit('alice', invite('a'));
  await group.submit('alice', { ban: { userId: idOf('mallory') } });
  const refusals = [
    (await group.submit('mallory', join('a'))).answer,
    (await group.submit('carol', join('b'))).answer,
    (await group.submit('alice', join('b'))).answer,
  ];
  await group.submit('bob', { removeMember: { userId: idOf('bob') } });
  await group.submit('alice', { removeMember: { userId: idOf('alice') } });
  refusals.push((await group.submit('carol', join('a'))).answer);
  expect(new Set(refusals.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(refusals[0]).toMatchObject({ kind: 'reject', code: 'NOT_FOUND' });
});

it('is made, listed and revoked by admins and the owner, 50 at a time', async () => {
  await using group = await GroupUnderTest.of('bob');
  expect(await group.code('bob', invite('b'))).toBe('FORBIDDEN');
  expect(await group.code('mallory', invite('b'))).toBe('NOT_FOUND');
  await group.submit('alice', invite('short', 1));
  for (let i = 1; i <= 50; i++) expect(await group.code('alice', invite(`${i}`))).toBe('ack');
  expect(await group.code('alice', invite('51'))).toBe('TOO_LARGE');
  expect(await group.code('bob', revoke('1'))).toBe('FORBIDDEN');
  await group.submit('alice', { setRole: { userId: idOf('bob'), role: 'admin' } });
  expect(await group.code('bob', revoke('1'))).toBe('ack');
  expect(await group.code('bob', invite('51'))).toBe('ack');
  expect((await listed(group, 'bob')).map(([inviteId]) => inviteId)).toEqual(
    Array.from({ length: 50 }, (_, i) => `${i + 2}`),
  );
  await group.submit('alice', { setRole: { userId: idOf('bob'), role: 'member' } });
  await expect(listed(group, 'bob')).rejects.toMatchObject({ code: 'FORBIDDEN' });
});

it('knows nothing of tokens: what is stored and sent is what admins list', async () => {
  await using group = await GroupUnderTest.of('bob');
  const { event } = await group.submit('alice', invite('a'.repeat(64)));
  expect(event?.inviteCreated?.inviteId).toBe('a'.repeat(64));
  expect(await group.code('alice', invite('a'.repeat(64)))).toBe('CONFLICT');
});

describe('uses', () => {
  /** An owner takes the whole log of a group again, from an offset on, as after a take-over. */
  async function takeAgain(group: GroupUnderTest, fromPosition: number): Promise<void> {
    const records = group.outcomes.map(({ submitted }) => submitted).filter(({ position }) => position >= fromPosition);
    const first = records[0] as (typeof records)[0];
    const loaded = await loadConversation(group.store, group.id, first.position, first.timestampMs, BUCKET_SEQS);
    const batch = new ConversationBatch(loaded, group.store, BUCKET_SEQS);
    for (const record of records) await batch.take(record);
    const mark = { partition: 0, logId: 'log', epoch: 0, nextOffset: 100 };
    await group.store.write(new BatchWrites([batch], mark).last(T));
  }

  it('count each who came once, however often their commands are taken again', async () => {
    await using group = await GroupUnderTest.of('bob');
    await group.submit('alice', invite('a', 0, 3));
    await group.submit('carol', join('a'));
    await group.submit('dave', join('a'));
    for (let position = 1; position <= 4; position++) {
      await takeAgain(group, position);
      expect(await listed(group)).toEqual([['a', 2]]);
    }
    expect(await group.code('erin', join('a'))).toBe('ack');
    expect(await group.code('frank', join('a'))).toBe('NOT_FOUND');
  });
});
