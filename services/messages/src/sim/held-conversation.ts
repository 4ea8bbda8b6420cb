/** What a client holds of one conversation: events by seq, and where the gapless prefix ends. */
import type { Event } from '@clatter/wire';

export class HeldConversation {
  readonly id: string;
  readonly events = new Map<number, Event>();
  /** The end of the gapless prefix, which begins after `floor`. */
  prefix = 0;
  /** What lies at or below this is not to be had, or was skipped. */
  floor = 0;
  /** The newest seq that the server spoke of. */
  headSeq = 0;
  /** A page is asked for what is missing. */
  fetching = false;

  constructor(id: string) {
    this.id = id;
  }

  get highest(): number {
    return Math.max(this.prefix, ...this.events.keys());
  }

  get hasGap(): boolean {
    return this.highest > this.prefix || this.headSeq > this.prefix;
  }

  /** Takes an event; false where it was here already. */
  add(event: Event): boolean {
    this.headSeq = Math.max(this.headSeq, event.seq);
    if (event.seq <= this.prefix || this.events.has(event.seq)) return false;
    this.events.set(event.seq, event);
    this.#advance();
    return true;
  }

  /** Nothing between the prefix and `seq` is to be had. */
  skipTo(seq: number): void {
    if (seq - 1 > this.prefix) {
      this.prefix = seq - 1;
      this.floor = seq - 1;
    }
    this.#advance();
  }

  #advance(): void {
    while (this.events.has(this.prefix + 1)) this.prefix++;
  }
}
