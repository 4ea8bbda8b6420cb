/**
 * A gateway as messages and clients see it: takes commands to the log in the order of each connection, registers connections before their
 * clients sync, takes frames off the streams of messages, renews its lease and heals what the registry lost.
 */
import type { ChannelNews, DeliveryBatch, DeliveryService } from '@clatter/contracts/gateway';
import type { MessagesService } from '@clatter/contracts/messages';
import type { Connection, PresenceService } from '@clatter/contracts/presence';
import { Channels, CommandRouter, InFlight, OwnChannels, Pulse } from '@clatter/gateway/commands';
import type { EventLog } from '@clatter/log';
import { ConnectionDigest, IdDigest, sleep } from '@clatter/runtime';
import {
  ClatterError,
  type FrameEncoding,
  type HistoryPage,
  type Input,
  parseServerFrame,
  ServerFrame,
  type SyncPage,
} from '@clatter/wire';
import { DeliveryStream } from './delivery-stream.ts';
import type { Random } from './random.ts';
import type { Life, Scheduler } from './scheduler.ts';
import { type Ask, type ClientEnd, Socket, type Submission } from './socket.ts';
import { lineLogger, silentCounter } from './stubs.ts';

const RENEW_MS = 10_000;
const RESYNC_SPREAD_MS = 2000;
/** Commands of one connection that may wait for the log at once. */
const IN_FLIGHT_MAX = 100;
const CALL_MS = 5000;
/** How late a connection is registered where the rule is left out. */
const LATE_REGISTER_MS = 3000;
const decoder = new TextDecoder();

/** What a gateway must do; each can be left out to see that it is found. */
export interface GatewayRules {
  /** A connection is in the registry before its client hears that it may sync. */
  registerFirst: boolean;
  /** A broken stream has all sessions sync. */
  breakTells: boolean;
  /** A ResyncAll reaches the sessions. */
  resyncAll: boolean;
  /** A registry that knows other connections is told all of them, and all sync. */
  heals: boolean;
  /** Commands are for rules that all owners know. */
  stampsKnownRules: boolean;
  /** After a loss no frame of a channel goes to a session before it was asked again what it is in. */
  holds: boolean;
  /** Interest is registered before a client hears that it may sync, and before somebody's coming is answered. */
  interestFirst: boolean;
}

export const gatewayRules = (): GatewayRules => ({
  registerFirst: true,
  breakTells: true,
  resyncAll: true,
  heals: true,
  stampsKnownRules: true,
  holds: true,
  interestFirst: true,
});

export interface SimulatedGatewayParts {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly log: EventLog;
  readonly presence: PresenceService;
  /** Any instance of messages. */
  readonly messages: MessagesService;
  readonly rules: GatewayRules;
  /** The versions of the rules that owners know, of all that may still decide anything. */
  readonly knownRules: () => readonly number[];
  /** Told of what the gateway took. */
  readonly onTaken: (gateway: SimulatedGateway, batch: Input<DeliveryBatch>) => void;
  /** Told of which connections an event of a channel reached, or who sync after it. */
  readonly onChannelTaken: (
    gateway: SimulatedGateway,
    conversationId: string,
    seq: number,
    numbers: readonly number[],
  ) => void;
}

interface Session {
  readonly number: number;
  readonly encoding: FrameEncoding;
  readonly socket: Socket;
  registered: Connection | undefined;
  readonly inFlight: InFlight;
  /** Step at which its client heard that it may sync. */
  welcomedAt: number;
  /** A resync is on its way to it. */
  owesSync: boolean;
  write(frame: Buffer): void;
  send(frame: Input<ServerFrame>): void;
}

export class SimulatedGateway {
  readonly life: Life;
  readonly sessions = new Map<number, Session>();
  /** Step of the newest resync of all sessions. */
  resyncedAt = -1;
  readonly #parts: SimulatedGatewayParts;
  readonly #router: CommandRouter;
  readonly #channels: Channels<Session>;
  /** The channels that have members here: the registry is to know just these. */
  readonly #interests = new Set<string>();
  /** Calls that failed: the registry may have it or not, so the next renewal registers all again, whatever the digests say. */
  #losses = 0;
  readonly #digest = new ConnectionDigest();
  readonly #streams = new Set<DeliveryStream>();
  #numbers = 0;

