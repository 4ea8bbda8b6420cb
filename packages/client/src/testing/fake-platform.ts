/**
 * A small platform in this process, in virtual time: accounts, tokens that expire, direct conversations and groups as logs, acks, live
 * events, sync and history as the outside contract has them, with a switch for each thing that can go wrong.
 */
import {
  type ClientFrame,
  type Conversation,
  Conversation as ConversationCodec,
  ConversationKind,
  type ErrorCode,
  Event,
  errorKinds,
  type Input,
  Item,
  type ServerFrame,
} from '@clatter/wire';
import type { ClientStorage } from '../storage.ts';
import type { ClientOptions } from '../types.ts';
import { FakeSocket } from './fake-socket.ts';
import type { VirtualClock } from './virtual-clock.ts';

interface Talk {
  readonly conversation: Omit<Conversation, 'role' | 'peerId'>;
  readonly members: Set<string>;
  readonly removedAt: Map<string, number>;
  readonly log: Event[];
  /** Sender and id → seq. */
  readonly seqs: Map<string, number>;
  readonly receipts: Map<string, { deliveredSeq: number; readSeq: number }>;
}

interface Line {
  readonly socket: FakeSocket;
  userId: string | undefined;
  token: string;
  /** Conversations in which a command was refused, until one of the refused is sent again. */
  readonly blocked: Map<string, Set<string>>;
}

type Refusal = { code: ErrorCode; retryAfterMs?: number };

