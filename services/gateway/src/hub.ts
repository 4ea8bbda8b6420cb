/**
 * The sockets of this gateway: by number, for delivery; by user, for what becomes of accounts; by whom they watch.
 */
import type { AccountRecord, PeopleService } from '@clatter/contracts/auth';
import type { ChannelNews, Delivery, DeliveryService } from '@clatter/contracts/gateway';
import type { MessagesService } from '@clatter/contracts/messages';
import type { PresenceService, Connection as Registered } from '@clatter/contracts/presence';
import type { Clock, Counter, Logger } from '@clatter/runtime';
import { type Input, type Presence, ServerFrame } from '@clatter/wire';
import { Channels } from './channels.ts';
import type { Connection } from './connection.ts';
import { EndedSessions } from './ended-sessions.ts';
import { frameBytes, textFrameBytes } from './frame-bytes.ts';
import { OwnChannels } from './own-channels.ts';
import { PresenceSight } from './presence-sight.ts';
import { Registrar } from './registrar.ts';
import type { Identity } from './tokens.ts';

/** Sessions that must sync are told over a time, so that they do not all come at once: so many a second, within these bounds. */
const RESYNCS_PER_SECOND = 2000;
const RESYNC_SPREAD_MS = { min: 500, max: 10_000 };

/** How somebody looks whom the viewer may not see, and whom it is not known of. */
const NEVER_HERE = { status: 'OFFLINE', lastSeenMs: 0 } as const;
const UNKNOWN = { status: 'UNKNOWN', lastSeenMs: 0 } as const;

export interface HubParts {
  readonly gatewayId: string;
  /** Where this gateway is called; empty where only its own process calls it. */
  readonly address?: () => string;
  readonly presence: PresenceService;
  readonly messages: Pick<MessagesService, 'channelsOf'>;
  readonly people: () => Pick<PeopleService, 'getRelations'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  readonly delivered: Counter;
  readonly resyncs: Counter;
  readonly renewMs: number;
}

export class Hub implements DeliveryService {
  readonly #parts: HubParts;
  readonly #registrar: Registrar;
  readonly #ended: EndedSessions;
  readonly #channels: Channels<Connection>;
  readonly #sight: PresenceSight;
  readonly #connections = new Map<number, Connection>();
  readonly #byUser = new Map<string, Set<Connection>>();
  readonly #watchers = new Map<string, Set<Connection>>();
  /** Takes frames whose connection is no socket: HTTP requests that wait. */
  readonly #virtual = new Map<number, (proto: Uint8Array) => void>();

