/**
 * Tells gateways how the people are whom they watch: at most once a second and person, the last state; a disconnect only after a grace,
 * so that a change of network is not news.
 */
import type { DeliveryService } from '@clatter/contracts/gateway';
import type { Clock, Logger } from '@clatter/runtime';
import { type Presence, ServerFrame } from '@clatter/wire';
import type { Registry } from './ports.ts';
import { mergedStatus } from './status.ts';

const EVERY_MS = 1000;
/** People of whom it is remembered when they were last here. */
const LAST_SEEN_MAX = 100_000;
const encoder = new TextEncoder();

export interface WatchFeedParts {
  readonly registry: Registry;
  readonly gateways: (gatewayId: string) => DeliveryService | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly graceMs: number;
}

export class WatchFeed {
  readonly #parts: WatchFeedParts;
  readonly #timers = new Map<string, () => void>();
  readonly #told = new Map<string, { status: Presence['status']; atMs: number }>();
  /** Insertion order is age. */
  readonly #lastSeen = new Map<string, number>();

  constructor(parts: WatchFeedParts) {
    this.#parts = parts;
  }

  /** A connection came, went or changed. */
  changed(userId: string, gone: boolean): void {
    this.#lastSeen.delete(userId);
    this.#lastSeen.set(userId, this.#parts.clock.nowMs());
    if (this.#lastSeen.size > LAST_SEEN_MAX) this.#lastSeen.delete(this.#lastSeen.keys().next().value as string);
    if (gone) this.#later(userId, Math.max(this.#parts.graceMs, 1));
    else {
      // News of a come-back overtakes the grace of the going.
      this.#timers.get(userId)?.();
      this.#timers.delete(userId);
      const told = this.#told.get(userId);
      this.#later(userId, told ? Math.max(1, told.atMs + EVERY_MS - this.#parts.clock.nowMs()) : 1);
    }
  }

  async states(userIds: readonly string[]): Promise<Presence[]> {
    const byUser = Map.groupBy(await this.#parts.registry.locate(userIds), ({ userId }) => userId);
    return userIds.map((userId) => {
      const status = mergedStatus(byUser.get(userId) ?? []);
      const seen = status === 'OFFLINE' ? this.#lastSeen.get(userId) : this.#parts.clock.nowMs();
      return { userId, status, lastSeenMs: seen ?? 0 };
    });
  }

  close(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #later(userId: string, delayMs: number): void {
    if (this.#timers.has(userId)) return;
    const tell = (): void => {
      this.#timers.delete(userId);
      this.#tell(userId).catch((error) =>
        this.#parts.logger.warn({ err: error }, 'watchers were not told of a person'),
      );
    };
    this.#timers.set(userId, this.#parts.clock.timer(delayMs, tell));
  }

  async #tell(userId: string): Promise<void> {
    const watchers = await this.#parts.registry.watchers(userId);
    if (watchers.length === 0) {
      this.#told.delete(userId);
      return;
    }
    const [state] = (await this.states([userId])) as [Presence];
    if (this.#told.get(userId)?.status === state.status) return;
    this.#told.set(userId, { status: state.status, atMs: this.#parts.clock.nowMs() });
    const frame = ServerFrame.create({ presence: state });
    const delivery = {
      watchedUserId: userId,
      json: encoder.encode(ServerFrame.toJson(frame)),
      proto: ServerFrame.encode(frame),
    };
    await Promise.all(watchers.map((id) => this.#parts.gateways(id)?.deliver({ deliveries: [delivery] })));
  }
}
