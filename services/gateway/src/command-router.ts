/**
 * Takes commands to the log. Order is kept per connection and conversation: when one is refused for now, so is every later one in flight,
 * wherever it is: here, or on the network still. So a conversation stays blocked for a connection until the first of the refused comes
 * again, marked, and all that follows behind it; or until the socket shows that the client has read the refusal.
 */
import { Command, Signal } from '@clatter/contracts/messages';
import { type Producer, recordHeaders, topics } from '@clatter/log';
import { type Clock, type Counter, newTraceparent } from '@clatter/runtime';
import { ClatterError, type Input } from '@clatter/wire';
import type { Pulse } from './pulse.ts';

/** A command that could not be appended for so long is refused; it may still get there. */
const PRODUCE_MS = 30_000;
const SWEEP_MS = 1000;
/** Ids that are remembered as refused, of one connection and conversation. */
const REFUSED_MAX = 10_000;

export type Submission = Input<Command> & { readonly conversationId: string; readonly commandId: string };

/** A command that is not in the log yet. */
interface Sent {
  readonly inFlight: InFlight;
  readonly conversationId: string;
  readonly commandId: string;
  readonly sinceMs: number;
  readonly refuse: (error: ClatterError) => void;
}

interface Lane {
  /** In the order sent. */
  readonly sent: Set<Sent>;
  /** Ids that were refused since the conversation is blocked, in the order first sent; undefined while nothing is blocked. */
  refused: Set<string> | undefined;
}

/** The commands of one connection that are not in the log yet, and the conversations that are blocked for it. */
export class InFlight {
  count = 0;
  /** Only conversations in which something is in flight or blocked. */
  readonly lanes = new Map<string, Lane>();
  readonly #onceRead: (unblock: () => void) => void;

  /** @param onceRead calls back once the client has read all that it was told up to now */
  constructor(onceRead: (unblock: () => void) => void = () => undefined) {
    this.#onceRead = onceRead;
  }

  /** Opens a conversation once its client has read why it is blocked, where it is not blocked for something else by then. */
  unblockOnceRead(conversationId: string, lane: Lane): void {
    const { refused } = lane;
    this.#onceRead(() => {
      if (lane.refused !== refused) return;
      lane.refused = undefined;
      this.tidy(conversationId, lane);
    });
  }

  lane(conversationId: string): Lane {
    let lane = this.lanes.get(conversationId);
    if (!lane) {
      lane = { sent: new Set(), refused: undefined };
      this.lanes.set(conversationId, lane);
    }
    return lane;
  }

  tidy(conversationId: string, lane: Lane): void {
    if (lane.sent.size === 0 && lane.refused === undefined) this.lanes.delete(conversationId);
  }
}

export class CommandRouter {
  readonly #producer: Producer;
  readonly #clock: Clock;
  readonly #inFlightMax: number;
  readonly #commands: Counter;
  readonly #pulse: Pick<Pulse, 'earliestMs'>;
  readonly #rules: () => number;
  /** Of all connections, oldest first. */
  readonly #sent = new Set<Sent>();
  #cancelSweep: (() => void) | undefined;

  constructor(parts: {
    producer: Producer;
    clock: Clock;
    inFlightMax: number;
    commands: Counter;
    pulse: Pick<Pulse, 'earliestMs'>;
    /** Version of the rules that new commands are decided by: one that all owners know. */
    rules: () => number;
  }) {
    this.#producer = parts.producer;
    this.#clock = parts.clock;
    this.#inFlightMax = parts.inFlightMax;
    this.#commands = parts.commands;
    this.#pulse = parts.pulse;
    this.#rules = parts.rules;
  }

