/**
 * Writes frames to sockets: all frames of a turn as one write per socket. `ws` reads, pings and closes; what it writes are whole frames
 * too, so nothing comes between the bytes of one of ours.
 */

/** What is needed of a node:net socket. */
export interface ByteSink {
  readonly writable: boolean;
  /** Bytes that the kernel has not taken. */
  readonly writableLength: number;
  write(bytes: Buffer): unknown;
  cork(): void;
  uncork(): void;
}

/** Above this, frames are handed to the kernel in one vectored write instead of being copied together. */
const COPY_BYTES_MAX = 65_536;

/** Runs the flushes of all writers at the end of the turn. */
export class TurnEnd {
  readonly #defer: (run: () => void) => void;
  #writers: SocketWriter[] = [];

  constructor(defer: (run: () => void) => void = setImmediate) {
    this.#defer = defer;
  }

  add(writer: SocketWriter): void {
    if (this.#writers.length === 0) this.#defer(() => this.#run());
    this.#writers.push(writer);
  }

  #run(): void {
    const writers = this.#writers;
    this.#writers = [];
    for (const writer of writers) writer.flush();
  }
}

export class SocketWriter {
  readonly #socket: ByteSink;
  readonly #turnEnd: TurnEnd;
  #frames: Buffer[] = [];
  #bytes = 0;
  #ended = false;

  constructor(socket: ByteSink, turnEnd: TurnEnd) {
    this.#socket = socket;
    this.#turnEnd = turnEnd;
  }

  /** Bytes that the kernel has not taken yet. */
  get unsentBytes(): number {
    return this.#bytes + this.#socket.writableLength;
  }

  /** Queues a whole frame. */
  push(frame: Buffer): void {
    if (this.#ended) return;
    if (this.#frames.length === 0) this.#turnEnd.add(this);
    this.#frames.push(frame);
    this.#bytes += frame.length;
  }

  flush(): void {
    const frames = this.#frames;
    if (frames.length === 0) return;
    const bytes = this.#bytes;
    this.#frames = [];
    this.#bytes = 0;
    if (!this.#socket.writable) return;
    if (frames.length === 1) this.#socket.write(frames[0] as Buffer);
    else if (bytes <= COPY_BYTES_MAX) this.#socket.write(Buffer.concat(frames, bytes));
    else {
      this.#socket.cork();
      for (const frame of frames) this.#socket.write(frame);
      this.#socket.uncork();
    }
  }

  /** Nothing is taken any more, since nothing may follow a close frame; what is queued goes out, or is dropped. */
  end(drop: boolean): void {
    if (drop) {
      this.#frames = [];
      this.#bytes = 0;
    }
    this.flush();
    this.#ended = true;
  }
}
