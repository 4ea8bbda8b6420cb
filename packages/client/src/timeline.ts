/**
 * What this device holds of one conversation: a gapless run of events up to `end`, and events beyond a gap, which are held until what is
 * between was fetched. What a sync reports as known is `end`.
 *
 * Pages show messages as they are now; live events change them. An edit, deletion or reaction that a page has taken in already may come
 * again live: edits and deletions are idempotent, a reaction is not, so its message is read again.
 */
import type { Event, Message, PollState } from '@clatter/wire';

/** Events kept in memory; older ones are dropped from the front and fetched again when somebody scrolls. */
const EVENTS_MAX = 5000;
/** Events held beyond a gap; more are fetched again with it. */
const HELD_MAX = 500;

export type Added = 'added' | 'held' | 'known';

export class Timeline {
  /** The gapless run, ascending. */
  #run: Event[] = [];
  readonly #held = new Map<number, Event>();
  /** Messages of the run that disappear, and when. */
  readonly #expiring = new Map<number, number>();
  /** The highest seq that was heard of. */
  #heard = 0;
  /** Seq of the last event of the run; 0 where nothing is known. */
  end = 0;
  /** Whether there is nothing before the run. */
  complete = false;

  /** Seq of the first event of the run. */
  get start(): number {
    return this.#run[0]?.seq ?? 0;
  }

  get events(): readonly Event[] {
    return this.#run;
  }

  at(seq: number): Event | undefined {
    return seq >= this.start ? this.#run[seq - this.start] : undefined;
  }

  /** An event that came live. */
  add(event: Event): Added {
    const { seq } = event;
    if (seq <= this.end) {
      this.#learnExpiry(event);
      return 'known';
    }
    this.heard(seq);
    if (seq === this.end + 1) {
      this.#append(event);
      this.#joinHeld();
      return 'added';
    }
    if (this.#held.size < HELD_MAX) this.#held.set(seq, event);
    return 'held';
  }

  /** How many events lie beyond the run, as far as was heard; 0 where nothing is missing. */
  get behind(): number {
    return this.#heard - this.end;
  }

  /** There is an event with that seq. */
  heard(seq: number): void {
    this.#heard = Math.max(this.#heard, seq);
  }

  /**
   * Events of a page, ascending and gapless; throws on others. Returns those that are new at the end of the run. A page beyond a hole
   * takes the place of the run: the newest window is what counts, and history fills the rest when somebody looks.
   */
  merge(events: readonly Event[], isStart: boolean): readonly Event[] {
    const first = events[0];
    const last = events.at(-1);
    if (!first || !last) return [];
    checkGapless(events);
    this.heard(last.seq);
    const before = this.end;
    if (this.#run.length === 0 || first.seq > this.end + 1) {
      this.#run = [...events];
      this.end = last.seq;
      this.complete = isStart || first.seq === 1;
    } else if (last.seq >= this.start - 1) {
      for (const event of events) {
        const index = event.seq - this.start;
        // As it is now wins over what was held.
        if (index >= 0 && index < this.#run.length) this.#run[index] = event;
      }
      const older = events.filter((event) => event.seq < this.start);
      if (older.length > 0) this.#run = [...older, ...this.#run];
      for (const event of events) if (event.seq === this.end + 1) this.#append(event);
      if (isStart || this.start === 1) this.complete = true;
    }
    this.#joinHeld();
    for (const event of events) this.#note(event);
    return this.#run.slice(Math.max(0, before + 1 - this.start));
  }

  /** When the first message of those that are here disappears. */
  get nextExpiryMs(): number | undefined {
    return this.#expiring.size === 0 ? undefined : Math.min(...this.#expiring.values());
  }

  /** Takes the content of messages away whose time is up. Returns whether there were any. */
  expire(nowMs: number): boolean {
    const due = [...this.#expiring].filter(([, atMs]) => atMs <= nowMs).map(([seq]) => seq);
    for (const seq of due) this.#blank(seq);
    return due.length > 0;
  }

  #note({ seq, message }: Event): void {
    if (message?.expiresAtMs !== undefined && !message.deleted && this.at(seq))
      this.#expiring.set(seq, message.expiresAtMs);
    else this.#expiring.delete(seq);
  }

  /** An own message was added when it was acknowledged; its event says when it disappears. */
  #learnExpiry({ seq, message }: Event): void {
    const known = this.at(seq);
    if (!known?.message || message?.expiresAtMs === undefined || known.message.deleted) return;
    this.#run[seq - this.start] = { ...known, message: { ...known.message, expiresAtMs: message.expiresAtMs } };
    this.#expiring.set(seq, message.expiresAtMs);
  }

  #blank(seq: number): void {
    this.#expiring.delete(seq);
    const target = this.at(seq);
    if (!target?.message) return;
    const message = { ...target.message, content: undefined, edited: false, deleted: true, reactions: [] };
    this.#run[seq - this.start] = { ...target, message };
  }

