/** A conversation whose commands are decided, stored in SQLite and read again, one after the other, as an owner does it. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, type MessagesService } from '@clatter/contracts/messages';
import { openStorage, type Storage } from '@clatter/log';
import { createLogger, partitionOf } from '@clatter/runtime';
import { ManualClock } from '@clatter/runtime/testing';
import type { Input } from '@clatter/wire';
import { BatchWrites } from '../batch-writes.ts';
import { ConversationBatch, type Outcome } from '../conversation-batch.ts';
import { loadConversation } from '../loader.ts';
import { BUCKET_SEQS, type MessageStore } from '../ports.ts';
import { messagesRpc } from '../rpc.ts';
import { createSqliteMessageStore } from './sqlite-message-store.ts';

/** When things happen, one after the other. */
export const T = 1_800_000_000_000;
/** When they are read. */
export const READ_MS = T + 3_600_000;

/** The same UUID for the same name. */
export function idOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export interface Sent {
  readonly commandId?: string;
  readonly timestampMs?: number;
}

export class GroupUnderTest implements AsyncDisposable {
  readonly id = idOf('the group');
  readonly store: MessageStore;
  readonly messages: MessagesService;
  readonly outcomes: Outcome[] = [];
  readonly #storage: Storage;
  readonly #dir: string;
  #position = 0;

  private constructor(storage: Storage, store: MessageStore, dir: string) {
    this.#storage = storage;
    this.store = store;
    this.#dir = dir;
    this.messages = messagesRpc(store, new ManualClock(READ_MS));
  }

  /** A group of Alice, with these members beside her. */
  static async of(...members: string[]): Promise<GroupUnderTest> {
    const dir = mkdtempSync(join(tmpdir(), 'clatter-group-'));
    const storage = await openStorage({ dir, logger: createLogger({ service: 'test', level: 'silent' }) });
    const group = new GroupUnderTest(storage, await createSqliteMessageStore({ storage }), dir);
    await group.submit('alice', { create: { kind: 'group', title: 'Team', memberIds: members.map(idOf) } });
    return group;
  }

  /** What becomes of one command. Each is taken by an owner that has just loaded the conversation. */
  async submit(sender: string, body: Input<Command>, { commandId, timestampMs }: Sent = {}): Promise<Outcome> {
    const position = ++this.#position;
    const outcome = await this.#take(position, timestampMs ?? T + position, sender, body, commandId);
    this.outcomes.push(outcome);
    return outcome;
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

  async #take(
    position: number,
    timestampMs: number,
    sender: string,
    body: Input<Command>,
    commandId = idOf(`command ${position}`),
  ): Promise<Outcome> {
    const command = Command.decode(
      Command.encode({
        conversationId: this.id,
        senderId: idOf(sender),
        commandId,
        receivedAtMs: timestampMs,
        retry: true,
        ...body,
      }),
    );
    const loaded = await loadConversation(this.store, this.id, position, timestampMs, BUCKET_SEQS);
    const batch = new ConversationBatch(loaded, this.store, BUCKET_SEQS);
    await batch.take({ command, position, timestampMs });
    const mark = { partition: partitionOf(this.id, 1), logId: 'log', epoch: 0, nextOffset: position + 1 };
    await this.store.write(new BatchWrites([batch], mark).last(timestampMs));
    return batch.outcomes[0] as Outcome;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#storage.close();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
