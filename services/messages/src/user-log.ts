/**
 * The rules of a person's own log (kind `user`, id = the person's): what they made of their conversations for themselves. Pure, as all that
 * `decide` calls. It knows nothing of the conversations themselves: whether one is the person's, the gateway found (`refusal`).
 */
import type { Command } from '@clatter/contracts/messages';
import type { ConversationFlags, Draft, ErrorCode, Event } from '@clatter/wire';
import type { ConversationState } from './conversation.ts';
import { append, type Decision, next, reject, type Submitted } from './decision.ts';
import { withSeq } from './deleted-runs.ts';
import { ownOf, pinnedIn } from './own-conversations.ts';

/** Conversations of which one person's log knows something. */
export const OWN_CONVERSATIONS_MAX = 20_000;
export const PINNED_MAX = 100;
/** Runs of neighbouring messages that a person deleted for themselves, in one conversation and in all. */
export const DELETED_RUNS_MAX = 1000;
const DELETED_RUNS_TOTAL_MAX = 50_000;

/** Whether a command goes to its sender's own log. */
export const isOwnCommand = ({ setFlags, setDraft, deleteForMe }: Command): boolean =>
  (setFlags ?? setDraft ?? deleteForMe) !== undefined;

export function decideOwn(state: ConversationState, submitted: Submitted): Decision {
  const { command } = submitted;
  const wanted = command.setFlags ?? command.setDraft ?? command.deleteForMe;
  const isOwn = command.senderId === state.id && (state.head.seq === 0 || state.kind === 'user');
  if (!isOwn || !wanted) return reject('NOT_FOUND', 'conversationId: there is no such conversation');
  if (command.refusal) return reject(command.refusal.code as ErrorCode, command.refusal.message);
  if (!state.own.has(wanted.conversationId) && state.own.size >= OWN_CONVERSATIONS_MAX)
    return reject('TOO_LARGE', `conversationId: want flags, drafts and deletions of at most ${OWN_CONVERSATIONS_MAX}`);
  if (command.setFlags) return setFlags(state, submitted, command.setFlags);
  if (command.setDraft) return setDraft(state, submitted, command.setDraft);
  return deleteForMe(state, submitted, command.deleteForMe as NonNullable<Command['deleteForMe']>);
}

function setFlags(state: ConversationState, submitted: Submitted, wanted: NonNullable<Command['setFlags']>): Decision {
  const { conversationId } = wanted;
  const before = ownOf(state.own, conversationId).flags;
  const isPinned = wanted.pinned ?? (before.pinned && !wanted.archived && !wanted.hidden);
  const others = pinnedIn(state.own).filter((id) => id !== conversationId);
  if (isPinned && others.length >= PINNED_MAX)
    return reject('TOO_LARGE', `pinned: want at most ${PINNED_MAX} pinned conversations`);
  // One that stays pinned stays where it is.
  const place = wanted.pinned ? Math.min(wanted.pinPlace || 1, others.length + 1) : before.pinPlace;
  const order = isPinned ? others.toSpliced(place - 1, 0, conversationId) : others;
  const isMoved = isPinned !== before.pinned || (isPinned && place !== before.pinPlace);
  const flags: ConversationFlags = {
    ...before,
    ...(wanted.muted !== undefined && { muted: wanted.muted, mutedUntilMs: wanted.muted ? wanted.mutedUntilMs : 0 }),
    ...(wanted.archived !== undefined && {
      archived: wanted.archived,
      archivedMessageNo: wanted.archived ? wanted.messageNo : 0,
    }),
    ...(wanted.hidden !== undefined && {
      hidden: wanted.hidden,
      hiddenMessageNo: wanted.hidden ? wanted.messageNo : 0,
    }),
    ...(wanted.markedUnread !== undefined && { markedUnread: wanted.markedUnread }),
    // Whatever is pinned is in the list.
    ...(isPinned && wanted.pinned && { archived: false, archivedMessageNo: 0, hidden: false, hiddenMessageNo: 0 }),
    pinned: isPinned,
    pinPlace: isPinned ? place : 0,
    ownSeq: state.head.seq + 1,
  };
  const pinOrder = isMoved ? { conversationIds: order } : undefined;
  return append(next(state, submitted, { flagsChanged: { conversationId, flags, pinOrder } }));
}

function setDraft(state: ConversationState, submitted: Submitted, wanted: NonNullable<Command['setDraft']>): Decision {
  const event = next(state, submitted, {});
  const draftChanged = { conversationId: wanted.conversationId, hasDraft: draftOf(wanted, event) !== undefined };
  const stored = { ...event, draftChanged };
  // The text lies with the conversation alone, where the next draft takes its place.
  return { ...append(stored), event: withDraft(wanted, stored) };
}

/** The draft that an event leaves. */
function draftOf({ text, replyToSeq }: NonNullable<Command['setDraft']>, { sentAtMs }: Event): Draft | undefined {
  if (text === '' && replyToSeq === undefined) return undefined;
  return { text, replyToSeq, changedAtMs: sentAtMs };
}

/** The event of a draft as it is delivered: the record has what the row has not. */
export function withDraft(wanted: NonNullable<Command['setDraft']>, event: Event): Event {
  return event.draftChanged
    ? { ...event, draftChanged: { ...event.draftChanged, draft: draftOf(wanted, event) } }
    : event;
}

function deleteForMe(
  state: ConversationState,
  submitted: Submitted,
  { conversationId, seq }: NonNullable<Command['deleteForMe']>,
): Decision {
  const { deleted } = ownOf(state.own, conversationId);
  const runs = withSeq(deleted, seq).length;
  if (runs > DELETED_RUNS_MAX)
    return reject(
      'TOO_LARGE',
      `seq: want at most ${DELETED_RUNS_MAX} runs of messages deleted for oneself in one conversation`,
    );
  if (runs > deleted.length) {
    let total = 0;
    for (const own of state.own.values()) total += own.deleted.length;
    if (total >= DELETED_RUNS_TOTAL_MAX)
      return reject('TOO_LARGE', `seq: want at most ${DELETED_RUNS_TOTAL_MAX} runs of messages deleted for oneself`);
  }
  return append(next(state, submitted, { deletedForMe: { conversationId, seq } }));
}
