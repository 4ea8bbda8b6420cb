/** The rules of messages that disappear: when one does, and what is left of it. Pure. */
import type { Command, StoredEvent } from '@clatter/contracts/messages';
import type { ConversationState } from './conversation.ts';
import { append, type Decision, type LookedUp, next, reject, type Submitted } from './decision.ts';

/** The shortest and the longest time after which messages disappear. */
export const DISAPPEAR_SECONDS_MIN = 5;
export const DISAPPEAR_SECONDS_MAX = 365 * 24 * 3600;
/** Messages that one command erases: their rows are read when it is decided, and written in one mutation. */
export const EXPIRE_SEQS_MAX = 64;

/** When a message that is sent at a time disappears, as the settings say then. */
export const expiryOf = (state: ConversationState, sentAtMs: number): number | undefined => {
  const { disappearAfterSeconds } = state.details.settings;
  return disappearAfterSeconds > 0 ? sentAtMs + disappearAfterSeconds * 1000 : undefined;
};

/** Whether a message's time is up. */
export const isExpired = (stored: StoredEvent | undefined, atMs: number): boolean => {
  const expiresAtMs = stored?.event?.message?.expiresAtMs;
  return expiresAtMs !== undefined && expiresAtMs <= atMs;
};

/** What a deletion, or its time, leaves of a message: its place, what it answered and when it disappears. */
export function blanked(stored: StoredEvent): StoredEvent {
  const { event } = stored;
  const message = event?.message as NonNullable<NonNullable<StoredEvent['event']>['message']>;
  return {
    ...stored,
    event: {
      ...(event as NonNullable<StoredEvent['event']>),
      message: { ...message, content: undefined, edited: false, deleted: true, forwarded: undefined },
    },
    reactions: [],
    votes: [],
  };
}

/** The log decides which of them have disappeared: whoever appended the command may have another clock, or have been late. */
export function expire(state: ConversationState, submitted: Submitted, { targets }: LookedUp): Decision {
  const { seqs } = submitted.command.expire as NonNullable<Command['expire']>;
  if (seqs.length > EXPIRE_SEQS_MAX) throw new Error(`seqs: want at most ${EXPIRE_SEQS_MAX}, got ${seqs.length}`);
  const atMs = Math.max(submitted.timestampMs, state.head.sentAtMs);
  const rewrites = seqs.flatMap((seq) => {
    const target = targets?.get(seq);
    if (!target?.event?.message || target.event.message.deleted || !isExpired(target, atMs)) return [];
    return [{ seq, stored: blanked(target) }];
  });
  if (rewrites.length === 0) return reject('CONFLICT', 'seqs: nothing here is due');
  const event = next(state, submitted, { expired: { seqs: rewrites.map(({ seq }) => seq) } });
  const gone = rewrites.map(({ stored }) => stored);
  const calls = {
    mentionedIds: [...new Set(gone.flatMap(({ mentionedIds }) => mentionedIds))],
    mentionsAll: gone.some(({ mentionsAll }) => mentionsAll),
  };
  return { ...append(event, undefined, calls), rewrites };
}
