/**
 * Tells gateways how the people are whom they watch: at most once a second and person, the last state. Whoever disconnects is shown as
 * before for a grace, to those too who ask meanwhile, so that a change of network is no news.
 *
 * With several presence processes a change is told by the one that a gateway told of it. The others hear of it on clatter.sessions, so that they
 * know who has just left, and answer accordingly; none knows what the others have told, so none keeps silent because it told the same
 * before. When a process dies in the grace of somebody, the registry still knows that they left, and another process tells (`tellUnsettled`).
 */
import type { DeliveryService } from '@clatter/contracts/gateway';
import type { Connection, SessionRecord } from '@clatter/contracts/presence';
import type { Clock, Logger } from '@clatter/runtime';
import { type Presence, ServerFrame } from '@clatter/wire';
import type { Registry } from './ports.ts';
import { mergedStatus } from './status.ts';

const EVERY_MS = 1000;
/** So long after the end of a grace the process that should tell of it is taken for dead. Where it is only late, watchers hear it twice. */
const LATE_MS = 3000;
/** People of whom it is remembered when they were last here, and what watchers know of them. Past it the oldest are forgotten. */
const REMEMBERED_MAX = 100_000;
const encoder = new TextEncoder();

export interface WatchFeedParts {
  readonly registry: Registry;
  readonly gateways: (gatewayId: string) => DeliveryService | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly graceMs: number;
  /** Whether other processes tell watchers too. */
  readonly shared: boolean;
}

/** A connection that is gone, and still counts. */
interface Leaving {
  readonly connection: Connection;
  /** Ends its grace early. */
  readonly cancel: () => void;
  /** This process tells of the end of its grace. */
  ours: boolean;
}

/** News of a person that wait for their turn. */
interface Turn {
  readonly cancel: () => void;
  telling: boolean;
  /** More news came while these were told. */
  again: boolean;
}

export class WatchFeed {
  readonly #parts: WatchFeedParts;
  readonly #turns = new Map<string, Turn>();
  /** By person, and gateway with number. */
  readonly #leaving = new Map<string, Map<string, Leaving>>();
  /** What all watchers know; without a status where they know different things. */
  readonly #told = new Map<string, { readonly status?: Presence['status']; readonly atMs: number }>();
  readonly #lastSeen = new Map<string, number>();
  /** People whose grace is over: this process has to tell of it, and then to settle it. */
  readonly #owed = new Set<string>();
  #failing = false;
  #closed = false;

  constructor(parts: WatchFeedParts) {
    this.#parts = parts;
  }

