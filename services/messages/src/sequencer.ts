/**
 * The sequencer: what a command makes of a conversation. Pure: it uses the state that the same log built, the record, and what was
 * looked up as of the record's own position. No clock, no random, no I/O. Two owners decide the same at the same offset, so whatever a
 * paused old owner acknowledges or delivers is true.
 */
import { type Command, StoredEvent, type StoredReaction } from '@clatter/contracts/messages';
import type { ErrorCode, Event } from '@clatter/wire';
import { block } from './blocks.ts';
import { type ConversationState, GROUP_MEMBERS_MAX, roleOf, sees, wasMember } from './conversation.ts';
import { append, type Decision, type LookedUp, next, reject, type Submitted } from './decision.ts';
import { editRefusal } from './edits.ts';
import { blanked, expire, expiryOf, isExpired } from './expiry.ts';
import { idHash, WINDOW_MS } from './id-window.ts';
import { createInvite, join, revokeInvite } from './invites.ts';
import { addMembers, ban, create, removeMember, rename, setRole, unban } from './membership.ts';
import { callsAll, callsOf } from './mentions.ts';
import { refusalOf } from './permissions.ts';

import { pin } from './pins.ts';
import { closePoll, vote, withVote } from './polls.ts';
import { decideSchedule, scheduledRewritten, scheduledSeqs } from './schedule.ts';
import { changeSettings } from './settings.ts';
import { decideOwn, isOwnCommand } from './user-log.ts';

/** What has to be looked up before `decide`. */
export interface Needs {
  /** Seqs that may hold this id: a row decides. */
  readonly candidates: readonly number[];
  /** Whether the store must be asked too, from this seq on. */
  readonly searchFromSeq?: number | undefined;
  /** The row that the command speaks of. */
  readonly targetSeq?: number | undefined;
  /** Rows of which each is changed: messages that are to be erased, or that were scheduled. */
  readonly changingSeqs?: readonly number[] | undefined;
}

/** How far a gateway's stamp may lie from the log's time for a command to be settled by the window alone. */
const STAMP_MS = WINDOW_MS / 2;
/** Distinct emoji on one message. */
const REACTIONS_MAX = 20;

/**
 * What `decide` will want to know. The window settles an id where it is provably complete: for the part of the log that may hold an
 * earlier copy. A marked repeat may be of any age, unless the client said what it held when it first tried; an unmarked command's
 * copies were all received after it, so within STAMP_MS of its stamp, whatever the clocks say up to that.
 */
export function needsOf(state: ConversationState, submitted: Submitted): Needs {
  const { command, timestampMs } = submitted;
  const { window } = state;
  const targetSeq =
    command.edit?.seq ??
    command.delete?.seq ??
    command.react?.seq ??
    command.pin?.seq ??
    command.vote?.seq ??
    command.closePoll?.seq ??
    (command.send?.replyToSeq || undefined);
  const changingSeqs = command.expire?.seqs ?? scheduledSeqs(state, command);
  if (state.head.seq === 0) return { candidates: [], targetSeq, changingSeqs };
  const candidates = window.candidates(idHash(command.senderId, command.commandId));
  const fresh = !command.retry && Math.abs(timestampMs - command.receivedAtMs) <= STAMP_MS;
  const complete =
    window.completeFromSeq <= 1 ||
    (fresh && window.completeFromMs <= timestampMs - WINDOW_MS) ||
    (command.knownSeq !== undefined && window.completeFromSeq <= command.knownSeq + 1);
  if (complete) return { candidates, targetSeq, changingSeqs };
  const searchFromSeq = command.knownSeq === undefined ? 1 : command.knownSeq + 1;
  return { candidates, searchFromSeq, targetSeq, changingSeqs };
}

