/** Messages that disappear: who sets the timer, when they are gone, and what is left of them in the store. */
import { type Command, StoredEvent } from '@clatter/contracts/messages';
import type { Input } from '@clatter/wire';
import { expect, it } from 'vitest';
import { GroupUnderTest, idOf, READ_MS, T } from './adapters/group-under-test.ts';
import { NOBODY_ID } from './decision.ts';
import { TIMER_BUCKET_MS, type TimerRow, timerBucketOf, timerSlotOf } from './timer-ports.ts';

const set = (disappearAfterSeconds: number): Input<Command> => ({ changeSettings: { disappearAfterSeconds } });
const expire = (...seqs: number[]): Input<Command> => ({ expire: { seqs } });

/** Everything that a member can read, as one text. */
async function everything(group: GroupUnderTest, name: string): Promise<string> {
  const userId = idOf(name);
  const history = (asked: object) =>
    group.messages.history({ userId, history: { conversationId: group.id, limit: 100, ...asked } });
  return JSON.stringify(
    await Promise.all([
      history({}),
      ...[1, 2, 3, 4, 5, 6, 7].flatMap((seq) => [
        history({ aroundSeq: seq, limit: 1 }),
        history({ afterSeq: seq, limit: 1 }),
        history({ beforeSeq: seq + 1, limit: 1 }),
      ]),
      group.messages.sync({ userId, sync: {} }),
      group.messages.sync({ userId, sync: { known: [{ conversationId: group.id, seq: 3 }] } }),
      group.messages.listConversations({ userId }),
    ]),
  );
}

const stored = async (group: GroupUnderTest, seq: number) =>
  StoredEvent.decode((await group.store.readRow(group.id, seq))?.event ?? new Uint8Array());

const timersOf = (group: GroupUnderTest, dueAtMs: number): Promise<readonly TimerRow[]> =>
  group.store.readTimers({ slot: timerSlotOf(group.id), bucket: timerBucketOf(dueAtMs) }, undefined, 100);

it('is set by admins and the owner, within bounds, and holds for what is sent from then on', async () => {
  await using group = await GroupUnderTest.of('bob');
  expect(await group.code('bob', set(60))).toBe('FORBIDDEN');
  for (const seconds of [1, 4, 365 * 24 * 3600 + 1]) expect(await group.code('alice', set(seconds))).toBe('INVALID');
  const before = await group.say('bob', 'stays');
  const changed = await group.submit('alice', set(60));
  expect(changed.event?.settingsChanged?.settings?.disappearAfterSeconds).toBe(60);
  const { event } = await group.submit(
    'bob',
    { send: { content: { text: { body: 'goes' } } } },
    { timestampMs: T + 500 },
  );
  expect(event?.message?.expiresAtMs).toBe(T + 60_500);
  await group.submit('alice', { changeSettings: { fullHistory: true } });
  const still = await group.submit('bob', { send: { content: { text: { body: 'goes too' } } } });
  expect(still.event?.message?.expiresAtMs).toBe((still.event?.sentAtMs ?? 0) + 60_000);
  await group.submit('alice', set(0));
  const after = await group.submit('bob', { send: { content: { text: { body: 'stays too' } } } });
  expect(after.event?.message?.expiresAtMs).toBeUndefined();
  expect((await stored(group, before)).event?.message?.expiresAtMs).toBeUndefined();
});

it('is set by both in a direct conversation, where nothing else is', async () => {
  await using group = await GroupUnderTest.direct('bob');
  expect(await group.code('bob', set(60))).toBe('ack');
  expect(await group.code('alice', set(0))).toBe('ack');
  expect(await group.code('bob', { changeSettings: { sendRole: 'admin' } })).toBe('FORBIDDEN');
  expect(await group.code('bob', { changeSettings: { sendRole: 'admin', disappearAfterSeconds: 5 } })).toBe(
    'FORBIDDEN',
  );
  expect(await group.code('bob', { changeSettings: {} })).toBe('FORBIDDEN');
});

