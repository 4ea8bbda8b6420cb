/** One request, one answer. A read that found nobody is repeated, elsewhere where there are several addresses. */
import { ClatterError } from '@clatter/wire';
import type * as grpc from '@grpc/grpc-js';
import { backoff } from '../backoff.ts';
import { type Clock, sleep } from '../clock.ts';
import { callMetadata } from './call-metadata.ts';
import type { RetryBudget } from './retry-budget.ts';
import { fromStatus } from './status.ts';

const TRIES_MAX = 3;
const RETRY = { baseMs: 25, maxMs: 250 };

export interface UnaryParts {
  readonly channel: grpc.Client;
  readonly path: string;
  readonly deadlineMs: number;
  /** Undefined where the call must not be repeated. */
  readonly budget: RetryBudget | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}

/** All tries together end by the deadline. */
export async function unaryCall(parts: UnaryParts, request: Uint8Array): Promise<Uint8Array> {
  const { budget, clock, random, deadlineMs } = parts;
  // The library compares it with the clock of the machine.
  const deadline = Date.now() + deadlineMs;
  for (let tries = 1; ; tries++) {
    try {
      const answer = await once(parts, request, deadline);
      budget?.succeeded();
      return answer;
    } catch (error) {
      if (!budget || !(error instanceof ClatterError) || error.code !== 'UNAVAILABLE') throw error;
      if (!budget.failed() || tries >= TRIES_MAX) throw error;
      const waitMs = backoff(tries, RETRY, random);
      if (Date.now() + waitMs >= deadline) throw error;
      await sleep(clock, waitMs);
    }
  }
}

function once({ channel, path }: UnaryParts, request: Uint8Array, deadline: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    channel.makeUnaryRequest(path, asIs, asIs, request, callMetadata(), { deadline }, (error, answer) => {
      if (error) reject(fromStatus(error, path));
      else resolve(answer as Uint8Array);
    });
  });
}

const asIs = (bytes: Uint8Array): Buffer => bytes as Buffer;
