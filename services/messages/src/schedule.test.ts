/** Messages that are sent later: decided by the schedule's own log, sent once, and reported, whatever is replayed, repeated or lost. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, StoredEvent } from '@clatter/contracts/messages';
import { openStorage } from '@clatter/log';
import { createLogger, scheduleIdOf } from '@clatter/runtime';
import { ManualClock } from '@clatter/runtime/testing';
import type { Input } from '@clatter/wire';
import { expect, it } from 'vitest';
import { createSqliteMessageStore } from './adapters/sqlite-message-store.ts';
import { BatchWrites } from './batch-writes.ts';
import { commandOf, idOf } from './contract/command-owner.ts';
import { idleStore } from './contract/idle-store.ts';
import { ConversationBatch, type Outcome } from './conversation-batch.ts';
import type { Submitted } from './decision.ts';
import { loadConversation } from './loader.ts';
import { BUCKET_SEQS, type MessageStore } from './ports.ts';
import { messagesRpc } from './rpc.ts';
import { reportOf } from './scheduled-reports.ts';
import { Timers } from './timers.ts';

const T = 1_800_000_000_000;
const ALICE = idOf('alice');
const GROUP = idOf('a group');
const SCHEDULE = scheduleIdOf(ALICE);

/** One partition with the logs of a group and of Alice's schedule, their owner, and its timers. */
class Partition implements AsyncDisposable {
  readonly clock = new ManualClock(T);
  readonly outcomes: Outcome[] = [];
  readonly records: Submitted[] = [];
  /** Commands that the owner appended and nobody has taken yet. */
  readonly appended: Command[] = [];
  readonly timers: Timers;
  readonly messages;
  readonly store: MessageStore;
  readonly #end: () => Promise<void>;
  readonly #idle: () => Promise<void>;
  #position = 0;

  private constructor(store: MessageStore, end: () => Promise<void>) {
    this.store = store;
    this.#end = end;
    this.messages = messagesRpc(store, this.clock);
    const count = { add: () => undefined };
    const counted = idleStore(store);
    this.#idle = counted.idle;
    this.timers = new Timers({
      store: counted.store,
      producer: {
        send: async (_, { value }) => {
          this.appended.push(Command.decode(value));
          return { partition: 0, offset: 0 };
        },
      },
      clock: this.clock,
      random: () => 0.5,
      logger: createLogger({ service: 'test', level: 'silent' }),
      partition: 0,
      partitions: 1,
      timerSlots: undefined,
      signal: new AbortController().signal,
      counters: { due: count, failures: count },
    });
  }

  static async open(): Promise<Partition> {
    const dir = mkdtempSync(join(tmpdir(), 'clatter-schedule-'));
    const storage = await openStorage({ dir, logger: createLogger({ service: 'test', level: 'silent' }) });
    const partition = new Partition(await createSqliteMessageStore({ storage }), async () => {
      await partition.timers.stop();
      await storage.close();
      rmSync(dir, { recursive: true, force: true });
    });
    await partition.take({
      conversationId: GROUP,
      senderId: ALICE,
      create: { kind: 'group', title: 'Team', memberIds: [idOf('bob')] },
    });
    await partition.pass(0);
    return partition;
  }

  /** What becomes of one record, taken by an owner that has just loaded its log. */
  async take(fields: Input<Command> & { conversationId: string }): Promise<Outcome> {
    const position = ++this.#position;
    const command = commandOf({
      commandId: idOf(`${position}`),
      receivedAtMs: this.clock.nowMs(),
      retry: true,
      ...fields,
    });
    return this.#settle({ command, position, timestampMs: this.clock.nowMs() });
  }