it('is gone for everybody on every path when its time is up, though nobody has erased it yet', async () => {
  await using group = await GroupUnderTest.of('bob');
  await group.submit('alice', set(3600 + 60));
  const seq = await group.say('alice', 'secret');
  await group.submit('bob', { react: { seq, emoji: '🤫' } });
  await group.submit('alice', { edit: { seq, content: { text: { body: 'secret, too' } } } });
  await group.submit('bob', { send: { content: { text: { body: 'an answer' } }, replyToSeq: seq } });
  expect(await everything(group, 'bob')).toContain('secret, too');
  await group.clock.advance(61_000);
  for (const name of ['alice', 'bob']) {
    const read = await everything(group, name);
    expect(read).not.toContain('secret');
    expect(read).not.toContain('🤫","count');
    expect(read).not.toContain('answer');
  }
  const { items } = await group.messages.listConversations({ userId: idOf('bob') });
  expect(items?.[0]?.lastMessage?.message).toMatchObject({ deleted: true, replyToSeq: seq });
});

it('is not edited, deleted or reacted to any more once the log is past its time', async () => {
  await using group = await GroupUnderTest.of('bob');
  await group.submit('alice', set(60));
  const seq = await group.say('alice', 'secret');
  const at = (stored_: number) => ({ timestampMs: T + stored_ });
  expect(await group.code('bob', { react: { seq, emoji: '👍' } }, at(59_000))).toBe('ack');
  for (const body of [
    { edit: { seq, content: { text: { body: 'late' } } } },
    { delete: { seq } },
    { react: { seq, emoji: '👍', remove: true } },
  ])
    expect(await group.code('alice', body, at(61_000))).toBe('NOT_FOUND');
});

it('is erased by a command whose seqs the log checks by its own time, once', async () => {
  await using group = await GroupUnderTest.of('bob');
  await group.submit('alice', set(60));
  const stays = await group.say('alice', 'short');
  const { event } = await group.submit(
    'alice',
    { send: { content: { text: { body: 'longer' } } } },
    { timestampMs: T + 5000 },
  );
  const longer = event?.seq as number;
  const at = (ms: number) => ({ timestampMs: T + ms });
  const dueMs = (await stored(group, stays)).event?.message?.expiresAtMs as number;
  expect(await timersOf(group, dueMs)).toMatchObject([
    { seq: stays, done: false },
    { seq: longer, done: false },
  ]);
  // An owner whose clock is ahead.
  expect(await group.code(NOBODY_ID, expire(stays, longer), at(30_000))).toBe('CONFLICT');
  const erased = await group.submit(NOBODY_ID, expire(1, stays, longer, 999), at(61_000));
  expect(erased.event?.expired).toEqual({ seqs: [stays] });
  expect(erased.recipients).toEqual(expect.arrayContaining([idOf('alice'), idOf('bob')]));
  expect((await stored(group, stays)).event?.message).toMatchObject({ content: undefined, deleted: true });
  expect((await stored(group, longer)).event?.message?.content?.text?.body).toBe('longer');
  expect(await timersOf(group, dueMs)).toMatchObject([
    { seq: stays, done: true },
    { seq: longer, done: false },
  ]);
  expect(await group.code(NOBODY_ID, expire(stays), at(62_000))).toBe('CONFLICT');
});

it('stays erased, and its timer done, when a new owner takes all records again', async () => {
  await using group = await GroupUnderTest.of('bob');
  await group.submit('alice', set(60));
  const seq = await group.say('alice', 'secret');
  await group.submit('alice', { edit: { seq, content: { text: { body: 'secret, too' } } } });
  const dueMs = (await stored(group, seq)).event?.message?.expiresAtMs as number;
  await group.submit(NOBODY_ID, expire(seq), { timestampMs: dueMs });
  const rows = await group.store.readRows(group.id, 1, 100, 100, false);
  const writes = await group.replay();
  expect(writes.timers.map(({ done }) => done)).toEqual([false, true]);
  expect(await group.store.readRows(group.id, 1, 100, 100, false)).toEqual(rows);
  expect(await timersOf(group, dueMs)).toMatchObject([{ seq, done: true }]);
  expect(rows.some(({ event }) => Buffer.from(event).includes('secret'))).toBe(false);
});

it('lies in the bucket of its time, found by the slot of its conversation', async () => {
  await using group = await GroupUnderTest.of('bob');
  await group.submit('alice', set(3600));
  await group.say('alice', 'one');
  const slot = timerSlotOf(group.id);
  const found = await group.store.readTimerBuckets([slot], timerBucketOf(READ_MS + TIMER_BUCKET_MS));
  expect(found).toEqual([{ slot, bucket: timerBucketOf(T + 3_600_003) }]);
  expect(await group.store.readTimerBuckets([slot], timerBucketOf(T))).toEqual([]);
  expect(await group.store.readTimerBuckets([slot + 1], timerBucketOf(READ_MS * 2))).toEqual([]);
});
