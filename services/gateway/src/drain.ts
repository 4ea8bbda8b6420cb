/** Asks sockets to leave, spread over a time, so that not all of them come to the next gateway at once. */
import { type Clock, sleep } from '@clatter/runtime';
import type { Connection } from './connection.ts';

/** A client that was asked to leave waits up to so long until it reconnects. */
const RECONNECT_SPREAD_MS = 1500;
/** Between being asked to leave and being closed, what was taken is answered. */
const SETTLE_MS = 500;

/** Resolves when all have left or were closed. */
export async function drainConnections(
  connections: ReadonlySet<Connection>,
  parts: { readonly clock: Clock; readonly random: () => number; readonly graceMs: number },
): Promise<void> {
  const { clock, random, graceMs } = parts;
  const settleMs = Math.min(SETTLE_MS, graceMs / 2);
  const leave = async (connection: Connection): Promise<void> => {
    const reconnectAfterMs = Math.floor(random() * RECONNECT_SPREAD_MS);
    if (connection.isLive) {
      await sleep(clock, random() * (graceMs - settleMs));
      connection.drain(reconnectAfterMs);
      await sleep(clock, settleMs);
    }
    connection.close(4000, String(reconnectAfterMs));
  };
  await Promise.all([...connections].map(leave));
}