export class FakePlatform {
  readonly clock: VirtualClock;
  readonly talks = new Map<string, Talk>();
  readonly lines = new Set<Line>();
  readonly sessions = new Map<string, { userId: string; refreshToken: string; usedToken: string; ended: boolean }>();
  readonly calls: string[] = [];
  tokenSeconds = 900;
  framesPerSecondMax = 0;
  isUp = true;
  /** What becomes of a command; by default it is stored and acknowledged. */
  onCommand: (frame: ClientFrame) => 'store' | 'lose' | 'store, no ack' | 'ack first' | Refusal = () => 'store';
  /** Whether a live event gets to a socket. */
  delivers: (event: Event, userId: string) => boolean = () => true;
  /** Events that a sync page holds at most. */
  pageEvents = 100;
  /** How long a sync page is on its way. */
  pageMs = 0;
  /** How long a page of history takes by HTTP. */
  eventsMs = 1;
  #ids = 0;
  #tokens = new Map<string, { sessionId: string; expiresAtMs: number }>();

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  options(storage?: ClientStorage): ClientOptions {
    return {
      url: 'http://fake',
      clock: this.clock,
      random: () => 0.5,
      newId: () => this.newId(),
      openSocket: () => this.#accept(),
      fetch: ((url: string, init: RequestInit) => this.#fetch(new URL(url), init)) as unknown as typeof fetch,
      ...(storage && { storage }),
    };
  }

  newId(): string {
    return `00000000-0000-7000-8000-${String(++this.#ids).padStart(12, '0')}`;
  }

  /** Begins a conversation as somebody who is no client here. */
  talk(kind: 'direct' | 'group', ...members: string[]): string {
    const conversationId = this.newId();
    const conversation = ConversationCodec.create({
      conversationId,
      kind: ConversationKind[ConversationKind.indexOf(kind)] as 'direct',
      title: kind === 'group' ? 'Team' : '',
      createdAtMs: this.clock.nowMs(),
      memberCount: members.length,
    });
    this.talks.set(conversationId, {
      conversation,
      members: new Set(members),
      removedAt: new Map(),
      log: [],
      seqs: new Map(),
      receipts: new Map(),
    });
    this.append(conversationId, members[0] as string, { created: { kind, title: conversation.title, members: [] } });
    return conversationId;
  }

  /** Adds an event to the log and delivers it. */
  append(conversationId: string, senderId: string, body: Partial<Event>): Event {
    const talk = this.#talk(conversationId);
    const event = Event.create({
      conversationId,
      senderId,
      seq: talk.log.length + 1,
      messageNo: (talk.log.at(-1)?.messageNo ?? 0) + (body.message ? 1 : 0),
      sentAtMs: this.clock.nowMs(),
      ...body,
    });
    const receivers = new Set(talk.members);
    talk.log.push(event);
    for (const member of event.membersChanged?.added ?? [])
      receivers.add(member.userId) && talk.members.add(member.userId);
    for (const userId of event.membersChanged?.removedIds ?? []) {
      talk.members.delete(userId);
      talk.removedAt.set(userId, event.seq);
    }
    talk.conversation.memberCount = talk.members.size;
    if (event.renamed) talk.conversation.title = event.renamed.title;
    const target = talk.log[(event.edited?.seq ?? event.deleted?.seq ?? event.reacted?.seq ?? 0) - 1];
    if (target?.message) talk.log[target.seq - 1] = { ...target, message: changed(target.message, event, senderId) };
    for (const { socket, userId } of this.lines)
      if (userId !== undefined && receivers.has(userId) && this.delivers(event, userId)) socket.give({ event });
    return event;
  }

  say(conversationId: string, senderId: string, text: string): Event {
    const message = {
      messageId: this.newId(),
      content: { text: { body: text } },
      edited: false,
      deleted: false,
      reactions: [],
    };
    return this.append(conversationId, senderId, { message } as never);
  }

  texts(conversationId: string): (string | undefined)[] {
    return this.#talk(conversationId).log.flatMap(({ message }) => (message ? [message.content?.text?.body] : []));
  }

  socketOf(userId: string): FakeSocket {
    const line = [...this.lines].find((item) => item.userId === userId);
    if (!line) throw new Error('no socket');
    return line.socket;
  }

  /** All sockets end without a word, as after a kill. */
  cut(): void {
    for (const { socket } of [...this.lines]) socket.end(1006);
  }

  // The socket's side

  #accept(): FakeSocket {
    const socket = new FakeSocket();
    const line: Line = { socket, userId: undefined, token: '', blocked: new Map() };
    this.clock.timer(1, () => {
      if (!this.isUp) return socket.end(1006);
      this.lines.add(line);
      socket.open();
    });
    socket.onGone = () => this.lines.delete(line);
    socket.onFrame = (frame) => this.clock.timer(1, () => this.lines.has(line) && this.#onFrame(line, frame));
    return socket;
  }

  #onFrame(line: Line, frame: ClientFrame): void {
    const { socket } = line;
    const { ref } = frame;
    if (frame.hello) {
      const token = this.#tokens.get(frame.hello.token);
      const session = token && this.sessions.get(token.sessionId);
      if (!token || !session || token.expiresAtMs <= this.clock.nowMs()) return socket.end(4502, 'TOKEN_EXPIRED: …');
      if (session.ended) return socket.end(4503, 'the session has ended');
      line.userId = session.userId;
      line.token = frame.hello.token;
      const limits = { framesPerSecondMax: this.framesPerSecondMax };
      return socket.give({ ref, welcome: { userId: session.userId, limits } });
    }
    const userId = line.userId as string;
    if (frame.ping) socket.give({ ref, pong: {} });
    else if (frame.sync) this.#sync(line, userId, frame);
    else if (frame.history) this.#answerHistory(line, userId, frame);
    else if (frame.receipt) this.#receipt(userId, frame.receipt);
    else if (frame.send || frame.edit || frame.delete || frame.react || frame.pin) this.#command(line, userId, frame);
    else if (frame.presence || frame.watch) socket.give({ ref, presence: { userId, status: 'ONLINE' } });
  }