  constructor(parts: HubParts) {
    this.#parts = parts;
    this.#ended = new EndedSessions(parts.clock);
    this.#registrar = new Registrar({
      address: () => '',
      ...parts,
      onLost: () => this.#channels.hold(),
      onHealed: () => this.resyncAll(),
      onStates: (states) => {
        for (const presence of states) this.#tellWatchers(presence);
      },
    });
    this.#sight = new PresenceSight({
      people: parts.people,
      clock: parts.clock,
      logger: parts.logger,
      watchersOf: (userId) => [
        ...new Set([...(this.#watchers.get(userId) ?? [])].flatMap(({ registered }) => registered?.userId ?? [])),
      ],
      settle: (viewerId, userId, sees) => {
        // A state that cannot be read now is told when it changes.
        this.#settle(viewerId, userId, sees).catch(() => undefined);
      },
    });
    this.#channels = new Channels({
      own: new OwnChannels(parts.messages),
      clock: parts.clock,
      random: parts.random,
      logger: parts.logger,
      socketsOf: (userId) => this.#byUser.get(userId) ?? [],
      interest: (channelIds) => this.#registrar.interest(channelIds),
      endInterest: (channelIds) => this.#registrar.endInterest(channelIds),
    });
  }

  /** Sockets whose hello was taken. */
  get size(): number {
    return this.#connections.size;
  }

  /** Resolves when presence was told of this gateway, or cannot be. */
  start(): Promise<void> {
    return this.#registrar.start();
  }

  stop(): Promise<void> {
    this.#sight.close();
    return this.#registrar.stop();
  }

  /** Whether frames for this gateway find it. */
  get announced(): boolean {
    return this.#registrar.announced;
  }

  /**
   * Takes the frames of one turn for this gateway's sockets. Resolves when they are in the sockets' queues. A process that was started again
   * at the address of one before takes nothing that is for that one: the connections of then were other people's.
   */
  async deliver({
    number = 0,
    deliveries = [],
    resyncAll = false,
    gatewayId = '',
  }: Parameters<DeliveryService['deliver']>[0]): Promise<{ number: number; gone?: boolean }> {
    if (gatewayId !== '' && gatewayId !== this.#parts.gatewayId) return { number, gone: true };
    // First: what was dropped came before what is here.
    if (resyncAll) this.resyncAll();
    const joining: Promise<void>[] = [];
    for (const delivery of deliveries)
      if (delivery.channel) joining.push(this.#deliverToChannel(delivery, delivery.channel));
      else this.#deliverOne(delivery);
    if (joining.length > 0) await Promise.all(joining);
    return { number };
  }

  async #deliverToChannel({ json, proto }: Input<Delivery>, channel: Input<ChannelNews>): Promise<void> {
    let text: Buffer | undefined;
    let binary: Buffer | undefined;
    const count = await this.#channels.take(channel, ({ encoding }) => {
      if (encoding === 'proto') {
        if (proto?.length) binary ??= frameBytes(proto, true);
        return binary;
      }
      if (json?.length) text ??= frameBytes(json, false);
      return text;
    });
    this.#parts.delivered.add(count);
  }

  #deliverOne({ jsonConnections = [], protoConnections = [], json, proto, watchedUserId = '' }: Input<Delivery>): void {
    if (watchedUserId !== '') return this.#deliverToWatchers(watchedUserId, json, proto);
    let count = 0;
    if (json?.length) {
      let bytes: Buffer | undefined;
      for (const number of jsonConnections) {
        const connection = this.#connections.get(number);
        if (!connection) continue;
        bytes ??= frameBytes(json, false);
        connection.write(bytes);
        count++;
      }
    }
    if (proto?.length) {
      let bytes: Buffer | undefined;
      for (const number of protoConnections) {
        const connection = this.#connections.get(number);
        if (connection) {
          bytes ??= frameBytes(proto, true);
          connection.write(bytes);
          count++;
        } else this.#virtual.get(number)?.(proto);
      }
    }
    this.#parts.delivered.add(count);
  }

  #deliverToWatchers(userId: string, json: Uint8Array | undefined, proto: Uint8Array | undefined): void {
    const watchers = this.#watchers.get(userId);
    if (!watchers) return;
    const text = json?.length ? frameBytes(json, false) : undefined;
    const binary = proto?.length ? frameBytes(proto, true) : undefined;
    for (const connection of watchers) {
      const bytes = connection.encoding === 'proto' ? binary : text;
      if (bytes && !connection.unseen.has(userId)) connection.write(bytes);
    }
    this.#parts.delivered.add(watchers.size);
  }

  #tellWatchers(presence: Input<Presence>): void {
    const { userId = '' } = presence;
    const watchers = this.#watchers.get(userId);
    if (!watchers) return;
    const frame = { presence };
    const text = textFrameBytes(ServerFrame.toJson(frame));
    const binary = frameBytes(ServerFrame.encode(frame), true);
    for (const connection of watchers)
      if (!connection.unseen.has(userId)) connection.write(connection.encoding === 'proto' ? binary : text);
  }

  /** Takes a connection into the table and registers it in presence. Resolves before its client may sync. */
  async add(connection: Connection, registered: Registered): Promise<void> {
    this.#connections.set(connection.number, connection);
    const own = this.#byUser.get(registered.userId);
    if (own) own.add(connection);
    else this.#byUser.set(registered.userId, new Set([connection]));
    await this.#registrar.add(registered);
    // It may have gone meanwhile.
    if (this.#connections.has(connection.number)) await this.#channels.add(connection, registered.userId);
  }

  /** Whether a socket is in a channel. */
  isInChannel(connection: Connection, conversationId: string): boolean {
    return this.#channels.has(connection, conversationId);
  }

  remove(connection: Connection): void {
    const { registered } = connection;
    if (!registered || !this.#connections.delete(connection.number)) return;
    const own = this.#byUser.get(registered.userId);
    own?.delete(connection);
    if (own?.size === 0) this.#byUser.delete(registered.userId);
    this.unwatch(connection, [...connection.watched]);
    this.#channels.remove(connection);
    this.#registrar.remove(registered);
  }

  /** Resolves with how these people are now, as far as the connection's user sees it; the connection is told when that changes. */
  async watch(connection: Connection, userIds: readonly string[]): Promise<readonly Input<Presence>[]> {
    const viewerId = connection.registered?.userId as string;
    for (const userId of userIds) {
      // In the table before it is asked: so a change that comes meanwhile is heeded. Until it is known, nothing is told.
      if (!connection.watched.has(userId)) connection.unseen.add(userId);
      connection.watched.add(userId);
      const watchers = this.#watchers.get(userId);
      if (watchers) watchers.add(connection);
      else this.#watchers.set(userId, new Set([connection]));
    }
    const seen = await this.#sight.seen(viewerId, userIds);
    for (const userId of userIds)
      if (seen?.has(userId)) connection.unseen.delete(userId);
      else if (connection.watched.has(userId)) connection.unseen.add(userId);
    const states = await this.#registrar.watch(userIds);
    const unseen = seen ? NEVER_HERE : UNKNOWN;
    return states.map((state) => (connection.unseen.has(state.userId ?? '') ? { ...state, ...unseen } : state));
  }

  /** What a viewer's connections are told of a person from now on. */
  async #settle(viewerId: string, userId: string, sees: boolean): Promise<void> {
    const changed = [...(this.#byUser.get(viewerId) ?? [])].filter(
      (connection) => connection.watched.has(userId) && connection.unseen.has(userId) === sees,
    );
    if (changed.length === 0) return;
    for (const connection of changed)
      if (sees) connection.unseen.delete(userId);
      else connection.unseen.add(userId);
    const [state] = sees ? await this.#registrar.watch([userId]) : [];
    for (const connection of changed)
      if (connection.isLive && connection.watched.has(userId) && connection.unseen.has(userId) !== sees)
        connection.send({ presence: sees ? (state as Presence) : { userId, ...NEVER_HERE } });
  }

  unwatch(connection: Connection, userIds: readonly string[]): void {
    const unwatched: string[] = [];
    for (const userId of userIds) {
      connection.watched.delete(userId);
      connection.unseen.delete(userId);
      const watchers = this.#watchers.get(userId);
      if (!watchers?.delete(connection) || watchers.size > 0) continue;
      this.#watchers.delete(userId);
      unwatched.push(userId);
    }
    if (unwatched.length > 0) this.#registrar.unwatch(unwatched);
  }

  /** Frames for this number go to `take`; numbers of sockets are never given twice, so it must come from the same counter. */
  addVirtual(number: number, take: (proto: Uint8Array) => void): void {
    this.#virtual.set(number, take);
  }

  /**
   * Every session syncs from what it holds, those whose first sync is under way too. One that waits for its welcome is about to sync, and
   * finds all that was not delivered until now.
   */
  resyncAll(): void {
    const { clock, random, resyncs } = this.#parts;
    const wanted = (this.#connections.size / RESYNCS_PER_SECOND) * 1000;
    this.#channels.hold();
    const spreadMs = Math.min(RESYNC_SPREAD_MS.max, Math.max(RESYNC_SPREAD_MS.min, wanted));
    for (const connection of this.#connections.values()) {
      // One that is not live yet asks for its channels again before it is.
      if (!connection.isLive || connection.resyncOwed) continue;
      connection.resyncOwed = true;
      resyncs.add(1);
      clock.timer(Math.floor(random() * spreadMs), async () => {
        connection.resyncOwed = false;
        await this.#channels.refresh(connection);
        connection.send({ resync: {} });
      });
    }
  }

  /** Whether a token is of a session or an account that has ended. */
  isEnded(identity: Identity): boolean {
    return this.#ended.has(identity);
  }

  /** What became of an account: its sockets close within a moment. */
  onAccount(record: AccountRecord): void {
    this.#sight.onAccount(record);
    const ended = this.#ended.take(record);
    if (!ended) return;
    for (const connection of [...(this.#byUser.get(record.userId) ?? [])])
      if (connection.identity && ended(connection.identity)) connection.close(4503, 'the session has ended');
  }
}
