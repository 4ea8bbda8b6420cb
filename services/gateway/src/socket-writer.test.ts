import { expect, test } from 'vitest';
import { frameBytes, pingBytes, textFrameBytes } from './frame-bytes.ts';
import { type ByteSink, SocketWriter, TurnEnd } from './socket-writer.ts';
import { readFrame } from './test/fake-socket.ts';

class Sink implements ByteSink {
  writable = true;
  open = true;
  writableLength = 0;
  /** Writes to the kernel: those between cork and uncork are one. */
  readonly writes: Buffer[][] = [];
  #corked = false;

  write(bytes: Buffer): void {
    if (this.#corked) this.writes.at(-1)?.push(bytes);
    else this.writes.push([bytes]);
  }

  cork(): void {
    this.#corked = true;
    this.writes.push([]);
  }

  uncork(): void {
    this.#corked = false;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.writes.flat());
  }
}

function setUp() {
  const turns: (() => void)[] = [];
  const turnEnd = new TurnEnd((run) => turns.push(run));
  const sinks = [new Sink(), new Sink()] as const;
  const writers = sinks.map(
    (sink) => new SocketWriter({ sink, turnEnd, isOpen: () => sink.open, outboxBytesMax: 200_000 }),
  ) as [SocketWriter, SocketWriter];
  const endTurn = (): void => {
    for (const run of turns.splice(0)) run();
  };
  return { sinks, writers, turns, endTurn };
}

test.each([0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20])('a frame of %i bytes has the shortest header', (length) => {
  const payload = Buffer.alloc(length, 'x');
  for (const [bytes, opcode] of [
    [frameBytes(payload, true), 2],
    [frameBytes(payload, false), 1],
    [textFrameBytes(payload.toString()), 1],
  ] as const) {
    const read = readFrame(bytes);
    expect(read.opcode).toBe(opcode);
    expect(read.payload.equals(payload)).toBe(true);
    expect(read.rest).toHaveLength(0);
    expect(bytes.length - length).toBe(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  }
});

test('text is UTF-8, and a ping carries its number', () => {
  expect(readFrame(textFrameBytes('é😀')).payload.toString()).toBe('é😀');
  expect(readFrame(pingBytes(77))).toMatchObject({ opcode: 9, payload: Buffer.from([0, 0, 0, 77]) });
});

test('all frames of a turn are one write for each socket, in order', () => {
  const { sinks, writers, turns, endTurn } = setUp();
  const frames = ['a', 'b', 'c'].map(textFrameBytes) as [Buffer, Buffer, Buffer];
  for (const frame of frames) for (const writer of writers) writer.push(frame);
  expect(turns).toHaveLength(1);
  expect(writers[0].unsentBytes).toBe(9);
  expect(sinks[0].writes).toEqual([]);
  endTurn();
  for (const sink of sinks) {
    expect(sink.writes).toHaveLength(1);
    expect(sink.bytes).toEqual(Buffer.concat(frames));
  }
  writers[1].push(frames[0]);
  endTurn();
  expect(sinks.map(({ writes }) => writes.length)).toEqual([1, 2]);
});

test('a single frame is not copied, and many large ones neither', () => {
  const { sinks, writers, endTurn } = setUp();
  const large = frameBytes(Buffer.alloc(40_000), true);
  writers[0].push(large);
  endTurn();
  expect(sinks[0].writes[0]?.[0]).toBe(large);
  for (let i = 0; i < 3; i++) writers[0].push(large);
  endTurn();
  expect(sinks[0].writes).toHaveLength(2);
  expect(sinks[0].writes[1]).toEqual([large, large, large]);
});

test('unsent bytes are those of the turn and those that the kernel did not take', () => {
  const { sinks, writers, endTurn } = setUp();
  sinks[0].writableLength = 500;
  writers[0].push(textFrameBytes('abc'));
  expect(writers[0].unsentBytes).toBe(505);
  endTurn();
  expect(writers[0].unsentBytes).toBe(500);
});

test('a socket that ended in the meantime is not written to', () => {
  const { sinks, writers, endTurn } = setUp();
  writers[0].push(textFrameBytes('a'));
  sinks[0].writable = false;
  writers[1].push(textFrameBytes('a'));
  sinks[1].open = false;
  endTurn();
  for (const { writes } of sinks) expect(writes).toEqual([]);
});

test('past its bound it takes nothing, but one frame may go past it', () => {
  const { sinks, writers, endTurn } = setUp();
  const frame = Buffer.alloc(150_000);
  sinks[0].writableLength = 100_000;
  expect([writers[0].push(frame), writers[0].push(pingBytes(1))]).toEqual([true, false]);
  endTurn();
  expect(sinks[0].bytes).toHaveLength(150_000);
  sinks[0].writableLength = 0;
  expect(writers[0].push(frame)).toBe(true);
});

test('the end sends what is queued, or drops it; nothing follows', () => {
  for (const drop of [false, true]) {
    const { sinks, writers, endTurn } = setUp();
    writers[0].push(textFrameBytes('a'));
    writers[0].end(drop);
    writers[0].push(textFrameBytes('b'));
    endTurn();
    expect(sinks[0].bytes).toEqual(drop ? Buffer.alloc(0) : textFrameBytes('a'));
  }
});
