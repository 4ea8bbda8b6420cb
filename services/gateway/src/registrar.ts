/**
 * What presence must know of this gateway: its connections, the people that they watch, the channels that they are in, and that it lives. One call is under way at a
 * time and what comes meanwhile goes with the next, so that the digest of what the registry has acknowledged is exact: when a renewal says
 * that the registry knows something else, or when a call failed, all are registered again, and whoever was connected must sync.
 */
import type { PresenceService, Connection as Registered } from '@clatter/contracts/presence';
import { type Clock, ConnectionDigest, IdDigest, type Logger } from '@clatter/runtime';
import type { Input, Presence } from '@clatter/wire';

/** Connections in one call. */
const CALL_MAX = 1000;

export interface RegistrarParts {
  readonly gatewayId: string;
  /** Where this gateway is called; empty where only its own process calls it. */
  readonly address: () => string;
  readonly presence: PresenceService;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly renewMs: number;
  /** The registry has lost connections or channels: what has happened was not delivered. */
  readonly onLost: () => void;
  /** It has them again. */
  readonly onHealed: () => void;
  /** How watched people are, after the registry was healed. */
  readonly onStates: (states: readonly Input<Presence>[]) => void;
}

/** What has come since the last call. */
interface Batch {
  readonly adds: { readonly connection: Registered; readonly resolve: () => void }[];
  readonly removes: Registered[];
  readonly watches: { readonly userIds: readonly string[]; readonly resolve: (states: Input<Presence>[]) => void }[];
  readonly unwatches: string[];
  readonly interests: { readonly channelIds: readonly string[]; readonly resolve: () => void }[];
  readonly ended: Set<string>;
  renewal: boolean;
}

const emptyBatch = (): Batch => ({
  adds: [],
  removes: [],
  watches: [],
  unwatches: [],
  interests: [],
  ended: new Set(),
  renewal: false,
});

export class Registrar {
  readonly #parts: RegistrarParts;
  /** What the registry should have: by connection number, and who is watched. */
  readonly #connections = new Map<number, Registered>();
  readonly #watched = new Set<string>();
  readonly #channels = new Set<string>();
  /** What it has acknowledged. */
  #digest = new ConnectionDigest();
  #count = 0;
  readonly #known = new Set<string>();
  #knownDigest = new IdDigest();
  #next = emptyBatch();
  /** The registry may have something else than was acknowledged. */
  #lost = false;
  #announced = false;
  #busy = false;
  /** A third of the lease that presence gives at most: a gateway that renews more seldom is dead at times. */
  #renewMs: number;
  #cancelRenewal: (() => void) | undefined;
  #stopped = false;
  #idle: (() => void)[] = [];

  constructor(parts: RegistrarParts) {
    this.#parts = parts;
    this.#renewMs = parts.renewMs;
  }

  /** Tells presence that this gateway lives, now and again. Resolves when it was told, or cannot be. */
  async start(): Promise<void> {
    this.#renew();
    await this.#told();
  }

  /** Whether presence was told of this gateway. Before, the answers to its commands would go nowhere: it is in no list of gateways. */
  get announced(): boolean {
    return this.#announced;
  }

  /** Ends the lease: nobody waits for this gateway any longer. Resolves when the registry knows, or cannot be asked. */
  async stop(): Promise<void> {
    this.#cancelRenewal?.();
    await this.#told();
    this.#stopped = true;
    const { presence, gatewayId, logger } = this.#parts;
    await presence
      .unregister({ gatewayId, connections: [], leaving: true })
      .catch((error) =>
        logger.warn({ err: error }, 'presence was not told that this gateway leaves: its lease runs out'),
      );
  }

