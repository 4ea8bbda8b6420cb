/** What the projector writes of inboxes, and when. */
import { randomUUID } from 'node:crypto';
import { Command, StoredEvent } from '@clatter/contracts/messages';
import { describe, expect, it } from 'vitest';
import { BatchWrites, LATE_MS } from './batch-writes.ts';
import { logRow } from './contract/rows.ts';
import { applyEvent, emptyConversation } from './conversation.ts';
import { ConversationBatch } from './conversation-batch.ts';
import type { Submitted } from './decision.ts';
import type { Loaded } from './loader.ts';
import { NO_CALLS } from './mentions.ts';
import type { MessageStore } from './ports.ts';
import { decide } from './sequencer.ts';

const T = 1_800_000_000_000;
const BUCKET_SEQS = 4096;
const MARK = { partition: 0, logId: 'log', epoch: 0, nextOffset: 1 };
const noStore = {} as MessageStore;
const users = Array.from({ length: 3 }, (_, i) => `00000000-0000-7000-8000-00000000000${i}`);
const conversationId = randomUUID();

let positions = 0;
const submitted = (timestampMs: number, body: Parameters<typeof Command.create>[0]): Submitted => ({
  command: Command.create({
    conversationId,
    senderId: users[0] as string,
    commandId: randomUUID(),
    receivedAtMs: timestampMs,
    ...body,
  }),
  position: ++positions,
  timestampMs,
});

/** A group that was created, and bumped, at T. */
function group(memberIds: readonly string[] = users.slice(1)): Loaded {
  const state = emptyConversation(conversationId);
  const created = submitted(T, { create: { kind: 'group', title: '', memberIds: [...memberIds] } });
  const decision = decide(state, created, {});
  if (decision.kind !== 'append') throw new Error(decision.kind);
  applyEvent(state, decision.event, created.position, { low: 0, high: 0 }, false, NO_CALLS);
  return { state, replayUntil: -1, rows: new Map(), inboxesStoredAtMs: 0 };
}

const say = (timestampMs: number): Submitted =>
  submitted(timestampMs, { send: { content: { text: { body: 'hi', mentions: [] } } } });

function batchOf(loaded: Loaded, ...records: Submitted[]): { batch: ConversationBatch; writes: BatchWrites } {
  const batch = new ConversationBatch(loaded, noStore, BUCKET_SEQS);
  for (const record of records) batch.take(record);
  return { batch, writes: new BatchWrites([batch], MARK) };
}

describe('inbox rows', () => {
  it('are not written for an event that is stored in time', () => {
    const { writes } = batchOf(group(), say(T + 1000));
    expect(writes.last(T + 1000 + LATE_MS).projections.inbox).toEqual([]);
  });

  it('carry the time of the attempt that writes them', () => {
    const { writes } = batchOf(group(), say(T + 60_000));
    for (const nowMs of [T + 60_010, T + 90_000, T + 600_000]) {
      const { inbox } = writes.last(nowMs).projections;
      expect(inbox.map(({ userId, storedAtMs, changedAtMs }) => [userId, storedAtMs, changedAtMs])).toEqual(
        users.map((userId) => [userId, nowMs, T + 60_000]),
      );
    }
  });

  it('of all members are written again where an event is stored late, once a minute', () => {
    const loaded = group();
    const first = batchOf(loaded, say(T + 1000), say(T + 2000));
    const lateMs = T + 400_000;
    const { inbox } = first.writes.last(lateMs).projections;
    expect(inbox.map(({ userId, storedAtMs, position }) => [userId, storedAtMs, position])).toEqual(
      users.map((userId) => [userId, lateMs, positions]),
    );
    first.writes.stood(lateMs);
    const second = batchOf(first.batch.loaded, say(T + 3000));
    expect(second.writes.last(lateMs + LATE_MS).projections.inbox).toEqual([]);
    expect(second.writes.last(lateMs + LATE_MS + 1).projections.inbox).toHaveLength(3);
  });

  it('that were not known to stand are written with the next batch', () => {
    const first = batchOf(group(), say(T + 1000));
    expect(first.writes.last(T + 400_000).projections.inbox).toHaveLength(3);
    const second = batchOf(first.batch.loaded, say(T + 2000));
    expect(second.writes.last(T + 400_001).projections.inbox).toHaveLength(3);
  });

  it('of a late change of members hold each member once', () => {
    const newcomer = randomUUID();
    const { writes } = batchOf(group(), submitted(T + 1000, { addMembers: { userIds: [newcomer] } }), say(T + 1001));
    const { inbox } = writes.last(T + 400_000).projections;
    expect(inbox.map(({ userId }) => userId).toSorted()).toEqual([...users, newcomer].toSorted());
  });

  it('are written once more after a take-over, for what was stored before', async () => {
    const loaded = group();
    const replayed = say(T + 1000);
    const decision = decide(loaded.state, replayed, {});
    if (decision.kind !== 'append') throw new Error(decision.kind);
    const { commandId, senderId } = replayed.command;
    const row = logRow(2, {
      position: replayed.position,
      commandId,
      senderId,
      sentAtMs: T + 1000,
      event: StoredEvent.encode(decision.stored),
    });
    const batch = new ConversationBatch(
      { ...loaded, replayUntil: replayed.position, rows: new Map([[row.position, row]]) },
      noStore,
      BUCKET_SEQS,
    );
    await batch.take(replayed);
    const { inbox } = new BatchWrites([batch], MARK).last(T + 400_000).projections;
    expect(inbox.map(({ userId }) => userId)).toEqual(users);
  });
});

describe('the row of a conversation', () => {
  // One replica alone may hold what a later event wrote: had a replay left the row out, that replica's loss would undo a rename.
  it('is written again by a replay, though a later event wrote it', async () => {
    const loaded = group();
    const rename = submitted(T + 1000, { rename: { title: 'Tuesday' } });
    const decision = decide(loaded.state, rename, {});
    if (decision.kind !== 'append') throw new Error(decision.kind);
    const { commandId, senderId } = rename.command;
    const row = logRow(2, {
      position: rename.position,
      commandId,
      senderId,
      sentAtMs: T + 1000,
      event: StoredEvent.encode(decision.stored),
    });
    const state = { ...loaded.state, title: 'Tuesday', position: rename.position + 5 };
    const batch = new ConversationBatch(
      { ...loaded, state, replayUntil: rename.position + 5, rows: new Map([[row.position, row]]) },
      noStore,
      BUCKET_SEQS,
    );
    await batch.take(rename);
    const { conversations } = new BatchWrites([batch], MARK).last(T + 1001).projections;
    expect(conversations).toMatchObject([{ title: 'Tuesday', position: rename.position + 5 }]);
  });
});
