/**
 * The ids of a conversation's newest events, so that most commands are settled without a look-up (rule 5 of the design).
 *
 * At 8,000 messages a second ten minutes are 4.8 million ids, so an id is 12 bytes here: 64 bits of hash and the seq. A hit is only a
 * candidate: the row decides. A miss is an answer wherever the window is complete. Ids lie in segments of at most a minute of log time;
 * old segments are dropped whole.
 */

/** How much log time the window keeps. */
export const WINDOW_MS = 10 * 60_000;
const SEGMENT_MS = 60_000;
const SEGMENT_IDS_MAX = 65_536;
/** What a segment takes beside its cells, as V8 has it. */
const SEGMENT_BYTES = 310;

/** Two 32-bit hashes of a sender and a command id (cyrb53's mixing, by bryc; public domain). */
export interface IdHash {
  readonly low: number;
  readonly high: number;
}

export function idHash(senderId: string, commandId: string): IdHash {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  const text = senderId + commandId;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    a = Math.imul(a ^ char, 2654435761);
    b = Math.imul(b ^ char, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return { low: a >>> 0, high: b >>> 0 };
}

/** An open-addressing table of (low, high, seq − fromSeq + 1); 0 in the third cell marks a free slot. */
class Segment {
  readonly fromSeq: number;
  readonly fromMs: number;
  lastMs: number;
  count = 0;
  #cells = new Uint32Array(8 * 3);

  constructor(fromSeq: number, fromMs: number) {
    this.fromSeq = fromSeq;
    this.fromMs = fromMs;
    this.lastMs = fromMs;
  }

  get bytes(): number {
    return this.#cells.byteLength + SEGMENT_BYTES;
  }

  add(low: number, high: number, seq: number, ms: number): void {
    if ((this.count + 1) * 2 > this.#cells.length / 3) this.#grow();
    this.#put(low, high, seq - this.fromSeq + 1);
    this.lastMs = Math.max(this.lastMs, ms);
    this.count++;
  }

  find(low: number, high: number, found: number[]): void {
    const cells = this.#cells;
    const slots = cells.length / 3;
    for (let slot = low & (slots - 1); cells[slot * 3 + 2] !== 0; slot = (slot + 1) & (slots - 1))
      if (cells[slot * 3] === low && cells[slot * 3 + 1] === high)
        found.push((cells[slot * 3 + 2] as number) + this.fromSeq - 1);
  }

  #put(low: number, high: number, place: number): void {
    const cells = this.#cells;
    const slots = cells.length / 3;
    let slot = low & (slots - 1);
    while (cells[slot * 3 + 2] !== 0) slot = (slot + 1) & (slots - 1);
    cells[slot * 3] = low;
    cells[slot * 3 + 1] = high;
    cells[slot * 3 + 2] = place;
  }

  #grow(): void {
    const old = this.#cells;
    this.#cells = new Uint32Array(old.length * 2);
    for (let i = 0; i < old.length; i += 3)
      if (old[i + 2] !== 0) this.#put(old[i] as number, old[i + 1] as number, old[i + 2] as number);
  }
}

export class IdWindow {
  /** Every id with this log time or a later one is in the window. */
  completeFromMs: number;
  /** Every id with this seq or a higher one is in the window. */
  completeFromSeq: number;
  #segments: Segment[] = [];

  constructor(completeFromSeq: number, completeFromMs: number) {
    this.completeFromSeq = completeFromSeq;
    this.completeFromMs = completeFromMs;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 128);
  }

  /** Adds the id of the event that follows all others; then forgets what is older than WINDOW_MS. */
  add(hash: IdHash, seq: number, ms: number): void {
    let last = this.#segments.at(-1);
    if (!last || ms - last.fromMs >= SEGMENT_MS || last.count >= SEGMENT_IDS_MAX) {
      last = new Segment(seq, ms);
      this.#segments.push(last);
      this.#trim(ms - WINDOW_MS);
    }
    last.add(hash.low, hash.high, seq, ms);
  }

  /** Seqs whose id has this hash, newest segment first; usually none or one. */
  candidates(hash: IdHash): number[] {
    const found: number[] = [];
    for (let i = this.#segments.length - 1; i >= 0; i--)
      (this.#segments[i] as Segment).find(hash.low, hash.high, found);
    return found;
  }

  #trim(beforeMs: number): void {
    let drop = 0;
    while (drop < this.#segments.length - 1 && (this.#segments[drop] as Segment).lastMs < beforeMs) drop++;
    if (drop === 0) return;
    this.#segments = this.#segments.slice(drop);
    this.completeFromSeq = (this.#segments[0] as Segment).fromSeq;
    this.completeFromMs = Math.max(this.completeFromMs, beforeMs);
  }
}
