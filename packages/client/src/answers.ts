/** Who waits for which answer: each frame that asks has a number, its ref, that its answer repeats. */
import { ClatterError, type ServerFrame } from '@clatter/wire';
import type { ClientClock } from './types.ts';

const REF_MAX = 0xffffffff;

interface Waiting {
  readonly resolve: (frame: ServerFrame) => void;
  readonly reject: (error: Error) => void;
  readonly cancel: () => void;
}

export class Answers {
  readonly #clock: ClientClock;
  #nextRef = 1;
  #waiting = new Map<number, Waiting>();

  constructor(clock: ClientClock) {
    this.#clock = clock;
  }

  /**
   * Resolves with the answer to what is sent. A reject is thrown as a ClatterError; so is UNAVAILABLE where no answer comes in time.
   * @param send false where it could not be sent
   */
  to(send: (ref: number) => boolean, answerMs: number): Promise<ServerFrame> {
    const ref = this.#nextRef;
    this.#nextRef = (ref % REF_MAX) + 1;
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        this.#waiting.delete(ref);
        reject(new ClatterError('UNAVAILABLE', why));
      };
      const cancel = this.#clock.timer(answerMs, () => fail('the server did not answer in time'));
      this.#waiting.set(ref, { resolve, reject, cancel });
      if (send(ref)) return;
      cancel();
      fail('not connected');
    });
  }

  /** Whether somebody waited for it, and has it now. */
  take(frame: ServerFrame): boolean {
    const waiting = this.#waiting.get(frame.ref);
    if (!waiting) return false;
    this.#waiting.delete(frame.ref);
    waiting.cancel();
    if (frame.reject) {
      const { code, message, retryAfterMs } = frame.reject;
      waiting.reject(new ClatterError(code as ClatterError['code'], message, { retryAfterMs }));
    } else waiting.resolve(frame);
    return true;
  }

  /** No answer comes any more. Returns what tells those who wait. */
  giveUp(): () => void {
    const waiting = [...this.#waiting.values()];
    this.#waiting = new Map();
    return () => {
      for (const { reject, cancel } of waiting) {
        cancel();
        reject(new ClatterError('UNAVAILABLE', 'the connection was lost'));
      }
    };
  }
}