/** Decides one command. Throws only on a bug; then every owner throws. */
export function decide(state: ConversationState, submitted: Submitted, lookedUp: LookedUp): Decision {
  const { command } = submitted;
  // The id is settled before permissions: a member who was removed since still gets the first place of what was sent (rule 1).
  if (lookedUp.first) return { kind: 'duplicate', first: lookedUp.first };
  if (isOwnCommand(command) || (state.kind === 'user' && !command.schedule)) return decideOwn(state, submitted);
  if (command.create) return create(state, submitted);
  if (command.join) return join(state, submitted);
  if (command.expire) return expire(state, submitted, lookedUp);
  if (command.schedule) return decideSchedule(state, submitted, lookedUp);
  const role = roleOf(state, command.senderId);
  if (role === 'none') {
    return wasMember(state, command.senderId)
      ? reject('NOT_A_MEMBER', 'conversationId: you are no longer a member of this conversation')
      : reject('NOT_FOUND', 'conversationId: there is no such conversation');
  }
  const target = visible(state, command.senderId, lookedUp.target);
  if (command.send) return send(state, submitted, target);
  if (command.edit) return edit(state, submitted, target);
  if (command.delete) return remove(state, submitted, target);
  if (command.react) return react(state, submitted, target);
  if (command.pin) return pin(state, submitted, target);
  if (command.vote ?? command.closePoll) return ofPoll(state, submitted, target);
  if (command.addMembers) return addMembers(state, submitted);
  if (command.removeMember) return removeMember(state, submitted);
  if (command.ban) return ban(state, submitted);
  if (command.unban) return unban(state, submitted);
  if (command.setRole) return setRole(state, submitted);
  if (command.rename) return rename(state, submitted);
  if (command.block) return block(state, submitted);
  if (command.createInvite) return createInvite(state, submitted);
  if (command.revokeInvite) return revokeInvite(state, submitted);
  if (command.changeSettings) return changeSettings(state, submitted);
  throw new Error('a command without a body that these rules know');
}

/** A message from before what somebody may see is not there for them, unless it is their own. */
function visible(state: ConversationState, userId: string, target: StoredEvent | undefined): StoredEvent | undefined {
  const event = target?.event;
  return event && (sees(state, userId, event.seq) || event.senderId === userId) ? target : undefined;
}

function send(state: ConversationState, submitted: Submitted, target: StoredEvent | undefined): Decision {
  const { command } = submitted;
  const {
    content,
    replyToSeq,
    clientTimeMs,
    forwarded,
    refusal: unread,
  } = command.send as NonNullable<Command['send']>;
  const refusal = refusalOf(state, command.senderId, 'send');
  if (refusal) return reject('FORBIDDEN', refusal);
  if (unread) return reject(unread.code as ErrorCode, unread.message);
  const calls = callsOf(content, command.senderId, (userId) => roleOf(state, userId) !== 'none');
  const all = calls.mentionsAll && refusalOf(state, command.senderId, 'mention all');
  if (all) return reject('FORBIDDEN', `content.text.mentions: ${all}`);
  if (replyToSeq !== undefined && replyToSeq !== 0 && !target?.event?.message)
    return reject('INVALID', `replyToSeq: want the seq of a message, got ${replyToSeq}`);
  const message = {
    messageId: command.commandId,
    content,
    replyToSeq: replyToSeq || undefined,
    clientTimeMs,
    edited: false,
    deleted: false,
    reactions: [],
    forwarded,
    expiresAtMs: expiryOf(state, Math.max(submitted.timestampMs, state.head.sentAtMs)),
  };
  return append(next(state, submitted, { message }), undefined, calls);
}

/** The message that a command speaks of, or why there is none, as of the command's own time. */
function targetMessage(
  state: ConversationState,
  submitted: Submitted,
  seq: number,
  target: StoredEvent | undefined,
): StoredEvent | Decision {
  if (!target?.event?.message) return reject('NOT_FOUND', `seq: there is no message ${seq} in this conversation`);
  if (target.event.message.deleted) return reject('NOT_FOUND', `seq: message ${seq} was deleted`);
  if (isExpired(target, Math.max(submitted.timestampMs, state.head.sentAtMs)))
    return reject('NOT_FOUND', `seq: message ${seq} has disappeared`);
  return target;
}

