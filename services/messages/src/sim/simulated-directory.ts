/**
 * The gateways as one instance knows them: a list that presence gives now and then, old by as much; one that is not in it is asked for
 * before the call is made. By the rule of the directory of real processes (`PeerDirectory`), which this stands for.
 */
import type { DeliveryService } from '@clatter/contracts/gateway';
import type { PresenceService } from '@clatter/contracts/presence';
import { ClatterError } from '@clatter/wire';
import type { GatewayDirectory } from '../ports.ts';
import type { Life } from './scheduler.ts';

/** Rare, so that a run is more than polling; a list that is older is only worse. */
const EVERY_MS = 20_000;

export interface SimulatedDirectoryParts {
  readonly life: Life;
  readonly presence: PresenceService;
  /** Calls of a gateway that there is or was. */
  readonly callsOf: (gatewayId: string) => DeliveryService;
  /** The instance closes its client of a gateway. */
  readonly onUnlisted: (gatewayId: string) => void;
}

export class SimulatedDirectory implements GatewayDirectory {
  readonly #parts: SimulatedDirectoryParts;
  readonly #known = new Map<string, DeliveryService>();
  /** Whoever comes while a reading is under way waits for the next one: the one under way may miss what was listed since. */
  #last: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(parts: SimulatedDirectoryParts) {
    this.#parts = parts;
    const read = (): void => void this.refresh().then(again, again);
    const again = (): void => void parts.life.clock.timer(EVERY_MS, read);
    read();
  }

  ids(): readonly string[] {
    return [...this.#known.keys()];
  }

  get(gatewayId: string): DeliveryService {
    return this.#known.get(gatewayId) ?? { deliver: (batch) => this.#deliverOnceListed(gatewayId, batch) };
  }

  refresh(): Promise<void> {
    if (!this.#next) {
      const read = (): Promise<void> => this.#read();
      this.#next = this.#last.then(read, read);
      this.#last = this.#next;
    }
    return this.#next;
  }

  async #deliverOnceListed(
    gatewayId: string,
    batch: Parameters<DeliveryService['deliver']>[0],
  ): ReturnType<DeliveryService['deliver']> {
    await this.refresh();
    const calls = this.#known.get(gatewayId);
    if (!calls) throw new ClatterError('NOT_FOUND', `there is no gateway ${gatewayId}`);
    return calls.deliver(batch);
  }

  async #read(): Promise<void> {
    this.#next = undefined;
    const { presence, callsOf, onUnlisted } = this.#parts;
    const { gateways = [] } = await presence.listGateways({});
    const listed = new Set(gateways.map(({ gatewayId = '' }) => gatewayId));
    for (const id of this.#known.keys()) {
      if (listed.has(id)) continue;
      this.#known.delete(id);
      onUnlisted(id);
    }
    for (const id of listed) if (!this.#known.has(id)) this.#known.set(id, callsOf(id));
  }
}
