/** What can be wrong with a history, in the order in which a report tells it. */

export const violationKinds = {
  lost: 'an acknowledged command is not in the log',
  doubled: 'one id has two places',
  reordered: 'a client’s commands, or what an ack came before, are in another order; or a device was told out of order',
  altered: 'a content is not what was sent',
  phantom: 'an event that nobody asked for',
  gap: 'a seq is missing in a log, or comes twice',
  moved: 'acks, live events, pages and logs disagree on what a seq is',
  missed: 'a device was never told of an event',
  leaked: 'somebody saw what was not for them',
  stale: 'a message is not shown as its edits, deletions and reactions left it',
  miscounted: 'messageNo is not the count of messages so far',
  time: 'sentAtMs goes back',
  receipt: 'a watermark went back, or is beyond the head',
  unanswered: 'a command got no answer in the end',
  refused: 'a command was refused for good',
} as const;

export type ViolationKind = keyof typeof violationKinds;

export interface Violation {
  readonly kind: ViolationKind;
  readonly conversationId: string;
  readonly detail: string;
}

/** Of each kind so many are kept; the others are counted. */
const KEPT_MAX = 10;

/** Counts what was looked at and what was found, and keeps the first of each kind. */
export class Findings {
  readonly #looked = new Map<ViolationKind, number>();
  readonly #found = new Map<ViolationKind, number>();
  readonly #first: Violation[] = [];

  looked(kind: ViolationKind, times = 1): void {
    this.#looked.set(kind, this.lookedAt(kind) + times);
  }

  add(kind: ViolationKind, conversationId: string, detail: string): void {
    const before = this.found(kind);
    this.#found.set(kind, before + 1);
    if (before < KEPT_MAX) this.#first.push({ kind, conversationId, detail });
  }

  lookedAt(kind: ViolationKind): number {
    return this.#looked.get(kind) ?? 0;
  }

  found(kind: ViolationKind): number {
    return this.#found.get(kind) ?? 0;
  }

  get total(): number {
    return [...this.#found.values()].reduce((sum, count) => sum + count, 0);
  }

  /** The first ones of each kind, in the order in which they were found. */
  get first(): readonly Violation[] {
    return this.#first;
  }
}
