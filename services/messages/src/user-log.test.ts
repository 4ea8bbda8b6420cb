import { type Command, StoredEvent } from '@clatter/contracts/messages';
import type { Input, SyncConversation } from '@clatter/wire';
import { describe, expect, it } from 'vitest';
import { GroupUnderTest, idOf, READ_MS, T } from './adapters/group-under-test.ts';
import type { Outcome } from './conversation-batch.ts';
import { encodeFlags, NO_FLAGS } from './own-conversations.ts';
import { DELETED_RUNS_MAX, OWN_CONVERSATIONS_MAX, PINNED_MAX } from './user-log.ts';

const alice = idOf('alice');
const bob = idOf('bob');

/** A command to the own log. */
const own = (group: GroupUnderTest, person: string, body: Input<Command>, commandId?: string): Promise<Outcome> =>
  group.submit(person, { conversationId: idOf(person), ...body }, commandId === undefined ? {} : { commandId });
const setFlags = (group: GroupUnderTest, flags: Input<NonNullable<Command['setFlags']>>, person = 'alice') =>
  own(group, person, { setFlags: { conversationId: group.id, ...flags } });
const codeOf = ({ answer }: Outcome): string => (answer.kind === 'reject' ? answer.code : answer.kind);

async function itemOf(group: GroupUnderTest, userId: string) {
  const { items = [] } = await group.messages.listConversations({ userId });
  return items.find(({ conversation }) => conversation?.conversationId === group.id);
}

async function listed(group: GroupUnderTest, filter: { archived?: boolean; pinned?: boolean } = {}): Promise<boolean> {
  const { items = [] } = await group.messages.listConversations({ userId: alice, ...filter });
  return items.length > 0;
}

