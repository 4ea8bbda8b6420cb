/** A conversation whose commands are decided, stored and read again, one after the other, as an owner does it; in SQLite unless another store is given. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command, MessagesService } from '@clatter/contracts/messages';
import { openStorage } from '@clatter/log';
import { createLogger } from '@clatter/runtime';
import { ManualClock } from '@clatter/runtime/testing';
import type { Input } from '@clatter/wire';
import { CommandOwner, commandOf, idOf } from '../contract/command-owner.ts';
import type { Outcome } from '../conversation-batch.ts';
import type { Submitted } from '../decision.ts';
import type { MessageStore } from '../ports.ts';
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
  readonly outcomes: Outcome[] = [];
  readonly #end: () => Promise<void>;
  readonly #owner: CommandOwner;
  #position = 0;

  private constructor(id: string, store: MessageStore, end: () => Promise<void>) {
    this.id = id;
    this.store = store;
    this.#end = end;
    this.#owner = new CommandOwner(store);
    this.messages = messagesRpc(store, new ManualClock(READ_MS));
  }

  /** A group of Alice, with these members beside her. */
  static async of(...members: string[]): Promise<GroupUnderTest> {
    const dir = mkdtempSync(join(tmpdir(), 'clatter-group-'));
    const storage = await openStorage({ dir, logger: createLogger({ service: 'test', level: 'silent' }) });
    const end = async (): Promise<void> => {
      await storage.close();
      rmSync(dir, { recursive: true, force: true });
    };
    const group = new GroupUnderTest(idOf('the group'), await createSqliteMessageStore({ storage }), end);
    return group.#begin(members);
  }

  /** The same in a store that others use too, and that is left open. */
  static async in(store: MessageStore, ...members: string[]): Promise<GroupUnderTest> {
    return new GroupUnderTest(randomUUID(), store, async () => undefined).#begin(members);
  }

  async #begin(members: readonly string[]): Promise<this> {
    await this.submit('alice', { create: { kind: 'group', title: 'Team', memberIds: members.map(idOf) } });
    return this;
  }

  /** What becomes of one command. Each is taken by an owner that has just loaded the conversation. */
  async submit(sender: string, body: Input<Command>, { commandId, timestampMs }: Sent = {}): Promise<Outcome> {
    const position = ++this.#position;
    const atMs = timestampMs ?? T + position;
    const command = this.#command(position, atMs, sender, body, commandId);
    const [outcome] = await this.#take([{ command, position, timestampMs: atMs }]);
    this.outcomes.push(outcome as Outcome);
    return outcome as Outcome;
  }

  /** The same of several commands that one owner takes as one batch. */
  async submitTogether(items: readonly { sender: string; body: Input<Command> }[]): Promise<readonly Outcome[]> {
    const submitted = items.map(({ sender, body }): Submitted => {
      const position = ++this.#position;
      return { command: this.#command(position, T + position, sender, body), position, timestampMs: T + position };
    });
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
    const command = { conversationId: this.id, senderId: idOf(sender), commandId, receivedAtMs, retry: true, ...body };
    return commandOf(command);
  }

  #take(submitted: readonly Submitted[]): Promise<readonly Outcome[]> {
    this.#owner.forget();
    return this.#owner.take(submitted);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#end();
  }
}
