/**
 * The client of Clatter: accounts, conversations that converge, commands that arrive once and in order.
 *
 * ```ts
 * const client = await ClatterClient.login({ url: 'http://localhost:8080' }, { login: 'alice', password: 'correct horse' });
 * client.on('event', (event) => console.log(event.message?.content?.text?.body));
 * await client.connect();
 * await client.send(conversationId, 'hello').acked;
 * ```
 */

import {
  type Ack,
  ClatterError,
  type ClientFrame,
  type Content,
  Conversation as ConversationCodec,
  type Event,
  type Input,
  type Presence,
  type Receipt,
  type ServerFrame,
  type SyncPage,
  type Typing,
  type User,
} from '@clatter/wire';
import { v7 } from 'uuid';
import { Api } from './api.ts';
import { Connection } from './connection.ts';
import { ConversationState } from './conversation.ts';
import { Emitter } from './emitter.ts';
import { Outbox } from './outbox.ts';
import { type ClientStorage, MemoryStorage } from './storage.ts';
import type {
  ClientClock,
  ClientEvents,
  ClientOptions,
  ConnectionState,
  ConversationView,
  Device,
  Page,
  Sent,
  SocketLike,
  TimelineEntry,
} from './types.ts';

const KNOWN_MAX = 200;
const RECEIPT_MS = 300;
const SAVE_MS = 400;
const HEADS_EVERY_MS = 4 * 60_000;
const CURSOR_KEY = 'cursor';
const CONVERSATION_PREFIX = 'conversation/';

const systemClock: ClientClock = {
  nowMs: Date.now,
  timer(delayMs, fire) {
    const timer = setTimeout(fire, delayMs);
    return () => clearTimeout(timer);
  },
};

const openSystemSocket = (url: string, subprotocol: string): SocketLike =>
  new WebSocket(url, subprotocol) as unknown as SocketLike;

type Registration = { username: string; password: string; email?: string; displayName?: string; device?: Device };
type Login = { login: string; password: string; device?: Device };

export class ClatterClient {
  readonly #api: Api;
  readonly #storage: ClientStorage;
  readonly #clock: ClientClock;
  readonly #events = new Emitter<ClientEvents>();
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  readonly #conversations = new Map<string, ConversationState>();
  readonly #users = new Map<string, Promise<User | undefined>>();
  readonly #sendsReceipts: boolean;
  #cursor: string | undefined;
  /** Conversations whose receipt is to be sent, whose state is to be saved, whose gap is being fetched. */
  readonly #receiptDue = new Set<string>();
  readonly #saveDue = new Set<string>();
  readonly #fetching = new Set<string>();
  readonly #watched = new Set<string>();
  #cancelReceipts: (() => void) | undefined;
  #cancelSave: (() => void) | undefined;
  #cancelHeads: (() => void) | undefined;
  #syncing: Promise<void> | undefined;
  #syncAgain = false;