  /** A connection of this person came or changed. */
  changed(userId: string): void {
    remember(this.#lastSeen, userId, this.#parts.clock.nowMs());
    this.#schedule(userId, 1);
  }

  /** This connection is gone, as far as this process has taken it away. */
  left(connection: Connection): void {
    const { userId } = connection;
    if (this.#parts.graceMs > 0) return this.#leave(connection, true);
    this.#owed.add(userId);
    this.changed(userId);
  }

  /** Tells how those people are whose grace is over and of whom no process has told. Rejects where the registry cannot be asked. */
  async tellUnsettled(): Promise<void> {
    const { registry, graceMs } = this.#parts;
    for (const userId of await registry.unsettled(graceMs + LATE_MS, LATE_MS)) {
      this.#owed.add(userId);
      this.#schedule(userId, 1);
    }
  }

  /** What a process of presence, maybe this one, told of a connection. */
  heard(connection: Connection, change: SessionRecord['change'], atMs: number): void {
    const { clock, graceMs } = this.#parts;
    // News that are late are over.
    if (change === 'DISCONNECTED' && clock.nowMs() < atMs + graceMs) this.#leave(connection, false);
    else remember(this.#lastSeen, connection.userId, atMs);
  }

  #leave(connection: Connection, ours: boolean): void {
    if (this.#closed) return;
    const { clock, graceMs } = this.#parts;
    const { userId, gatewayId } = connection;
    let leaving = this.#leaving.get(userId);
    if (!leaving) {
      leaving = new Map();
      this.#leaving.set(userId, leaving);
    }
    const name = `${gatewayId}/${connection.connection}`;
    // What this process has told itself.
    if (leaving.has(name)) return;
    remember(this.#lastSeen, userId, clock.nowMs());
    const graceEnds = (): void => {
      leaving.delete(name);
      if (leaving.size === 0) this.#leaving.delete(userId);
      if (!entry.ours) return;
      this.#owed.add(userId);
      this.#schedule(userId, 1);
    };
    const entry: Leaving = { connection, cancel: clock.timer(graceMs, graceEnds), ours };
    leaving.set(name, entry);
  }

  /** How people are, for a watcher that is new; it is told from now on as the others are. */
  async answer(userIds: readonly string[]): Promise<Presence[]> {
    const states = await this.#states(userIds);
    for (const { userId, status } of states) {
      const told = this.#told.get(userId);
      // The others wait for this news. Should it be taken back before they are told, this watcher must hear of that.
      if (!told || told.status === status) continue;
      this.#told.set(userId, { atMs: told.atMs });
      this.#schedule(userId, 1);
    }
    return states;
  }

  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#turns.values()) cancel();
    for (const leaving of this.#leaving.values()) for (const { cancel } of leaving.values()) cancel();
  }

  async #states(userIds: readonly string[]): Promise<Presence[]> {
    const byUser = Map.groupBy(await this.#parts.registry.locate([...new Set(userIds)]), ({ userId }) => userId);
    const now = this.#parts.clock.nowMs();
    return userIds.map((userId) => {
      const live = byUser.get(userId) ?? [];
      const leaving: Connection[] = [];
      for (const entry of this.#leaving.get(userId)?.values() ?? []) {
        // Whoever is told with it has to be told without it, whichever process took it away.
        entry.ours = true;
        // A session that is back is as it is now, and not as it was.
        if (!live.some(({ sessionId }) => sessionId === entry.connection.sessionId)) leaving.push(entry.connection);
      }
      const lastSeenMs = live.length > 0 ? now : (this.#lastSeen.get(userId) ?? 0);
      return { userId, status: mergedStatus([...live, ...leaving]), lastSeenMs };
    });
  }

  #schedule(userId: string, atLeastMs: number): void {
    if (this.#closed) return;
    const known = this.#turns.get(userId);
    if (known) {
      known.again ||= known.telling;
      return;
    }
    const { clock } = this.#parts;
    const told = this.#told.get(userId);
    const delayMs = Math.max(atLeastMs, told ? told.atMs + EVERY_MS - clock.nowMs() : 0);
    const turn: Turn = {
      cancel: clock.timer(delayMs, () => void this.#take(userId, turn)),
      telling: false,
      again: false,
    };
    this.#turns.set(userId, turn);
  }

  async #take(userId: string, turn: Turn): Promise<void> {
    turn.telling = true;
    let retryMs = 1;
    try {
      const owed = this.#owed.has(userId);
      await this.#tell(userId);
      if (owed) await this.#parts.registry.settle(userId, this.#parts.graceMs);
      this.#owed.delete(userId);
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#parts.logger.warn({ err: error }, 'watchers are not told of people; it is tried again');
      this.#failing = true;
      turn.again = true;
      retryMs = EVERY_MS;
    }
    this.#turns.delete(userId);
    if (turn.again) this.#schedule(userId, retryMs);
  }

  /** Rejects where the registry cannot be asked. */
  async #tell(userId: string): Promise<void> {
    const { registry, clock } = this.#parts;
    const watchers = await registry.watchers(userId);
    if (watchers.length === 0) {
      this.#told.delete(userId);
      return;
    }
    const [state] = (await this.#states([userId])) as [Presence];
    if (!this.#parts.shared && this.#told.get(userId)?.status === state.status) return;
    remember(this.#told, userId, { status: state.status, atMs: clock.nowMs() });
    const frame = ServerFrame.create({ presence: state });
    const delivery = {
      watchedUserId: userId,
      json: encoder.encode(ServerFrame.toJson(frame)),
      proto: ServerFrame.encode(frame),
    };
    await Promise.all(watchers.map((gatewayId) => this.#deliver(gatewayId, delivery)));
  }

  /** A gateway that takes nothing has lost its stream: what its people miss, they ask for again. */
  async #deliver(
    gatewayId: string,
    delivery: { watchedUserId: string; json: Uint8Array; proto: Uint8Array },
  ): Promise<void> {
    try {
      await this.#parts.gateways(gatewayId)?.deliver({ deliveries: [delivery], gatewayId });
    } catch (error) {
      this.#parts.logger.warn({ err: error, gatewayId }, 'a gateway was not told of a person');
    }
  }
}

/** Insertion order is age. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > REMEMBERED_MAX) map.delete(map.keys().next().value as string);
}
