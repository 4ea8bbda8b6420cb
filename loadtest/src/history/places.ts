/** One conversation's log as all sources together tell it: which event each seq is. Two sources that disagree are a violation, whoever is right. */
import type { Acked, Seen, Sent, What } from './entry.ts';
import type { Findings } from './violations.ts';

/** What is known of one seq. */
export interface Place {
  what: What;
  messageNo: number;
  sentAtMs: number;
  /** Who said so. */
  by: string;
  senderId?: string;
  /** Whether a member's log has it. */
  inLog: boolean;
  /** `edited`, or not, and the digest: as it was ever shown with a content. */
  readonly contents: Set<string>;
  /** How members' logs show the message at the end. */
  readonly finals: Set<string>;
  /** The first sighting of an event that changes others or the members. */
  change?: Seen;
}

export class Places {
  readonly #conversationId: string;
  readonly #findings: Findings;
  readonly #bySeq = new Map<number, Place>();
  /** Messages are named by their ids, so each has one place. */
  readonly #seqOf = new Map<What, number>();
  #head = 0;

  constructor(conversationId: string, findings: Findings) {
    this.#conversationId = conversationId;
    this.#findings = findings;
  }

  /** The highest seq that anybody was told of. */
  get head(): number {
    return this.#head;
  }

  at(seq: number): Place | undefined {
    return this.#bySeq.get(seq);
  }

  /** Where a message is. */
  seqOf(what: What): number | undefined {
    return this.#seqOf.get(what);
  }

  acked({ what }: Sent, { seq, messageNo, sentAtMs, device }: Acked): void {
    this.#put(seq, what, messageNo, sentAtMs, `the ack to ${device}`);
  }

  /** @param inLog whether it is of a member's log, which is believed where others say something else */
  seen(event: Seen, by: string, inLog = false): Place {
    const place = this.#put(event.seq, event.what, event.messageNo, event.sentAtMs, by);
    if (inLog && !place.inLog) {
      const { what, messageNo, sentAtMs } = event;
      Object.assign(place, { what, messageNo, sentAtMs, by, inLog, senderId: event.senderId });
    }
    place.senderId ??= event.senderId;
    if (event.target !== undefined || event.joined || event.left) place.change ??= event;
    if (event.digest !== undefined) place.contents.add(`${event.edited ? 'edited' : ''} ${event.digest}`);
    return place;
  }

  #put(seq: number, what: What, messageNo: number, sentAtMs: number, by: string): Place {
    const findings = this.#findings;
    findings.looked('moved');
    const report = (kind: 'moved' | 'doubled', detail: string): void =>
      findings.add(kind, this.#conversationId, detail);
    let place = this.#bySeq.get(seq);
    if (!place) {
      place = { what, messageNo, sentAtMs, by, inLog: false, contents: new Set(), finals: new Set() };
      this.#bySeq.set(seq, place);
      this.#head = Math.max(this.#head, seq);
      if (what.startsWith('message ')) {
        const other = this.#seqOf.get(what);
        if (other === undefined) this.#seqOf.set(what, seq);
        else report('doubled', `${what} is seq ${other} by ${this.#bySeq.get(other)?.by}, and seq ${seq} by ${by}`);
      }
      return place;
    }
    if (place.what !== what) report('moved', `seq ${seq} is ${place.what} by ${place.by}, and ${what} by ${by}`);
    else if (place.messageNo !== messageNo || place.sentAtMs !== sentAtMs)
      report(
        'moved',
        `seq ${seq}, ${what}, is message ${place.messageNo} at ${place.sentAtMs} by ${place.by}, and message ${messageNo} at ${sentAtMs} by ${by}`,
      );
    return place;
  }
}