/** The row that an edit, deletion or reaction leaves of its target. Of the target and the command alone, so that it can be done again after a take-over. */
export function rewritten(command: Command, target: StoredEvent): StoredEvent {
  const event = target.event as Event;
  const withMessage = (change: Partial<NonNullable<Event['message']>>): Event => ({
    ...event,
    message: { ...(event.message as NonNullable<Event['message']>), ...change },
  });
  if (command.edit) return { ...target, event: withMessage({ content: command.edit.content, edited: true }) };
  if (command.delete || command.expire) return blanked(target);
  if (command.schedule) return scheduledRewritten(command, target);
  if (command.vote) return withVote(target, command.senderId, command.vote.options);
  if (command.closePoll) return { ...target, pollClosed: true };
  const { emoji, remove: removed } = command.react as NonNullable<Command['react']>;
  const before = target.reactions.find((reaction) => reaction.emoji === emoji);
  const others = (before?.userIds ?? []).filter((id) => id !== command.senderId);
  const changed: StoredReaction = { emoji, userIds: removed ? others : [...others, command.senderId] };
  const reactions = before
    ? target.reactions.map((item) => (item === before ? changed : item))
    : [...target.reactions, changed];
  return { ...target, reactions: reactions.filter((item) => item.userIds.length > 0) };
}

function ofPoll(state: ConversationState, submitted: Submitted, found: StoredEvent | undefined): Decision {
  const { vote: votes, closePoll: closes } = submitted.command;
  const target = targetMessage(state, submitted, (votes ?? closes)?.seq as number, found);
  if ('kind' in target) return target;
  return votes ? vote(state, submitted, target) : closePoll(state, submitted, target);
}

function edit(state: ConversationState, submitted: Submitted, found: StoredEvent | undefined): Decision {
  const { command } = submitted;
  const { seq, content } = command.edit as NonNullable<Command['edit']>;
  const target = targetMessage(state, submitted, seq, found);
  if ('kind' in target) return target;
  if (target.event?.senderId !== command.senderId) return reject('FORBIDDEN', 'seq: only its sender edits a message');
  const refusal = refusalOf(state, command.senderId, 'edit own');
  if (refusal) return reject('FORBIDDEN', `seq: ${refusal}`);
  // It calls nobody, but shows all that somebody does.
  const all = callsAll(content) && !target.mentionsAll && refusalOf(state, command.senderId, 'mention all');
  if (all) return reject('FORBIDDEN', `content.text.mentions: ${all}`);
  const event = next(state, submitted, { edited: { seq, content } });
  const fixed = editRefusal(target.event, content, event.sentAtMs);
  if (fixed) return reject('CONFLICT', fixed);
  return {
    kind: 'append',
    event,
    // The content lies in the message's own row alone, so that a deletion finds every copy.
    stored: StoredEvent.create({ event: { ...event, edited: { seq, content: undefined } } }),
    rewrite: { seq, stored: rewritten(command, target) },
  };
}

function remove(state: ConversationState, submitted: Submitted, found: StoredEvent | undefined): Decision {
  const { command } = submitted;
  const { seq } = command.delete as NonNullable<Command['delete']>;
  const target = targetMessage(state, submitted, seq, found);
  if ('kind' in target) return target;
  const own = target.event?.senderId === command.senderId;
  const refusal = refusalOf(state, command.senderId, own ? 'delete own' : "delete others'");
  if (refusal) return reject('FORBIDDEN', `seq: ${refusal}`);
  return append(next(state, submitted, { deleted: { seq } }), { seq, stored: rewritten(command, target) }, target);
}

function react(state: ConversationState, submitted: Submitted, found: StoredEvent | undefined): Decision {
  const { command } = submitted;
  const { seq, emoji, remove: removed } = command.react as NonNullable<Command['react']>;
  const target = targetMessage(state, submitted, seq, found);
  if ('kind' in target) return target;
  const refusal = refusalOf(state, command.senderId, 'react');
  if (refusal) return reject('FORBIDDEN', `seq: ${refusal}`);
  const before = target.reactions.find((reaction) => reaction.emoji === emoji);
  const given = before?.userIds.includes(command.senderId) ?? false;
  if (given !== removed)
    return reject(
      'CONFLICT',
      given ? 'emoji: you gave this reaction already' : 'emoji: you did not give this reaction',
    );
  if (!removed && !before && target.reactions.length >= REACTIONS_MAX)
    return reject('TOO_LARGE', `emoji: a message takes ${REACTIONS_MAX} different ones`);
  if (!removed && before && before.userIds.length >= GROUP_MEMBERS_MAX)
    return reject('TOO_LARGE', `emoji: ${GROUP_MEMBERS_MAX} people gave it`);
  return append(next(state, submitted, { reacted: { seq, emoji, removed } }), {
    seq,
    stored: rewritten(command, target),
  });
}
