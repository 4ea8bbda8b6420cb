/** What a live connection asks for beside commands: reads, receipts, typing, presence. */
import type { MessagesService } from '@clatter/contracts/messages';
import type { PresenceService, Connection as Registered } from '@clatter/contracts/presence';
import { type Clock, inTrace, newTraceparent, sleep } from '@clatter/runtime';
import {
  ClatterError,
  type ClientBody,
  type ClientFrame,
  type Forward,
  type HistoryPage,
  type Input,
  type Presence,
  type ServerFrame,
  type Sync,
  type SyncPage,
} from '@clatter/wire';
import type { CommandRouter } from './command-router.ts';
import type { Connection } from './connection.ts';
import { readForward } from './forwards.ts';
import type { Hub } from './hub.ts';
import { checkId } from './ids.ts';
import { readStanding } from './own-standing.ts';

/** Reads of one connection at a time, and those that may wait. */
const READS_MAX = 4;
const READS_WAITING_MAX = 64;
const KNOWN_MAX = 200;
const WATCHED_MAX = 500;
const TYPING_EVERY_MS = 500;
const TYPING_CONVERSATIONS_MAX = 100;

/** Pages wait while so many bytes of their socket are unsent; a client that reads slowly asks for more than it can take. */
const BACKLOG_BYTES_MAX = 1 << 20;
const BACKLOG_CHECK_MS = 20;

interface Reads {
  running: number;
  readonly waiting: (() => Promise<void>)[];
  /** Answers go out one after the other, each when there is room. */
  sending: Promise<void>;
}

export class RequestHandler {
  readonly router: CommandRouter;
  readonly #messages: MessagesService;
  readonly #presence: PresenceService;
  readonly #hub: Hub;
  readonly #clock: Clock;
  readonly #reads = new WeakMap<Connection, Reads>();
  readonly #typed = new WeakMap<Connection, Map<string, number>>();

  constructor(parts: {
    router: CommandRouter;
    messages: MessagesService;
    presence: PresenceService;
    hub: Hub;
    clock: Clock;
  }) {
    this.router = parts.router;
    this.#messages = parts.messages;
    this.#presence = parts.presence;
    this.#hub = parts.hub;
    this.#clock = parts.clock;
  }

