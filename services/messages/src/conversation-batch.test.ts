import { Command, StoredEvent } from '@clatter/contracts/messages';
import { expect, test } from 'vitest';
import { BatchWrites } from './batch-writes.ts';
import { emptyConversation } from './conversation.ts';
import { ConversationBatch } from './conversation-batch.ts';
import { WINDOW_MS } from './id-window.ts';
import type { Loaded } from './loader.ts';
import { BUCKET_SEQS, type LogRow, type MessageStore } from './ports.ts';
import { decide } from './sequencer.ts';

/** A row as its replay finds it in the tail. */
function replayOf(command: Command, position: number, loaded: Loaded): LogRow {
  const decision = decide(loaded.state, { command, position, timestampMs: T }, {});
  if (decision.kind !== 'append') throw new Error(decision.kind);
  const { seq, messageNo, senderId, sentAtMs } = decision.event;
  const event = StoredEvent.encode(decision.stored);
  return { seq, messageNo, position, commandId: command.commandId, senderId, sentAtMs, event, eventPosition: position };
}

const T = 1_800_000_000_000;
/** Nothing of the batch is in it yet. */
const emptyStore = { findCommand: async () => undefined, readRow: async () => undefined } as Partial<MessageStore>;

test('a repeat of an id that the batch has decided and the window has let go of is a repeat', async () => {
  // Bug: an owner that had fallen behind read many minutes of the log as one batch. The window trims by the log's time, the row was not
  // stored yet, and the marked repeat made a second message (simulator: seed 11 of takeovers whose log ages).
  const loaded = { state: emptyConversation('c'), replayUntil: -1, rows: new Map(), inboxesStoredAtMs: 0 };
  const batch = new ConversationBatch(loaded, emptyStore as MessageStore, BUCKET_SEQS);
  const bodies: Parameters<typeof Command.create>[0][] = [
    { commandId: 'begin', create: { kind: 'direct', title: '', memberIds: ['bob'] } },
    { commandId: 'one', send: { content: { text: { body: 'one', mentions: [] } } } },
    { commandId: 'two', send: { content: { text: { body: 'two', mentions: [] } } } },
    { commandId: 'one', send: { content: { text: { body: 'one', mentions: [] } } }, retry: true },
  ];
  for (const [index, body] of bodies.entries()) {
    const timestampMs = T + index * 2 * WINDOW_MS;
    const command = Command.create({ conversationId: 'c', senderId: 'alice', receivedAtMs: timestampMs, ...body });
    await batch.take({ command, position: index + 1, timestampMs });
  }
  expect(batch.outcomes.map(({ answer }) => answer.kind === 'ack' && answer.place.seq)).toEqual([1, 2, 3, 2]);
});

test('a replay writes the newer row of its conversation again as it was, whatever members were loaded', async () => {
  // Bug: the row of a later event, which one replica alone held, was written again with the count of members from before that event
  // (simulator: seed 90 of rewritten conversations).
  const command = Command.create({
    conversationId: 'c',
    senderId: 'alice',
    commandId: 'begin',
    create: { kind: 'group', title: 'old', memberIds: ['bob'] },
  });
  const empty: Loaded = { state: emptyConversation('c'), replayUntil: 1, rows: new Map(), inboxesStoredAtMs: 0 };
  const row = replayOf(command, 1, empty);
  const state = { ...emptyConversation('c'), title: 'new', rowMemberCount: 3, position: 2 };
  const batch = new ConversationBatch(
    { ...empty, state, rows: new Map([[1, row]]) },
    emptyStore as MessageStore,
    BUCKET_SEQS,
  );
  await batch.take({ command, position: 1, timestampMs: T });
  const writes = new BatchWrites([batch], { partition: 0, logId: 'log', epoch: 0, nextOffset: 2 });
  const [written] = writes.last(T).projections.conversations;
  expect(written).toMatchObject({ title: 'new', memberCount: 3, position: 2 });
});

test('a replayed row that a later command has changed is written with the rows up to that command', async () => {
  // Bug: an owner loaded rows that one replica alone held, of commands that another had just decided. It wrote an older row again as the last of
  // them had left it, and theirs in a later batch: had it died between, a change stood whose event no quorum showed, and with that one replica
  // away an owner waited for it for ever (simulator: seed 342 of takeovers).
  const command = (commandId: string, body: Parameters<typeof Command.create>[0]): Command =>
    Command.create({ conversationId: 'c', senderId: 'alice', commandId, receivedAtMs: T, ...body });
  const text = (body: string) => ({ send: { content: { text: { body, mentions: [] } } } });
  const commands = [
    command('begin', { create: { kind: 'direct', title: '', memberIds: ['bob'] } }),
    command('one', text('one')),
    command('two', text('two')),
    command('like', { react: { seq: 2, emoji: '+', remove: false } }),
    command('three', text('three')),
  ];
  // Another owner decides them all; what it would write is what the tail holds.
  const other = new ConversationBatch(
    { state: emptyConversation('c'), replayUntil: -1, rows: new Map(), inboxesStoredAtMs: 0 },
    emptyStore as MessageStore,
    BUCKET_SEQS,
  );
  for (const [index, item] of commands.entries())
    await other.take({ command: item, position: index + 1, timestampMs: T + index });
  other.finish();
  const [{ rows, rewrites } = { rows: [], rewrites: [] }] = other.mutations;
  const changed = new Map(rewrites.map((rewrite) => [rewrite.seq, rewrite]));
  const tail = new Map(rows.map((row) => [row.position, { ...row, ...changed.get(row.seq) }]));
  expect(tail.get(2)?.eventPosition).toBe(4);

  const batch = new ConversationBatch(
    { state: emptyConversation('c'), replayUntil: 5, rows: tail, inboxesStoredAtMs: 0 },
    emptyStore as MessageStore,
    BUCKET_SEQS,
  );
  for (const position of [1, 2])
    await batch.take({ command: commands[position - 1] as Command, position, timestampMs: T });
  batch.finish();
  expect(
    batch.mutations.map(({ rows: written, head }) => [written.map(({ position }) => position), head.position]),
  ).toEqual([[[1, 2, 3, 4], 4]]);
});