  /** Appends a command; the answer comes by delivery. `refuse` is called where it cannot be, at once or later. */
  produce(
    inFlight: InFlight,
    command: Submission,
    refuse: (error: ClatterError) => void,
    traceparent: string = newTraceparent(),
  ): void {
    const { conversationId, commandId } = command;
    const lane = inFlight.lane(conversationId);
    if (lane.refused) {
      // Behind the first of the refused comes all that was refused, in order. A repeat of a later one opens nothing: it may have been on
      // its way when the first was refused.
      if (command.retry && lane.refused.values().next().value === commandId) lane.refused = undefined;
      else return this.refuse(inFlight, command, refuse, behindRefused());
    }
    if (inFlight.count >= this.#inFlightMax)
      return this.refuse(
        inFlight,
        command,
        refuse,
        new ClatterError('RATE_LIMITED', 'too many commands of this connection wait'),
      );
    const sinceMs = this.#clock.nowMs();
    const sent: Sent = { inFlight, conversationId, commandId, sinceMs, refuse };
    inFlight.count++;
    lane.sent.add(sent);
    this.#sent.add(sent);
    this.#cancelSweep ??= this.#clock.timer(SWEEP_MS, () => this.#sweep());
    this.#commands.add(1);
    this.#producer
      .send(topics.commands.name, {
        key: conversationId,
        value: Command.encode({ ...command, receivedAtMs: this.#pulse.earliestMs }),
        headers: recordHeaders('messages.v1.Command', traceparent, String(this.#rules())),
      })
      .then(
        () => {
          if (this.#settle(sent, lane)) inFlight.tidy(conversationId, lane);
        },
        (error: unknown) => this.#fail(sent, lane, asUnavailable(error)),
      );
  }

  /** Refuses a command for now, and with it what follows in its conversation until the client knows. */
  refuse(
    inFlight: InFlight,
    { conversationId, commandId }: Submission,
    refuse: (error: ClatterError) => void,
    error: ClatterError,
  ): void {
    const lane = inFlight.lane(conversationId);
    const blocks = lane.refused === undefined;
    lane.refused ??= new Set();
    if (lane.refused.size < REFUSED_MAX) lane.refused.add(commandId);
    refuse(error);
    if (blocks) inFlight.unblockOnceRead(conversationId, lane);
  }

  /** Passes small news on; what is lost is lost. */
  signal(signal: Input<Signal> & { readonly conversationId: string }): void {
    this.#producer
      .send(topics.signals.name, {
        key: signal.conversationId,
        value: Signal.encode(signal),
        headers: recordHeaders('messages.v1.Signal', newTraceparent()),
      })
      .catch(() => undefined);
  }

  close(): void {
    this.#cancelSweep?.();
  }

  #settle(sent: Sent, lane: Lane): boolean {
    if (!this.#sent.delete(sent)) return false;
    lane.sent.delete(sent);
    sent.inFlight.count--;
    return true;
  }

  /** Refuses a command and every later one of its connection to its conversation. */
  #fail(first: Sent, lane: Lane, error: ClatterError): void {
    if (!this.#sent.has(first)) return;
    const { inFlight, conversationId } = first;
    let reached = false;
    const failed = [...lane.sent].filter((sent) => {
      reached ||= sent === first;
      return reached;
    });
    for (const sent of failed) this.#settle(sent, lane);
    // What was refused meanwhile came after them.
    lane.refused = new Set([...failed.map(({ commandId }) => commandId), ...(lane.refused ?? [])]);
    for (const sent of failed) sent.refuse(sent === first ? error : behindRefused());
    inFlight.unblockOnceRead(conversationId, lane);
  }

  #sweep(): void {
    const nowMs = this.#clock.nowMs();
    for (const sent of this.#sent) {
      if (nowMs - sent.sinceMs < PRODUCE_MS) break;
      this.#fail(
        sent,
        sent.inFlight.lane(sent.conversationId),
        new ClatterError('UNAVAILABLE', 'the log does not answer'),
      );
    }
    this.#cancelSweep = this.#sent.size > 0 ? this.#clock.timer(SWEEP_MS, () => this.#sweep()) : undefined;
  }
}

const behindRefused = (): ClatterError =>
  new ClatterError('UNAVAILABLE', 'an earlier command to this conversation was refused: send them all again in order');

const asUnavailable = (error: unknown): ClatterError =>
  error instanceof ClatterError
    ? error
    : new ClatterError('UNAVAILABLE', 'the log does not take commands', { cause: error });
