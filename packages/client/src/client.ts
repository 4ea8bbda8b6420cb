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
  Member,
  type Presence,
  type ServerFrame,
  type Typing,
  type User,
  type Welcome,
} from '@clatter/wire';
import { v7 } from 'uuid';
import { Api } from './api.ts';
import { Connection } from './connection.ts';
import type { ConversationState } from './conversation.ts';
import { Conversations } from './conversations.ts';
import { Emitter } from './emitter.ts';
import { Outbox, type Refused } from './outbox.ts';
import { People } from './people.ts';
import { Receipts } from './receipts.ts';
import { type ClientStorage, isOwnKey, MemoryStorage } from './storage.ts';
import { Sync } from './sync.ts';
import type {
  ClientClock,
  ClientEvents,
  ClientOptions,
  ConnectionState,
  ConversationView,
  HistoryQuery,
  Login,
  Page,
  ProfileChange,
  Registration,
  SendOptions,
  Sent,
  SessionView,
  SocketLike,
  TimelineEntry,
} from './types.ts';

/** People that a connection may watch. */
const WATCHED_MAX = 500;

const systemClock: ClientClock = {
  nowMs: Date.now,
  timer(delayMs, fire) {
    const timer = setTimeout(fire, delayMs);
    return () => clearTimeout(timer);
  },
};

const openSystemSocket = (url: string, subprotocol: string): SocketLike =>
  new WebSocket(url, subprotocol) as unknown as SocketLike;

export class ClatterClient {
  readonly #storage: ClientStorage;
  readonly #clock: ClientClock;
  readonly #newId: () => string;
  readonly #events = new Emitter<ClientEvents>();
  readonly #api: Api;
  readonly #people: People;
  readonly #connection: Connection;
  readonly #conversations: Conversations;
  readonly #outbox: Outbox;
  readonly #receipts: Receipts;
  readonly #sync: Sync;
  readonly #watched = new Set<string>();
  /** What was said of oneself: every new connection is told again. */
  #presence: { readonly status: Presence['status']; readonly foreground: boolean } | undefined;
  #isLoggedOut = false;