  constructor(life: Life, parts: SimulatedGatewayParts) {
    this.life = life;
    this.#parts = parts;
    this.#router = new CommandRouter({
      producer: parts.log.producer(),
      clock: life.clock,
      inFlightMax: IN_FLIGHT_MAX,
      commands: silentCounter,
      pulse: new Pulse(life.clock),
      rules: () => {
        const known = parts.knownRules();
        return parts.rules.stampsKnownRules ? Math.min(...known) : Math.max(...known);
      },
    });
    this.#channels = new Channels({
      // As over gRPC: an instance that dies leaves nobody waiting for ever.
      own: new OwnChannels({ channelsOf: (request) => this.#within(parts.messages.channelsOf(request)) }),
      clock: life.clock,
      random: () => parts.random.next(),
      logger: lineLogger(() => undefined),
      socketsOf: (userId) => [...this.sessions.values()].filter(({ registered }) => registered?.userId === userId),
      interest: (ids) => this.#interest(ids),
      endInterest: (ids) => this.#endInterest(ids),
    });
    void this.#renewForEver();
  }

  get id(): string {
    return this.life.name;
  }

  /** Whether no frame is on its way to or through this gateway. */
  get idle(): boolean {
    return (
      [...this.#streams].every((stream) => stream.idle) &&
      [...this.sessions.values()].every(({ socket }) => socket.idle)
    );
  }

  /** A client connects. */
  accept(client: ClientEnd, encoding: FrameEncoding): Socket {
    const number = ++this.#numbers;
    const { life } = this;
    const socket = new Socket(this.#parts.scheduler, client, {
      life,
      onAsk: (ask) => this.#onAsk(session, ask),
      onClosed: () => this.#remove(session),
    });
    // The pong shows that the client has read the refusal: from then on it sends in order again.
    const inFlight = new InFlight((unblock) => socket.ping(unblock));
    const push = (frame: ServerFrame): void => this.#push(number, frame);
    const session: Session = {
      number,
      encoding,
      socket,
      registered: undefined,
      inFlight,
      welcomedAt: Number.POSITIVE_INFINITY,
      owesSync: false,
      write: (frame) => push(parseServerFrame(encoding, encoding === 'json' ? decoder.decode(frame) : frame)),
      send: (frame) => push(ServerFrame.create(frame as Partial<ServerFrame>)),
    };
    return socket;
  }

  /** A stream of one instance of messages to this gateway. */
  stream(from: Life): DeliveryService & { readonly open: boolean } {
    const stream = new DeliveryStream(this.#parts.scheduler, from, this);
    this.#streams.add(stream);
    return stream;
  }

  /** Breaks the streams of one instance, or all; the gateway notices after a while. */
  breakStreams(from?: Life): void {
    for (const stream of this.#streams) {
      if (from && stream.from !== from) continue;
      this.#streams.delete(stream);
      stream.break();
      this.life.later(`${this.id} sees the stream of ${stream.from.name} broken`, () => {
        if (this.#parts.rules.breakTells) this.#resyncAll();
      });
    }
  }

  /** The process is gone, and with it its sockets and streams. */
  kill(): void {
    this.life.kill();
    this.breakStreams();
    for (const { socket } of this.sessions.values()) socket.break();
  }

  async take(batch: Input<DeliveryBatch>): Promise<void> {
    if (batch.resyncAll && this.#parts.rules.resyncAll) this.#resyncAll();
    const joining: Promise<void>[] = [];
    for (const { jsonConnections = [], protoConnections = [], json, proto, channel } of batch.deliveries ?? []) {
      if (channel) joining.push(this.#takeOfChannel(channel, Buffer.from(json ?? []), Buffer.from(proto ?? [])));
      for (const number of jsonConnections) this.#push(number, parseServerFrame('json', decoder.decode(json)));
      for (const number of protoConnections) this.#push(number, parseServerFrame('proto', proto as Uint8Array));
    }
    this.#parts.onTaken(this, batch);
    if (this.#parts.rules.interestFirst) await Promise.all(joining);
  }

  async #takeOfChannel(channel: Input<ChannelNews>, json: Buffer, proto: Buffer): Promise<void> {
    const { conversationId = '', seq = 0 } = channel;
    const syncs = [...this.sessions.values()].filter((one) => one.owesSync || this.#channels.holds(one));
    const reached = syncs.map(({ number }) => number);
    const taken = this.#channels.take(channel, ({ number, encoding }) => {
      reached.push(number);
      return encoding === 'json' ? json : proto;
    });
    this.#parts.onChannelTaken(this, conversationId, seq, reached);
    await taken;
  }

  #within<T>(answer: Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const cancel = this.life.clock.timer(CALL_MS, () =>
      reject(new ClatterError('UNAVAILABLE', 'messages does not answer')),
    );
    answer.then(resolve, reject).finally(cancel);
    return promise;
  }

  async #interest(channelIds: readonly string[]): Promise<void> {
    for (const id of channelIds) this.#interests.add(id);
    try {
      await this.#parts.presence.interest({ gatewayId: this.id, channelIds });
    } catch {
      this.#losses++;
      this.#hold();
    }
  }

  #endInterest(channelIds: Iterable<string>): void {
    const endedIds = [...channelIds];
    for (const id of endedIds) this.#interests.delete(id);
    this.#parts.presence.interest({ gatewayId: this.id, endedIds }).catch(() => undefined);
  }

  #hold(): void {
    if (!this.#parts.rules.holds) return;
    this.#channels.hold();
    for (const session of this.sessions.values()) session.owesSync = true;
  }

  /** Every session, those whose first sync is under way too, syncs from what it holds. */
  #resyncAll(): void {
    this.resyncedAt = this.#parts.scheduler.steps;
    this.#hold();
    for (const session of this.sessions.values()) {
      session.owesSync = true;
      this.life.later(
        `${this.id} has ${session.number} sync`,
        async () => {
          await this.#channels.refresh(session);
          session.owesSync = false;
          this.#push(session.number, ServerFrame.create({ resync: {} }));
        },
        this.#parts.random.next() * RESYNC_SPREAD_MS,
      );
    }
  }

  #push(number: number, frame: ServerFrame): void {
    this.sessions.get(number)?.socket.answer(frame);
  }

  #onAsk(session: Session, { ref, hello, command, sync, history }: Ask): void {
    if (hello) return void this.#hello(session, ref, hello);
    const userId = session.registered?.userId;
    if (userId === undefined) return;
    const { messages } = this.#parts;
    if (command) this.#command(session, ref, { ...command, senderId: userId });
    if (sync)
      this.#read(session, ref, messages.sync({ userId, sync }), ({ page }) =>
        ServerFrame.create({ ref, syncPage: page as SyncPage }),
      );
    if (history)
      this.#read(session, ref, messages.history({ userId, history }), ({ page }) =>
        ServerFrame.create({ ref, historyPage: page as HistoryPage }),
      );
  }

  #read<T>({ socket }: Session, ref: number, answer: Promise<T>, frame: (answer: T) => ServerFrame): void {
    const refuse = (error: unknown): void => socket.answer(rejection(ref, error));
    const cancel = this.life.clock.timer(CALL_MS, () => {
      refuse(new ClatterError('UNAVAILABLE', 'messages does not answer'));
      late = true;
    });
    let late = false;
    const settle = (then: () => void): void => {
      cancel();
      if (!late) then();
    };
    answer.then(
      (found) => settle(() => socket.answer(frame(found))),
      (error) => settle(() => refuse(error)),
    );
  }

  async #hello(
    session: Session,
    ref: number,
    { userId, sessionId }: { userId: string; sessionId: string },
  ): Promise<void> {
    const { presence, rules } = this.#parts;
    const { number, encoding, socket } = session;
    session.registered = {
      userId,
      sessionId,
      gatewayId: this.id,
      connection: number,
      encoding,
      foreground: true,
      status: 'ONLINE',
      deviceId: '',
    };
    const welcome = (): void => {
      session.welcomedAt = this.#parts.scheduler.steps;
      socket.answer(
        ServerFrame.create({
          ref,
          welcome: { sessionId, connectionId: `${number}`, userId, serverTimeMs: 0, limits: undefined },
        }),
      );
    };
    if (!rules.registerFirst) {
      welcome();
      await sleep(this.life.clock, LATE_REGISTER_MS);
      if (!socket.open) return;
    }
    this.sessions.set(number, session);
    this.#digest.add(session.registered);
    try {
      await presence.register({ gatewayId: this.id, connections: [session.registered] });
      const known = this.#channels.add(session, userId);
      if (rules.interestFirst) await known;
      if (rules.registerFirst) welcome();
    } catch {
      socket.break();
    }
  }

  #remove(session: Session): void {
    const { number, registered } = session;
    if (!this.sessions.delete(number) || !registered) return;
    this.#digest.remove(registered);
    this.#channels.remove(session);
    this.#parts.presence.unregister({ gatewayId: this.id, connections: [registered] }).catch(() => undefined);
  }

  #command({ number, encoding, inFlight, socket }: Session, ref: number, command: Submission): void {
    const replyTo = { gatewayId: this.id, connection: number, ref, encoding };
    this.#router.produce(inFlight, { ...command, replyTo }, (error) => socket.answer(rejection(ref, error)));
  }

  async #renewForEver(): Promise<void> {
    const { presence, rules } = this.#parts;
    const known = async (): Promise<boolean | undefined> =>
      (
        await presence.renew({
          gatewayId: this.id,
          digest: this.#digest.toString(),
          count: this.sessions.size,
          interestDigest: digestOf(this.#interests),
          interestCount: this.#interests.size,
        })
      ).known;
    let resyncOwed = false;
    let healed = 0;
    for (;;) {
      await sleep(this.life.clock, RENEW_MS);
      try {
        // What is under way makes the two differ for a moment.
        const same = (await known()) || (await known());
        const losses = this.#losses;
        if ((!same || losses > healed) && rules.heals) {
          // Whether or not the answer comes back: events went by meanwhile.
          resyncOwed = true;
          this.#hold();
          const connections = [...this.sessions.values()].map(({ registered }) => registered as Connection);
          await presence.register({ gatewayId: this.id, connections, replace: true });
          await presence.interest({ gatewayId: this.id, channelIds: [...this.#interests], replace: true });
          healed = losses;
        }
        if (resyncOwed) this.#resyncAll();
        resyncOwed = false;
      } catch {
        // Tried again at the next renewal.
      }
    }
  }
}

function digestOf(ids: Iterable<string>): string {
  const digest = new IdDigest();
  for (const id of ids) digest.add(id);
  return digest.toString();
}

function rejection(ref: number, error: unknown): ServerFrame {
  const { code, message, retryAfterMs } =
    error instanceof ClatterError ? error : new ClatterError('INTERNAL', String(error));
  return ServerFrame.create({ ref, reject: { code, message, retryAfterMs } });
}
