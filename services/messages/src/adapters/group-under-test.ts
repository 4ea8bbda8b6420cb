/** A conversation whose commands are decided, stored and read again, one after the other, as an owner does it; in SQLite unless another store is given. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command, MessagesService } from '@clatter/contracts/messages';
import { openStorage } from '@clatter/log';
import { createLogger, isUuid } from '@clatter/runtime';
import { ManualClock } from '@clatter/runtime/testing';
import type { Input } from '@clatter/wire';
import { BatchWrites } from '../batch-writes.ts';
import { CommandOwner, commandOf, idOf } from '../contract/command-owner.ts';
import type { ConversationState } from '../conversation.ts';
import { ConversationBatch, type Outcome } from '../conversation-batch.ts';
import type { Submitted } from '../decision.ts';
import { loadConversation } from '../loader.ts';
import { BUCKET_SEQS, type MessageStore } from '../ports.ts';
import { messagesRpc } from '../rpc.ts';
import { createSqliteMessageStore } from './sqlite-message-store.ts';

/** When things happen, one after the other. */
export const T = 1_800_000_000_000;
/** When they are read. */
export const READ_MS = T + 3_600_000;

export { idOf };

export interface Sent {
  readonly commandId?: string;
  readonly timestampMs?: number;
}

export class GroupUnderTest implements AsyncDisposable {
  readonly id: string;
  readonly store: MessageStore;
  readonly messages: MessagesService;
  /** Of who reads. */
  readonly clock = new ManualClock(READ_MS);
  readonly outcomes: Outcome[] = [];
  readonly #end: () => Promise<void>;
  readonly #owner: CommandOwner;
  readonly taken: Submitted[] = [];
  #position = 0;

  private constructor(id: string, store: MessageStore, end: () => Promise<void>) {
    this.id = id;
    this.store = store;
    this.#end = end;
    this.#owner = new CommandOwner(store);
    this.messages = messagesRpc(store, this.clock);
  }

  static async #open(): Promise<GroupUnderTest> {
    const dir = mkdtempSync(join(tmpdir(), 'clatter-group-'));
    const storage = await openStorage({ dir, logger: createLogger({ service: 'test', level: 'silent' }) });
    const end = async (): Promise<void> => {
      await storage.close();
      rmSync(dir, { recursive: true, force: true });
    };
    return new GroupUnderTest(idOf('the group'), await createSqliteMessageStore({ storage }), end);
  }

  /** A group of Alice, with these members beside her. */
  static async of(...members: string[]): Promise<GroupUnderTest> {
    return (await GroupUnderTest.#open()).#begin(members);
  }

  /** The same in a store that others use too, and that is left open. */
  static async in(store: MessageStore, ...members: string[]): Promise<GroupUnderTest> {
    return new GroupUnderTest(randomUUID(), store, async () => undefined).#begin(members);
  }

  /** A channel of Alice, with these members beside her. */
  static async channel(...members: string[]): Promise<GroupUnderTest> {
    return (await GroupUnderTest.#open()).#begin(members, 'channel');
  }

  async #begin(members: readonly string[], kind: 'group' | 'channel' = 'group'): Promise<this> {
    await this.submit('alice', { create: { kind, title: 'Team', memberIds: members.map(idOf) } });
    return this;
  }

  /** A direct conversation of Alice with somebody. */
  static async direct(peer: string): Promise<GroupUnderTest> {
    const group = await GroupUnderTest.#open();
    await group.submit('alice', { create: { kind: 'direct', title: '', memberIds: [idOf(peer)] } });
    return group;
  }

  /** What becomes of one command. Each is taken by an owner that has just loaded the conversation. */
  async submit(sender: string, body: Input<Command>, { commandId, timestampMs }: Sent = {}): Promise<Outcome> {
    this.#owner.forget();
    return this.submitToKept(sender, body, { ...(commandId && { commandId }), ...(timestampMs && { timestampMs }) });
  }

  /** The same, taken by the owner of the command before, which has the conversation in memory. */
  async submitToKept(sender: string, body: Input<Command>, { commandId, timestampMs }: Sent = {}): Promise<Outcome> {
    const position = ++this.#position;
    const atMs = timestampMs ?? T + position;
    const command = this.#command(position, atMs, sender, body, commandId);
    const [outcome] = await this.#take([{ command, position, timestampMs: atMs }]);
    this.outcomes.push(outcome as Outcome);
    return outcome as Outcome;
  }

  /** What that owner has in memory. */
  get kept(): ConversationState | undefined {
    return this.#owner.state;
  }

  /** The same of several commands that one owner takes as one batch. */
  async submitTogether(items: readonly { sender: string; body: Input<Command> }[]): Promise<readonly Outcome[]> {
    const submitted = items.map(({ sender, body }): Submitted => {
      const position = ++this.#position;
      return { command: this.#command(position, T + position, sender, body), position, timestampMs: T + position };
    });
    this.#owner.forget();
    const outcomes = await this.#take(submitted);
    this.outcomes.push(...outcomes);
    return outcomes;
  }

  async say(sender: string, body: string): Promise<number> {
    const { event } = await this.submit(sender, { send: { content: { text: { body } } } });
    if (!event) throw new Error(`${sender} may not say "${body}"`);
    return event.seq;
  }

  /** The code that a command is refused with, or the kind of its answer. */
  async code(sender: string, body: Input<Command>, sent: Sent = {}): Promise<string> {
    const { answer } = await this.submit(sender, body, sent);
    return answer.kind === 'reject' ? answer.code : answer.kind;
  }

  #command(
    position: number,
    receivedAtMs: number,
    sender: string,
    body: Input<Command>,
    commandId = idOf(`command ${position}`),
  ): Command {
    const senderId = isUuid(sender) ? sender : idOf(sender);
    return commandOf({ conversationId: this.id, senderId, commandId, receivedAtMs, retry: true, ...body });
  }

  #take(submitted: readonly Submitted[]): Promise<readonly Outcome[]> {
    this.taken.push(...submitted);
    return this.#owner.take(submitted);
  }

  /** A new owner replays all records in one batch. */
  async replay(): Promise<BatchWrites> {
    const first = this.taken[0] as Submitted;
    const loaded = await loadConversation(this.store, this.id, first.position, first.timestampMs, BUCKET_SEQS);
    const batch = new ConversationBatch(loaded, this.store, BUCKET_SEQS);
    for (const submitted of this.taken) await batch.take(submitted);
    const mark = { partition: 0, logId: 'log', epoch: 0, nextOffset: this.#position + 1 };
    const writes = new BatchWrites([batch], mark);
    for (const write of [...writes.earlier, writes.last(READ_MS)]) await this.store.write(write);
    return writes;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#end();
  }
}
