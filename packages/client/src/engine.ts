/**
 * What is behind a client: its parts, wired to each other, from the first login of the program to the end of the session. What comes from
 * the server goes from here to the part that it concerns.
 */
import { ClatterError, type ServerFrame, type Welcome } from '@clatter/wire';
import { v7 } from 'uuid';
import { Api, type BeginPath } from './api.ts';
import { Connection } from './connection.ts';
import type { ConversationState } from './conversation.ts';
import { ConversationApi } from './conversation-api.ts';
import { Conversations } from './conversations.ts';
import { Credentials } from './credentials.ts';
import { openSystemSocket, systemClock } from './defaults.ts';
import { Disappearing } from './disappearing.ts';
import { Emitter } from './emitter.ts';
import { Factors } from './factors.ts';
import { Groups } from './groups.ts';
import { Locks } from './locks.ts';
import { MessageDetails } from './message-details.ts';
import { Messages } from './messages.ts';
import { Outbox } from './outbox.ts';
import { OutboxStore } from './outbox-store.ts';
import { Own } from './own.ts';
import { People } from './people.ts';
import { Presences } from './presences.ts';
import { Receipts } from './receipts.ts';
import { Relations } from './relations.ts';
import { Schedule } from './schedule.ts';
import { type ClientStorage, isOfAnother, isOwnKey, MemoryStorage, SESSION_KEY } from './storage.ts';
import { Sync } from './sync.ts';
import type { ClientEvents, ClientOptions } from './types.ts';

export class Engine {
  readonly events = new Emitter<ClientEvents>();
  readonly api: Api;
  readonly people: People;
  readonly credentials: Credentials;
  readonly factors: Factors;
  readonly connection: Connection;
  readonly conversations: Conversations;
  readonly conversationApi: ConversationApi;
  readonly groups: Groups;
  readonly messageDetails: MessageDetails;
  readonly outbox: Outbox;
  readonly messages: Messages;
  readonly own: Own;
  readonly receipts: Receipts;
  readonly relations: Relations;
  readonly schedule: Schedule;
  readonly presences: Presences;
  readonly #storage: ClientStorage;
  readonly #locks: Locks;
  readonly #store: OutboxStore;
  readonly #sync: Sync;
  readonly #disappearing: Disappearing;
  /** Whether this program takes part in what the storage holds: between a login or connect, and a close or logout. */
  #isOpen = false;
  #closing: Promise<void> = Promise.resolve();
  #reopening: Promise<void> | undefined;
  #endListening: (() => void) | undefined;
  #isLoggedOut = false;

