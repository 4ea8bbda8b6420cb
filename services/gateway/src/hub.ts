/**
 * The sockets of this gateway: by number, for delivery; and what presence must know of them. A lost registration heals: the lease is
 * renewed with a digest, and where the registry knows something else, all are registered again and sync.
 */
import type { AccountRecord } from '@clatter/contracts/auth';
import type { Delivery, DeliveryService } from '@clatter/contracts/gateway';
import type { PresenceService, Connection as Registered } from '@clatter/contracts/presence';
import { type Clock, ConnectionDigest, type Counter, type Logger } from '@clatter/runtime';
import type { Input, Presence } from '@clatter/wire';
import type { Connection } from './connection.ts';
import { frameBytes } from './frame-bytes.ts';
import type { Identity } from './tokens.ts';

/** A third of the shortest lease that makes sense. */
const RENEW_MS = 4000;
/** Sessions that must sync are told over this time, so that they do not all come at once. */
const RESYNC_SPREAD_MS = 2000;
/** How long an ended session is remembered: longer than an access token lives. */
const REVOKED_MS = 20 * 60_000;

export interface HubParts {
  readonly gatewayId: string;
  readonly presence: PresenceService;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  readonly delivered: Counter;
}

export class Hub implements DeliveryService {
  readonly #parts: HubParts;
  readonly #connections = new Map<number, Connection>();
  readonly #digest = new ConnectionDigest();
  readonly #watchers = new Map<string, Set<Connection>>();
  /** Session or user id → until when it is remembered as ended. */
  readonly #revoked = new Map<string, number>();
  /** Takes frames whose connection is no socket: HTTP requests that wait. */
  readonly #virtual = new Map<number, (proto: Uint8Array) => void>();
  #cancelRenewal: (() => void) | undefined;
  #presenceAway = false;

  constructor(parts: HubParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#connections.size;
  }

  connections(): IterableIterator<Connection> {
    return this.#connections.values();
  }

  /** Takes the frames of one turn for this gateway's sockets. Resolves when they are in the sockets' queues. */
  async deliver({
    number = 0,
    deliveries = [],
    resyncAll = false,
  }: Parameters<DeliveryService['deliver']>[0]): Promise<{ number: number }> {
    for (const delivery of deliveries) this.#deliverOne(delivery);
    if (resyncAll) this.resyncAll();
    return { number };
  }

