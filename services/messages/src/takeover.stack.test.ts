/**
 * Owners of one partition that come and go on a real Cassandra, each behind a gate of its own: one is cut off in the middle of a batch,
 * one hangs, goes on and does not know that it lost the partition. What the last one leaves, and whatever any of them announced, is what
 * one owner that nothing befell makes of the same commands, on SQLite.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TcpGate } from '@clatter/cluster';
import { Command } from '@clatter/contracts/messages';
import { openStorage } from '@clatter/log';
import { createLogger } from '@clatter/runtime';
import { seededIds, seededRandom } from '@clatter/runtime/testing';
import { ClatterError, type Input } from '@clatter/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CassandraUnderTest, cassandraUnderTest } from './adapters/cassandra-under-test.ts';
import { createSqliteMessageStore } from './adapters/sqlite-message-store.ts';
import { BatchWrites } from './batch-writes.ts';
import { plain } from './contract/rows.ts';
import { BUMP_MS } from './conversation.ts';
import { ConversationBatch, type Outcome, Overtaken } from './conversation-batch.ts';
import { decodeDetails } from './conversation-details.ts';
import type { Submitted } from './decision.ts';
import { type Loaded, loadConversation } from './loader.ts';
import type { MessageStore, StoreBatch } from './ports.ts';

const BUCKET = 8;
const COMMANDS = 120;
const EPOCH = 2 ** 48;
const PARTITION = 7;
const START_MS = Date.UTC(2026, 0, 1);

type Random = () => number;
const below = (random: Random, count: number): number => Math.floor(random() * count);
const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

/** The commands of one conversation: messages and whatever changes them and the group, and repeats of earlier commands. */
function commandLog(seed: number): Submitted[] {
  const random = seededRandom(seed);
  const ids = seededIds(seed);
  const conversationId = ids.v7();
  const people = Array.from({ length: 5 }, () => ids.v7());
  const somebody = (): string => people[below(random, people.length)] as string;
  const commands: Command[] = [];
  const invites: string[] = [];
  const add = (senderId: string, body: Input<Command>): void => {
    const receivedAtMs = START_MS + commands.length * 15_000;
    const command = { conversationId, commandId: ids.v7(), receivedAtMs, ...body, senderId };
    commands.push(Command.decode(Command.encode(command)));
  };
  add(people[0] as string, { create: { kind: 'group', title: 'a group', memberIds: people.slice(1, 4) } });
  while (commands.length < COMMANDS) {
    const seq = 1 + below(random, commands.length);
    const content = { text: { body: `text ${commands.length}` } };
    const drawn = random();
    if (drawn < 0.15) commands.push({ ...(commands[below(random, commands.length)] as Command), retry: true });
    else if (drawn < 0.55) add(somebody(), { send: { content } });
    else if (drawn < 0.68) add(somebody(), { edit: { seq, content } });
    else if (drawn < 0.74) add(somebody(), { delete: { seq } });
    else if (drawn < 0.82) add(somebody(), { react: { seq, emoji: '👍', remove: random() < 0.3 } });
    else if (drawn < 0.86) add(somebody(), { addMembers: { userIds: [somebody()] } });
    else if (drawn < 0.88) add(somebody(), { removeMember: { userId: somebody() } });
    else if (drawn < 0.9) add(somebody(), { rename: { title: `title ${commands.length}` } });
    else if (drawn < 0.92) add(somebody(), { changeSettings: { fullHistory: random() < 0.5 } });
    else if (drawn < 0.94) add(somebody(), { ban: { userId: somebody() } });
    else if (drawn < 0.96) add(somebody(), { unban: { userId: somebody() } });
    else if (drawn < 0.97) {
      const inviteId = `invite ${commands.length}`;
      invites.push(inviteId);
      add(somebody(), { createInvite: { inviteId, maxUses: 2 } });
    } else add(somebody(), { join: { inviteId: invites[below(random, invites.length)] ?? 'none' } });
  }
  return commands.map((command, offset) => ({
    command,
    position: EPOCH + offset,
    timestampMs: START_MS + offset * 15_000,
  }));
}

interface Owner {
  readonly store: MessageStore;
  readonly random: Random;
  /** False: the process is gone. */
  lives(): boolean;
  onAnnounce(outcomes: readonly Outcome[], nextOffset: number): void;
}

/** Decides and stores the log from an offset on, batch by batch, as the projector does. */
async function own({ store, random, lives, onAnnounce }: Owner, log: readonly Submitted[], from: number) {
  let loaded: Loaded | undefined;
  /** Repeats until it succeeds, or the process is gone. */
  const insist = async <T>(attempt: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof ClatterError) || !lives()) throw error;
        await pause(20);
      }
    }
  };
  const decideAll = async (records: readonly Submitted[]): Promise<ConversationBatch> => {
    for (;;) {
      const [first] = records as [Submitted];
      const { command, position, timestampMs } = first;
      loaded ??= await insist(() => loadConversation(store, command.conversationId, position, timestampMs, BUCKET));
      const batch = new ConversationBatch(loaded, store, BUCKET);
      try {
        for (const submitted of records) await insist(async () => batch.take(submitted));
        return batch;
      } catch (error) {
        if (!(error instanceof Overtaken)) throw error;
        loaded = undefined;
      }
    }
  };
  for (let offset = from; offset < log.length && lives(); ) {
    const records = log.slice(offset, offset + 1 + below(random, 9));
    const batch = await decideAll(records);
    offset += records.length;
    const writes = new BatchWrites([batch], { partition: PARTITION, logId: 'a log', epoch: 1, nextOffset: offset });
    const write = (make: () => StoreBatch): Promise<void> => insist(() => store.write(make()));
    for (const earlier of writes.earlier) await write(() => earlier);
    await write(() => writes.last(Date.now()));
    loaded = batch.loaded;
    onAnnounce(batch.outcomes, offset);
  }
}