  private constructor(options: ClientOptions) {
    const storage = options.storage ?? new MemoryStorage();
    const clock = options.clock ?? systemClock;
    const onError = (error: Error): void => this.#events.emit('error', error);
    const userId = (): string => this.userId;
    this.#storage = storage;
    this.#clock = clock;
    this.#newId = options.newId ?? v7;
    this.#api = new Api(options, storage, clock);
    this.#api.onLoggedOut = (reason) => this.#loggedOut(reason);
    this.#people = new People(this.#api, clock);
    this.#conversations = new Conversations({
      storage,
      clock,
      userId,
      onChanged: (state) => this.#onChanged(state),
      onError,
    });
    this.#connection = new Connection({
      url: this.#api.url,
      encoding: options.encoding ?? 'json',
      openSocket: options.openSocket ?? openSystemSocket,
      clock,
      random: options.random ?? Math.random,
      client: options.client ?? 'clatter-sdk/0.1',
      deviceId: options.device?.name ?? '',
      token: (refused) => this.#api.accessToken(refused),
      renewAtMs: () => this.#api.renewAtMs,
      onState: (state) => this.#events.emit('state', state),
      onOpen: () => this.#sync.sync(),
      onWelcome: (welcome) => this.#onWelcome(welcome),
      onFrame: (frame) => this.#onFrame(frame),
      onDown: () => this.#onDown(),
      onLoggedOut: (reason) => this.#loggedOut(reason),
      onError,
    });
    this.#outbox = new Outbox({
      storage,
      connection: () => this.#connection,
      clock,
      onAck: (id, ack) => this.#sync.onAck(id, ack),
      onRefused: (refused, error) => this.#onRefused(refused, error),
      onChange: (waiting) => this.#events.emit('outbox', { waiting }),
      onError,
    });
    this.#receipts = new Receipts({ clock, tell: (receipt) => this.#connection.tell({ receipt }) });
    this.#sync = new Sync({
      connection: this.#connection,
      api: this.#api,
      clock,
      conversations: this.#conversations,
      outbox: this.#outbox,
      receipts: this.#receipts,
      sendsReceipts: options.receipts ?? true,
      userId,
      emit: (name, value) => this.#events.emit(name, value),
    });
  }

  /** Makes an account and logs in. What the storage held of another session is forgotten, and nothing else in it. */
  static register(options: ClientOptions, registration: Registration): Promise<ClatterClient> {
    return ClatterClient.#begin(options, '/v1/accounts', { ...registration });
  }

  /** Logs in with a username or an e-mail address. What the storage held of another session is forgotten, and nothing else in it. */
  static login(options: ClientOptions, login: Login): Promise<ClatterClient> {
    return ClatterClient.#begin(options, '/v1/sessions', { ...login });
  }

  /** Goes on with the session that the storage holds, with all that was read and all that waits to be sent; undefined where there is none. */
  static async resume(options: ClientOptions): Promise<ClatterClient | undefined> {
    const client = new ClatterClient(options);
    if (!(await client.#api.load())) return undefined;
    await client.#conversations.restore();
    for (const frame of await client.#outbox.load()) if (frame.send) client.#showPending(frame);
    return client;
  }

  static async #begin(
    options: ClientOptions,
    path: '/v1/accounts' | '/v1/sessions',
    body: Record<string, unknown>,
  ): Promise<ClatterClient> {
    const client = new ClatterClient(options);
    const { session, userId } = await client.#api.begin(path, body);
    await client.#clear();
    await client.#api.keep(session, userId);
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

  /** Connects, and stays connected until `close`. Resolves when all was synced for the first time; rejects when that will not be. */
  async connect(): Promise<void> {
    if (this.state === 'live') return;
    await new Promise<void>((resolve, reject) => {
      const settle = (run: () => void): void => {
        for (const end of ends) end();
        run();
      };
      const ends = [
        this.on('state', (state) => {
          if (state === 'live') settle(resolve);
          // What ended it is told right after.
          if (state === 'offline')
            queueMicrotask(() => settle(() => reject(new ClatterError('UNAVAILABLE', 'the client was closed'))));
        }),
        this.on('loggedOut', ({ reason }) => settle(() => reject(new ClatterError('UNAUTHENTICATED', reason)))),
        this.on('error', (error) => {
          if (this.state === 'offline') settle(() => reject(error));
        }),
      ];
      this.#connection.open();
    });
  }

  /** Disconnects; what waits in the outbox stays. */
  async close(): Promise<void> {
    this.#connection.close();
    await this.#conversations.save();
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
    this.#isLoggedOut = true;
    this.#connection.close();
    await this.#clear();
  }

  // People

  me(): Promise<User> {
    return this.#people.me();
  }

  updateProfile(change: ProfileChange): Promise<User> {
    return this.#people.updateProfile(change);
  }

  searchUsers(query: string, limit = 20, cursor?: string): Promise<Page<User>> {
    return this.#people.search(query, limit, cursor);
  }

  /** A person, as they were within the last five minutes. Undefined for one who is not there. */
  user(userId: string): Promise<User | undefined> {
    return this.#people.user(userId);
  }

  sessions(): Promise<readonly SessionView[]> {
    return this.#people.sessions();
  }

  revokeSession(sessionId: string): Promise<void> {
    return this.#people.revokeSession(sessionId);
  }

  /** Be told how people are, from now on; of 500 at most. */
  async watch(userIds: readonly string[]): Promise<void> {
    for (const userId of userIds) this.#watched.add(userId);
    if (this.state === 'live' || this.state === 'syncing') await this.#watch(userIds);
  }

  /** Whether a person looks at this device, and what they say of themselves. */
  async setPresence(foreground: boolean, status: Presence['status'] = 'UNSPECIFIED'): Promise<void> {
    this.#presence = { foreground, status: status === 'UNSPECIFIED' ? (this.#presence?.status ?? status) : status };
    await this.#connection.ask({ presence: this.#presence });
  }

  // Conversations

  /** Most recent first. */
  conversations(): ConversationView[] {
    return this.#conversations
      .all()
      .filter((state) => state.wire && (state.wire.role !== 'none' || state.headSeq > 0))
      .map((state) => state.view())
      .sort((a, b) => b.lastActivityMs - a.lastActivityMs || (a.conversationId < b.conversationId ? 1 : -1));
  }

  conversation(conversationId: string): ConversationView | undefined {
    return this.#conversations.find(conversationId)?.view();
  }

  /** The lines of a conversation that are here, ascending; pending ones last. */
  timeline(conversationId: string): readonly TimelineEntry[] {
    return this.#conversations.find(conversationId)?.entries() ?? [];
  }

  /** The events that are here, gapless, ascending. */
  events(conversationId: string): readonly Event[] {
    return this.#conversations.find(conversationId)?.timeline.events ?? [];
  }

  /** The direct conversation with a person; begun where there is none. */
  openDirect(userId: string): Promise<ConversationView> {
    return this.#open({ kind: 'direct', memberIds: [userId] });
  }

  createGroup(title: string, memberIds: readonly string[]): Promise<ConversationView> {
    return this.#open({ kind: 'group', title, memberIds, commandId: this.#newId() });
  }

  async members(conversationId: string): Promise<readonly Member[]> {
    const { items } = (await this.#api.call('GET', `/v1/conversations/${conversationId}/members`)) as {
      items: unknown[];
    };
    return items.map((item) => Member.fromJson(item, 'member'));
  }

  async addMembers(conversationId: string, userIds: readonly string[]): Promise<void> {
    const commandId = this.#newId();
    await this.#api.call('POST', `/v1/conversations/${conversationId}/members`, { userIds, commandId });
  }

  async removeMember(conversationId: string, userId: string): Promise<void> {
    const path = `/v1/conversations/${conversationId}/members/${userId}`;
    await this.#api.call('DELETE', `${path}?commandId=${this.#newId()}`);
  }

  async rename(conversationId: string, change: { title?: string; description?: string }): Promise<void> {
    await this.#api.call('PATCH', `/v1/conversations/${conversationId}`, { ...change, commandId: this.#newId() });
  }

  /** Goes into the outbox at once, and from there to the server, once and in order, whatever happens meanwhile. */
  send(conversationId: string, content: string | Content, { replyToSeq, messageId }: SendOptions = {}): Sent {
    const id = messageId ?? this.#newId();
    const frame: Input<ClientFrame> = {
      send: {
        conversationId,
        messageId: id,
        content: typeof content === 'string' ? { text: { body: content } } : content,
        clientTimeMs: this.#clock.nowMs(),
        ...(replyToSeq !== undefined && { replyToSeq }),
        // An id of the caller's may be in the log since before what is known here.
        ...(messageId === undefined && { knownSeq: this.#conversations.get(conversationId).timeline.end }),
      },
    };
    const state = this.#showPending(frame);
    const acked = this.#outbox.add(frame, messageId !== undefined);
    this.#conversations.changed(state);
    return { messageId: id, acked };
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
    const state = this.#conversations.get(conversationId);
    if (state.pending.get(messageId)?.failed && state.pending.delete(messageId)) this.#conversations.changed(state);
  }

  /** Sends a refused message again, as a new one. */
  resend(conversationId: string, messageId: string): Sent | undefined {
    const pending = this.#conversations.get(conversationId).pending.get(messageId);
    if (!pending?.failed) return undefined;
    this.discard(conversationId, messageId);
    const { content, replyToSeq } = pending.frame.send ?? {};
    return this.send(conversationId, content as Content, replyToSeq === undefined ? {} : { replyToSeq });
  }

  /** Fetches lines before those that are here. Returns whether there is more. */
  async loadEarlier(conversationId: string, limit = 50): Promise<boolean> {
    const state = this.#conversations.get(conversationId);
    if (state.timeline.complete) return false;
    const before = state.timeline.start;
    const page = await this.history(conversationId, { limit, ...(before > 0 && { before }) });
    state.timeline.merge(page.events, !page.hasMore);
    if (!page.hasMore) state.timeline.complete = true;
    this.#conversations.changed(state);
    return page.hasMore;
  }

  /** A page of the log, ascending, straight from the server; messages are as they are now. */
  history(conversationId: string, query: HistoryQuery = {}): Promise<{ events: Event[]; hasMore: boolean }> {
    const params = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    return this.#api.events(`/v1/conversations/${conversationId}/events?${params}`);
  }

  /** The person has read up to `seq`, all by default. */
  markRead(conversationId: string, seq?: number): void {
    const state = this.#conversations.get(conversationId);
    const upTo = Math.min(seq ?? state.headSeq, state.headSeq);
    if (upTo <= state.readSeq && state.unread === 0) return;
    state.read(upTo);
    if (upTo >= state.headSeq) state.unread = 0;
    this.#receipts.due(state);
    this.#conversations.changed(state);
  }

  typing(conversationId: string, activity: Exclude<Typing['activity'], 'UNSPECIFIED'>): void {
    this.#connection.tell({ typing: { conversationId, activity } });
  }

  // What comes

  #onWelcome({ limits }: Welcome): void {
    this.#outbox.up(limits?.framesPerSecondMax ?? 0);
    this.#sync.up();
    this.#receipts.schedule();
    const ignore = (): void => undefined;
    if (this.#watched.size > 0) this.#watch([...this.#watched]).catch(ignore);
    if (this.#presence) this.#connection.ask({ presence: this.#presence }).catch(ignore);
  }

  #onFrame({ ack, event, receipt, typing, presence, resync, reject, ref }: ServerFrame): void {
    if (event) this.#sync.onEvent(event);
    else if (receipt) this.#sync.onReceipt(receipt);
    else if (typing) this.#events.emit('typing', typing);
    else if (presence) this.#events.emit('presence', presence);
    else if (resync) this.#sync.resync();
    else if (ack) this.#outbox.settle(ack.messageId, ack);
    else if (reject && ref === 0)
      this.#events.emit('error', new ClatterError(reject.code as ClatterError['code'], reject.message));
  }

  #onRefused({ id, conversationId }: Refused, error: Error): void {
    const state = this.#conversations.get(conversationId);
    const pending = state.pending.get(id);
    if (pending) pending.failed = true;
    this.#events.emit('refused', { conversationId, commandId: id, error });
    this.#conversations.changed(state);
  }

  #onDown(): void {
    this.#outbox.down();
    this.#receipts.down();
    this.#sync.down();
  }

  #onChanged(state: ConversationState): void {
    this.#events.emit('timeline', { conversationId: state.id });
    if (this.#events.has('conversation')) this.#events.emit('conversation', state.view());
  }

  #loggedOut(reason: string): void {
    if (this.#isLoggedOut) return;
    this.#isLoggedOut = true;
    this.#connection.close();
    this.#events.emit('loggedOut', { reason });
  }

  /** The first of the states is the answer, the others come as news. */
  async #watch(userIds: readonly string[]): Promise<void> {
    const { presence } = await this.#connection.ask({ watch: { userIds: userIds.slice(0, WATCHED_MAX) } });
    if (presence) this.#events.emit('presence', presence);
  }

  // What is here

  #command(conversationId: string): { conversationId: string; commandId: string; knownSeq: number } {
    const { end } = this.#conversations.get(conversationId).timeline;
    return { conversationId, commandId: this.#newId(), knownSeq: end };
  }

  #showPending(frame: Input<ClientFrame>): ConversationState {
    const { conversationId = '', messageId = '', clientTimeMs = 0 } = frame.send ?? {};
    const state = this.#conversations.get(conversationId);
    state.pending.set(messageId, { messageId, frame, sinceMs: clientTimeMs, failed: false, ack: undefined });
    return state;
  }

  async #open(body: Record<string, unknown>): Promise<ConversationView> {
    const { conversation } = (await this.#api.call('POST', '/v1/conversations', body)) as { conversation: unknown };
    const wire = ConversationCodec.fromJson(conversation, 'conversation');
    const state = this.#conversations.get(wire.conversationId);
    state.describe(wire, state.timeline.end);
    this.#conversations.changed(state);
    return state.view();
  }

  /** Forgets everything of whoever was logged in. */
  async #clear(): Promise<void> {
    this.#conversations.clear();
    this.#people.clear();
    for (const [key] of await this.#storage.entries('')) if (isOwnKey(key)) await this.#storage.delete(key);
    await this.#api.forget();
  }
}