  #command(line: Line, userId: string, frame: ClientFrame): void {
    const { socket } = line;
    const command = (frame.send ?? frame.edit ?? frame.delete ?? frame.react ?? frame.pin) as {
      conversationId: string;
      retry: boolean;
    };
    const id = frame.send?.messageId ?? (command as unknown as { commandId: string }).commandId;
    const { conversationId, retry } = command;
    const reject = (code: ErrorCode, retryAfterMs = 0): void =>
      socket.give({ ref: frame.ref, reject: { code, message: code, retryAfterMs } });
    const refused = line.blocked.get(conversationId);
    if (refused && !(retry && refused.has(id))) return refused.add(id) && reject('UNAVAILABLE', 500);
    line.blocked.delete(conversationId);
    const fate = this.onCommand(frame);
    if (fate === 'lose') return;
    if (typeof fate === 'object') {
      if (errorKinds[fate.code].retry) line.blocked.set(conversationId, new Set([id]));
      return reject(fate.code, fate.retryAfterMs ?? 0);
    }
    const talk = this.talks.get(conversationId);
    if (!talk?.members.has(userId)) return reject(talk?.removedAt.has(userId) ? 'NOT_A_MEMBER' : 'NOT_FOUND');
    const ack = (seq: number): void => {
      const { messageNo, sentAtMs } = talk.log[seq - 1] as Event;
      if (fate !== 'store, no ack')
        socket.give({ ref: frame.ref, ack: { conversationId, messageId: id, seq, messageNo, sentAtMs } });
    };
    const known = talk.seqs.get(`${userId} ${id}`);
    if (known !== undefined) return ack(known);
    const target = talk.log[((command as unknown as { seq?: number }).seq ?? 0) - 1];
    if (!frame.send && (!target?.message || target.message.deleted)) return reject('NOT_FOUND');
    const seq = talk.log.length + 1;
    talk.seqs.set(`${userId} ${id}`, seq);
    const append = (): unknown => this.append(conversationId, userId, this.#bodyOf(frame));
    if (fate === 'ack first') {
      socket.give({
        ref: frame.ref,
        ack: {
          conversationId,
          messageId: id,
          seq,
          messageNo: (talk.log.at(-1)?.messageNo ?? 0) + 1,
          sentAtMs: this.clock.nowMs(),
        },
      });
      append();
    } else {
      append();
      ack(seq);
    }
  }