/** What a conversation looks like from outside; what an owner may do more often than another is left out. */
async function viewOf(store: MessageStore, id: string) {
  const [conversation] = await store.readConversations([id]);
  const members = await store.readMembers(id, '', 100);
  const inbox = await Promise.all(members.map(({ userId }) => store.readInboxRow(userId, id)));
  const [head] = await store.readHeads([id]);
  const byUser = (a: { userId: string }, b: { userId: string }): number => (a.userId < b.userId ? -1 : 1);
  return {
    rows: (await store.readRows(id, 1, Number.MAX_SAFE_INTEGER, 1000, false)).map(plain),
    head,
    latestBucket: await store.latestBucket(id),
    conversation: conversation && {
      title: conversation.title,
      kind: conversation.kind,
      createdAtMs: conversation.createdAtMs,
      memberCount: conversation.memberCount,
      details: decodeDetails(conversation.details),
    },
    members,
    // A take-over may bump once more than the log wants: of the change it is asked only that it is late enough.
    inbox: inbox.map(
      (row) =>
        row && {
          userId: row.userId,
          kind: row.kind,
          joinedSeq: row.joinedSeq,
          visibleFromSeq: row.visibleFromSeq,
          removedSeq: row.removedSeq,
          active: row.removedSeq > 0 || row.changedAtMs + BUMP_MS > (head?.sentAtMs ?? 0),
        },
    ),
    receipts: [...(await store.readConversationReceipts(id))].sort(byUser),
    mark: await store.readMark(PARTITION),
  };
}

/** Why a command is rejected is said in words, which are nobody's promise. */
const answerOf = ({ answer }: Outcome): Outcome['answer'] =>
  answer.kind === 'reject' ? { ...answer, message: '' } : answer;

async function undisturbed(log: readonly Submitted[]) {
  const dir = mkdtempSync(join(tmpdir(), 'clatter-takeover-'));
  const storage = await openStorage({ dir, logger: createLogger({ service: 'test', level: 'silent' }) });
  const store = await createSqliteMessageStore({ storage, bucketSeqs: BUCKET });
  const answers = new Map<number, Outcome['answer']>();
  try {
    const onAnnounce = (outcomes: readonly Outcome[]): void => {
      for (const outcome of outcomes) answers.set(outcome.submitted.position, answerOf(outcome));
    };
    await own({ store, random: seededRandom(1), lives: () => true, onAnnounce }, log, 0);
    return { answers, view: await viewOf(store, (log[0] as Submitted).command.conversationId) };
  } finally {
    await store.close();
    await storage.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

describe('owners that are cut off or hang', () => {
  let cassandra: CassandraUnderTest;
  beforeAll(async () => {
    cassandra = await cassandraUnderTest();
  });
  afterAll(() => cassandra.drop());

  it.each([1, 2, 3, 4])('leave what one owner leaves, and announce nothing else (seed %i)', async (seed) => {
    const log = commandLog(seed);
    const id = (log[0] as Submitted).command.conversationId;
    const expected = await undisturbed(log);
    expect(expected.view.rows.length).toBeGreaterThan(BUCKET * 3);
    const reader = await cassandra.open({ bucketSeqs: BUCKET });
    const random = seededRandom(1000 + seed);
    const wrong: unknown[] = [];
    let committed = 0;
    const answered = new Set<number>();

    const process = async (): Promise<{ gate: TcpGate; ended: Promise<void>; kill(): Promise<void> }> => {
      const gate = new TcpGate(cassandra.address);
      await gate.open();
      const config = { ...cassandra.config, CLATTER_CASSANDRA_CONTACT_POINTS: gate.address };
      const store = await cassandra.open({ config, bucketSeqs: BUCKET });
      let alive = true;
      const onAnnounce = (outcomes: readonly Outcome[], nextOffset: number): void => {
        for (const outcome of outcomes) {
          const { position } = outcome.submitted;
          const wanted = expected.answers.get(position) as Outcome['answer'];
          const got = answerOf(outcome);
          // A replay does not know why a command left no row, and says nothing.
          if (outcome.answer.kind === 'silence' && wanted.kind === 'reject') continue;
          answered.add(position);
          if (JSON.stringify(got) !== JSON.stringify(wanted)) wrong.push({ offset: position - EPOCH, wanted, got });
        }
        committed = nextOffset;
      };
      // At times what was announced is not committed yet.
      const from = Math.max(0, committed - below(random, 6));
      const ended = own({ store, random: seededRandom(below(random, 1e6)), lives: () => alive, onAnnounce }, log, from)
        .catch((error) => {
          if (alive) throw error;
        })
        .finally(async () => {
          await store.close();
          await gate.shut();
        });
      return {
        gate,
        ended,
        async kill() {
          alive = false;
          await gate.shut();
        },
      };
    };

    const zombies: Promise<void>[] = [];
    for (let taken = 0; taken < 5; taken++) {
      const owner = await process();
      await pause(10 + below(random, 60));
      if (random() < 0.5) {
        await owner.kill();
        zombies.push(owner.ended);
      } else {
        owner.gate.stall();
        const resumed = pause(200 + below(random, 500)).then(() => owner.gate.resume());
        zombies.push(resumed.then(() => owner.ended));
      }
    }
    const last = await process();
    await Promise.all([last.ended, ...zombies]);

    expect(wrong).toEqual([]);
    expect(await viewOf(reader, id)).toEqual(expected.view);
    await reader.close();
    for (const [position, { kind }] of expected.answers) if (kind === 'ack') expect(answered).toContain(position);
  });
});
