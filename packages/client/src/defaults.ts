/** What a client uses of its surroundings where it is not given something else. */
import type { ClientClock, SocketLike } from './types.ts';

export const systemClock: ClientClock = {
  nowMs: Date.now,
  timer(delayMs, fire) {
    const timer = setTimeout(fire, delayMs);
    return () => clearTimeout(timer);
  },
};

export const openSystemSocket = (url: string, subprotocol: string): SocketLike =>
  new WebSocket(url, subprotocol) as unknown as SocketLike;