  #deliverOne({ jsonConnections = [], protoConnections = [], json, proto, watchedUserId = '' }: Input<Delivery>): void {
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
    if (watchedUserId !== '')
      for (const connection of this.#watchers.get(watchedUserId) ?? []) {
        const payload = connection.encoding === 'proto' ? proto : json;
        if (payload?.length) connection.write(frameBytes(payload, connection.encoding === 'proto'));
      }
    this.#parts.delivered.add(count);
  }

  /** Registers a connection; a rejection means that it cannot be live now. */
  async add(connection: Connection, registered: Registered): Promise<void> {
    this.#connections.set(connection.number, connection);
    this.#digest.add(registered);
    await this.#parts.presence.register({
      gatewayId: this.#parts.gatewayId,
      connections: [registered],
      replace: false,
    });
  }

  remove(connection: Connection): void {
    if (!this.#connections.delete(connection.number) || !connection.registered) return;
    this.#digest.remove(connection.registered);
    this.#parts.presence
      .unregister({ gatewayId: this.#parts.gatewayId, connections: [connection.registered] })
      .catch((error) =>
        this.#parts.logger.warn({ err: error }, 'a connection was not unregistered; the next renewal mends it'),
      );
    if (connection.watched.size > 0) void this.unwatch(connection, [...connection.watched]).catch(() => undefined);
  }

  async watch(connection: Connection, userIds: readonly string[]): Promise<readonly Input<Presence>[]> {
    for (const userId of userIds) {
      connection.watched.add(userId);
      const watchers = this.#watchers.get(userId);
      if (watchers) watchers.add(connection);
      else this.#watchers.set(userId, new Set([connection]));
    }
    try {
      const { states = [] } = await this.#parts.presence.watch({
        gatewayId: this.#parts.gatewayId,
        userIds,
        unwatchIds: [],
      });
      return states;
    } catch (error) {
      this.#parts.logger.warn({ err: error }, 'presence cannot be asked');
      return userIds.map((userId) => ({ userId, status: 'UNKNOWN' as const }));
    }
  }

  async unwatch(connection: Connection, userIds: readonly string[]): Promise<void> {
    const unwatchIds: string[] = [];
    for (const userId of userIds) {
      connection.watched.delete(userId);
      const watchers = this.#watchers.get(userId);
      watchers?.delete(connection);
      if (watchers?.size === 0) {
        this.#watchers.delete(userId);
        unwatchIds.push(userId);
      }
    }
    if (unwatchIds.length > 0)
      await this.#parts.presence.watch({ gatewayId: this.#parts.gatewayId, userIds: [], unwatchIds });
  }

  /** Frames for this number go to `take`; numbers of sockets are never given twice, so it must come from the same counter. */
  addVirtual(number: number, take: (proto: Uint8Array) => void): void {
    this.#virtual.set(number, take);
  }

  /** Every session, those whose first sync is under way too, syncs from what it holds. */
  resyncAll(): void {
    for (const connection of this.#connections.values())
      this.#parts.clock.timer(Math.floor(this.#parts.random() * RESYNC_SPREAD_MS), () =>
        connection.send({ resync: {} }),
      );
  }

  start(): void {
    this.#cancelRenewal = this.#parts.clock.timer(RENEW_MS, () => {
      void this.#renew().finally(() => {
        if (this.#cancelRenewal) this.start();
      });
    });
  }

  stop(): void {
    this.#cancelRenewal?.();
    this.#cancelRenewal = undefined;
  }

  isRevoked({ userId, sessionId }: Identity): boolean {
    return this.#revoked.has(sessionId) || this.#revoked.has(userId);
  }

  /** What became of an account: its sockets close within a moment. */
  onAccount(record: AccountRecord): void {
    const now = this.#parts.clock.nowMs();
    for (const [id, until] of this.#revoked) {
      if (until > now) break;
      this.#revoked.delete(id);
    }
    if (record.sessionsRevoked) {
      const sessions = new Set(record.sessionsRevoked.sessionIds);
      for (const id of sessions) this.#revoked.set(id, now + REVOKED_MS);
      this.#closeOf(record.userId, (identity) => sessions.size === 0 || sessions.has(identity.sessionId));
    } else if (record.deleted) {
      this.#revoked.set(record.userId, now + REVOKED_MS);
      this.#closeOf(record.userId, () => true);
    }
  }

  #closeOf(userId: string, ended: (identity: Identity) => boolean): void {
    for (const connection of [...this.#connections.values()])
      if (connection.identity?.userId === userId && ended(connection.identity))
        connection.close(4503, 'the session has ended');
  }

  async #renew(): Promise<void> {
    const { presence, gatewayId, logger } = this.#parts;
    try {
      const { known } = await presence.renew({
        gatewayId,
        digest: this.#digest.toString(),
        count: this.#connections.size,
      });
      this.#presenceAway = false;
      if (known || this.#connections.size === 0) return;
      // What is under way makes the two differ for a moment: only a difference that stays is a loss.
      const again = await presence.renew({ gatewayId, digest: this.#digest.toString(), count: this.#connections.size });
      if (again.known) return;
      logger.warn(
        { connections: this.#connections.size },
        'presence lost connections: all are registered again and sync',
      );
      const connections = [...this.#connections.values()].flatMap(({ registered }) => registered ?? []);
      await presence.register({ gatewayId, connections, replace: true });
      const watched = [...this.#watchers.keys()];
      if (watched.length > 0) await presence.watch({ gatewayId, userIds: watched, unwatchIds: [] });
      this.resyncAll();
    } catch (error) {
      if (!this.#presenceAway) logger.warn({ err: error }, 'presence does not answer; it is tried again');
      this.#presenceAway = true;
    }
  }
}
