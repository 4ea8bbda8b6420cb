/**
 * Commands that the server has not answered. Each is persisted before the network is tried, sent in order, and sent again, marked, after a
 * reconnect or a refusal that passes, until it is acknowledged or refused for good. The id is the same each time, so that the
 * conversation has it once.
 *
 * Copies of one command may be on their way at the same time. A refusal counts only when it answers the newest copy; an ack counts
 * whichever copy it answers, and so does an event of the log (`settle`).
 */
import { type Ack, ClatterError, type ClientFrame, type Input } from '@clatter/wire';
import type { Connection } from './connection.ts';
import type { Left, OutboxStore } from './outbox-store.ts';
import { Pace } from './pace.ts';
import type { ClientClock } from './types.ts';

/** On the wire at once. */
const IN_FLIGHT_MAX = 500;
/** Waiting in all; more are refused at once. */
const WAITING_MAX = 10_000;
/** Longer than a gateway tries to append a command (30 s): mostly the answer is known before another copy goes out. */
const ANSWER_MS = 35_000;
const PAUSE_MS_MIN = 200;
/**
 * A first copy that goes out later is marked: another program may have taken the command from the storage and sent it long since, and the
 * server looks for an unmarked id among those of the last minutes alone.
 */
const UNMARKED_MS = 60_000;

interface Entry {
  /** Where it is in the storage: more than one place where several programs were given the same id. */
  readonly keys: Set<string>;
  readonly id: string;
  readonly conversationId: string;
  readonly frame: Input<ClientFrame>;
  readonly sinceMs: number;
  /** Copies that went out, as far as this program knows; past 0 it may be in the log already. */
  copies: number;
  inFlight: boolean;
  /** Whether it is in the storage: nothing is sent before. */
  kept: boolean;
  readonly acked: Promise<Ack>;
  readonly resolve: (ack: Ack) => void;
  readonly reject: (error: Error) => void;
}

/** A command that is given up. */
export interface Refused {
  readonly id: string;
  readonly conversationId: string;
}

export interface OutboxParts {
  readonly store: Pick<OutboxStore, 'keyFor' | 'keep' | 'drop'>;
  readonly connection: () => Pick<Connection, 'ask'>;
  readonly clock: ClientClock;
  readonly userId: () => string;
  readonly onAck: (id: string, ack: Ack) => void;
  readonly onRefused: (refused: Refused, error: Error) => void;
  readonly onChange: (waiting: number) => void;
  /** The storage does not do what it should. */
  readonly onError: (error: Error) => void;
}

/** The command of a frame, with its id, and the log that it goes to: the person's own is one. */
function commandOf(frame: Input<ClientFrame>, userId: string): { id: string; conversationId: string } {
  const { send, edit, delete: remove, react, pin, vote, closePoll, setFlags, setDraft } = frame;
  const own = setFlags ?? setDraft ?? (remove?.forEveryone ? undefined : remove);
  const command = edit ?? remove ?? react ?? pin ?? vote ?? closePoll ?? own;
  const id = send?.messageId ?? command?.commandId;
  const conversationId = own ? userId : (send ?? command)?.conversationId;
  return { id: id as string, conversationId: conversationId as string };
}

/** An id is the sender's, and one of its conversation. */
const nameOf = ({ conversationId, id }: { conversationId: string; id: string }): string => `${conversationId}/${id}`;

const marked = (frame: Input<ClientFrame>): Input<ClientFrame> => {
  const [name, body] = Object.entries(frame).find(([, value]) => typeof value === 'object') as [string, object];
  return { [name]: { ...body, retry: true } };
};

const passes = (error: Error): error is ClatterError =>
  error instanceof ClatterError && (error.code === 'UNAVAILABLE' || error.code === 'RATE_LIMITED');

export class Outbox {
  readonly #parts: OutboxParts;
  /** By conversation and id, in the order in which they were added. */
  readonly #entries = new Map<string, Entry>();
  #hasEnded = false;
  #pace: Pace | undefined;
  #inFlight = 0;
  #cancelFlush: (() => void) | undefined;
  /** Conversation → what ends its wait. */
  readonly #paused = new Map<string, () => void>();

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  get waiting(): number {
    return this.#entries.size;
  }

  /** Sends what others left, marked. Returns what did not wait here already. */
  takeOver(left: readonly Left[]): readonly Input<ClientFrame>[] {
    const taken: Input<ClientFrame>[] = [];
    for (const { key, frame } of left) {
      const waiting = this.#entries.get(nameOf(commandOf(frame, this.#parts.userId())));
      if (waiting) waiting.keys.add(key);
      else {
        this.#enter(key, frame, 1).kept = true;
        taken.push(frame);
      }
    }
    if (taken.length > 0) this.#parts.onChange(this.#entries.size);
    this.#flush();
    return taken;
  }

  /** The session has ended: nothing is taken any more. What waits is in the storage, for the next login of the same person. */
  end(): void {
    this.#hasEnded = true;
    this.down();
  }