  constructor(options: ClientOptions) {
    const storage = options.storage ?? new MemoryStorage();
    const clock = options.clock ?? systemClock;
    const newId = options.newId ?? v7;
    const onError = (error: Error): void => this.events.emit('error', error);
    this.#storage = storage;
    this.#locks = new Locks(storage);
    this.api = new Api(options, storage, clock);
    this.api.onLoggedOut = (reason) => this.#loggedOut(reason);
    this.people = new People(this.api, clock);
    this.credentials = new Credentials(this.api);
    this.factors = new Factors(this.api);
    this.relations = new Relations(this.api);
    this.#disappearing = new Disappearing({ clock, conversations: () => this.conversations });
    this.conversations = new Conversations({
      storage,
      locks: this.#locks,
      clock,
      userId: () => this.userId,
      nowMs: () => this.#disappearing.nowMs(),
      onChanged: (state) => this.#onChanged(state),
      onError,
    });
    this.conversationApi = new ConversationApi(this.api, this.conversations, newId);
    this.groups = new Groups(this.api, this.conversationApi, newId);
    this.messageDetails = new MessageDetails(this.api);
    this.schedule = new Schedule({
      api: this.api,
      newId,
      onChanged: (items) => this.events.emit('scheduled', { items }),
      onError,
    });
    this.connection = new Connection({
      url: this.api.url,
      encoding: options.encoding ?? 'json',
      openSocket: options.openSocket ?? openSystemSocket,
      clock,
      random: options.random ?? Math.random,
      client: options.client ?? 'clatter-sdk/0.1',
      deviceId: options.device?.name ?? '',
      token: (refused) => this.api.accessToken(refused),
      renewAtMs: () => this.api.renewAtMs,
      onState: (state) => this.events.emit('state', state),
      onOpen: () => this.#sync.sync(),
      onWelcome: (welcome) => this.#onWelcome(welcome),
      onFrame: (frame) => this.onFrame(frame),
      onDown: () => this.#onDown(),
      onLoggedOut: (reason) => this.#loggedOut(reason),
      onError,
      tap: options.tap,
    });
    this.presences = new Presences(this.connection, (presence) => this.events.emit('presence', presence));
    this.#store = new OutboxStore({
      storage,
      locks: this.#locks,
      newId,
      userId: () => this.userId,
      onLeft: (left) => {
        for (const frame of this.outbox.takeOver(left))
          if (!this.own.showPending(frame) && frame.send) this.conversations.changed(this.messages.showPending(frame));
      },
      onError,
    });
    this.outbox = new Outbox({
      store: this.#store,
      connection: () => this.connection,
      clock,
      userId: () => this.userId,
      onAck: (id, ack) => {
        if (ack.conversationId === this.userId) this.own.onAck(id, ack);
        else this.#sync.onAck(id, ack);
      },
      onRefused: (refused, error) => {
        if (!this.own.onRefused(refused.id)) this.messages.onRefused(refused);
        this.events.emit('refused', { conversationId: refused.conversationId, commandId: refused.id, error });
      },
      onChange: (waiting) => this.events.emit('outbox', { waiting }),
      onError,
    });
    this.messages = new Messages({ clock, newId, conversations: this.conversations, outbox: this.outbox });
    this.own = new Own({ clock, newId, conversations: this.conversations, outbox: this.outbox, onError });
    this.receipts = new Receipts({ clock, tell: (receipt) => this.connection.tell({ receipt }) });
    this.#sync = new Sync({
      connection: this.connection,
      api: this.api,
      clock,
      conversations: this.conversations,
      outbox: this.outbox,
      receipts: this.receipts,
      own: this.own,
      sendsReceipts: options.receipts ?? true,
      userId: () => this.userId,
      emit: (name, value) => this.events.emit(name, value),
    });
  }

  get userId(): string {
    return this.api.session?.userId ?? '';
  }

  async begin(path: BeginPath, body: Record<string, unknown>): Promise<void> {
    const { session, userId } = await this.api.begin(path, body);
    await this.api.begun(session, userId, () => this.#delete((key) => isOfAnother(userId, key)));
    await this.#open();
  }

  /** False where the storage holds no session. */
  async resume(): Promise<boolean> {
    if (!(await this.api.load())) return false;
    await this.#open();
    return true;
  }

  /** Resolves when all was synced for the first time; rejects when that will not be. */
  async connect(): Promise<void> {
    const { connection, events } = this;
    if (connection.state === 'live') return;
    if (!this.#isOpen) this.#reopening = this.#reopen();
    if (this.#reopening) await this.#reopening;
    await new Promise<void>((resolve, reject) => {
      const settle = (run: () => void): void => {
        for (const end of ends) end();
        run();
      };
      const ends = [
        events.on('state', (state) => {
          if (state === 'live') settle(resolve);
          // What ended it is told right after.
          if (state === 'offline')
            queueMicrotask(() => settle(() => reject(new ClatterError('UNAVAILABLE', 'the client was closed'))));
        }),
        events.on('loggedOut', ({ reason }) => settle(() => reject(new ClatterError('UNAUTHENTICATED', reason)))),
        events.on('error', (error) => {
          if (connection.state === 'offline') settle(() => reject(error));
        }),
      ];
      connection.open();
    });
  }

  close(): Promise<void> {
    this.own.flush();
    this.connection.close();
    if (!this.#isOpen) return this.#closing;
    this.#isOpen = false;
    this.#endListening?.();
    this.#store.close();
    this.#disappearing.stop();
    this.#closing = this.conversations.close();
    return this.#closing;
  }

  async logout(everywhere: boolean): Promise<void> {
    try {
      await this.api.call('DELETE', everywhere ? '/v1/sessions' : '/v1/sessions/current');
    } catch (error) {
      if (!(error instanceof ClatterError) || error.code !== 'UNAUTHENTICATED') throw error;
    }
    this.#end();
    this.outbox.forget();
    this.conversations.clear();
    this.people.clear();
    this.schedule.clear();
    this.own.clear();
    await this.api.ended(() => this.#delete(isOwnKey));
  }

  markRead(conversationId: string, seq: number | undefined): void {
    const state = this.conversations.get(conversationId);
    if (state.own.flags.markedUnread) this.own.setFlags(conversationId, { markedUnread: false }).catch(() => undefined);
    const upTo = Math.min(seq ?? state.headSeq, state.headSeq);
    if (upTo <= state.readSeq && state.unread === 0) return;
    state.read(upTo);
    if (upTo >= state.headSeq) {
      state.unread = 0;
      state.mentions = 0;
    }
    this.receipts.due(state);
    this.conversations.changed(state);
  }

  /** A frame that nobody waits for. */
  onFrame({ ack, event, receipt, receipts, typing, presence, scheduled, resync, reject, ref }: ServerFrame): void {
    if (event) this.#sync.onEvent(event);
    else if (receipt) this.#sync.onReceipts(receipt.conversationId, [receipt]);
    else if (receipts) this.#sync.onReceipts(receipts.conversationId, receipts.items);
    // In a channel everybody is told, whoever types too.
    else if (typing && typing.userId !== this.userId) this.events.emit('typing', typing);
    else if (presence) this.events.emit('presence', presence);
    else if (scheduled) this.schedule.onNews(scheduled);
    else if (resync) {
      this.#sync.resync();
      this.schedule.up();
    } else if (ack) this.outbox.settle(ack.messageId, ack);
    else if (reject && ref === 0)
      this.events.emit('error', new ClatterError(reject.code as ClatterError['code'], reject.message));
  }

  #onWelcome({ limits, serverTimeMs }: Welcome): void {
    this.#disappearing.told(serverTimeMs);
    this.outbox.up(limits?.framesPerSecondMax ?? 0);
    this.#store.look().catch((error) => this.events.emit('error', error));
    this.#sync.up();
    this.receipts.schedule();
    this.presences.up();
    this.schedule.up();
  }

  #onDown(): void {
    this.outbox.down();
    this.receipts.down();
    this.#sync.down();
  }

  #onChanged(state: ConversationState): void {
    this.#disappearing.changed(state);
    this.events.emit('timeline', { conversationId: state.id });
    if (this.events.has('conversation')) this.events.emit('conversation', state.view());
  }

  #loggedOut(reason: string): void {
    if (this.#isLoggedOut) return;
    this.#end();
    this.events.emit('loggedOut', { reason });
  }

  /** After a close. */
  async #reopen(): Promise<void> {
    this.#isOpen = true;
    try {
      await this.#closing;
      // What came of the session meanwhile was not told.
      await this.api.onChange();
      if (this.#isOpen) await this.#open();
    } catch (error) {
      await this.close();
      throw error;
    }
    if (this.#isLoggedOut) throw new ClatterError('UNAUTHENTICATED', 'the session has ended');
    if (!this.#isOpen) throw new ClatterError('UNAVAILABLE', 'the client was closed');
  }

  async #open(): Promise<void> {
    this.#isOpen = true;
    this.#endListening = this.#storage.onChange?.((key) => this.#onStorageChange(key));
    await this.conversations.open();
    if (this.#isOpen) this.#disappearing.look();
    if (this.#isOpen) await this.#store.open();
    if (!this.#isOpen) this.#store.close();
  }

  /** The session has ended: this program leaves the storage alone. */
  #end(): void {
    this.#isLoggedOut = true;
    this.#isOpen = false;
    this.connection.close();
    this.#endListening?.();
    this.#store.close();
    this.#disappearing.stop();
    this.outbox.end();
    this.conversations.stop();
  }

  #onStorageChange(key: string | undefined): void {
    if (key !== undefined && key !== SESSION_KEY) this.#store.onChange(key);
    else this.api.onChange().catch((error) => this.events.emit('error', error));
  }

  async #delete(which: (key: string) => boolean): Promise<void> {
    for (const [key] of await this.#storage.entries('')) if (which(key)) await this.#storage.delete(key);
  }
}
