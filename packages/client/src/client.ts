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
import type { Ack, Content, Event, Input, Member, Pin, Presence, Typing, User } from '@clatter/wire';
import type { Credentials } from './credentials.ts';
import { Engine } from './engine.ts';
import type { Factors } from './factors.ts';
import type { Groups } from './groups.ts';
import type { Relations } from './relations.ts';
import type { Schedule } from './schedule.ts';
import { SESSION_KEY } from './storage.ts';
import type {
  ClientEvents,
  ClientOptions,
  ConnectionState,
  ConversationView,
  FlagsChange,
  GivenReaction,
  HistoryQuery,
  Login,
  MessageReceipts,
  MessageSource,
  Page,
  PasskeyLogin,
  PasswordReset,
  PollVote,
  ProfileChange,
  Registration,
  SecondFactor,
  SendOptions,
  Sent,
  SessionView,
  TimelineEntry,
} from './types.ts';

export class ClatterClient {
  readonly #engine: Engine;

  private constructor(options: ClientOptions) {
    this.#engine = new Engine(options);
  }

  /** Makes an account and logs in. What the storage held of somebody else is forgotten, and nothing else in it. */
  static async register(options: ClientOptions, registration: Registration): Promise<ClatterClient> {
    const client = new ClatterClient(options);
    await client.#engine.begin('/v1/accounts', { ...registration });
    return client;
  }

  /**
   * Logs in with a username or an e-mail address. What the storage held of somebody else is forgotten, and nothing else in it; what the same
   * person left that waits is sent.
   */
  static async login(options: ClientOptions, login: Login): Promise<ClatterClient> {
    const client = new ClatterClient(options);
    await client.#engine.begin('/v1/sessions', { ...login });
    return client;
  }

  /** Finishes a login that was refused with MFA_REQUIRED, whose error has `details.mfaToken`. */
  static async finishLogin(options: ClientOptions, factor: SecondFactor): Promise<ClatterClient> {
    const client = new ClatterClient(options);
    await client.#engine.begin('/v1/sessions/mfa', { ...factor });
    return client;
  }

  /** Logs in with a passkey: what a browser made of `passkeyOptions`. */
  static async loginWithPasskey(options: ClientOptions, login: PasskeyLogin): Promise<ClatterClient> {
    const client = new ClatterClient(options);
    await client.#engine.begin('/v1/sessions/passkey', { ...login });
    return client;
  }

  /** For `navigator.credentials.get`: of a login without a name, or of one that was refused with MFA_REQUIRED. */
  static async passkeyOptions(options: ClientOptions, mfaToken?: string): Promise<unknown> {
    const { api } = new ClatterClient(options).#engine;
    const body = mfaToken === undefined ? {} : { mfaToken };
    return ((await api.open('POST', '/v1/sessions/passkey/options', body)) as { options: unknown }).options;
  }

  /** Sends a code for a new password to the verified address of an account. Returns the reset's id, also where there is no such account. */
  static async requestPasswordReset(options: ClientOptions, login: string): Promise<string> {
    const { api } = new ClatterClient(options).#engine;
    return ((await api.open('POST', '/v1/password-resets', { login })) as { resetId: string }).resetId;
  }

  /** Sets a new password; all sessions end. Throws WRONG_CODE, WEAK_PASSWORD. */
  static async confirmPasswordReset(options: ClientOptions, reset: PasswordReset): Promise<void> {
    const { api } = new ClatterClient(options).#engine;
    await api.open('POST', '/v1/password-resets/confirm', { ...reset });
  }

