/** One instance's stream to one gateway: batches in order, each answered when the gateway took it; all under way fail when it breaks. */
import type { DeliveryBatch, DeliveryService } from '@clatter/contracts/gateway';
import { ClatterError, type Input } from '@clatter/wire';
import { Channel, type Life, type Scheduler } from './scheduler.ts';

/** Where the stream ends. */
export interface StreamEnd {
  readonly life: Life;
  /** Resolves when it may be answered. */
  take(batch: Input<DeliveryBatch>): Promise<void>;
}

export class DeliveryStream implements DeliveryService {
  readonly from: Life;
  readonly #to: StreamEnd;
  readonly #channel: Channel;
  readonly #pending = new Set<() => void>();

  constructor(scheduler: Scheduler, from: Life, to: StreamEnd) {
    this.from = from;
    this.#to = to;
    this.#channel = new Channel(scheduler, to.life);
  }

  get open(): boolean {
    return this.#channel.open;
  }

  /** Whether nothing is on its way. */
  get idle(): boolean {
    return this.#pending.size === 0;
  }

  deliver(batch: Input<DeliveryBatch>): Promise<{ number: number }> {
    const { from } = this;
    const to = this.#to.life;
    return new Promise((resolve, reject) => {
      const fail = (): void =>
        from.later(`${from.name} sees its stream to ${to.name} broken`, () =>
          reject(new ClatterError('UNAVAILABLE', 'the stream broke')),
        );
      if (!this.open || to.state === 'dead') return fail();
      this.#pending.add(fail);
      const what = `${to.name} takes ${batch.deliveries?.length ?? 0} frames${batch.resyncAll ? ' and ResyncAll' : ''} of ${from.name}`;
      this.#channel.send(what, () => {
        void this.#to.take(batch).then(() =>
          from.later(`${from.name} learns that ${what}`, () => {
            if (this.#pending.delete(fail)) resolve({ number: batch.number ?? 0 });
          }),
        );
      });
    });
  }

  break(): void {
    this.#channel.close();
    for (const fail of this.#pending) fail();
    this.#pending.clear();
  }
}
