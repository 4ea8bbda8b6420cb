/**
 * Processes that have a name and an address, such as gateways, from a list that changes: a client for each, closed when it is no longer
 * listed. The list is read every second, and again when somebody asks for a name that is not in it.
 */
import { ClatterError, type ServiceDescriptor } from '@clatter/wire';
import { type Clock, sleep } from '../clock.ts';
import type { Logger } from '../logger.ts';
import { type GrpcClient, grpcClient } from './client.ts';
import type { GrpcOptions } from './options.ts';

const EVERY_MS = 1000;
/** Between the beginnings of two readings, however many names are asked for. */
const EVERY_MS_MIN = 50;

export interface Peer {
  readonly id: string;
  /** host:port. */
  readonly address: string;
}

export interface PeerDirectoryParts<T> {
  readonly descriptor: ServiceDescriptor<T>;
  readonly grpc: GrpcOptions;
  readonly list: () => Promise<readonly Peer[]>;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Known<T> {
  readonly address: string;
  readonly client: GrpcClient<T>;
  readonly calls: T;
}

type Calls = Record<string, (request: unknown) => Promise<unknown>>;

export class PeerDirectory<T> {
  readonly #parts: PeerDirectoryParts<T>;
  readonly #known = new Map<string, Known<T>>();
  /** The reading that begins next: whoever waits for it sees what was listed when they began to wait. */
  #next: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();
  #lastBeganMs = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;
  #failing = false;
  #closed = false;

  constructor(parts: PeerDirectoryParts<T>) {
    this.#parts = parts;
  }

  /** Begins to read the list. */
  start(): void {
    const again = (): void => {
      if (!this.#closed) this.#cancelTimer = this.#parts.clock.timer(EVERY_MS, read);
    };
    const read = (): void => void this.refresh().then(again, again);
    read();
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
    for (const { client } of this.#known.values()) client.close();
    this.#known.clear();
  }

  ids(): string[] {
    return [...this.#known.keys()];
  }

  /**
   * The calls of a process. For one that is not known the list is read first, by each call: then it is made, or it rejects with NOT_FOUND
   * where there is no such process, and with UNAVAILABLE where the list cannot be had.
   */
  get(id: string): T {
    return this.#known.get(id)?.calls ?? this.#afterRefresh(id);
  }

  /** Resolves when everything is known that was listed at the time of the call. */
  refresh(): Promise<void> {
    if (this.#closed) return Promise.reject(new ClatterError('UNAVAILABLE', 'this process stops'));
    if (!this.#next) {
      const next = this.#last.then(
        () => this.#read(),
        () => this.#read(),
      );
      this.#next = next;
      this.#last = next;
    }
    return this.#next;
  }

  async #read(): Promise<void> {
    const { clock, list, logger } = this.#parts;
    const waitMs = this.#lastBeganMs + EVERY_MS_MIN - clock.nowMs();
    if (waitMs > 0) await sleep(clock, waitMs);
    this.#lastBeganMs = clock.nowMs();
    // From here on a new name may be missed: who asks now waits for the next reading.
    this.#next = undefined;
    try {
      this.#take(await list());
      if (this.#failing) logger.info('the list of processes can be read again');
      this.#failing = false;
    } catch (error) {
      if (!this.#failing && !this.#closed)
        logger.warn({ err: error }, 'the list of processes cannot be read: those known are called until it can');
      this.#failing = true;
      throw error;
    }
  }

  #take(peers: readonly Peer[]): void {
    if (this.#closed) return;
    const { descriptor, grpc, clock, logger } = this.#parts;
    const listed = new Map(peers.filter(({ address }) => address !== '').map(({ id, address }) => [id, address]));
    for (const [id, { address, client }] of this.#known) {
      if (listed.get(id) === address) continue;
      this.#known.delete(id);
      client.close();
      logger.info({ id, address }, 'a process is gone');
    }
    for (const [id, address] of listed) {
      if (this.#known.has(id)) continue;
      const client = grpcClient(descriptor, { ...grpc, target: address, clock });
      this.#known.set(id, { address, client, calls: this.#watched(client.calls) });
      logger.info({ id, address }, 'a process is there');
    }
  }

  /** Where a process cannot be reached, the list is read at once: it may have left, and then nobody has to wait for it. */
  #watched(made: T): T {
    const calls: Calls = {};
    for (const [name, call] of Object.entries(made as Calls))
      calls[name] = (request) => {
        const answer = call(request);
        answer.catch((error) => {
          if (error instanceof ClatterError && error.code === 'UNAVAILABLE') this.refresh().catch(() => undefined);
        });
        return answer;
      };
    return calls as T;
  }

  #afterRefresh(id: string): T {
    const calls: Calls = {};
    for (const name of Object.keys(this.#parts.descriptor.methods))
      calls[name] = async (request) => {
        await this.refresh();
        const known = this.#known.get(id);
        if (!known) throw new ClatterError('NOT_FOUND', `there is no process ${id}`);
        return (known.calls as Calls)[name]?.(request);
      };
    return calls as T;
  }
}

/** The peers of an answer of presence. */
export const peersOf = ({
  gateways = [],
}: {
  readonly gateways?:
    | readonly { readonly gatewayId?: string | undefined; readonly address?: string | undefined }[]
    | undefined;
}): Peer[] => gateways.map(({ gatewayId = '', address = '' }) => ({ id: gatewayId, address }));
