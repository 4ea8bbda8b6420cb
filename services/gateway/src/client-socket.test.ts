import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { ManualClock } from '@clatter/runtime/testing';
import { expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { ClientSocket } from './client-socket.ts';
import type { Connection } from './connection.ts';
import { textFrameBytes } from './frame-bytes.ts';
import { TurnEnd } from './socket-writer.ts';
import { readFrame } from './test/fake-socket.ts';
import { quiet } from './test/small-parts.ts';

class FakeWebSocket extends EventEmitter {
  readyState = 1;
  closes: [number, string][] = [];
  terminated = 0;

  close(code: number, reason: string): void {
    this.readyState = 2;
    this.closes.push([code, reason]);
  }

  terminate(): void {
    this.terminated++;
    this.readyState = 3;
    this.emit('close');
  }
}

function setUp(onFrame: (data: string | Uint8Array) => void = () => undefined) {
  const clock = new ManualClock();
  const webSocket = new FakeWebSocket();
  const stream = new PassThrough();
  const turns: (() => void)[] = [];
  const socket = new ClientSocket({
    webSocket: webSocket as unknown as WebSocket,
    stream,
    turnEnd: new TurnEnd((run) => turns.push(run)),
    clock,
    logger: quiet,
    outboxBytesMax: 100_000,
    pingMs: 1000,
  });
  let closed = 0;
  const connection = {
    number: 1,
    onFrame,
    onClosed: () => closed++,
    close: (code: 4002, reason: string) => socket.close(code, reason),
  } as unknown as Connection;
  let forgotten = 0;
  socket.attach(connection, () => forgotten++);
  const written = (): { opcode: number; payload: Buffer }[] => {
    for (const run of turns.splice(0)) run();
    const frames = [];
    for (let rest: Buffer = stream.read() ?? Buffer.alloc(0); rest.length > 0; ) {
      const frame = readFrame(rest);
      frames.push({ opcode: frame.opcode, payload: frame.payload });
      rest = frame.rest;
    }
    return frames;
  };
  return { clock, webSocket, socket, written, counts: () => ({ closed, forgotten }) };
}

test('a bug in the handling of a frame costs its socket, not the process', () => {
  const { webSocket } = setUp(() => {
    throw new Error('a bug');
  });
  webSocket.emit('message', Buffer.from('{}'), false);
  expect(webSocket.closes).toEqual([[4002, '1000']]);
});

test('text comes as text, binary as it is', () => {
  const came: unknown[] = [];
  const { webSocket } = setUp((data) => came.push(data));
  webSocket.emit('message', Buffer.from('é'), false);
  webSocket.emit('message', Buffer.from([1, 2]), true);
  expect(came).toEqual(['é', Buffer.from([1, 2])]);
});

test('a probe is answered by the pong to its own ping, which comes after what was written', () => {
  const { webSocket, socket, written } = setUp();
  const received: number[] = [];
  socket.write(textFrameBytes('refused'));
  socket.probe(() => received.push(1));
  socket.probe(() => received.push(2));
  const frames = written();
  expect(frames.map(({ opcode }) => opcode)).toEqual([1, 9, 9]);
  for (const stray of [Buffer.alloc(0), Buffer.from('abcd'), Buffer.from('longer')]) webSocket.emit('pong', stray);
  expect(received).toEqual([]);
  webSocket.emit('pong', frames[2]?.payload);
  webSocket.emit('pong', frames[1]?.payload);
  webSocket.emit('pong', frames[1]?.payload);
  expect(received).toEqual([2, 1]);
});

test('a silent peer is pinged, and then let go; any word of it counts', async () => {
  const { clock, webSocket, written } = setUp();
  await clock.advance(1000);
  expect(written()).toMatchObject([{ opcode: 9 }]);
  webSocket.emit('pong', Buffer.alloc(4));
  await clock.advance(1000);
  webSocket.emit('message', Buffer.from('{}'), false);
  await clock.advance(1000);
  webSocket.emit('ping', Buffer.alloc(0));
  await clock.advance(1000);
  expect(webSocket.terminated).toBe(0);
  await clock.advance(1000);
  expect(webSocket.terminated).toBe(1);
  expect(clock.waiting).toBe(0);
});

test('after a close nothing is written, and a peer that does not answer it is let go', async () => {
  const { clock, webSocket, socket, written, counts } = setUp();
  socket.write(textFrameBytes('last'));
  socket.close(4000, `${'é'.repeat(70)}`);
  expect(socket.write(textFrameBytes('more'))).toBe(true);
  expect(written().map(({ payload }) => payload.toString())).toEqual(['last']);
  const [code, reason] = webSocket.closes[0] as [number, string];
  expect([code, reason]).toEqual([4000, 'é'.repeat(60)]);
  await clock.advance(2000);
  expect(webSocket.terminated).toBe(1);
  expect(counts()).toEqual({ closed: 1, forgotten: 1 });
  expect(clock.waiting).toBe(0);
});

test('once the peer began to close, nothing is written any more', () => {
  const { webSocket, socket, written } = setUp();
  socket.write(textFrameBytes('late'));
  webSocket.readyState = 2;
  expect(written()).toEqual([]);
});

test('a broken protocol ends the connection at once', async () => {
  const { clock, webSocket, socket, written, counts } = setUp();
  socket.write(textFrameBytes('late'));
  webSocket.emit('error', new Error('Invalid WebSocket frame'));
  expect(written()).toEqual([]);
  expect(counts()).toEqual({ closed: 1, forgotten: 0 });
  await clock.advance(2000);
  expect(counts().forgotten).toBe(1);
});