  #renew(): void {
    this.#next.renewal = true;
    this.#run();
    this.#cancelRenewal = this.#parts.clock.timer(this.#renewMs, () => this.#renew());
  }

  async #told(): Promise<void> {
    if (this.#busy) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Resolves when the connection is registered; also where presence cannot be asked: then it heals later, and the client syncs. */
  add(connection: Registered): Promise<void> {
    this.#connections.set(connection.connection, connection);
    return new Promise((resolve) => {
      this.#next.adds.push({ connection, resolve });
      this.#run();
    });
  }

  remove(connection: Registered): void {
    if (!this.#connections.delete(connection.connection)) return;
    this.#next.removes.push(connection);
    this.#run();
  }

  /** Resolves with how these people are, when presence tells of them from now on; UNKNOWN where it cannot be asked. */
  watch(userIds: readonly string[]): Promise<Input<Presence>[]> {
    for (const userId of userIds) this.#watched.add(userId);
    return new Promise((resolve) => {
      this.#next.watches.push({ userIds, resolve });
      this.#run();
    });
  }

  unwatch(userIds: readonly string[]): void {
    for (const userId of userIds) this.#watched.delete(userId);
    this.#next.unwatches.push(...userIds);
    this.#run();
  }

  /** Resolves when frames of these channels find this gateway; also where presence cannot be asked, as for a connection. */
  interest(channelIds: readonly string[]): Promise<void> {
    for (const id of channelIds) this.#channels.add(id);
    return new Promise((resolve) => {
      this.#next.interests.push({ channelIds, resolve });
      this.#run();
    });
  }

  endInterest(channelIds: Iterable<string>): void {
    for (const id of channelIds) {
      this.#channels.delete(id);
      this.#next.ended.add(id);
    }
    this.#run();
  }

  #run(): void {
    if (this.#busy || this.#stopped) return;
    this.#busy = true;
    // What the rest of this turn brings goes along.
    queueMicrotask(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    for (;;) {
      const batch = this.#next;
      const { adds, removes, watches, unwatches, interests, ended, renewal } = batch;
      const news = adds.length + removes.length + watches.length + unwatches.length + interests.length + ended.size;
      if (news === 0 && !renewal) break;
      this.#next = emptyBatch();
      let states: readonly Input<Presence>[] = [];
      try {
        // While presence does not answer, nobody waits for it: the next renewal tries again.
        if (!this.#lost) states = await this.#tell(batch);
        else if (renewal) await this.#heal();
      } catch (error) {
        if (!this.#lost)
          this.#parts.logger.warn(
            { err: error },
            'presence does not answer: connections are registered, and sync, when it does',
          );
        this.#lose();
      }
      for (const { resolve } of [...adds, ...interests]) resolve();
      const byUser = new Map(states.map((state) => [state.userId, state]));
      for (const { userIds, resolve } of watches)
        resolve(userIds.map((userId) => byUser.get(userId) ?? { userId, status: 'UNKNOWN' }));
    }
    this.#busy = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Tells presence of a batch. Returns how the people are who are watched since. */
  async #tell({
    adds,
    removes,
    watches,
    unwatches,
    interests,
    ended,
    renewal,
  }: Batch): Promise<readonly Input<Presence>[]> {
    const { presence, gatewayId, address, logger } = this.#parts;
    await this.#register(
      adds.map(({ connection }) => connection),
      false,
    );
    for (let from = 0; from < removes.length; from += CALL_MAX) {
      const connections = removes.slice(from, from + CALL_MAX);
      await presence.unregister({ gatewayId, connections });
      for (const connection of connections) this.#digest.remove(connection);
      this.#count -= connections.length;
    }
    const userIds = [...new Set(watches.flatMap((item) => item.userIds))];
    // Whoever is watched again by now is not let go.
    const unwatchIds = unwatches.filter((userId) => !this.#watched.has(userId));
    let states: readonly Input<Presence>[] = [];
    if (userIds.length + unwatchIds.length > 0)
      states = (await presence.watch({ gatewayId, userIds, unwatchIds })).states ?? [];
    const channelIds = [...new Set(interests.flatMap((item) => item.channelIds))];
    // As for people: what is wanted again by now goes on.
    await this.#interest(
      channelIds.filter((id) => this.#channels.has(id)),
      [...ended].filter((id) => !this.#channels.has(id)),
      false,
    );
    if (!renewal) return states;
    const { known, leaseMs = 0 } = await presence.renew({
      gatewayId,
      address: address(),
      digest: this.#digest.toString(),
      count: this.#count,
      interestDigest: this.#knownDigest.toString(),
      interestCount: this.#known.size,
    });
    this.#announced = true;
    this.#keepWithin(leaseMs);
    if (known || this.#count + this.#watched.size + this.#known.size === 0) return states;
    logger.warn({ connections: this.#count }, 'presence lost connections: all are registered again, and sync');
    this.#lose();
    await this.#heal();
    return states;
  }

  /** Renews as often as the lease wants it, whatever is set. */
  #keepWithin(leaseMs: number): void {
    const mostMs = Math.floor(leaseMs / 3);
    if (leaseMs === 0 || this.#renewMs <= mostMs) return;
    this.#parts.logger.error(
      { leaseMs },
      `CLATTER_GATEWAY_RENEW_MS: want a third of presence's CLATTER_PRESENCE_LEASE_MS at most, got ${this.#renewMs}; it is taken as ${mostMs}`,
    );
    this.#renewMs = mostMs;
    this.#cancelRenewal?.();
    this.#cancelRenewal = this.#parts.clock.timer(mostMs, () => this.#renew());
  }

  async #register(connections: readonly Registered[], replace: boolean): Promise<void> {
    const { presence, gatewayId, address } = this.#parts;
    for (let from = 0; from < connections.length || (replace && from === 0); from += CALL_MAX) {
      const some = connections.slice(from, from + CALL_MAX);
      await presence.register({ gatewayId, address: address(), connections: some, replace: replace && from === 0 });
      this.#announced = true;
      for (const connection of some) this.#digest.add(connection);
      this.#count += some.length;
    }
  }

  #lose(): void {
    this.#lost = true;
    this.#parts.onLost();
  }

  async #interest(channelIds: readonly string[], endedIds: readonly string[], replace: boolean): Promise<void> {
    const { presence, gatewayId } = this.#parts;
    for (let from = 0; from < channelIds.length || (replace && from === 0); from += CALL_MAX) {
      const some = channelIds.slice(from, from + CALL_MAX);
      // The first call ends what the registry has beside them; where they fill several, those of the others come back at once.
      await presence.interest({ gatewayId, channelIds: some, endedIds: [], replace: replace && from === 0 });
      for (const id of some) this.#knows(id);
    }
    for (let from = 0; from < endedIds.length; from += CALL_MAX) {
      const some = endedIds.slice(from, from + CALL_MAX);
      await presence.interest({ gatewayId, channelIds: [], endedIds: some });
      for (const id of some) if (this.#known.delete(id)) this.#knownDigest.remove(id);
    }
  }

  #knows(id: string): void {
    if (this.#known.has(id)) return;
    this.#known.add(id);
    this.#knownDigest.add(id);
  }

  /** Registers all again. */
  async #heal(): Promise<void> {
    const { presence, gatewayId, logger, onHealed, onStates } = this.#parts;
    this.#digest = new ConnectionDigest();
    this.#count = 0;
    // What is waiting to be told is told after: a connection twice is one to the registry, but not to the digest.
    this.#known.clear();
    this.#knownDigest = new IdDigest();
    const waiting = [...this.#next.adds.splice(0), ...this.#next.interests.splice(0)];
    this.#next.ended.clear();
    const gone = this.#next.removes.splice(0);
    try {
      await this.#register([...this.#connections.values()], true);
      await this.#interest([...this.#channels], [], true);
      const userIds = [...this.#watched];
      const { states = [] } = userIds.length > 0 ? await presence.watch({ gatewayId, userIds, unwatchIds: [] }) : {};
      this.#lost = false;
      logger.info({ connections: this.#count, gone: gone.length }, 'presence knows all connections');
      onHealed();
      onStates(states);
    } finally {
      for (const { resolve } of waiting) resolve();
    }
  }
}