  /** Goes on with the session that the storage holds, with all that was read and all that waits to be sent; undefined where there is none. */
  static async resume(options: ClientOptions): Promise<ClatterClient | undefined> {
    const client = new ClatterClient(options);
    return (await client.#engine.resume()) ? client : undefined;
  }

  /**
   * Calls when somebody logs in by another program that shares the storage, such as another tab: `resume` has them then. For whoever waits for
   * a login; a client is told of logouts by its event. Returns what ends it.
   */
  static onLogin({ storage }: Pick<ClientOptions, 'storage'>, listener: () => void): () => void {
    const end = storage?.onChange?.(async (key) => {
      if (key === SESSION_KEY && (await storage.get(key)) !== undefined) listener();
    });
    return end ?? (() => undefined);
  }

  get userId(): string {
    return this.#engine.userId;
  }

  get sessionId(): string {
    return this.#engine.api.session?.sessionId ?? '';
  }

  /** The token of the calls that the SDK makes; for calls of one's own. */
  get accessToken(): string {
    return this.#engine.api.session?.accessToken ?? '';
  }

  get state(): ConnectionState {
    return this.#engine.connection.state;
  }

  /** Commands that wait for their answer. */
  get waiting(): number {
    return this.#engine.outbox.waiting;
  }

  /** Returns what ends it. */
  on<K extends keyof ClientEvents>(name: K, listener: (value: ClientEvents[K]) => void): () => void {
    return this.#engine.events.on(name, listener);
  }

  /** Connects, and stays connected until `close`. Resolves when all was synced for the first time; rejects when that will not be. */
  connect(): Promise<void> {
    return this.#engine.connect();
  }

  /** Disconnects; what waits in the outbox stays. */
  close(): Promise<void> {
    return this.#engine.close();
  }

  /** The network is back, or a person looks: reconnect at once. */
  wake(): void {
    this.#engine.connection.wake();
  }

  /** Ends the session on the server, for all programs that share the storage, and forgets all of it here, what waits to be sent too. */
  logout(everywhere = false): Promise<void> {
    return this.#engine.logout(everywhere);
  }

  /** The own e-mail addresses, phone numbers and password. */
  get credentials(): Credentials {
    return this.#engine.credentials;
  }

  /** Second factors, passkeys, and proofs of who holds the session. */
  get factors(): Factors {
    return this.#engine.factors;
  }

  // People

  me(): Promise<User> {
    return this.#engine.people.me();
  }

  updateProfile(change: ProfileChange): Promise<User> {
    return this.#engine.people.updateProfile(change);
  }

  searchUsers(query: string, limit = 20, cursor?: string): Promise<Page<User>> {
    return this.#engine.people.search(query, limit, cursor);
  }

  /** A person, as they were within the last five minutes. Undefined for one who is not there. */
  user(userId: string): Promise<User | undefined> {
    return this.#engine.people.user(userId);
  }

  /** What its owner calls the device of a session. */
  renameSession(sessionId: string, name: string): Promise<void> {
    return this.#engine.people.renameSession(sessionId, name);
  }

  /** What people are to each other: privacy, blocks, contacts, reports, consents. */
  get relations(): Relations {
    return this.#engine.relations;
  }

  sessions(): Promise<readonly SessionView[]> {
    return this.#engine.people.sessions();
  }

  revokeSession(sessionId: string): Promise<void> {
    return this.#engine.people.revokeSession(sessionId);
  }

  /** Be told how people are, from now on; of 500 at most. */
  watch(userIds: readonly string[]): Promise<void> {
    return this.#engine.presences.watch(userIds);
  }

  /** Whether a person looks at this device, and what they say of themselves. */
  setPresence(foreground: boolean, status: Presence['status'] = 'UNSPECIFIED'): Promise<void> {
    return this.#engine.presences.set(foreground, status);
  }

  // Conversations

  /** Most recent first. */
  conversations(): ConversationView[] {
    return this.#engine.conversations.list();
  }

  conversation(conversationId: string): ConversationView | undefined {
    return this.#engine.conversations.find(conversationId)?.view();
  }

  /** The lines of a conversation that are here, ascending; pending ones last. */
  timeline(conversationId: string): readonly TimelineEntry[] {
    return this.#engine.conversations.find(conversationId)?.entries() ?? [];
  }

  /** The events that are here, gapless, ascending. */
  events(conversationId: string): readonly Event[] {
    return this.#engine.conversations.find(conversationId)?.timeline.events ?? [];
  }

  /** The direct conversation with a person; begun where there is none. */
  openDirect(userId: string): Promise<ConversationView> {
    return this.#engine.conversationApi.openDirect(userId);
  }

  createGroup(title: string, memberIds: readonly string[]): Promise<ConversationView> {
    return this.#engine.conversationApi.createGroup(title, memberIds);
  }

  /** A group of any size: whom each member is told of and what it costs is in docs/channels.md. At most 499 others at first. */
  createChannel(title: string, memberIds: readonly string[] = []): Promise<ConversationView> {
    return this.#engine.conversationApi.createChannel(title, memberIds);
  }

  /** The first 500 members: all of a group. */
  async members(conversationId: string): Promise<readonly Member[]> {
    return (await this.#engine.conversationApi.members(conversationId)).items;
  }

  /** A page of the members, at most 500. */
  membersPage(conversationId: string, cursor?: string, limit?: number): Promise<Page<Member>> {
    return this.#engine.conversationApi.members(conversationId, cursor, limit);
  }

  /** To a channel any number, a thousand in each request: what was added before a failure stays, and is no obstacle to a repeat. */
  addMembers(conversationId: string, userIds: readonly string[]): Promise<void> {
    return this.#engine.conversationApi.addMembers(conversationId, userIds);
  }

  removeMember(conversationId: string, userId: string): Promise<void> {
    return this.#engine.conversationApi.removeMember(conversationId, userId);
  }

  /** An empty `pictureUrl` takes the picture away. */
  rename(conversationId: string, change: { title?: string; description?: string; pictureUrl?: string }): Promise<void> {
    return this.#engine.conversationApi.rename(conversationId, change);
  }

  /** How long messages that are sent from now on stay, 5 seconds to a year; 0: for ever. In a direct conversation too. */
  setDisappearing(conversationId: string, seconds: number): Promise<void> {
    return this.#engine.groups.changeSettings(conversationId, { disappearAfterSeconds: seconds });
  }

  /** What else one may do with a group. */
  get groups(): Groups {
    return this.#engine.groups;
  }

  /** Fetches lines before those that are here. Returns whether there is more. */
  loadEarlier(conversationId: string, limit = 50): Promise<boolean> {
    return this.#engine.conversationApi.loadEarlier(conversationId, limit);
  }

  /** A page of the log, ascending, straight from the server; messages are as they are now. */
  history(conversationId: string, query: HistoryQuery = {}): Promise<{ events: Event[]; hasMore: boolean }> {
    return this.#engine.conversationApi.history(conversationId, query);
  }

  // Messages

  /** Goes into the outbox at once, and from there to the server, once and in order, whatever happens meanwhile. */
  send(conversationId: string, content: string | Input<Content>, options: SendOptions = {}): Sent {
    return this.#engine.messages.send(conversationId, content, options);
  }

  /** Passes a message on, as it is now, with who said it first. */
  forward(conversationId: string, source: MessageSource, options: SendOptions = {}): Sent {
    return this.#engine.messages.forward(conversationId, source, options);
  }

  /** Gives a message other words; or a place that moves another one. */
  edit(conversationId: string, seq: number, content: string | Input<Content>): Promise<Ack> {
    return this.#engine.messages.edit(conversationId, seq, content);
  }

  /** For everyone. */
  deleteMessage(conversationId: string, seq: number): Promise<Ack> {
    return this.#engine.messages.delete(conversationId, seq);
  }

  react(conversationId: string, seq: number, emoji: string, remove = false): Promise<Ack> {
    return this.#engine.messages.react(conversationId, seq, emoji, remove);
  }

  /** Whom a message was for and how far each of them got; in groups of up to 500. */
  messageReceipts(conversationId: string, seq: number, cursor?: string): Promise<MessageReceipts> {
    return this.#engine.messageDetails.receipts(conversationId, seq, cursor);
  }

  /** Who reacted to a message, by emoji and person. */
  messageReactions(conversationId: string, seq: number, cursor?: string): Promise<Page<GivenReaction>> {
    return this.#engine.messageDetails.reactions(conversationId, seq, cursor);
  }

  /** Pins a message for all. Who may: docs/groups.md. */
  pin(conversationId: string, seq: number): Promise<Ack> {
    return this.#engine.messages.pin(conversationId, seq, false);
  }

  unpin(conversationId: string, seq: number): Promise<Ack> {
    return this.#engine.messages.pin(conversationId, seq, true);
  }

  /** The pinned messages as they are now, in the order in which they were pinned, straight from the server. */
  pins(conversationId: string): Promise<readonly Pin[]> {
    return this.#engine.conversationApi.pins(conversationId);
  }

  /** Messages that are to be sent later. */
  get schedule(): Schedule {
    return this.#engine.schedule;
  }

  /** Votes in a poll, in place of one's vote before; no options: one's vote is taken back. */
  vote(conversationId: string, seq: number, options: readonly number[]): Promise<Ack> {
    return this.#engine.messages.vote(conversationId, seq, options);
  }

  /** Ends a poll of one's own. */
  closePoll(conversationId: string, seq: number): Promise<Ack> {
    return this.#engine.messages.closePoll(conversationId, seq);
  }

  /** Who chose what in a poll that is not anonymous, straight from the server. */
  votes(conversationId: string, seq: number): Promise<readonly PollVote[]> {
    return this.#engine.conversationApi.votes(conversationId, seq);
  }

  /** Forgets a message that was refused for good. */
  discard(conversationId: string, messageId: string): void {
    this.#engine.messages.discard(conversationId, messageId);
  }

  /** Sends a refused message again, as a new one. */
  resend(conversationId: string, messageId: string): Sent | undefined {
    return this.#engine.messages.resend(conversationId, messageId);
  }

  /** Pins, mutes, archives, hides a conversation, or marks it as unread: for this person, on all of their devices. */
  setFlags(conversationId: string, change: FlagsChange): Promise<Ack> {
    return this.#engine.own.setFlags(conversationId, change);
  }

  /** What the person is writing: here at once, and a moment after the last change on their other devices. Empty: nothing any more. */
  setDraft(conversationId: string, text: string, replyToSeq?: number): void {
    this.#engine.own.setDraft(conversationId, text, replyToSeq);
  }

  /** For this person alone, on all of their devices. */
  deleteForMe(conversationId: string, seq: number): Promise<Ack> {
    return this.#engine.own.deleteForMe(conversationId, seq);
  }

  /** The person has read up to `seq`, all by default. */
  markRead(conversationId: string, seq?: number): void {
    this.#engine.markRead(conversationId, seq);
  }

  typing(conversationId: string, activity: Exclude<Typing['activity'], 'UNSPECIFIED'>): void {
    this.#engine.connection.tell({ typing: { conversationId, activity } });
  }
}