  /** Gives up what waits: the person logged out. */
  forget(): void {
    this.end();
    for (const { reject } of this.#entries.values()) reject(new ClatterError('UNAUTHENTICATED', 'logged out'));
    this.#entries.clear();
  }

  /**
   * Resolves when the server has stored it. Rejects when it was refused for good, cannot be kept, or too much waits already.
   * @param repeated whether the id may have been sent before, by whomever
   */
  add(frame: Input<ClientFrame>, repeated = false): Promise<Ack> {
    const { id, conversationId } = commandOf(frame, this.#parts.userId());
    const waiting = this.#entries.get(nameOf({ conversationId, id }));
    if (waiting) return waiting.acked;
    if (this.#hasEnded || this.#entries.size >= WAITING_MAX) {
      const error = this.#hasEnded
        ? new ClatterError('UNAUTHENTICATED', 'the session has ended')
        : new ClatterError('UNAVAILABLE', `${WAITING_MAX} commands wait already`);
      this.#parts.onRefused({ id, conversationId }, error);
      return Promise.reject(error);
    }
    const key = this.#parts.store.keyFor(id);
    const entry = this.#enter(key, frame, repeated ? 1 : 0);
    this.#parts.onChange(this.#entries.size);
    this.#parts.store.keep(key, frame).then(
      () => {
        entry.kept = true;
        this.#flush();
      },
      (error: Error) => this.#refused(entry, error),
    );
    return entry.acked;
  }

  /** A connection is live, and takes so many frames a second. */
  up(framesPerSecondMax: number): void {
    this.#pace = new Pace(framesPerSecondMax, this.#parts.clock.nowMs());
    this.#flush();
  }

  down(): void {
    this.#pace = undefined;
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    for (const entry of this.#entries.values()) entry.inFlight = false;
    this.#inFlight = 0;
    for (const cancel of this.#paused.values()) cancel();
    this.#paused.clear();
  }

  /** An event of the log, or a late ack, shows that the command is stored, whatever else was answered. */
  settle(id: string, ack: Ack): void {
    const entry = this.#entries.get(nameOf({ conversationId: ack.conversationId, id }));
    if (entry) this.#acked(entry, ack);
  }

  #enter(key: string, frame: Input<ClientFrame>, copies: number): Entry {
    let resolve: Entry['resolve'] = () => undefined;
    let reject: Entry['reject'] = () => undefined;
    const acked = new Promise<Ack>((...settle) => {
      [resolve, reject] = settle;
    });
    // Whoever does not wait for the answer is told by onRefused.
    acked.catch(() => undefined);
    const keys = new Set([key]);
    const sinceMs = this.#parts.clock.nowMs();
    const command = { ...commandOf(frame, this.#parts.userId()), frame, sinceMs };
    const entry = { keys, ...command, copies, inFlight: false, kept: false, acked, resolve, reject };
    this.#entries.set(nameOf(entry), entry);
    return entry;
  }

  #flush(): void {
    const { clock } = this.#parts;
    for (const entry of this.#entries.values()) {
      if (!this.#pace || this.#inFlight >= IN_FLIGHT_MAX || !entry.kept) return;
      if (entry.inFlight || this.#paused.has(entry.conversationId)) continue;
      const waitMs = this.#pace.take(clock.nowMs());
      if (waitMs > 0) {
        this.#cancelFlush ??= clock.timer(waitMs, () => {
          this.#cancelFlush = undefined;
          this.#flush();
        });
        return;
      }
      this.#send(entry);
    }
  }

  #send(entry: Entry): void {
    const waitedMs = this.#parts.clock.nowMs() - entry.sinceMs;
    const isFirst = entry.copies === 0 && waitedMs >= 0 && waitedMs < UNMARKED_MS;
    const frame = isFirst ? entry.frame : marked(entry.frame);
    const copy = ++entry.copies;
    entry.inFlight = true;
    this.#inFlight++;
    this.#parts
      .connection()
      .ask(frame, ANSWER_MS)
      .then(
        ({ ack }) => {
          if (ack) this.#acked(entry, ack);
          else this.#failed(entry, copy, new ClatterError('UNAVAILABLE', 'a command was answered with no ack'));
        },
        (error: Error) => this.#failed(entry, copy, error),
      );
  }

  #acked(entry: Entry, ack: Ack): void {
    if (!this.#remove(entry)) return;
    this.#parts.onAck(entry.id, ack);
    entry.resolve(ack);
    this.#flush();
  }

  #failed(entry: Entry, copy: number, error: Error): void {
    // It is settled, or its newest copy is still to be answered.
    if (this.#entries.get(nameOf(entry)) !== entry || copy !== entry.copies || !entry.inFlight) return;
    if (!passes(error)) {
      this.#refused(entry, error);
      return this.#flush();
    }
    // It and all that follow in its conversation are sent again, in order.
    for (const other of this.#entries.values())
      if (other.conversationId === entry.conversationId && other.inFlight) {
        other.inFlight = false;
        this.#inFlight--;
      }
    this.#paused.get(entry.conversationId)?.();
    const cancel = this.#parts.clock.timer(Math.max(PAUSE_MS_MIN, error.retryAfterMs), () => {
      this.#paused.delete(entry.conversationId);
      this.#flush();
    });
    this.#paused.set(entry.conversationId, cancel);
  }

  #refused(entry: Entry, error: Error): void {
    if (!this.#remove(entry)) return;
    this.#parts.onRefused(entry, error);
    entry.reject(error);
  }

  #remove(entry: Entry): boolean {
    if (this.#entries.get(nameOf(entry)) !== entry) return false;
    this.#entries.delete(nameOf(entry));
    if (entry.inFlight) this.#inFlight--;
    // What is not deleted is sent once more by a later run, and acknowledged again.
    for (const key of entry.keys) this.#parts.store.drop(key).catch(this.#parts.onError);
    this.#parts.onChange(this.#entries.size);
    return true;
  }
}
