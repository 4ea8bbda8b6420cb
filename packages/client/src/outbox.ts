/**
 * Commands that the server has not answered. Each is persisted before the network is tried, sent in order, and sent again, marked, after a
 * reconnect or a refusal that passes, until it is acknowledged or refused for good. The id is the same each time, so that the
 * conversation has it once.
 */
import { type Ack, ClatterError, ClientFrame, type Input } from '@clatter/wire';
import type { Connection } from './connection.ts';
import type { ClientStorage } from './storage.ts';
import type { ClientClock } from './types.ts';

const PREFIX = 'outbox/';
/** On the wire at once. */
const IN_FLIGHT_MAX = 500;
/** Waiting in all. */
const WAITING_MAX = 10_000;

interface Entry {
  readonly key: string;
  readonly id: string;
  readonly conversationId: string;
  readonly frame: Input<ClientFrame>;
  /** Whether it may be in the log already: it was on the wire, or this program did not see what became of it. */
  attempted: boolean;
  inFlight: boolean;
  /** Whether it is in the storage: nothing is sent before. */
  kept: boolean;
  readonly resolve: (ack: Ack) => void;
  readonly reject: (error: Error) => void;
}

export interface OutboxParts {
  readonly storage: ClientStorage;
  readonly connection: () => Connection;
  readonly clock: ClientClock;
  readonly onAck: (id: string, ack: Ack) => void;
  readonly onRefused: (entry: { readonly id: string; readonly conversationId: string }, error: Error) => void;
  readonly onChange: (waiting: number) => void;
}

/** The command of a frame, with its id. */
function commandOf(frame: Input<ClientFrame>): { id: string; conversationId: string } {
  const command = frame.send ?? frame.edit ?? frame.delete ?? frame.react;
  const id = frame.send?.messageId ?? frame.edit?.commandId ?? frame.delete?.commandId ?? frame.react?.commandId;
  return { id: id as string, conversationId: command?.conversationId as string };
}

const marked = (frame: Input<ClientFrame>): Input<ClientFrame> => {
  const [name, body] = Object.entries(frame).find(([, value]) => typeof value === 'object') as [string, object];
  return { [name]: { ...body, retry: true } };
};

export class Outbox {
  readonly #parts: OutboxParts;
  #entries: Entry[] = [];
  #nextKey = 0;
  #live = false;
  #inFlight = 0;
  /** Conversation → what ends its wait. */
  readonly #paused = new Map<string, () => void>();

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  get waiting(): number {
    return this.#entries.length;
  }

  /** What an earlier run left; sent again, marked. */
  async load(): Promise<readonly Input<ClientFrame>[]> {
    const kept = await this.#parts.storage.entries(PREFIX);
    for (const [key, json] of kept) {
      const frame = JSON.parse(json) as unknown;
      const entry: Entry = {
        key,
        ...commandOf(ClientFrame.fromJson(frame, 'outbox')),
        frame: ClientFrame.fromJson(frame, 'outbox'),
        attempted: true,
        inFlight: false,
        kept: true,
        resolve: () => undefined,
        reject: () => undefined,
      };
      this.#entries.push(entry);
      this.#nextKey = Math.max(this.#nextKey, Number(key.slice(PREFIX.length)) + 1);
    }
    return this.#entries.map((entry) => entry.frame);
  }

  /** Resolves when the server has stored it. Rejects when it was refused for good, or when too much waits already. */
  add(frame: Input<ClientFrame>): Promise<Ack> {
    if (this.#entries.length >= WAITING_MAX)
      return Promise.reject(new ClatterError('UNAVAILABLE', `${WAITING_MAX} commands wait already`));
    return new Promise((resolve, reject) => {
      const key = `${PREFIX}${String(this.#nextKey++).padStart(12, '0')}`;
      const entry: Entry = {
        key,
        ...commandOf(frame),
        frame,
        attempted: false,
        inFlight: false,
        kept: false,
        resolve,
        reject,
      };
      this.#entries.push(entry);
      this.#parts.onChange(this.#entries.length);
      // Kept first: a program that ends now sends it when it is started again.
      this.#parts.storage.set(key, ClientFrame.toJson(frame)).then(
        () => {
          entry.kept = true;
          this.#flush();
        },
        (error: Error) => {
          this.#remove(entry);
          reject(error);
        },
      );
    });
  }

  up(): void {
    this.#live = true;
    this.#flush();
  }

  down(): void {
    this.#live = false;
    for (const entry of this.#entries) entry.inFlight = false;
    this.#inFlight = 0;
    for (const cancel of this.#paused.values()) cancel();
    this.#paused.clear();
  }

  /** An event of the log shows that the command is stored, whatever else was answered. */
  settle(id: string, ack: Ack): void {
    const entry = this.#entries.find((item) => item.id === id);
    if (entry) this.#acked(entry, ack);
  }

  #flush(): void {
    if (!this.#live) return;
    for (const entry of this.#entries) {
      if (this.#inFlight >= IN_FLIGHT_MAX || !entry.kept) return;
      if (entry.inFlight || this.#paused.has(entry.conversationId)) continue;
      this.#send(entry);
    }
  }

  #send(entry: Entry): void {
    const frame = entry.attempted ? marked(entry.frame) : entry.frame;
    entry.attempted = true;
    entry.inFlight = true;
    this.#inFlight++;
    this.#parts
      .connection()
      .ask(frame)
      .then(
        ({ ack }) => {
          if (ack?.messageId === entry.id) this.#acked(entry, ack);
        },
        (error: Error) => this.#failed(entry, error),
      );
  }

  #acked(entry: Entry, ack: Ack): void {
    if (!this.#remove(entry)) return;
    this.#parts.onAck(entry.id, ack);
    entry.resolve(ack);
    this.#flush();
  }

  #failed(entry: Entry, error: Error): void {
    if (!this.#entries.includes(entry)) return;
    const passing = error instanceof ClatterError && (error.code === 'UNAVAILABLE' || error.code === 'RATE_LIMITED');
    if (!passing) {
      this.#remove(entry);
      this.#parts.onRefused(entry, error);
      entry.reject(error);
      return this.#flush();
    }
    if (!this.#live || !entry.inFlight) return;
    // It and all that follow in its conversation are sent again, in order.
    for (const other of this.#entries)
      if (other.conversationId === entry.conversationId && other.inFlight) {
        other.inFlight = false;
        this.#inFlight--;
      }
    this.#paused.get(entry.conversationId)?.();
    const cancel = this.#parts.clock.timer(Math.max(200, (error as ClatterError).retryAfterMs), () => {
      this.#paused.delete(entry.conversationId);
      this.#flush();
    });
    this.#paused.set(entry.conversationId, cancel);
  }

  #remove(entry: Entry): boolean {
    const index = this.#entries.indexOf(entry);
    if (index < 0) return false;
    this.#entries.splice(index, 1);
    if (entry.inFlight) this.#inFlight--;
    void this.#parts.storage.delete(entry.key);
    this.#parts.onChange(this.#entries.length);
    return true;
  }
}
