/** The pinned messages of a conversation, and what its events make of them. */
import type { Event, Pin } from '@clatter/wire';

/** Pinned messages of one conversation. */
export const PINS_MAX = 50;

/** Messages that an event takes away. */
export const goneSeqs = ({ deleted, expired }: Event): readonly number[] =>
  expired?.seqs ?? (deleted ? [deleted.seq] : []);

/** The pins after an event: a message that is gone is pinned no more. */
export function pinsAfter(pins: readonly Pin[], event: Event): readonly Pin[] {
  const { pinned, unpinned, senderId, sentAtMs } = event;
  if (pinned) return [...pins, { seq: pinned.seq, pinnedBy: senderId, pinnedAtMs: sentAtMs }];
  const gone = unpinned ? [unpinned.seq] : goneSeqs(event);
  return pins.some(({ seq }) => gone.includes(seq)) ? pins.filter(({ seq }) => !gone.includes(seq)) : pins;
}
