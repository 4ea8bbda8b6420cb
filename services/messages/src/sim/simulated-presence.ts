/** The registry of connections as the simulator has it: soft state that may be lost, in whole or in part, and calls that fail. */
import { Connection, type PresenceService } from '@clatter/contracts/presence';
import { ConnectionDigest, IdDigest } from '@clatter/runtime';
import { ClatterError, type Input } from '@clatter/wire';
import type { Random } from './random.ts';
import type { Life, Scheduler } from './scheduler.ts';

/** Gateways renew well within this. */
export const LEASE_MS = 45_000;

/** Probabilities, but where a unit is named. */
export interface PresenceFaults {
  /** A call fails, having been done or not. */
  callFails: number;
  /** Nobody is answered. */
  away: boolean;
}

interface Registered {
  readonly connection: Connection;
  /** Step and time of the registration, for whoever checks. */
  readonly step: number;
  readonly atMs: number;
}

/** When something was registered: step and time. */
type Since = Omit<Registered, 'connection'>;

interface Lease {
  untilMs: number;
  readonly connections: Map<number, Registered>;
  /** Channel → since when it is known that the gateway has members of it. */
  readonly channels: Map<string, Since>;
}

export class SimulatedPresence {
  readonly faults: PresenceFaults = { callFails: 0, away: false };
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #leases = new Map<string, Lease>();
  /** When each gateway last renewed, registry lost or not: who watches the gateways knows that. */
  readonly #seenMs = new Map<string, number>();

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  connect(life: Life): PresenceService {
    const call = <T>(what: string, effect: () => T): Promise<T> =>
      life.call(`presence.${what}`, () => {
        const fails = this.faults.away || this.#random.chance(this.faults.callFails);
        const done = !fails || (!this.faults.away && this.#random.chance(0.5)) ? effect() : undefined;
        if (fails) throw new ClatterError('UNAVAILABLE', 'presence does not answer');
        return done as T;
      });
    return {
      register: ({ gatewayId = '', connections = [], replace = false }) =>
        call('register', () => {
          const lease = this.#renewed(gatewayId);
          if (replace) lease.connections.clear();
          for (const connection of connections) {
            const whole = Connection.create(connection as Partial<Connection>);
            lease.connections.set(whole.connection, {
              connection: whole,
              step: this.#scheduler.steps,
              atMs: this.#scheduler.nowMs,
            });
          }
          return {};
        }),
      renew: ({ gatewayId = '', digest = '', count = 0, interestDigest = '', interestCount = 0 }) =>
        call('renew', () => {
          const known = this.#leases.has(gatewayId);
          const { connections, channels } = this.#renewed(gatewayId);
          const [ours, ids] = [new ConnectionDigest(), new IdDigest()];
          for (const { connection } of connections.values()) ours.add(connection);
          for (const id of channels.keys()) ids.add(id);
          const same = connections.size === count && ours.toString() === digest;
          return { known: known && same && channels.size === interestCount && ids.toString() === interestDigest };
        }),
      interest: ({ gatewayId = '', channelIds = [], endedIds = [], replace = false }) =>
        call('interest', () => {
          const { channels } = this.#renewed(gatewayId);
          const kept = new Set(channelIds);
          for (const id of replace ? [...channels.keys()].filter((known) => !kept.has(known)) : endedIds)
            channels.delete(id);
          const since = { step: this.#scheduler.steps, atMs: this.#scheduler.nowMs };
          for (const id of channelIds) if (!channels.has(id)) channels.set(id, since);
          return {};
        }),
      unregister: ({ gatewayId = '', connections = [] }) =>
        call('unregister', () => {
          for (const { connection = 0 } of connections) this.#leases.get(gatewayId)?.connections.delete(connection);
          return {};
        }),
      locate: ({ userIds = [], channelIds = [] }) =>
        call('locate', () => ({
          connections: this.locate(userIds),
          interested: channelIds.map((id) => ({ gatewayIds: this.#interested(id) })),
        })),
      setStatus: () => call('setStatus', () => ({})),
      watch: () => call('watch', () => ({ states: [] })),
      listGateways: () =>
        call('listGateways', () => ({
          gateways: [...this.#leases.keys()]
            .filter((id) => this.holdsLease(id))
            .map((gatewayId) => ({ gatewayId, address: gatewayId })),
        })),
    };
  }

  /** The connections of people, as a locate would answer now. */
  locate(userIds: readonly string[]): Input<Connection>[] {
    const wanted = new Set(userIds);
    return [...this.#leases]
      .filter(([id]) => this.holdsLease(id))
      .flatMap(([, { connections }]) =>
        [...connections.values()].map(({ connection }) => connection).filter(({ userId }) => wanted.has(userId)),
      );
  }

  #interested(channelId: string): string[] {
    return [...this.#leases]
      .filter(([id, { channels }]) => this.holdsLease(id) && channels.has(channelId))
      .map(([id]) => id);
  }

  /** Since when a connection is in the registry without a break; undefined where it is not. */
  registeredSince(gatewayId: string, connection: number): { readonly step: number; readonly atMs: number } | undefined {
    return this.holdsLease(gatewayId) ? this.#leases.get(gatewayId)?.connections.get(connection) : undefined;
  }

  /** Since when it is known without a break that a gateway has members of a channel. */
  interestedSince(gatewayId: string, channelId: string): Since | undefined {
    return this.holdsLease(gatewayId) ? this.#leases.get(gatewayId)?.channels.get(channelId) : undefined;
  }

  holdsLease(gatewayId: string): boolean {
    return (this.#leases.get(gatewayId)?.untilMs ?? 0) > this.#scheduler.nowMs;
  }

  /** Whether a gateway renewed within the time of a lease, as far as those know who send to it. */
  seenLately(gatewayId: string): boolean {
    return (this.#seenMs.get(gatewayId) ?? Number.NEGATIVE_INFINITY) + LEASE_MS > this.#scheduler.nowMs;
  }

  /** All is lost. */
  flush(): void {
    this.#leases.clear();
  }

  /** A fail-over to a copy that is behind: what was registered since is lost, the leases are not. */
  failOver(lostMs: number): void {
    const sinceMs = this.#scheduler.nowMs - lostMs;
    for (const { connections, channels } of this.#leases.values()) {
      for (const [number, { atMs }] of connections) if (atMs > sinceMs) connections.delete(number);
      for (const [id, { atMs }] of channels) if (atMs > sinceMs) channels.delete(id);
    }
  }

  #renewed(gatewayId: string): Lease {
    const now = this.#scheduler.nowMs;
    this.#seenMs.set(gatewayId, now);
    let lease = this.#leases.get(gatewayId);
    if (!lease || lease.untilMs <= now) {
      lease = { untilMs: 0, connections: new Map(), channels: new Map() };
      this.#leases.set(gatewayId, lease);
    }
    lease.untilMs = now + LEASE_MS;
    return lease;
  }
}