describe("a person's own log", () => {
  it('is a conversation of kind user, which is no chat, and which nobody else reads or writes', async () => {
    await using group = await GroupUnderTest.of('bob');
    const { event, recipients, kind } = await setFlags(group, { muted: true });
    expect(event).toMatchObject({ conversationId: alice, seq: 1, messageNo: 0, senderId: alice });
    expect({ recipients, kind }).toEqual({ recipients: [alice], kind: 'user' });
    const { page } = await group.messages.history({ userId: alice, history: { conversationId: alice } });
    expect(page?.events?.map(({ seq, flagsChanged }) => [seq, flagsChanged?.flags?.muted])).toEqual([[1, true]]);
    await expect(group.messages.history({ userId: bob, history: { conversationId: alice } })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const { items = [] } = await group.messages.listConversations({ userId: alice });
    expect(items.map(({ conversation }) => conversation?.conversationId)).toEqual([group.id]);
    // Others, and other commands, have no business in it.
    const flags = { conversationId: alice, setFlags: { conversationId: group.id, pinned: true } };
    expect(await group.code('bob', flags)).toBe('NOT_FOUND');
    expect(await group.code('alice', { conversationId: alice, send: { content: { text: { body: 'x' } } } })).toBe(
      'NOT_FOUND',
    );
    expect(await group.code('alice', { setFlags: { conversationId: group.id, pinned: true } })).toBe('NOT_FOUND');
  });

  it('refuses what the gateway found to be of a strange conversation, but for a repeat of what was stored before', async () => {
    await using group = await GroupUnderTest.of('bob');
    const setFlags = { conversationId: group.id, muted: true };
    const refusal = { code: 'NOT_FOUND', message: 'conversationId: there is no such conversation' };
    const id = idOf('muted once');
    const first = await own(group, 'alice', { setFlags }, id);
    expect(first.answer.kind).toBe('ack');
    const again = await own(group, 'alice', { setFlags, refusal, retry: true }, id);
    expect(again.answer).toEqual(first.answer);
    for (const body of [
      { setFlags },
      { setDraft: { ...setFlags, text: 'x' } },
      { deleteForMe: { ...setFlags, seq: 1 } },
    ])
      expect((await own(group, 'alice', { ...body, refusal })).answer).toMatchObject({ kind: 'reject', ...refusal });
  });

  it('has a command once, however late its repeat comes', async () => {
    await using group = await GroupUnderTest.of('bob');
    const body = { setFlags: { conversationId: group.id, markedUnread: true } };
    const first = await own(group, 'alice', body, idOf('once'));
    for (let i = 0; i < 30; i++) await setFlags(group, { markedUnread: false });
    const again = await own(group, 'alice', body, idOf('once'));
    expect(again.event).toBeUndefined();
    expect(again.answer).toEqual(first.answer);
    expect((await itemOf(group, alice))?.flags?.markedUnread).toBe(false);
  });

  it('changes what is said and leaves the rest, for that person alone', async () => {
    await using group = await GroupUnderTest.of('bob');
    await setFlags(group, { muted: true, mutedUntilMs: 5 });
    await setFlags(group, { markedUnread: true });
    expect((await itemOf(group, alice))?.flags).toEqual({
      ...NO_FLAGS,
      muted: true,
      mutedUntilMs: 5,
      markedUnread: true,
      ownSeq: 2,
    });
    await setFlags(group, { muted: false });
    expect((await itemOf(group, alice))?.flags).toMatchObject({ muted: false, mutedUntilMs: 0, markedUnread: true });
    expect((await itemOf(group, bob))?.flags).toEqual(NO_FLAGS);
  });
});

describe('pins', () => {
  it('have an order, which every change tells whole', async () => {
    await using group = await GroupUnderTest.of('bob');
    const ids = ['a', 'b', 'c'].map(idOf);
    const pin = (conversationId: string | undefined, rest = {}) => setFlags(group, { conversationId, ...rest });
    for (const id of ids) await pin(id, { pinned: true });
    const order = ({ event }: Outcome) => event?.flagsChanged?.pinOrder?.conversationIds;
    // The newest comes first.
    expect(order(await pin(ids[0], { pinned: true, pinPlace: 2 }))).toEqual([ids[2], ids[0], ids[1]]);
    expect(order(await pin(ids[0], { pinned: true, pinPlace: 99 }))).toEqual([ids[2], ids[1], ids[0]]);
    expect(order(await pin(ids[1], { muted: true }))).toBeUndefined();
    expect(order(await pin(ids[1], { archived: true, messageNo: 1 }))).toEqual([ids[2], ids[0]]);
    expect(order(await pin(ids[2], { hidden: true }))).toEqual([ids[0]]);
    const back = await pin(ids[1], { pinned: true });
    expect(order(back)).toEqual([ids[1], ids[0]]);
    expect(back.event?.flagsChanged?.flags).toMatchObject({ archived: false, muted: true, pinned: true, pinPlace: 1 });
    expect(order(await pin(ids[1], { pinned: false }))).toEqual([ids[0]]);
  });

  it('are listed in their order, and are at most so many', async () => {
    await using group = await GroupUnderTest.of('bob');
    await setFlags(group, { pinned: true });
    for (let i = 1; i < PINNED_MAX; i++) await setFlags(group, { conversationId: idOf(`other ${i}`), pinned: true });
    expect(codeOf(await setFlags(group, { conversationId: idOf('one more'), pinned: true }))).toBe('TOO_LARGE');
    // Of those that are there for her.
    const { items = [] } = await group.messages.listConversations({ userId: alice, pinned: true });
    expect(items.map(({ flags }) => [flags?.pinned, flags?.pinPlace])).toEqual([[true, PINNED_MAX]]);
    expect(await listed(group, { pinned: false })).toBe(false);
  });
});

describe('the archive', () => {
  it('ends with the next message', async () => {
    await using group = await GroupUnderTest.of('bob');
    await group.say('bob', 'one');
    await setFlags(group, { archived: true, messageNo: 1 });
    expect([await listed(group, { archived: false }), await listed(group, { archived: true })]).toEqual([false, true]);
    await group.submit('bob', { rename: { title: 'no message' } });
    expect(await listed(group, { archived: true })).toBe(true);
    await group.say('bob', 'two');
    expect([await listed(group, { archived: false }), await listed(group, { archived: true })]).toEqual([true, false]);
    expect(await listed(group)).toBe(true);
  });

  it('ends with a message that the person had not seen when they archived', async () => {
    await using group = await GroupUnderTest.of('bob');
    await group.say('bob', 'one');
    await group.say('bob', 'two');
    await setFlags(group, { archived: true, messageNo: 1 });
    expect(await listed(group, { archived: false })).toBe(true);
  });

  it('stays while the conversation is muted', async () => {
    await using group = await GroupUnderTest.of('bob');
    await setFlags(group, { archived: true, muted: true, mutedUntilMs: T + 60_000 });
    await group.submit('bob', { send: { content: { text: { body: 'muted' } } } }, { timestampMs: T + 50_000 });
    expect(await listed(group, { archived: true })).toBe(true);
    await group.submit('bob', { send: { content: { text: { body: 'later' } } } }, { timestampMs: T + 70_000 });
    expect(await listed(group, { archived: true })).toBe(false);
  });
});

it('a hidden conversation is in no list until its next message, and the device is told of it', async () => {
  await using group = await GroupUnderTest.of('bob');
  await group.say('bob', 'one');
  await setFlags(group, { hidden: true, messageNo: 1, muted: true });
  for (const filter of [{}, { archived: false }, { archived: true }]) expect(await listed(group, filter)).toBe(false);
  const { page } = await group.messages.sync({ userId: alice, sync: {} });
  expect(page?.conversations?.map(({ flags }) => flags?.hidden)).toEqual([true]);
  await group.say('bob', 'two');
  expect(await listed(group)).toBe(true);
});

it('who mutes is told by name, while it lasts', async () => {
  await using group = await GroupUnderTest.of('bob', 'carol');
  await setFlags(group, { muted: true });
  await setFlags(group, { muted: true, mutedUntilMs: READ_MS + 1 }, 'bob');
  await setFlags(group, { muted: true, mutedUntilMs: READ_MS }, 'carol');
  const userIds = [alice, bob, idOf('carol'), idOf('dave')];
  expect(await group.messages.listMuted({ conversationId: group.id, userIds })).toEqual({
    userIds: [alice, bob],
    hiddenUserIds: [],
  });
  await setFlags(group, { hidden: true, messageNo: 0 }, 'carol');
  const asked = { conversationId: group.id, userIds };
  expect((await group.messages.listMuted(asked)).hiddenUserIds).toEqual([idOf('carol')]);
  await group.say('bob', 'here again');
  expect((await group.messages.listMuted(asked)).hiddenUserIds).toEqual([]);
});

describe('a draft', () => {
  const setDraft = (group: GroupUnderTest, text: string, replyToSeq?: number) =>
    own(group, 'alice', { setDraft: { conversationId: group.id, text, replyToSeq } });

  it('is the newest one, and its text lies nowhere else', async () => {
    await using group = await GroupUnderTest.of('bob');
    await setDraft(group, 'first');
    const { event } = await setDraft(group, 'second', 1);
    expect(event?.draftChanged).toMatchObject({ hasDraft: true, draft: { text: 'second', replyToSeq: 1 } });
    const changedAtMs = event?.sentAtMs;
    expect((await itemOf(group, alice))?.draft).toEqual({ text: 'second', replyToSeq: 1, changedAtMs });
    expect((await itemOf(group, bob))?.draft).toBeUndefined();
    const rows = await group.store.readRows(alice, 1, 10, 10, false);
    expect(rows.map((row) => StoredEvent.decode(row.event).event?.draftChanged)).toEqual([
      { conversationId: group.id, hasDraft: true, draft: undefined },
      { conversationId: group.id, hasDraft: true, draft: undefined },
    ]);
    await setDraft(group, '');
    expect((await itemOf(group, alice))?.draft).toBeUndefined();
    expect((await itemOf(group, alice))?.flags?.ownSeq).toBe(3);
  });

  it('comes with the next sync, without any event of its conversation', async () => {
    await using group = await GroupUnderTest.of('bob');
    const known = [{ conversationId: group.id, seq: 1 }];
    const first = await group.messages.sync({ userId: alice, sync: { known } });
    const setDraft = { conversationId: group.id, text: 'away' };
    await group.submit('alice', { conversationId: alice, setDraft }, { timestampMs: READ_MS });
    const { page } = await group.messages.sync({ userId: alice, sync: { known, cursor: first.page?.cursor } });
    expect(page?.conversations?.map(({ draft, events }) => [draft?.text, events?.length])).toEqual([['away', 0]]);
  });
});

describe('a message that somebody deletes for themselves', () => {
  const remove = (group: GroupUnderTest, seq: number) =>
    own(group, 'alice', { deleteForMe: { conversationId: group.id, seq } });
  const texts = async (group: GroupUnderTest, userId: string) => {
    const { page } = await group.messages.history({ userId, history: { conversationId: group.id, afterSeq: 1 } });
    return page?.events?.map(
      ({ message, deletedForMe }) => message?.content?.text?.body ?? (deletedForMe ? 'deleted for me' : undefined),
    );
  };

  it('is gone from all that they read, and there for the others', async () => {
    await using group = await GroupUnderTest.of('bob');
    const first = await group.say('bob', 'keep');
    const secret = await group.say('bob', 'gone');
    expect(codeOf(await remove(group, secret))).toBe('ack');
    await group.submit('bob', { edit: { seq: secret, content: { text: { body: 'gone, edited' } } } });
    expect(await texts(group, alice)).toEqual(['keep', 'deleted for me', undefined]);
    expect(await texts(group, bob)).toEqual(['keep', 'gone, edited', undefined]);
    expect((await itemOf(group, alice))?.lastMessage?.seq).toBe(first);
    expect((await itemOf(group, bob))?.lastMessage?.seq).toBe(secret);
    const { page } = await group.messages.sync({ userId: alice, sync: {} });
    const [conversation] = (page?.conversations ?? []) as SyncConversation[];
    expect(JSON.stringify(conversation)).not.toContain('gone');
    expect(conversation?.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(conversation?.deletedForMe).toEqual([secret, secret]);
  });

  it('is one of a bounded number of runs', async () => {
    await using group = await GroupUnderTest.of('bob');
    for (let i = 1; i <= 20; i++) await remove(group, i);
    const { page } = await group.messages.sync({ userId: alice, sync: {} });
    expect(page?.conversations?.[0]?.deletedForMe).toEqual([1, 20]);
    const deleted = Array.from({ length: DELETED_RUNS_MAX }, (_, i) => [i * 2 + 30, i * 2 + 30] as const);
    await keep(group, [{ conversationId: group.id, deleted }]);
    expect(codeOf(await remove(group, 10_000))).toBe('TOO_LARGE');
    // What makes no run more is taken.
    expect(codeOf(await remove(group, 31))).toBe('ack');
  });

  it('is refused where the log knows of too many conversations', async () => {
    await using group = await GroupUnderTest.of('bob');
    await setFlags(group, { pinned: true });
    await keep(
      group,
      Array.from({ length: OWN_CONVERSATIONS_MAX - 1 }, (_, i) => ({ conversationId: idOf(`c${i}`) })),
    );
    expect(codeOf(await own(group, 'alice', { deleteForMe: { conversationId: idOf('more'), seq: 1 } }))).toBe(
      'TOO_LARGE',
    );
    expect(codeOf(await remove(group, 1))).toBe('ack');
  });

  /** Puts what many commands would leave into the store. */
  async function keep(
    group: GroupUnderTest,
    rows: readonly { conversationId: string; deleted?: readonly (readonly [number, number])[] }[],
  ): Promise<void> {
    const { encodeRuns } = await import('./deleted-runs.ts');
    const own = rows.map(({ conversationId, deleted = [] }) => ({
      userId: alice,
      conversationId,
      flags: encodeFlags({ flags: NO_FLAGS, hasDraft: false, position: 25, deleted, deletedPosition: 25 }),
      position: 25,
      deleted: { bytes: encodeRuns(deleted), position: 25 },
      storedAtMs: T,
    }));
    const nothing = { conversations: [], members: [], inbox: [], receipts: [], rewrites: [], timers: [] };
    await group.store.write({ logs: [], projections: { ...nothing, own } });
  }
});
