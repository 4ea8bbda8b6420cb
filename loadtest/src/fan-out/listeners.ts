/**
 * A process with many sockets that only listen: the members of a channel who are online. Plain `ws` and string search, as the generator of
 * `bench`: it must cost less than the server. Spoken to by its parent, in the messages of `listener-messages.ts`.
 */
import { subprotocols } from '@clatter/wire';
import type WebSocket from 'ws';
import { numberIn, openSocket } from '../bench/open-loop.ts';
import type { FromListeners, ToListeners } from './listener-messages.ts';

/** Sockets that are opened at the same time. */
const OPENING_MAX = 40;

const tell = (message: FromListeners): void => void process.send?.(message);
const nowMs = (): number => performance.timeOrigin + performance.now();

let base = 0;
/** Of each message since `base`: how many sockets have it, and when the last one got it. */
let counts = new Uint32Array(0);
let lastMs = new Float64Array(0);

function onMessage(data: Buffer): void {
  const text = data.toString('latin1');
  const message = numberIn(text) - base;
  if (message < 0 || message >= counts.length || !text.includes('"event"')) return;
  counts[message] = (counts[message] as number) + 1;
  lastMs[message] = nowMs();
}

async function open(url: string, token: string): Promise<WebSocket> {
  const socket = await openSocket(url, subprotocols.json);
  const welcome = new Promise((resolve, reject) => {
    socket.once('message', resolve);
    socket.once('close', (code) => reject(new Error(`a listener was closed with ${code}`)));
  });
  socket.send(JSON.stringify({ ref: 1, hello: { token } }));
  await welcome;
  socket.on('message', onMessage);
  socket.on('close', (code) => tell({ kind: 'failed', reason: `a listener was closed with ${code}` }));
  return socket;
}

async function openAll(urls: readonly string[], tokens: readonly string[]): Promise<void> {
  let next = 0;
  const opener = async (): Promise<void> => {
    while (next < tokens.length) {
      const index = next++;
      await open(urls[index % urls.length] as string, tokens[index] as string);
    }
  };
  await Promise.all(Array.from({ length: OPENING_MAX }, opener));
  tell({ kind: 'open' });
}

process.on('message', (message: ToListeners) => {
  if (message.kind === 'open')
    openAll(message.urls, message.tokens).catch((error) => tell({ kind: 'failed', reason: String(error) }));
  else if (message.kind === 'measure') {
    base = message.base;
    counts = new Uint32Array(message.count);
    lastMs = new Float64Array(message.count);
  } else tell({ kind: 'heard', counts: [...counts], lastMs: [...lastMs] });
});
process.on('disconnect', () => process.exit(0));