  async #settle(submitted: Submitted): Promise<Outcome> {
    this.records.push(submitted);
    const { command, position, timestampMs } = submitted;
    const loaded = await loadConversation(this.store, command.conversationId, position, timestampMs, BUCKET_SEQS);
    const batch = new ConversationBatch(loaded, this.store, BUCKET_SEQS);
    await batch.take(submitted);
    const writes = new BatchWrites([batch], { partition: 0, logId: 'log', epoch: 0, nextOffset: position + 1 });
    await this.store.write(writes.last(timestampMs));
    this.timers.add(writes.timers);
    this.timers.lookAgain(command.conversationId, batch.sending);
    const outcome = batch.outcomes[0] as Outcome;
    this.outcomes.push(outcome);
    const report = reportOf(outcome, timestampMs);
    if (report) this.appended.push(commandOf(report));
    return outcome;
  }

  schedule(step: NonNullable<Input<Command>['schedule']>, commandId?: string): Promise<Outcome> {
    return this.take({ conversationId: SCHEDULE, senderId: ALICE, schedule: step, ...(commandId && { commandId }) });
  }

  add(body: string, inMs: number, messageId = idOf(`message ${body}`)): Promise<Outcome> {
    const item = { messageId, conversationId: GROUP, content: { text: { body } }, sendAtMs: this.clock.nowMs() + inMs };
    return this.schedule({ add: item }, messageId);
  }

  /** Time passes; what the owner appends is taken as often as `copies` says, and none of it where that is 0. */
  async pass(ms: number, copies = 1): Promise<void> {
    await this.#idle();
    for (let left = ms; left >= 0; left -= 1000) {
      await this.clock.advance(Math.min(1000, left));
      await this.#idle();
      for (const command of this.appended.splice(0))
        for (let copy = 0; copy < copies; copy++)
          await this.#settle({ command, position: ++this.#position, timestampMs: this.clock.nowMs() });
      if (left === 0) break;
    }
  }

  /** The texts in the group, oldest first. */
  async said(): Promise<(string | undefined)[]> {
    const rows = await this.store.readRows(GROUP, 1, 1000, 1000, false);
    const messages = rows.map(({ event }) => StoredEvent.decode(event).event?.message);
    return messages.flatMap((message) => (message ? [message.content?.text?.body] : []));
  }

  async listed(): Promise<string[]> {
    const { items = [] } = await this.messages.listScheduled({ userId: ALICE });
    return items.map(({ content, status, reason }) => [content?.text?.body, status, reason].filter(Boolean).join(' '));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#end();
  }
}

const codeOf = ({ answer }: Outcome): string => (answer.kind === 'reject' ? answer.code : answer.kind);

