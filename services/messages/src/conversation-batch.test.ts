import { Command } from '@clatter/contracts/messages';
import { expect, test } from 'vitest';
import { emptyConversation } from './conversation.ts';
import { ConversationBatch } from './conversation-batch.ts';
import { WINDOW_MS } from './id-window.ts';
import { BUCKET_SEQS, type MessageStore } from './ports.ts';

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
    { commandId: 'one', send: { content: { text: { body: 'one' } } } },
    { commandId: 'two', send: { content: { text: { body: 'two' } } } },
    { commandId: 'one', send: { content: { text: { body: 'one' } } }, retry: true },
  ];
  for (const [index, body] of bodies.entries()) {
    const timestampMs = T + index * 2 * WINDOW_MS;
    const command = Command.create({ conversationId: 'c', senderId: 'alice', receivedAtMs: timestampMs, ...body });
    await batch.take({ command, position: index + 1, timestampMs });
  }
  expect(batch.outcomes.map(({ answer }) => answer.kind === 'ack' && answer.place.seq)).toEqual([1, 2, 3, 2]);
});
