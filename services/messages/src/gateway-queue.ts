/**
 * What waits for one gateway, bounded in bytes. One call is under way at a time; what comes meanwhile goes with the next, as far as a message
 * can hold it. When the gateway does not keep up or a call fails, the queue is dropped and a ResyncAll takes its place.
 */
import type { Delivery as Frames } from '@clatter/contracts/gateway';
import { backoff, type Clock, type Counter, type Logger, sleep } from '@clatter/runtime';
import { ClatterError, type Input } from '@clatter/wire';
import type { GatewayDirectory } from './ports.ts';

/** Frames of one call: a quarter of what a message may hold, so that one large frame more fits. */
const BATCH_BYTES_MAX = 1 << 20;
const RETRY = { baseMs: 50, maxMs: 1000 };

/** What queues count. */
export interface QueueCounters {
  readonly deliveries: Counter;
  readonly frames: Counter;
}

interface GatewayQueueParts {
  readonly gateways: GatewayDirectory;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly defer: (run: () => void) => void;
  readonly queueBytesMax: number;
  readonly counters: QueueCounters;
}

export class GatewayQueue {
  readonly #id: string;
  readonly #parts: GatewayQueueParts;
  readonly #onClosed: () => void;
  #waiting: Input<Frames>[] = [];
  #bytes = 0;
  #resyncOwed = false;
  /** Frames queued so far, and frames taken so far (themselves, or by the ResyncAll that stands for them). */
  #queued = 0;
  #taken = 0;
  #batchNumber = 0;
  #busy = false;
  #closed = false;
  readonly #waiters: { readonly until: number; readonly resolve: () => void }[] = [];

  constructor(id: string, parts: GatewayQueueParts, onClosed: () => void) {
    this.#id = id;
    this.#parts = parts;
    this.#onClosed = onClosed;
  }

  add(frames: Input<Frames>): void {
    this.#queued++;
    this.#waiting.push(frames);
    this.#bytes += bytesOf(frames);
    if (this.#bytes > this.#parts.queueBytesMax) {
      this.#parts.logger.warn(
        { gatewayId: this.#id, bytes: this.#bytes },
        'a gateway does not keep up: its queue is dropped, its sessions sync',
      );
      this.dropAll();
    }
    this.#schedule();
  }

  /** Drops what waits; the gateway is told to have all its sessions sync. */
  dropAll(): void {
    this.#waiting = [];
    this.#bytes = 0;
    this.#resyncOwed = true;
    this.#queued++;
    this.#schedule();
  }

  /** Resolves when everything queued up to now was taken, or the gateway is gone. */
  allTaken(): Promise<void> {
    if (this.#closed || this.#taken >= this.#queued) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ until: this.#queued, resolve }));
  }

  /** The gateway is gone, and its sessions with it: nobody waits for it any longer. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting = [];
    this.#onClosed();
    for (const { resolve } of this.#waiters.splice(0)) resolve();
  }

  #schedule(): void {
    if (this.#busy || this.#closed) return;
    this.#busy = true;
    this.#parts.defer(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    for (let failures = 0; !this.#closed && (this.#waiting.length > 0 || this.#resyncOwed); ) {
      const gateway = this.#parts.gateways.get(this.#id);
      if (!gateway) return this.close();
      const deliveries = this.#takeBatch();
      // What waits still was queued last.
      const until = this.#queued - this.#waiting.length;
      const resyncAll = this.#resyncOwed;
      this.#resyncOwed = false;
      const number = ++this.#batchNumber;
      this.#parts.counters.deliveries.add(1);
      this.#parts.counters.frames.add(deliveries.length);
      try {
        const { number: taken, gone } = await gateway.deliver({ number, deliveries, resyncAll, gatewayId: this.#id });
        // Another process answers at its address.
        if (gone) return this.close();
        if (taken !== number) throw new Error(`the answer to batch ${number} speaks of batch ${taken}`);
        failures = 0;
        this.#taken = until;
        while (this.#waiters[0] && this.#waiters[0].until <= until) this.#waiters.shift()?.resolve();
      } catch (error) {
        if (error instanceof ClatterError && error.code === 'NOT_FOUND') return this.close();
        if (failures === 0)
          this.#parts.logger.warn(
            { err: error, gatewayId: this.#id },
            'a gateway did not take its frames: its sessions sync',
          );
        this.dropAll();
        await sleep(this.#parts.clock, backoff(++failures, RETRY, this.#parts.random));
      }
    }
    this.#busy = false;
  }

  #takeBatch(): Input<Frames>[] {
    let count = 0;
    let bytes = 0;
    for (const frames of this.#waiting) {
      bytes += bytesOf(frames);
      count++;
      if (bytes >= BATCH_BYTES_MAX) break;
    }
    this.#bytes -= bytes;
    return this.#waiting.splice(0, count);
  }
}

/** With what a frame needs beside its bytes. */
const bytesOf = ({ json, proto, jsonConnections, protoConnections, channel }: Input<Frames>): number =>
  64 +
  40 * ((channel?.joinedIds?.length ?? 0) + (channel?.leftIds?.length ?? 0)) +
  (json?.length ?? 0) +
  (proto?.length ?? 0) +
  5 * ((jsonConnections?.length ?? 0) + (protoConnections?.length ?? 0));
