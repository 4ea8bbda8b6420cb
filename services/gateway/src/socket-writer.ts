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

export interface SocketWriterParts {
  readonly sink: ByteSink;
  readonly turnEnd: TurnEnd;
  /** Whether frames may be written still. */
  readonly isOpen: () => boolean;
  /** Bytes that the kernel has not taken; past it nothing is queued. A single frame goes past it: a page may be larger than what is left. */
  readonly outboxBytesMax: number;
}

export class SocketWriter {
  readonly #sink: ByteSink;
  readonly #turnEnd: TurnEnd;
  readonly #isOpen: () => boolean;
  readonly #outboxBytesMax: number;
  #frames: Buffer[] = [];
  #bytes = 0;
  #ended = false;

  constructor({ sink, turnEnd, isOpen, outboxBytesMax }: SocketWriterParts) {
    this.#sink = sink;
    this.#turnEnd = turnEnd;
    this.#isOpen = isOpen;
    this.#outboxBytesMax = outboxBytesMax;
  }

  /** Bytes that the kernel has not taken yet. */
  get unsentBytes(): number {
    return this.#bytes + this.#sink.writableLength;
  }

  /** Queues a whole frame; false where too much is unsent. */
  push(frame: Buffer): boolean {
    if (this.#ended) return true;
    if (this.unsentBytes > this.#outboxBytesMax) return false;
    if (this.#bytes === 0) this.#turnEnd.add(this);
    this.#frames.push(frame);
    this.#bytes += frame.length;
    return true;
  }

  flush(): void {
    const frames = this.#frames;
    if (frames.length === 0) return;
    const bytes = this.#bytes;
    const sink = this.#sink;
    this.#frames = [];
    this.#bytes = 0;
    if (!sink.writable || !this.#isOpen()) return;
    if (frames.length === 1) sink.write(frames[0] as Buffer);
    else if (bytes <= COPY_BYTES_MAX) sink.write(Buffer.concat(frames, bytes));
    else {
      sink.cork();
      for (const frame of frames) sink.write(frame);
      sink.uncork();
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
