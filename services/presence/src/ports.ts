/**
 * The Registry port: which connections are live, which gateway wants to know of whom, and of which channels it has members. Soft state: gateways register, renew and heal
 * it. Adapters: Redis, and memory where there is one process. Both pass registry.contract.ts.
 *
 * Promises: `locate` after a resolved `register` finds the connection until it is unregistered, replaced, or its gateway's lease runs
 * out and `reap` was called; a gateway without a lease has no connections. Whatever takes connections away returns them, each once, and in the
 * same step notes that their people have left, until `settle`: so it is known of whom nobody was told because a process died. Nothing else:
 * any of it may be lost at any time, and `renew` tells.
 */
import type { Connection, Gateway } from '@clatter/contracts/presence';

export interface Registry {
  /**
   * Adds connections and renews the lease. `replace`: these are all that the gateway has; returns what it had beside them. An empty address
   * leaves the one that is known.
   */
  register(gateway: Gateway, connections: readonly Connection[], replace: boolean): Promise<readonly Connection[]>;
  /** Takes connections, by their numbers; returns those that were registered. */
  unregister(gatewayId: string, connections: readonly Connection[]): Promise<readonly Connection[]>;
  /**
   * Renews the lease, as `register` does; false where the registry does not know just these connections, by digest and count, or just
   * these channels, where they are given.
   */
  renew(gateway: Gateway, digest: string, count: number, channels?: KnownChannels): Promise<boolean>;
  /** A connection as it is now; nothing where it is not registered. */
  update(connection: Connection): Promise<void>;
  /** All live connections of these people, each of whom is named once. */
  locate(userIds: readonly string[]): Promise<readonly Connection[]>;
  /** Adds to and takes from the people that a gateway is told of, and renews the lease. */
  watch(gatewayId: string, userIds: readonly string[], unwatchIds: readonly string[]): Promise<void>;
  /** Adds to and takes from the channels of which a gateway has members, and renews the lease. `replace`: the added ones are all. */
  interest(
    gatewayId: string,
    channelIds: readonly string[],
    endedIds: readonly string[],
    replace: boolean,
  ): Promise<void>;
  /** The gateways that have members of these channels, in the order asked. */
  interested(channelIds: readonly string[]): Promise<readonly (readonly string[])[]>;
  /** The gateways that want to know of a person. */
  watchers(userId: string): Promise<readonly string[]>;
  /** The gateways whose lease has not run out and whose address is known. */
  gateways(): Promise<readonly Gateway[]>;
  /** As if the lease of a gateway had just run out: it is listed no more, and `reap` drops it. */
  endLease(gatewayId: string): Promise<void>;
  /** Watchers know what became of a person who left `agoMs` ago or earlier. */
  settle(userId: string, agoMs: number): Promise<void>;
  /**
   * Some of those who left `agoMs` ago or earlier and were not settled, the first to leave first. Each is given once, and again `againMs` later
   * where it was not settled.
   */
  unsettled(agoMs: number, againMs: number): Promise<readonly string[]>;
  /** Drops the gateways whose lease has run out. */
  reap(): Promise<Reaped>;
}

/** The channels of which a gateway believes the registry to know that it has members. */
export interface KnownChannels {
  readonly digest: string;
  readonly count: number;
}

export interface Reaped {
  /** What the dropped gateways had. */
  readonly connections: readonly Connection[];
  /** When the next lease runs out, as things stand; in ms since 1970. */
  readonly nextMs: number;
}