  private constructor(options: ClientOptions) {
    this.#storage = options.storage ?? new MemoryStorage();
    this.#clock = options.clock ?? systemClock;
    this.#sendsReceipts = options.receipts ?? true;
    this.#api = new Api(options, this.#storage, this.#clock);
    this.#api.onLoggedOut = (reason) => this.#loggedOut(reason);
    this.#connection = new Connection({
      url: this.#api.url,
      encoding: options.encoding ?? 'json',
      openSocket: options.openSocket ?? openSystemSocket,
      clock: this.#clock,
      random: options.random ?? Math.random,
      client: options.client ?? 'clatter-sdk/0.1',
      deviceId: options.device?.name ?? '',
      token: (again) => this.#api.accessToken(again),
      onState: (state) => this.#events.emit('state', state),
      onLive: () => this.#onLive(),
      onFrame: (frame) => this.#onFrame(frame),
      onDown: () => this.#onDown(),
      onLoggedOut: (reason) => this.#loggedOut(reason),
      onError: (error) => this.#events.emit('error', error),
    });
    this.#outbox = new Outbox({
      storage: this.#storage,
      connection: () => this.#connection,
      clock: this.#clock,
      onAck: (id, ack) => this.#onAck(id, ack),
      onRefused: ({ id, conversationId }, error) => this.#onRefused(id, conversationId, error),
      onChange: (waiting) => this.#events.emit('outbox', { waiting }),
    });
  }

  /** Makes an account and logs in. */
  static async register(options: ClientOptions, registration: Registration): Promise<ClatterClient> {
    const client = new ClatterClient(options);
    await client.#clear();
    await client.#api.begin('/v1/accounts', { ...registration });
    return client;
  }

  /** Logs in with a username or an e-mail address. */
  static async login(options: ClientOptions, login: Login): Promise<ClatterClient> {
    const client = new ClatterClient(options);
    await client.#clear();
    await client.#api.begin('/v1/sessions', { ...login });
    return client;
  }

  /** Goes on with the session that the storage holds, with all that was read and all that waits to be sent; undefined where there is none. */
  static async resume(options: ClientOptions): Promise<ClatterClient | undefined> {
    const client = new ClatterClient(options);
    if (!(await client.#api.load())) return undefined;
    await client.#restore();
    return client;
  }

  get userId(): string {
    return this.#api.session?.userId ?? '';
  }

  get sessionId(): string {
    return this.#api.session?.sessionId ?? '';
  }

  /** The token of the calls that the SDK makes; for calls of one's own. */
  get accessToken(): string {
    return this.#api.session?.accessToken ?? '';
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }

  /** Commands that wait for their answer. */
  get waiting(): number {
    return this.#outbox.waiting;
  }

  /** Returns what ends it. */
  on<K extends keyof ClientEvents>(name: K, listener: (value: ClientEvents[K]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /** Connects, and stays connected until `close`. Resolves when all was synced for the first time; rejects when the session has ended. */
  async connect(): Promise<void> {
    if (this.state === 'live') return;
    await new Promise<void>((resolve, reject) => {
      const ends = [
        this.on('state', (state) => {
          if (state === 'live') settle(resolve);
        }),
        this.on('loggedOut', ({ reason }) => settle(() => reject(new ClatterError('UNAUTHENTICATED', reason)))),
        this.on('error', (error) => {
          if (this.state === 'offline') settle(() => reject(error));
        }),
      ];
      const settle = (run: () => void): void => {
        for (const end of ends) end();
        run();
      };
      this.#connection.open();
    });
  }

  /** Disconnects; what waits in the outbox stays. */
  async close(): Promise<void> {
    this.#connection.close();
    this.#cancelReceipts?.();
    await this.#save();
  }

  /** The network is back, or a person looks: reconnect at once. */
  wake(): void {
    this.#connection.wake();
  }

  /** Ends the session on the server and forgets all of it here. */
  async logout(everywhere = false): Promise<void> {
    try {
      await this.#api.call('DELETE', everywhere ? '/v1/sessions' : '/v1/sessions/current');
    } catch (error) {
      if (!(error instanceof ClatterError) || error.code !== 'UNAUTHENTICATED') throw error;
    }
    this.#connection.close();
    await this.#clear();
  }

  // People

  async me(): Promise<User> {
    return ((await this.#api.call('GET', '/v1/me')) as { user: User }).user;
  }

  async updateProfile(change: {
    displayName?: string;
    avatarUrl?: string;
    bio?: string;
    statusText?: string;
  }): Promise<User> {
    const { user } = (await this.#api.call('PATCH', '/v1/me', change)) as { user: User };
    this.#users.set(user.userId, Promise.resolve(user));
    return user;
  }

  async searchUsers(query: string, limit = 20, cursor?: string): Promise<Page<User>> {
    const page = await this.#api.users(
      `/v1/users?${new URLSearchParams({ query, limit: String(limit), ...(cursor !== undefined && { cursor }) })}`,
    );
    for (const user of page.items) this.#users.set(user.userId, Promise.resolve(user));
    return page;
  }

  /** A person; asked for once. Undefined for one who is not there. */
  user(userId: string): Promise<User | undefined> {
    let user = this.#users.get(userId);
    if (!user) {
      user = this.#api.call('GET', `/v1/users/${userId}`).then(
        (found) => (found as { user: User }).user,
        (error) => {
          if (error instanceof ClatterError && error.code === 'NOT_FOUND') return undefined;
          this.#users.delete(userId);
          throw error;
        },
      );
      this.#users.set(userId, user);
    }
    return user;
  }

  async sessions(): Promise<
    readonly { sessionId: string; device?: Device; createdAtMs: string; lastUsedAtMs: string; current: boolean }[]
  > {
    return ((await this.#api.call('GET', '/v1/sessions')) as { items: never[] }).items;
  }

  async revokeSession(sessionId: string): Promise<void> {
    await this.#api.call('DELETE', `/v1/sessions/${sessionId}`);
  }

  /** Be told how people are, from now on. */
  async watch(userIds: readonly string[]): Promise<void> {
    for (const userId of userIds) this.#watched.add(userId);
    if (this.#watching()) await this.#watch(userIds);
  }

  // Conversations

  /** Most recent first. */
  conversations(): ConversationView[] {
    return [...this.#conversations.values()]
      .filter((state) => state.wire && (state.wire.role !== 'none' || state.headSeq > 0))
      .map((state) => state.view())
      .sort((a, b) => b.lastActivityMs - a.lastActivityMs || (a.conversationId < b.conversationId ? 1 : -1));
  }

  conversation(conversationId: string): ConversationView | undefined {
    return this.#conversations.get(conversationId)?.view();
  }

  /** The lines of a conversation that are here, ascending; pending ones last. */
  timeline(conversationId: string): readonly TimelineEntry[] {
    return this.#conversations.get(conversationId)?.entries() ?? [];
  }

  /** The events that are here, gapless, ascending. */
  events(conversationId: string): readonly Event[] {
    return this.#conversations.get(conversationId)?.timeline.events ?? [];
  }

  /** The direct conversation with a person; begun where there is none. */
  openDirect(userId: string): Promise<ConversationView> {
    return this.#begin({ kind: 'direct', memberIds: [userId] });
  }

  createGroup(title: string, memberIds: readonly string[]): Promise<ConversationView> {
    return this.#begin({ kind: 'group', title, memberIds, commandId: v7() });
  }

  async members(
    conversationId: string,
  ): Promise<readonly { userId: string; role: 'owner' | 'admin' | 'member'; joinedSeq: string }[]> {
    return ((await this.#api.call('GET', `/v1/conversations/${conversationId}/members`)) as { items: never[] }).items;
  }

  async addMembers(conversationId: string, userIds: readonly string[]): Promise<void> {
    await this.#api.call('POST', `/v1/conversations/${conversationId}/members`, { userIds, commandId: v7() });
  }

  async removeMember(conversationId: string, userId: string): Promise<void> {
    await this.#api.call('DELETE', `/v1/conversations/${conversationId}/members/${userId}?commandId=${v7()}`);
  }

  async rename(conversationId: string, change: { title?: string; description?: string }): Promise<void> {
    await this.#api.call('PATCH', `/v1/conversations/${conversationId}`, { ...change, commandId: v7() });
  }

  /** Goes into the outbox at once, and from there to the server, once and in order, whatever happens meanwhile. */
  send(
    conversationId: string,
    content: string | Content,
    options: { replyToSeq?: number; messageId?: string } = {},
  ): Sent {
    const messageId = options.messageId ?? v7();
    const state = this.#state(conversationId);
    const frame: Input<ClientFrame> = {
      send: {
        conversationId,
        messageId,
        content: typeof content === 'string' ? { text: { body: content } } : content,
        clientTimeMs: this.#clock.nowMs(),
        knownSeq: state.timeline.end,
        ...(options.replyToSeq !== undefined && { replyToSeq: options.replyToSeq }),
      },
    };
    state.pending.set(messageId, { messageId, frame, sinceMs: this.#clock.nowMs(), failed: false });
    const acked = this.#outbox.add(frame);
    // Whoever does not wait for the answer is told by `refused`.
    acked.catch(() => undefined);
    this.#changed(state);
    return { messageId, acked };
  }

  edit(conversationId: string, seq: number, text: string): Promise<Ack> {
    return this.#outbox.add({ edit: { ...this.#command(conversationId), seq, content: { text: { body: text } } } });
  }

  /** For everyone. */
  deleteMessage(conversationId: string, seq: number): Promise<Ack> {
    return this.#outbox.add({ delete: { ...this.#command(conversationId), seq, forEveryone: true } });
  }

  react(conversationId: string, seq: number, emoji: string, remove = false): Promise<Ack> {
    return this.#outbox.add({ react: { ...this.#command(conversationId), seq, emoji, remove } });
  }

  /** Forgets a message that was refused for good. */
  discard(conversationId: string, messageId: string): void {
    const state = this.#state(conversationId);
    if (state.pending.get(messageId)?.failed && state.pending.delete(messageId)) this.#changed(state);
  }

  /** Sends a refused message again, as a new one. */
  resend(conversationId: string, messageId: string): Sent | undefined {
    const pending = this.#state(conversationId).pending.get(messageId);
    if (!pending?.failed) return undefined;
    this.discard(conversationId, messageId);
    return this.send(conversationId, pending.frame.send?.content as Content);
  }

  /** Fetches lines before those that are here. Returns whether there is more. */
  async loadEarlier(conversationId: string, limit = 50): Promise<boolean> {
    const state = this.#state(conversationId);
    if (state.timeline.complete) return false;
    const before = state.timeline.start;
    const page = await this.history(conversationId, { limit, ...(before > 0 && { before }) });
    state.timeline.merge(page.events, !page.hasMore);
    if (!page.hasMore) state.timeline.complete = true;
    this.#changed(state);
    return page.hasMore;
  }

  /** A page of the log, ascending, straight from the server. */
  history(
    conversationId: string,
    query: { before?: number; after?: number; around?: number; limit?: number } = {},
  ): Promise<{ events: Event[]; hasMore: boolean }> {
    const params = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    return this.#api.events(`/v1/conversations/${conversationId}/events?${params}`);
  }

  /** The person has read up to `seq`, all by default. */
  markRead(conversationId: string, seq?: number): void {
    const state = this.#state(conversationId);
    const upTo = seq ?? state.headSeq;
    if (upTo <= state.readSeq && state.unread === 0) return;
    state.read(upTo);
    if (upTo >= state.headSeq) state.unread = 0;
    this.#receiptDue.add(conversationId);
    this.#scheduleReceipts();
    this.#changed(state);
  }

  typing(conversationId: string, activity: Exclude<Typing['activity'], 'UNSPECIFIED'>): void {
    this.#connection.tell({ typing: { conversationId, activity } });
  }

  /** Whether a person looks at this device, and what they say of themselves. */
  async setPresence(foreground: boolean, status: Presence['status'] = 'UNSPECIFIED'): Promise<void> {
    await this.#connection.ask({ presence: { status, foreground } });
  }

  // What comes

  async #onLive(): Promise<void> {
    this.#outbox.up();
    await this.sync();
    if (this.#watched.size > 0) await this.#watch([...this.#watched]).catch(() => undefined);
    for (const { id, timeline } of this.#conversations.values())
      if (timeline.end > 0 && this.#sendsReceipts) this.#receiptDue.add(id);
    this.#scheduleReceipts();
    this.#cancelHeads?.();
    this.#scheduleHeads();
  }

  /** Syncs from what is here. Calls at the same time share one; a call during one runs once more. */
  sync(): Promise<void> {
    if (this.#syncing) {
      this.#syncAgain = true;
      return this.#syncing;
    }
    this.#syncing = this.#syncAll().finally(() => {
      this.#syncing = undefined;
      if (!this.#syncAgain) return;
      this.#syncAgain = false;
      this.sync().catch(() => undefined);
    });
    return this.#syncing;
  }

  async #syncAll(): Promise<void> {
    for (let cursor = this.#cursor; ; ) {
      const known = [...this.#conversations.values()]
        .filter((state) => state.timeline.end > 0)
        .sort((a, b) => b.lastActivityMs - a.lastActivityMs)
        .slice(0, KNOWN_MAX)
        .map((state) => ({ conversationId: state.id, seq: state.timeline.end }));
      const { syncPage } = await this.#connection.ask({ sync: { known, ...(cursor !== undefined && { cursor }) } });
      const page = syncPage as SyncPage;
      for (const item of page.conversations) this.#merge(item);
      cursor = page.cursor;
      if (!page.done) continue;
      this.#cursor = cursor;
      await this.#storage.set(CURSOR_KEY, cursor);
      return;
    }
  }

  #merge(item: SyncPage['conversations'][number]): void {
    const state = this.#state(item.conversation?.conversationId as string);
    const fresh = state.timeline.merge(item.events, false);
    state.stand(item);
    for (const receipt of item.receipts) state.receipt(receipt);
    for (const event of fresh) this.#settle(state, event);
    for (const event of fresh) this.#events.emit('event', event);
    if (this.#sendsReceipts && fresh.length > 0) this.#receiptDue.add(state.id);
    this.#changed(state);
    this.#scheduleReceipts();
  }

  #onFrame({ event, receipt, typing, presence, resync, reject, ref }: ServerFrame): void {
    if (event) this.#onEvent(event);
    else if (receipt) this.#onReceipt(receipt);
    else if (typing) this.#events.emit('typing', typing);
    else if (presence) this.#events.emit('presence', presence);
    else if (resync) this.sync().catch(() => undefined);
    else if (reject && ref === 0)
      this.#events.emit('error', new ClatterError(reject.code as ClatterError['code'], reject.message));
  }

  #onEvent(event: Event): void {
    const state = this.#state(event.conversationId);
    const before = state.timeline.end;
    if (before === 0 && event.seq > 1) {
      // A conversation that this device has never seen: its newest page tells the rest.
      return void this.#fetch(state);
    }
    switch (state.timeline.add(event)) {
      case 'known':
        return;
      case 'held':
        return void this.#fetch(state);
      case 'added':
        this.#advance(state, before);
        if (!state.wire) void this.#fetch(state);
    }
  }

  /** Events were added behind `before`: the place in the list, the ticks and the listeners follow. */
  #advance(state: ConversationState, before: number): void {
    const fresh = state.timeline.events.slice(Math.max(0, before + 1 - state.timeline.start));
    for (const event of fresh) {
      this.#settle(state, event);
      if (!state.timeline.change(event)) void this.#reread(state, event.reacted?.seq as number);
      state.advance(event);
      this.#events.emit('event', event);
    }
    if (this.#sendsReceipts) this.#receiptDue.add(state.id);
    this.#scheduleReceipts();
    this.#changed(state);
  }

  /** An own event shows that its command is stored, whatever else was answered. */
  #settle(state: ConversationState, event: Event): void {
    if (event.senderId !== this.userId || !event.message) return;
    const { messageId } = event.message;
    state.pending.delete(messageId);
    const { conversationId, seq, messageNo, sentAtMs } = event;
    this.#outbox.settle(messageId, { conversationId, messageId, seq, messageNo, sentAtMs });
  }

  #onReceipt(receipt: Receipt): void {
    const state = this.#conversations.get(receipt.conversationId);
    if (!state) return;
    state.receipt(receipt);
    this.#events.emit('receipt', receipt);
    this.#changed(state);
  }

  #onAck(id: string, ack: Ack): void {
    const state = this.#conversations.get(ack.conversationId);
    const pending = state?.pending.get(id);
    if (!state || !pending) return;
    state.pending.delete(id);
    if (ack.seq === state.timeline.end + 1 && pending.frame.send) {
      const { replyToSeq, clientTimeMs, content } = pending.frame.send;
      const message = {
        messageId: id,
        content: content as Content,
        replyToSeq,
        clientTimeMs,
        edited: false,
        deleted: false,
        reactions: [],
      };
      const before = state.timeline.end;
      const { conversationId, seq, messageNo, sentAtMs } = ack;
      const event = { conversationId, seq, messageNo, senderId: this.userId, sentAtMs, message } as Event;
      if (state.timeline.add(event) === 'added') return this.#advance(state, before);
    }
    this.#changed(state);
  }

  #onRefused(id: string, conversationId: string, error: Error): void {
    const state = this.#state(conversationId);
    const pending = state.pending.get(id);
    if (pending) pending.failed = true;
    this.#events.emit('refused', { conversationId, commandId: id, error });
    this.#changed(state);
  }

  /** Fetches what is between the end of the run and what came after it, and whatever else is not known of the conversation. */
  async #fetch(state: ConversationState): Promise<void> {
    if (this.#fetching.has(state.id)) return;
    this.#fetching.add(state.id);
    try {
      if (!state.wire) {
        const { conversation } = (await this.#api.call('GET', `/v1/conversations/${state.id}`)) as {
          conversation: unknown;
        };
        state.wire = ConversationCodec.fromJson(conversation, 'conversation');
      }
      for (let more = true; more && (state.timeline.end === 0 || state.timeline.hasGap); ) {
        const asked = state.timeline.end;
        const { historyPage } = await this.#connection.ask({
          history: { conversationId: state.id, limit: 100, ...(asked > 0 && { afterSeq: asked }) },
        });
        // A sync or live events may have moved the end meanwhile, and were told of.
        const before = state.timeline.end;
        state.timeline.merge(historyPage?.events ?? [], false);
        more = asked > 0 && (historyPage?.hasMore ?? false);
        if (state.timeline.end > before) this.#advance(state, before);
        else more = false;
      }
    } catch (error) {
      // The connection is gone, and the next sync fetches it; or this person may not see it.
      if (!(error instanceof ClatterError)) this.#events.emit('error', error as Error);
    } finally {
      this.#fetching.delete(state.id);
      this.#changed(state);
    }
  }

  /** Reads one message again as it is now. */
  async #reread(state: ConversationState, seq: number): Promise<void> {
    try {
      const { historyPage } = await this.#connection.ask({
        history: { conversationId: state.id, beforeSeq: seq + 1, limit: 1 },
      });
      state.timeline.merge(historyPage?.events ?? [], false);
      this.#changed(state);
    } catch {
      // The next page that holds it shows it.
    }
  }

  #onDown(): void {
    this.#outbox.down();
    this.#cancelReceipts?.();
    this.#cancelReceipts = undefined;
    this.#cancelHeads?.();
  }

  #scheduleHeads(): void {
    this.#cancelHeads = this.#clock.timer(HEADS_EVERY_MS, () => {
      this.sync().catch(() => undefined);
      this.#scheduleHeads();
    });
  }

  #scheduleReceipts(): void {
    if (this.#receiptDue.size === 0 || this.#cancelReceipts) return;
    this.#cancelReceipts = this.#clock.timer(RECEIPT_MS, () => {
      this.#cancelReceipts = undefined;
      for (const id of [...this.#receiptDue]) {
        const state = this.#state(id);
        const { end } = state.timeline;
        if (
          this.#connection.tell({
            receipt: { conversationId: id, deliveredSeq: Math.max(end, state.readSeq), readSeq: state.readSeq },
          })
        )
          this.#receiptDue.delete(id);
      }
    });
  }

  #watching(): boolean {
    return this.state === 'live' || this.state === 'syncing';
  }

  async #watch(userIds: readonly string[]): Promise<void> {
    // The first of the states is the answer, the others come as news.
    const answer = await this.#connection.ask({ watch: { userIds: [...userIds].slice(0, 500) } });
    if (answer.presence) this.#events.emit('presence', answer.presence);
  }

  // What is here

  #state(conversationId: string): ConversationState {
    let state = this.#conversations.get(conversationId);
    if (!state) {
      state = new ConversationState(conversationId, () => this.userId);
      this.#conversations.set(conversationId, state);
    }
    return state;
  }

  #command(conversationId: string): { conversationId: string; commandId: string; knownSeq: number } {
    return { conversationId, commandId: v7(), knownSeq: this.#state(conversationId).timeline.end };
  }

  async #begin(body: Record<string, unknown>): Promise<ConversationView> {
    const { conversation } = (await this.#api.call('POST', '/v1/conversations', body)) as { conversation: unknown };
    const wire = ConversationCodec.fromJson(conversation, 'conversation');
    const state = this.#state(wire.conversationId);
    state.wire = wire;
    if (state.lastActivityMs === 0) state.lastActivityMs = wire.createdAtMs;
    this.#changed(state);
    return state.view();
  }

  #changed(state: ConversationState): void {
    this.#saveDue.add(state.id);
    this.#cancelSave ??= this.#clock.timer(SAVE_MS, () => void this.#save());
    if (!state.wire) return;
    this.#events.emit('timeline', { conversationId: state.id });
    this.#events.emit('conversation', state.view());
  }

  async #save(): Promise<void> {
    this.#cancelSave?.();
    this.#cancelSave = undefined;
    const due = [...this.#saveDue];
    this.#saveDue.clear();
    if (!this.#api.session || this.#storage instanceof MemoryStorage) return;
    for (const id of due) {
      const state = this.#conversations.get(id);
      if (state?.wire) await this.#storage.set(CONVERSATION_PREFIX + id, state.serialize());
    }
  }

  async #restore(): Promise<void> {
    this.#cursor = await this.#storage.get(CURSOR_KEY);
    for (const [key, json] of await this.#storage.entries(CONVERSATION_PREFIX)) {
      try {
        this.#state(key.slice(CONVERSATION_PREFIX.length)).restore(json);
      } catch {
        // Of another version of this program: the server has it.
        this.#cursor = undefined;
      }
    }
    for (const frame of await this.#outbox.load()) {
      if (!frame.send) continue;
      const { conversationId = '', messageId = '', clientTimeMs } = frame.send;
      this.#state(conversationId).pending.set(messageId, {
        messageId,
        frame,
        sinceMs: clientTimeMs ?? this.#clock.nowMs(),
        failed: false,
      });
    }
  }

  /** Forgets everything of whoever was logged in. */
  async #clear(): Promise<void> {
    this.#cancelSave?.();
    this.#cancelSave = undefined;
    this.#saveDue.clear();
    for (const [key] of await this.#storage.entries('')) await this.#storage.delete(key);
    this.#conversations.clear();
    this.#cursor = undefined;
    await this.#api.forget();
  }

  #loggedOut(reason: string): void {
    this.#connection.close();
    this.#events.emit('loggedOut', { reason });
  }
}