it('is kept until its time, then sent once with its own id and place, and told to its sender alone', async () => {
  await using log = await Partition.open();
  const added = await log.add('later', 60_000);
  expect(added.recipients).toEqual([ALICE]);
  expect(await log.listed()).toEqual(['later WAITING']);
  expect(await log.messages.listScheduled({ userId: idOf('bob') })).toEqual({ items: [] });
  await expect(
    log.messages.history({ userId: idOf('bob'), history: { conversationId: SCHEDULE } }),
  ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await log.pass(59_000);
  expect(await log.said()).toEqual([]);
  await log.pass(10_000);
  expect(await log.said()).toEqual(['later']);
  expect(await log.listed()).toEqual([]);
  const sent = log.outcomes.find(({ event }) => event?.message);
  expect(sent?.event).toMatchObject({ senderId: ALICE, message: { messageId: idOf('message later') } });
  const told = log.outcomes.flatMap(({ event }) => event?.scheduled?.status ?? []);
  expect(told).toEqual(['WAITING', 'SENDING', 'SENT']);
  expect(log.outcomes.at(-1)?.event?.scheduled?.seq).toBe(sent?.event?.seq);
  // Nothing of it is left in the schedule's rows.
  const rows = await log.store.readRows(SCHEDULE, 1, 100, 100, false);
  expect(rows.some(({ event }) => Buffer.from(event).includes('later'))).toBe(false);
  await log.pass(60_000);
  expect(log.appended).toEqual([]);
});

it('is sent once, however often each step is appended, and though answers are lost', async () => {
  await using log = await Partition.open();
  await log.add('once', 10_000);
  await log.pass(12_000, 0);
  await log.pass(8000, 3);
  await log.pass(2000, 0);
  await log.pass(20_000, 2);
  expect(await log.said()).toEqual(['once']);
  expect(await log.listed()).toEqual([]);
});

it('a repeat of the request gets the first answer, before and after it was sent', async () => {
  await using log = await Partition.open();
  const first = await log.add('once', 10_000);
  expect((await log.add('once', 10_000)).answer).toEqual(first.answer);
  await log.pass(30_000);
  expect((await log.add('once', 10_000)).answer).toEqual(first.answer);
  await log.pass(30_000);
  expect(await log.said()).toEqual(['once']);
});

it('is changed and taken back while it waits, and not once it is on its way', async () => {
  await using log = await Partition.open();
  await log.add('first', 10_000);
  await log.add('second', 10_000);
  const [first, second] = [idOf('message first'), idOf('message second')];
  const change = { messageId: first, content: { text: { body: 'changed' } }, sendAtMs: T + 40_000 };
  expect(codeOf(await log.schedule({ change }))).toBe('ack');
  expect(codeOf(await log.schedule({ cancel: { messageId: second } }))).toBe('ack');
  expect(codeOf(await log.schedule({ cancel: { messageId: second } }))).toBe('NOT_FOUND');
  expect(await log.listed()).toEqual(['changed WAITING']);
  await log.pass(30_000);
  expect(await log.said()).toEqual([]);
  // The command that says that it is due stands; what follows is lost for now.
  await log.pass(11_000);
  await log.pass(1000, 0);
  expect(log.outcomes.some(({ event }) => event?.scheduled?.status === 'SENDING')).toBe(true);
  if ((await log.listed()).length > 0) {
    expect(codeOf(await log.schedule({ cancel: { messageId: first } }))).toBe('CONFLICT');
    expect(codeOf(await log.schedule({ change: { messageId: first, sendAtMs: T + 90_000 } }))).toBe('CONFLICT');
  }
  await log.pass(20_000);
  expect(await log.said()).toEqual(['changed']);
});

it('fails with the reason where its sender may not send any more, and can be tried again or forgotten', async () => {
  await using log = await Partition.open();
  await log.add('too late', 10_000);
  const leave = { removeMember: { userId: ALICE } };
  await log.take({ conversationId: GROUP, senderId: ALICE, ...leave });
  await log.pass(30_000);
  expect(await log.said()).toEqual([]);
  expect(await log.listed()).toEqual(['too late FAILED NOT_A_MEMBER']);
  expect(log.outcomes.at(-1)?.event?.scheduled).toMatchObject({ status: 'FAILED', reason: 'NOT_A_MEMBER' });
  await log.take({ conversationId: GROUP, senderId: idOf('bob'), addMembers: { userIds: [ALICE] } });
  const messageId = idOf('message too late');
  await log.schedule({ change: { messageId, sendAtMs: log.clock.nowMs() + 5000 } });
  expect(await log.listed()).toEqual(['too late WAITING']);
  await log.pass(20_000);
  expect(await log.said()).toEqual(['too late']);
  await log.add('another', 5000);
  await log.take({ conversationId: GROUP, senderId: ALICE, ...leave });
  await log.pass(20_000);
  expect(codeOf(await log.schedule({ cancel: { messageId: idOf('message another') } }))).toBe('ack');
  expect(await log.listed()).toEqual([]);
});

it('goes with the account', async () => {
  await using log = await Partition.open();
  await log.add('never', 10_000);
  await log.add('nor this', 20_000);
  expect(codeOf(await log.schedule({ drop: {} }))).toBe('ack');
  await log.pass(60_000);
  expect(await log.said()).toEqual([]);
  expect(await log.listed()).toEqual([]);
  expect(codeOf(await log.add('again', 10_000))).toBe('FORBIDDEN');
  const rows = await log.store.readRows(SCHEDULE, 1, 100, 100, false);
  expect(rows.some(({ event }) => Buffer.from(event).includes('never'))).toBe(false);
});

it('is in the future, within a year, in no conversation, and one of a hundred', async () => {
  await using log = await Partition.open();
  for (const inMs of [0, -1, 367 * 86_400_000]) expect(codeOf(await log.add('x', inMs))).toBe('INVALID');
  const item = { messageId: idOf('m'), conversationId: GROUP, content: { text: { body: 'x' } }, sendAtMs: T + 1000 };
  const foreign = { conversationId: GROUP, senderId: ALICE, schedule: { add: item } };
  expect(codeOf(await log.take(foreign))).toBe('NOT_FOUND');
  for (let i = 0; i < 100; i++) expect(codeOf(await log.add(`${i}`, 3_600_000))).toBe('ack');
  expect(codeOf(await log.add('one too many', 3_600_000))).toBe('TOO_LARGE');
});

it('is found as it was when a new owner takes all records again, at every step', async () => {
  await using log = await Partition.open();
  await log.add('kept', 10_000);
  await log.add('changed', 20_000);
  await log.schedule({ change: { messageId: idOf('message changed'), sendAtMs: T + 30_000 } });
  await log.add('taken back', 20_000);
  await log.schedule({ cancel: { messageId: idOf('message taken back') } });
  await log.pass(60_000);
  for (const conversationId of [SCHEDULE, GROUP]) {
    const records = log.records.filter(({ command }) => command.conversationId === conversationId);
    const [first] = records as [Submitted];
    const before = await log.store.readRows(conversationId, 1, 1000, 1000, false);
    const [row] = await log.store.readConversations([conversationId]);
    const loaded = await loadConversation(log.store, conversationId, first.position, T, BUCKET_SEQS);
    const batch = new ConversationBatch(loaded, log.store, BUCKET_SEQS);
    for (const record of records) await batch.take(record);
    const writes = new BatchWrites([batch], { partition: 0, logId: 'log', epoch: 0, nextOffset: 1e6 });
    for (const write of [...writes.earlier, writes.last(T)]) await log.store.write(write);
    expect(await log.store.readRows(conversationId, 1, 1000, 1000, false)).toEqual(before);
    expect(await log.store.readConversations([conversationId])).toEqual([row]);
  }
  expect(await log.listed()).toEqual([]);
  await log.pass(60_000);
  expect(await log.said()).toEqual(['kept', 'changed']);
});
