/** The other side of StreamCalls: takes the requests of one stream as they come, and answers them in their order. */
import type { MethodDescriptor } from '@clatter/wire';
import type * as grpc from '@grpc/grpc-js';
import { toStatus } from './status.ts';

/** Requests under way on one stream; past it nothing is read until some are answered. */
const RUNNING_MAX = 256;

export interface AnswerParts {
  readonly method: MethodDescriptor;
  readonly run: (request: never) => Promise<unknown>;
  /** The stream was broken off, by them or by an error of ours: requests or answers may have been lost. */
  readonly onLost: () => void;
  /** Hears of what `run` threw. */
  readonly onError: (error: unknown) => void;
}

/** Returns what ends the stream in good order: resolves when what was read is answered. */
export function answerStream(
  call: grpc.ServerDuplexStream<Uint8Array, Uint8Array>,
  { method, run, onLost, onError }: AnswerParts,
): () => Promise<void> {
  let running = 0;
  let over = false;
  let answered: Promise<void> = Promise.resolve();

  const answer = async (result: Promise<unknown>): Promise<void> => {
    try {
      const bytes = method.response.encode((await result) as never);
      if (!over && !call.write(bytes)) await drained(call);
    } catch (error) {
      if (over) return;
      over = true;
      onError(error);
      call.emit('error', toStatus(error));
      onLost();
    }
    if (running-- === RUNNING_MAX) call.resume();
  };
  const finish = (): void => {
    if (over) return;
    over = true;
    call.end();
  };

  call.on('data', (bytes: Uint8Array) => {
    if (over) return;
    if (++running === RUNNING_MAX) call.pause();
    const result = (async () => run(method.request.decode(bytes) as never))();
    result.catch(() => undefined);
    answered = answered.then(() => answer(result));
  });
  call.on('end', () => void answered.then(finish));
  call.on('cancelled', () => {
    if (over) return;
    over = true;
    onLost();
  });
  return async () => {
    call.pause();
    await answered;
    finish();
  };
}

function drained(call: grpc.ServerDuplexStream<Uint8Array, Uint8Array>): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      call.off('drain', done);
      call.off('cancelled', done);
      resolve();
    };
    call.on('drain', done);
    call.on('cancelled', done);
  });
}
