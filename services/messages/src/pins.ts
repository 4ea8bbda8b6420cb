/** The rules of pinned messages. Pure. */
import type { Command, StoredEvent } from '@clatter/contracts/messages';
import type { ConversationState } from './conversation.ts';
import { append, type Decision, next, reject, type Submitted } from './decision.ts';
import { isExpired } from './expiry.ts';
import { refusalOf } from './permissions.ts';
import { PINS_MAX } from './pin-list.ts';

export function pin(state: ConversationState, submitted: Submitted, target: StoredEvent | undefined): Decision {
  const { command } = submitted;
  const { seq, remove } = command.pin as NonNullable<Command['pin']>;
  if (!target?.event?.message) return reject('NOT_FOUND', `seq: there is no message ${seq} in this conversation`);
  const refusal = refusalOf(state, command.senderId, 'pin');
  if (refusal) return reject('FORBIDDEN', refusal);
  const { pins } = state.details;
  const isPinned = pins.some((item) => item.seq === seq);
  if (isPinned !== remove)
    return reject('CONFLICT', isPinned ? `seq: message ${seq} is pinned already` : `seq: message ${seq} is not pinned`);
  if (remove) return append(next(state, submitted, { unpinned: { seq } }));
  if (target.event.message.deleted || isExpired(target, Math.max(submitted.timestampMs, state.head.sentAtMs)))
    return reject('NOT_FOUND', `seq: message ${seq} was deleted`);
  if (pins.length >= PINS_MAX)
    return reject('TOO_LARGE', `seq: a conversation has at most ${PINS_MAX} pinned messages`);
  return append(next(state, submitted, { pinned: { seq } }));
}
