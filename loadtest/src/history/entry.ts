/**
 * The record of a run: what every client sent, was answered and saw, one entry after the other in the order in which it happened. Entries
 * hold no content, only a digest of it, so a record can be kept and shown to others.
 */
import { Content, type Event, type Input } from '@clatter/wire';

/** What a command asks for and an event says: the same text for both. */
export type What = string;

export interface Sent {
  readonly kind: 'sent';
  readonly device: string;
  readonly userId: string;
  readonly conversationId: string;
  /** The client's id of the message or command. */
  readonly id: string;
  readonly what: What;
  /** Of the content, where it has one. */
  readonly digest?: string | undefined;
}

export interface Acked {
  readonly kind: 'acked';
  readonly device: string;
  readonly userId: string;
  readonly conversationId: string;
  readonly id: string;
  readonly seq: number;
  readonly messageNo: number;
  readonly sentAtMs: number;
}

/** For good: it will not be sent again. */
export interface Refused {
  readonly kind: 'refused';
  readonly device: string;
  readonly userId: string;
  readonly conversationId: string;
  readonly id: string;
  readonly code: string;
}

/** An event, as somebody was shown it. */
export interface Seen {
  readonly seq: number;
  readonly messageNo: number;
  readonly senderId: string;
  readonly sentAtMs: number;
  readonly what: What;
  /** Of the content of a message, or of an edit; undefined where there is none. */
  readonly digest?: string | undefined;
  /** Of a message: how it stands. */
  readonly edited?: boolean | undefined;
  readonly deleted?: boolean | undefined;
  readonly reactions?: Readonly<Record<string, number>> | undefined;
  /** Of an edit, a deletion or a reaction: the seq of the message. */
  readonly target?: number | undefined;
  readonly reaction?: { readonly emoji: string; readonly removed: boolean } | undefined;
  /** Who may see the log from here on, and from which seq; who may not any more. */
  readonly joined?: readonly { readonly userId: string; readonly fromSeq: number }[] | undefined;
  readonly left?: readonly string[] | undefined;
}

export interface Saw {
  readonly kind: 'saw';
  readonly device: string;
  readonly userId: string;
  readonly conversationId: string;
  /** Whether it came by itself, or on a page that was asked for. */
  readonly by: 'live' | 'sync' | 'history';
  readonly event: Seen;
}

/** What the SDK told the program: each event once, in order. */
export interface Told {
  readonly kind: 'told';
  readonly device: string;
  readonly userId: string;
  readonly conversationId: string;
  readonly seq: number;
}

/** The device was away for so long that it was told to ask for these when it needs them. */
export interface Gap {
  readonly kind: 'gap';
  readonly device: string;
  readonly conversationId: string;
  readonly first: number;
  readonly last: number;
}

export interface Watermark {
  readonly kind: 'watermark';
  readonly device: string;
  readonly conversationId: string;
  /** Of whom. */
  readonly of: string;
  readonly deliveredSeq: number;
  readonly readSeq: number;
  /** Small news, as a sync page has it, or as one has it when all is over: then it is what is stored. */
  readonly by: 'live' | 'sync' | 'end';
}

/** The device ended before the run did: nothing more is expected of it. */
export interface Left {
  readonly kind: 'left';
  readonly device: string;
}

/** A piece of the whole log, as `history` gives it to a member when all is over. Ascending. */
export interface LogPage {
  readonly kind: 'log';
  readonly userId: string;
  readonly conversationId: string;
  readonly events: readonly Seen[];
  /** Whether the log ends with it. */
  readonly last: boolean;
}

export type Entry = Sent | Acked | Refused | Saw | Told | Gap | Watermark | Left | LogPage;

const asMessage = (senderId: string, messageId: string): What => `message ${messageId} of ${senderId}`;
const asEdit = (senderId: string, seq: number): What => `an edit of ${seq} by ${senderId}`;
const asDeletion = (senderId: string, seq: number): What => `a deletion of ${seq} by ${senderId}`;
const asReaction = (senderId: string, seq: number, emoji: string, removed: boolean): What =>
  `${removed ? 'no more ' : ''}${emoji} to ${seq} by ${senderId}`;
export const whats = { asMessage, asEdit, asDeletion, asReaction };

/** 53 bits of the content's bytes (cyrb53 by bryc, public domain): tells contents apart, and proves nothing to an adversary. */
export function digestOf(content: Input<Content>): string {
  const bytes = Content.encode(content);
  let [high, low] = [0xdeadbeef, 0x41c6ce57];
  for (const byte of bytes) {
    high = Math.imul(high ^ byte, 2654435761);
    low = Math.imul(low ^ byte, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(36);
}

/** An event without what it says. */
export function seenOf(event: Event): Seen {
  const { seq, messageNo, senderId, sentAtMs, message, edited, deleted, reacted, created, membersChanged } = event;
  const base = { seq, messageNo, senderId, sentAtMs };
  if (message)
    return {
      ...base,
      what: asMessage(senderId, message.messageId),
      digest: message.content && digestOf(message.content),
      edited: message.edited,
      deleted: message.deleted,
      ...(message.reactions.length > 0 && {
        reactions: Object.fromEntries(message.reactions.map(({ emoji, count }) => [emoji, count])),
      }),
    };
  if (edited)
    return {
      ...base,
      what: asEdit(senderId, edited.seq),
      target: edited.seq,
      digest: edited.content && digestOf(edited.content),
    };
  if (deleted) return { ...base, what: asDeletion(senderId, deleted.seq), target: deleted.seq };
  if (reacted) {
    const { emoji, removed } = reacted;
    const what = asReaction(senderId, reacted.seq, emoji, removed);
    return { ...base, what, target: reacted.seq, reaction: { emoji, removed } };
  }
  if (created) {
    const joined = created.members.map(({ userId }) => ({ userId, fromSeq: 1 }));
    return { ...base, what: `the creation by ${senderId}`, joined };
  }
  if (membersChanged) {
    const { added, removedIds: left } = membersChanged;
    const joined = added.map(({ userId, visibleFromSeq }) => ({ userId, fromSeq: visibleFromSeq || seq }));
    const names = [...joined.map(({ userId }) => `+${userId}`), ...left.map((userId) => `-${userId}`)].join(' ');
    return { ...base, what: `a change of members by ${senderId}: ${names}`, joined, left };
  }
  return { ...base, what: `another event by ${senderId}` };
}