  /** Applies a change of a live event to the message that it speaks of. False where the message must be read again. */
  change(event: Event, own = ''): boolean {
    for (const seq of event.expired?.seqs ?? []) this.#blank(seq);
    const seq = changedSeq(event);
    if (seq === undefined) return true;
    const target = this.at(seq);
    if (!target?.message) return true;
    if (event.reacted) return false;
    const poll = pollAfter(target.message, event, own);
    if (poll) {
      this.#run[seq - this.start] = { ...target, message: { ...target.message, poll } };
      return true;
    }
    if (event.edited && target.message.deleted) return true;
    if (event.deleted) this.#blank(seq);
    else {
      const message: Message = { ...target.message, content: event.edited?.content, edited: true };
      this.#run[seq - this.start] = { ...target, message };
    }
    return true;
  }

  /** Messages of the run that are the person's no more. Their places stay. */
  deleteForMe(first: number, last: number): void {
    for (let seq = Math.max(first, this.start); seq <= Math.min(last, this.end); seq++) {
      const event = this.at(seq);
      if (!event?.message) continue;
      const { message: _, ...place } = event;
      this.#run[seq - this.start] = { ...place, deletedForMe: { conversationId: event.conversationId, seq } };
    }
  }

  #append(event: Event): void {
    this.#run.push(event);
    this.end = event.seq;
    this.#note(event);
    if (event.seq === 1) this.complete = true;
    if (this.#run.length > EVENTS_MAX) {
      this.#run = this.#run.slice(-EVENTS_MAX / 2);
      this.complete = false;
      for (const seq of this.#expiring.keys()) if (seq < this.start) this.#expiring.delete(seq);
    }
  }

  #joinHeld(): void {
    for (const seq of [...this.#held.keys()].sort((a, b) => a - b)) {
      if (seq > this.end + 1) break;
      const event = this.#held.get(seq) as Event;
      this.#held.delete(seq);
      if (seq === this.end + 1) this.#append(event);
    }
  }
}

/** The message that an event changes. */
export const changedSeq = ({ edited, deleted, reacted, voted, pollClosed }: Event): number | undefined =>
  (edited ?? deleted ?? reacted ?? voted ?? pollClosed)?.seq;

/** How a poll stands after a vote or its end. A vote has the counts; of an own one it says what was chosen. */
function pollAfter(
  { poll, content }: Message,
  { senderId, voted, pollClosed }: Event,
  own: string,
): PollState | undefined {
  const options = content?.poll?.options;
  if (!options || !(voted ?? pollClosed)) return undefined;
  return {
    options: options.map((_, index) => ({
      count: voted ? (voted.counts[index] ?? 0) : (poll?.options[index]?.count ?? 0),
      mine: voted && senderId === own ? voted.options.includes(index) : (poll?.options[index]?.mine ?? false),
    })),
    voters: voted?.voters ?? poll?.voters ?? 0,
    closed: pollClosed !== undefined || (poll?.closed ?? false),
  };
}

function checkGapless(events: readonly Event[]): void {
  events.forEach((event, index) => {
    const want = (events[0]?.seq ?? 0) + index;
    if (event.seq !== want) throw new Error(`a page of ${event.conversationId}: want seq ${want}, got ${event.seq}`);
  });
}