  /** What a send says that passes a message on. Throws UNAVAILABLE. */
  readForward(connection: Connection, targetId: string, forward: Forward): ReturnType<typeof readForward> {
    return readForward(this.#messages, connection.identity?.userId as string, targetId, forward);
  }

  /** Why the user may say nothing of a conversation in their own log; undefined where they may. Throws UNAVAILABLE. */
  readStanding(connection: Connection, conversationId: string): ReturnType<typeof readStanding> {
    return readStanding(this.#messages, connection.identity?.userId as string, conversationId);
  }

  /** Throws what the frame itself has wrong; what fails later is answered. */
  handle(connection: Connection, frame: ClientFrame, body: ClientBody): void {
    const { ref } = frame;
    const userId = connection.identity?.userId as string;
    switch (body) {
      case 'ping':
        return connection.send({ ref, pong: {} });
      case 'sync': {
        const { known: asked, cursor } = frame.sync as Sync;
        if (asked.length > KNOWN_MAX)
          throw new ClatterError('INVALID', `sync.known: want at most ${KNOWN_MAX}, got ${asked.length}`);
        const known = asked.map((item) => ({
          ...item,
          conversationId: checkId('sync.known.conversationId', item.conversationId),
        }));
        return this.#read(connection, ref, async () => {
          const { page } = await this.#messages.sync({ userId, sync: { known, cursor } });
          return [{ ref, syncPage: page as Input<SyncPage> }];
        });
      }
      case 'history': {
        const history = {
          ...frame.history,
          conversationId: checkId('history.conversationId', frame.history?.conversationId),
        };
        return this.#read(connection, ref, async () => {
          const { page } = await this.#messages.history({ userId, history });
          return [{ ref, historyPage: page as Input<HistoryPage> }];
        });
      }
      case 'receipt': {
        const { deliveredSeq = 0, readSeq = 0 } = frame.receipt ?? {};
        const conversationId = checkId('receipt.conversationId', frame.receipt?.conversationId);
        // In a channel nobody is told what was delivered: of 10,000 devices that would be 10,000 records a message.
        const isInChannel = this.#hub.isInChannel(connection, conversationId);
        if (isInChannel && readSeq === 0) return;
        const receipt = isInChannel ? { deliveredSeq: readSeq, readSeq } : { deliveredSeq, readSeq };
        return this.router.signal({ conversationId, userId, receipt });
      }
      case 'typing':
        return this.#typing(connection, frame, userId);
      case 'presence':
        return this.#read(connection, ref, () => this.#setPresence(connection, frame));
      case 'watch': {
        const userIds = peopleOf('watch', frame.watch?.userIds);
        if (new Set([...connection.watched, ...userIds]).size > WATCHED_MAX)
          throw new ClatterError('TOO_LARGE', `watch.userIds: a connection watches at most ${WATCHED_MAX} people`);
        return this.#read(connection, ref, () => this.#watch(connection, ref, userIds));
      }
      case 'unwatch':
        return this.#hub.unwatch(connection, peopleOf('unwatch', frame.unwatch?.userIds));
      default:
        throw new Error(`no handler for ${body}`);
    }
  }

  #typing(connection: Connection, frame: ClientFrame, userId: string): void {
    const conversationId = checkId('typing.conversationId', frame.typing?.conversationId);
    const activity = frame.typing?.activity ?? 'UNSPECIFIED';
    if (activity === 'UNSPECIFIED')
      throw new ClatterError('INVALID', 'typing.activity: want TYPING, RECORDING, UPLOADING or NONE');
    const typed = this.#typed.get(connection) ?? new Map<string, number>();
    this.#typed.set(connection, typed);
    const now = this.#clock.nowMs();
    // Too often is no error: the newest state is on its way already. The end of it always passes.
    if (activity !== 'NONE' && now - (typed.get(conversationId) ?? 0) < TYPING_EVERY_MS) return;
    if (typed.size >= TYPING_CONVERSATIONS_MAX) typed.clear();
    typed.set(conversationId, now);
    this.router.signal({ conversationId, userId, typing: { activity } });
  }

  async #setPresence(connection: Connection, frame: ClientFrame): Promise<readonly Input<ServerFrame>[]> {
    const { status = 'UNSPECIFIED', foreground = false } = frame.presence ?? {};
    if (status === 'OFFLINE' || status === 'UNKNOWN')
      throw new ClatterError('INVALID', 'presence.status: want ONLINE, AWAY or BUSY');
    const registered = connection.registered as Registered;
    registered.foreground = foreground;
    if (status !== 'UNSPECIFIED') registered.status = status;
    await this.#presence.setStatus({ connection: registered });
    const own = {
      userId: registered.userId,
      // As presence merges it: what somebody says of themselves holds in the background too.
      status: foreground || registered.status === 'BUSY' ? registered.status : 'AWAY',
      lastSeenMs: this.#clock.nowMs(),
    } as const;
    return frame.ref > 0 ? [{ ref: frame.ref, presence: own }] : [];
  }

  async #watch(
    connection: Connection,
    ref: number,
    userIds: readonly string[],
  ): Promise<readonly Input<ServerFrame>[]> {
    const states = await this.#hub.watch(connection, userIds);
    return states.map((presence) => ({ ref, presence: presence as Presence }));
  }

  /** Runs a read, a few of a connection at a time, and sends what it answers. */
  #read(connection: Connection, ref: number, run: () => Promise<readonly Input<ServerFrame>[]>): void {
    const reads = this.#reads.get(connection) ?? { running: 0, waiting: [], sending: Promise.resolve() };
    this.#reads.set(connection, reads);
    const answered = async (): Promise<void> => {
      try {
        const frames = await run();
        reads.sending = reads.sending.then(() => this.#sendWithRoom(connection, frames));
        await reads.sending;
      } catch (error) {
        connection.reject(ref, error);
      }
      const next = reads.waiting.shift();
      if (next && connection.isLive) void next();
      else reads.running--;
    };
    const answer = (): Promise<void> => inTrace(newTraceparent(), answered);
    if (reads.running < READS_MAX) {
      reads.running++;
      void answer();
    } else if (reads.waiting.length < READS_WAITING_MAX) reads.waiting.push(answer);
    else throw new ClatterError('RATE_LIMITED', 'too many requests of this connection wait');
  }

  async #sendWithRoom(connection: Connection, frames: readonly Input<ServerFrame>[]): Promise<void> {
    for (const frame of frames) {
      while (connection.isLive && connection.unsentBytes > BACKLOG_BYTES_MAX)
        await sleep(this.#clock, BACKLOG_CHECK_MS);
      connection.send(frame);
    }
  }
}

function peopleOf(body: 'watch' | 'unwatch', userIds: readonly string[] = []): string[] {
  if (userIds.length === 0 || userIds.length > WATCHED_MAX)
    throw new ClatterError('INVALID', `${body}.userIds: want 1 to ${WATCHED_MAX}, got ${userIds.length}`);
  return userIds.map((id) => checkId(`${body}.userIds`, id));
}