  #bodyOf(frame: ClientFrame): Partial<Event> {
    const { forward } = frame.send ?? {};
    const source = forward && this.#talk(forward.conversationId).log[forward.seq - 1];
    const body = bodyOf(frame);
    if (!source?.message || !body.message) return body;
    const forwarded = { senderId: source.senderId, sentAtMs: source.sentAtMs, hops: 1 };
    return { message: { ...body.message, content: source.message.content, forwarded } };
  }

  #receipt(userId: string, { conversationId, deliveredSeq, readSeq }: NonNullable<ClientFrame['receipt']>): void {
    const talk = this.#talk(conversationId);
    const before = talk.receipts.get(userId);
    const receipt = {
      deliveredSeq: Math.max(before?.deliveredSeq ?? 0, deliveredSeq),
      readSeq: Math.max(before?.readSeq ?? 0, readSeq),
    };
    talk.receipts.set(userId, receipt);
    for (const line of this.lines)
      if (line.userId !== undefined && talk.members.has(line.userId))
        line.socket.give({ receipt: { conversationId, userId, ...receipt } });
  }

  #sync({ socket }: Line, userId: string, { ref, sync }: ClientFrame): void {
    if (sync?.cursor === 'of another server')
      return socket.give({ ref, reject: { code: 'INVALID', message: 'cursor' } });
    const since = Number(sync?.cursor ?? 0);
    const known = new Map(sync?.known.map(({ conversationId, seq }) => [conversationId, seq]));
    const conversations = [...this.talks.values()].flatMap((talk) => {
      const log = this.#visible(talk, userId);
      const last = log.at(-1);
      const knownSeq = known.get(talk.conversation.conversationId);
      if (!last || (last.sentAtMs < since && !(knownSeq !== undefined && knownSeq < last.seq))) return [];
      if (!talk.members.has(userId) && knownSeq === undefined) return [];
      const events = log.filter(({ seq }) => seq > (knownSeq ?? 0));
      return [{ ...this.#item(talk, userId, log), events: events.slice(Math.max(0, events.length - this.pageEvents)) }];
    });
    const syncPage = { conversations, cursor: String(this.clock.nowMs()), done: true };
    this.clock.timer(this.pageMs, () => socket.give({ ref, syncPage } as Input<ServerFrame>));
  }

  #answerHistory({ socket }: Line, userId: string, { ref, history }: ClientFrame): void {
    const talk = this.talks.get(history?.conversationId ?? '');
    if (!talk?.members.has(userId))
      return socket.give({
        ref,
        reject: { code: talk?.removedAt.has(userId) ? 'NOT_A_MEMBER' : 'NOT_FOUND', message: '' },
      });
    socket.give({ ref, historyPage: page(talk.log, history?.beforeSeq, history?.afterSeq, history?.limit || 50) });
  }

  #visible(talk: Talk, userId: string): readonly Event[] {
    return talk.members.has(userId) ? talk.log : talk.log.slice(0, talk.removedAt.get(userId) ?? 0);
  }

  #item(talk: Talk, userId: string, log: readonly Event[]): Item & { receipts: unknown[] } {
    const readSeq = talk.receipts.get(userId)?.readSeq ?? 0;
    const last = log.at(-1) as Event;
    return {
      ...Item.create(),
      conversation: this.#view(talk, userId),
      headSeq: last.seq,
      messageNo: last.messageNo,
      readSeq,
      unread: last.messageNo - (log[readSeq - 1]?.messageNo ?? 0),
      lastMessage: log.findLast(({ message }) => message !== undefined),
      lastActivityMs: last.sentAtMs,
      receipts: [...talk.receipts].map(([id, receipt]) => ({ conversationId: '', userId: id, ...receipt })),
    };
  }

  #view(talk: Talk, userId: string): Conversation {
    return {
      ...talk.conversation,
      role: talk.members.has(userId) ? 'member' : 'none',
      peerId: talk.conversation.kind === 'direct' ? [...talk.members].find((id) => id !== userId) : undefined,
    };
  }

  #talk(conversationId: string): Talk {
    const talk = this.talks.get(conversationId);
    if (!talk) throw new Error(`no conversation ${conversationId}`);
    return talk;
  }

  // HTTP

  async #fetch(url: URL, init: RequestInit): Promise<Response> {
    const call = `${init.method} ${url.pathname}`;
    this.calls.push(call);
    await new Promise<void>((resolve) => this.clock.timer(call.endsWith('/events') ? this.eventsMs : 1, resolve));
    if (!this.isUp) throw new TypeError('fetch failed');
    const body = JSON.parse((init.body as string | undefined) ?? '{}') as Record<string, string>;
    if (call === 'POST /v1/accounts' || call === 'POST /v1/sessions')
      return answer(201, {
        user: { userId: body.username ?? body.login },
        session: this.#begin((body.username ?? body.login) as string),
      });
    if (call === 'POST /v1/sessions/refresh') {
      // A client that lost the answer asks once more with the token that it used.
      const found = [...this.sessions].find(([, { refreshToken, usedToken }]) =>
        [refreshToken, usedToken].includes(body.refreshToken as string),
      );
      if (!found || found[1].ended) return problem('UNAUTHENTICATED');
      const isRepeat = found[1].refreshToken !== body.refreshToken;
      return answer(200, { session: this.#issue(found[0], isRepeat ? found[1].refreshToken : undefined) });
    }
    const token = this.#tokens.get(new Headers(init.headers).get('authorization')?.slice(7) ?? '');
    const session = token && this.sessions.get(token.sessionId);
    if (!token || !session || session.ended) return problem('UNAUTHENTICATED');
    if (token.expiresAtMs <= this.clock.nowMs()) return problem('TOKEN_EXPIRED');
    return this.#asPerson(call, url, session, body);
  }

  #asPerson(
    call: string,
    url: URL,
    session: { userId: string; ended: boolean },
    body: Record<string, string>,
  ): Response {
    const { userId } = session;
    const [, , area, id, part] = url.pathname.split('/');
    const ids = url.searchParams.get('ids');
    if (area === 'users' && ids !== null) {
      const found = ids.split(',').filter((named) => named !== 'nobody');
      return answer(200, {
        items: found.map((named) => ({ userId: named, displayName: `${named}!` })),
        nextCursor: null,
      });
    }
    if (area === 'me' || area === 'users')
      return id === 'nobody'
        ? problem('NOT_FOUND')
        : answer(200, { user: { userId: id ?? userId, displayName: `${id ?? userId}!` } });
    if (call === 'DELETE /v1/sessions/current') {
      session.ended = true;
      return answer(204, undefined);
    }
    if (call === 'POST /v1/conversations') {
      const conversationId = this.talk(body.kind as 'direct', userId, ...(body.memberIds as unknown as string[]));
      return answer(201, {
        conversation: JSON.parse(ConversationCodec.toJson(this.#view(this.#talk(conversationId), userId))),
      });
    }
    const talk = area === 'conversations' ? this.talks.get(id ?? '') : undefined;
    if (!talk?.members.has(userId)) return problem(talk?.removedAt.has(userId) ? 'NOT_A_MEMBER' : 'NOT_FOUND');
    if (part !== 'events')
      return answer(200, { conversation: JSON.parse(ConversationCodec.toJson(this.#view(talk, userId))) });
    const seq = (name: string): number | undefined =>
      url.searchParams.has(name) ? Number(url.searchParams.get(name)) : undefined;
    const { events, hasMore } = page(talk.log, seq('before'), seq('after'), seq('limit') ?? 50);
    return answer(200, { events: events.map((event) => JSON.parse(Event.toJson(event)) as unknown), hasMore });
  }

  #begin(userId: string): object {
    const sessionId = this.newId();
    this.sessions.set(sessionId, { userId, refreshToken: '', usedToken: '', ended: false });
    return this.#issue(sessionId);
  }

  /** A repeat gets the same refresh token again. */
  #issue(sessionId: string, repeated?: string): object {
    const accessToken = `access ${this.newId()}`;
    const refreshToken = repeated ?? `refresh ${this.newId()}`;
    this.#tokens.set(accessToken, { sessionId, expiresAtMs: this.clock.nowMs() + this.tokenSeconds * 1000 });
    const session = this.sessions.get(sessionId);
    if (session && repeated === undefined) Object.assign(session, { refreshToken, usedToken: session.refreshToken });
    return { sessionId, accessToken, expiresIn: this.tokenSeconds, refreshToken };
  }
}

function changed(
  message: NonNullable<Event['message']>,
  event: Event,
  senderId: string,
): NonNullable<Event['message']> {
  if (event.deleted) return { ...message, content: undefined, edited: false, deleted: true, reactions: [] };
  if (event.edited) return { ...message, content: event.edited.content, edited: true };
  const { emoji = '', removed = false } = event.reacted ?? {};
  const others = message.reactions.filter((reaction) => reaction.emoji !== emoji);
  const count = (message.reactions.find((reaction) => reaction.emoji === emoji)?.count ?? 0) + (removed ? -1 : 1);
  return { ...message, reactions: count > 0 ? [...others, { emoji, count, mine: senderId === 'alice' }] : others };
}

function bodyOf(frame: ClientFrame): Partial<Event> {
  if (frame.edit) return { edited: { seq: frame.edit.seq, content: frame.edit.content } };
  if (frame.delete) return { deleted: { seq: frame.delete.seq } };
  if (frame.react) return { reacted: { seq: frame.react.seq, emoji: frame.react.emoji, removed: frame.react.remove } };
  if (frame.pin) return { [frame.pin.remove ? 'unpinned' : 'pinned']: { seq: frame.pin.seq } };
  const { messageId = '', content, replyToSeq, clientTimeMs } = frame.send ?? {};
  return { message: { messageId, content, replyToSeq, clientTimeMs, edited: false, deleted: false, reactions: [] } };
}

function page(
  log: readonly Event[],
  before: number | undefined,
  after: number | undefined,
  limit: number,
): { events: Event[]; hasMore: boolean } {
  const all = log.filter(({ seq }) => seq < (before ?? Number.POSITIVE_INFINITY) && seq > (after ?? 0));
  return { events: after === undefined ? all.slice(-limit) : all.slice(0, limit), hasMore: all.length > limit };
}

const answer = (status: number, body: unknown): Response =>
  new Response(body === undefined ? null : JSON.stringify(body), { status });

const problem = (code: ErrorCode): Response => answer(errorKinds[code].http, { code, detail: code });
