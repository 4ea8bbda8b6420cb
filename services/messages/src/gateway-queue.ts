/**
 * What waits for one gateway, bounded in bytes. One call is under way at a time; what comes meanwhile goes with the next. When the
 * gateway does not keep up or a call fails, the queue is dropped and a ResyncAll takes its place.
 */
import type { Delivery as Frames } from '@clatter/contracts/gateway';
import { backoff, type Clock, type Logger, sleep } from '@clatter/runtime';
import type { Input } from '@clatter/wire';
import type { GatewayDirectory } from './ports.ts';

const RETRY = { baseMs: 50, maxMs: 1000 };

interface GatewayQueueParts {
  readonly gateways: GatewayDirectory;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly defer: (run: () => void) => void;
  readonly queueBytesMax: number;
}

export class GatewayQueue {
  readonly #id: string;
  readonly #parts: GatewayQueueParts;
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

  constructor(id: string, parts: GatewayQueueParts) {
    this.#id = id;
    this.#parts = parts;
  }

  get closed(): boolean {
    return this.#closed;
  }

  add(frames: Input<Frames>): void {
    this.#queued++;
    this.#waiting.push(frames);
    this.#bytes += (frames.json?.length ?? 0) + (frames.proto?.length ?? 0) + 64;
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
    this.#closed = true;
    this.#waiting = [];
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
      const until = this.#queued;
      const deliveries = this.#waiting;
      const resyncAll = this.#resyncOwed;
      this.#waiting = [];
      this.#bytes = 0;
      this.#resyncOwed = false;
      try {
        await gateway.deliver({ number: ++this.#batchNumber, deliveries, resyncAll });
        failures = 0;
        this.#taken = until;
        while (this.#waiters[0] && this.#waiters[0].until <= until) this.#waiters.shift()?.resolve();
      } catch (error) {
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
}
