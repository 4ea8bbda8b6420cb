/** What a decision is made of, and what it comes to. `decide` is in sequencer.ts; the rules are there and in membership.ts. */
import { type Command, StoredEvent } from '@clatter/contracts/messages';
import { type ErrorCode, Event, type Member } from '@clatter/wire';
import type { ConversationState } from './conversation.ts';
import { type Calls, NO_CALLS } from './mentions.ts';

/** A command as it was read from the log. */
export interface Submitted {
  readonly command: Command;
  /** The record's value, where it came from a record: it may have fields that this version does not know. */
  readonly value?: Uint8Array;
  /** epoch · 2^48 + offset. */
  readonly position: number;
  /** The log's time of the record. */
  readonly timestampMs: number;
  /** Of what came of it. */
  readonly traceparent?: string | undefined;
}

/** Where a command's event stands. */
export interface Place {
  readonly seq: number;
  readonly messageNo: number;
  readonly sentAtMs: number;
}

/** What was looked up for one command, as of its own position (rules 3 and 6). */
export interface LookedUp {
  /** The place of the first copy of this id, when there is one. */
  readonly first?: Place | undefined;
  /** The row that an edit, deletion, reaction or reply speaks of. */
  readonly target?: StoredEvent | undefined;
  /** The rows of which each is changed, by seq. */
  readonly targets?: ReadonlyMap<number, StoredEvent> | undefined;
}

export type Decision =
  | {
      readonly kind: 'append';
      /** The event as it is delivered. */
      readonly event: Event;
      /** The event as it is stored. */
      readonly stored: StoredEvent;
      /** All whom the event adds, where its body names the first of them alone. */
      readonly added?: readonly Member[];
      /** A new version of an older row. */
      readonly rewrite?: { readonly seq: number; readonly stored: StoredEvent };
      /** New versions of many. */
      readonly rewrites?: readonly { readonly seq: number; readonly stored: StoredEvent }[];
    }
  | { readonly kind: 'duplicate'; readonly first: Place }
  | { readonly kind: 'reject'; readonly code: ErrorCode; readonly message: string };

/** Who an event is of that is of no person, or of nobody that anybody is told of. */
export const NOBODY_ID = '00000000-0000-0000-0000-000000000000';

export const reject = (code: ErrorCode, message: string): Decision => ({ kind: 'reject', code, message });

type Body = Partial<Event>;

/** The event that follows the head; its time never goes back. */
export function next(state: ConversationState, { command, timestampMs }: Submitted, body: Body): Event {
  return Event.create({
    conversationId: state.id,
    seq: state.head.seq + 1,
    messageNo: state.head.messageNo + (body.message ? 1 : 0),
    senderId: command.senderId,
    sentAtMs: Math.max(timestampMs, state.head.sentAtMs),
    ...body,
  });
}

export const append = (
  event: Event,
  rewrite?: { seq: number; stored: StoredEvent },
  { mentionedIds, mentionsAll }: Calls = NO_CALLS,
): Extract<Decision, { kind: 'append' }> => ({
  kind: 'append',
  event,
  stored: StoredEvent.create({ event, mentionedIds: [...mentionedIds], mentionsAll }),
  ...(rewrite && { rewrite }),
});
