/**
 * Takes commands to the log. Order is kept per connection and conversation: when one cannot be appended, it and all that the connection
 * sends to that conversation afterwards are refused, until the client sends one of the refused again and so shows that it knows.
 */
import { Command, Signal } from '@clatter/contracts/messages';
import { type Producer, topics } from '@clatter/log';
import { type Clock, type Counter, newTraceparent } from '@clatter/runtime';
import { ClatterError, type Input } from '@clatter/wire';

/** A command that could not be appended for so long is refused; it may still get there. */
const PRODUCE_MS = 30_000;
/** Rules version that commands are decided by; raised when all owners know it. */
const RULES = '1';

/** Commands of one connection that are not in the log yet, and the conversations where something was refused. */
export class InFlight {
  count = 0;
  /** Conversation → ids that were refused and not sent again. */
  readonly refused = new Map<string, Set<string>>();
}

export type Submission = Input<Command> & { readonly conversationId: string; readonly commandId: string };

export class CommandRouter {
  readonly #producer: Producer;
  readonly #clock: Clock;
  readonly #inFlightMax: number;
  readonly #commands: Counter;

  constructor(parts: { producer: Producer; clock: Clock; inFlightMax: number; commands: Counter }) {
    this.#producer = parts.producer;
    this.#clock = parts.clock;
    this.#inFlightMax = parts.inFlightMax;
    this.#commands = parts.commands;
  }

  /** Appends a command; the answer comes by delivery. `refuse` is called where it cannot be, at once or later. */
  produce(inFlight: InFlight, command: Submission, refuse: (error: ClatterError) => void): void {
    const { conversationId, commandId } = command;
    const refused = inFlight.refused.get(conversationId);
    if (refused) {
      // Whoever marks a refused command as sent again has read the refusal, and sends what follows again too.
      if (command.retry && refused.has(commandId)) inFlight.refused.delete(conversationId);
      else {
        refused.add(commandId);
        return refuse(
          new ClatterError(
            'UNAVAILABLE',
            'an earlier command to this conversation was refused: send them all again in order',
          ),
        );
      }
    }
    if (inFlight.count >= this.#inFlightMax)
      return this.#refuse(
        inFlight,
        command,
        refuse,
        new ClatterError('RATE_LIMITED', 'too many commands of this connection wait'),
      );
    inFlight.count++;
    this.#commands.add(1);
    let settled = false;
    const settle = (error?: ClatterError): void => {
      if (settled) return;
      settled = true;
      cancel();
      inFlight.count--;
      if (error) this.#refuse(inFlight, command, refuse, error);
    };
    const cancel = this.#clock.timer(PRODUCE_MS, () =>
      settle(new ClatterError('UNAVAILABLE', 'the log does not answer')),
    );
    this.#producer
      .send(topics.commands.name, {
        key: conversationId,
        value: Command.encode({ ...command, receivedAtMs: this.#clock.nowMs() }),
        headers: { traceparent: newTraceparent(), schema: 'messages.v1.Command', rules: RULES },
      })
      .then(
        () => settle(),
        (error) =>
          settle(
            error instanceof ClatterError
              ? error
              : new ClatterError('UNAVAILABLE', 'the log does not take commands', { cause: error }),
          ),
      );
  }

  /** Passes small news on; what is lost is lost. */
  signal(signal: Input<Signal> & { readonly conversationId: string }): void {
    this.#producer
      .send(topics.signals.name, {
        key: signal.conversationId,
        value: Signal.encode(signal),
        headers: { schema: 'messages.v1.Signal' },
      })
      .catch(() => undefined);
  }

  #refuse(
    inFlight: InFlight,
    { conversationId, commandId }: Submission,
    refuse: (error: ClatterError) => void,
    error: ClatterError,
  ): void {
    const refused = inFlight.refused.get(conversationId);
    if (refused) refused.add(commandId);
    else inFlight.refused.set(conversationId, new Set([commandId]));
    refuse(error);
  }
}
