/** Commands of HTTP requests: appended like those of sockets, and answered when they are stored, through a connection that is no socket. */
import type { Command } from '@clatter/contracts/messages';
import { type Clock, traceparent } from '@clatter/runtime';
import { type Ack, ClatterError, type ErrorCode, type Input, ServerFrame } from '@clatter/wire';
import { type CommandRouter, InFlight } from '../command-router.ts';
import type { Hub } from '../hub.ts';

/** A request gives up after so long; its command may still be stored, and a repeat with the same id gets its place. */
const ANSWER_MS = 15_000;
/** Requests that may wait at once. */
const WAITING_MAX = 10_000;

export class HttpCommands {
  readonly #number: number;
  readonly #router: CommandRouter;
  readonly #gatewayId: string;
  readonly #clock: Clock;
  readonly #waiting = new Map<number, { resolve: (ack: Ack) => void; reject: (error: ClatterError) => void }>();
  #nextRef = 1;

  /** @param number of a connection that no socket has */
  constructor(parts: { number: number; router: CommandRouter; hub: Hub; gatewayId: string; clock: Clock }) {
    this.#number = parts.number;
    this.#router = parts.router;
    this.#gatewayId = parts.gatewayId;
    this.#clock = parts.clock;
    parts.hub.addVirtual(parts.number, (proto) => this.#onFrame(proto));
  }

  /** Resolves when the command is stored. Throws what it was rejected with, or UNAVAILABLE. */
  submit(command: Input<Command> & { conversationId: string; commandId: string; senderId: string }): Promise<Ack> {
    if (this.#waiting.size >= WAITING_MAX)
      return Promise.reject(new ClatterError('UNAVAILABLE', 'too many requests wait to be stored'));
    const ref = this.#nextRef;
    this.#nextRef = (this.#nextRef % 0xffffffff) + 1;
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.timer(ANSWER_MS, () =>
        settle(() => reject(new ClatterError('UNAVAILABLE', 'the command was not stored in time'))),
      );
      const settle = (run: () => void): void => {
        cancel();
        this.#waiting.delete(ref);
        run();
      };
      this.#waiting.set(ref, {
        resolve: (ack) => settle(() => resolve(ack)),
        reject: (error) => settle(() => reject(error)),
      });
      const replyTo = { gatewayId: this.#gatewayId, connection: this.#number, ref, encoding: 'proto' } as const;
      // Requests are independent of each other: none waits for one before it.
      const refuse = (error: ClatterError): void => this.#waiting.get(ref)?.reject(error);
      this.#router.produce(new InFlight(), { ...command, replyTo }, refuse, traceparent());
    });
  }

  #onFrame(proto: Uint8Array): void {
    const { ref, ack, reject } = ServerFrame.decode(proto);
    if (ack) this.#waiting.get(ref)?.resolve(ack);
    else if (reject)
      this.#waiting
        .get(ref)
        ?.reject(new ClatterError(reject.code as ErrorCode, reject.message, { retryAfterMs: reject.retryAfterMs }));
  }
}
