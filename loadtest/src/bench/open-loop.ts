/**
 * The generator: messages at their intended times, whatever came back of those before, so that a slow answer is not hidden by a late
 * question (coordinated omission). Plain `ws` and string search instead of the SDK: it must cost less than the server.
 */
import WebSocket from 'ws';
import { Latency } from '../latency.ts';

/** A pair of sockets; a message of one goes to the other, and comes back to itself. */
export interface Pair {
  readonly sockets: readonly [WebSocket, WebSocket];
  /** The frame of a message; `id` is in it as a UUID whose last 12 digits are the message's number. */
  frame(side: 0 | 1, number: number, id: string): string;
}

export interface Rung {
  readonly rate: number;
  readonly sent: number;
  readonly acked: Latency;
  readonly delivered: Latency;
  readonly lostAcks: number;
  readonly lostDeliveries: number;
  readonly rejected: number;
  /** From the first intended time to the last. */
  readonly seconds: number;
}

const PREFIX = '00000000-0000-7000-8000-';
const TICK_MS = 1;
const SETTLE_MS = 10_000;

/** The UUID of a message by its number. */
export const idOf = (number: number): string => PREFIX + number.toString(16).padStart(12, '0');

/** The number of the first message id in a frame; -1 where there is none. */
export function numberIn(text: string): number {
  const at = text.indexOf(PREFIX);
  return at < 0 ? -1 : Number.parseInt(text.slice(at + PREFIX.length, at + PREFIX.length + 12), 16);
}

/**
 * @param isAck tells which frames acknowledge; where undefined, what comes back to the sender does (the relay)
 * @param base first number, so that no two rungs use the same id
 */
export async function openLoop(
  pairs: readonly Pair[],
  rate: number,
  seconds: number,
  base: number,
  isAck?: (text: string) => boolean,
): Promise<Rung> {
  const total = rate * seconds;
  const acked = new Latency();
  const delivered = new Latency();
  let rejected = 0;
  const start = performance.now() + 50;
  const intended = (number: number): number => start + ((number - base) * 1000) / rate;
  for (const [index, pair] of pairs.entries())
    pair.sockets.forEach((socket, side) => {
      socket.removeAllListeners('message');
      socket.on('message', (data: Buffer) => {
        const text = data.toString('latin1');
        const number = numberIn(text);
        if (number < base) {
          if (text.includes('"reject"')) rejected++;
          return;
        }
        const message = number - base;
        const sender = Math.floor(message / pairs.length) % 2;
        const own = message % pairs.length === index && sender === side;
        const now = performance.now();
        if (own) {
          if (!isAck || isAck(text)) acked.record(now - intended(number));
        } else delivered.record(now - intended(number));
      });
    });
  let sent = 0;
  await new Promise<void>((resolve) => {
    const tick = (): void => {
      const due = Math.min(total, Math.floor(((performance.now() - start) * rate) / 1000) + 1);
      for (; sent < due; sent++) {
        const pair = pairs[sent % pairs.length] as Pair;
        const side = (Math.floor(sent / pairs.length) % 2) as 0 | 1;
        pair.sockets[side].send(pair.frame(side, sent + 1, idOf(base + sent)));
      }
      if (sent < total) setTimeout(tick, TICK_MS);
      else resolve();
    };
    setTimeout(tick, 50);
  });
  const settled = performance.now() + SETTLE_MS;
  while ((acked.count + rejected < total || delivered.count < total) && performance.now() < settled)
    await new Promise((resolve) => setTimeout(resolve, 20));
  return {
    rate,
    sent,
    acked,
    delivered,
    lostAcks: total - acked.count,
    lostDeliveries: total - delivered.count,
    rejected,
    seconds,
  };
}

export async function openSocket(url: string, protocol?: string): Promise<WebSocket> {
  const socket = new WebSocket(url, protocol, { perMessageDeflate: false });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return socket;
}
