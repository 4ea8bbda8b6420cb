/**
 * The sequencer: what a command makes of a conversation. Pure: it uses the state that the same log built, the record, and what was
 * looked up as of the record's own position. No clock, no random, no I/O. Two owners decide the same at the same offset, so whatever a
 * paused old owner acknowledges or delivers is true.
 */
import type { Command, StoredEvent, StoredReaction } from '@clatter/contracts/messages';
import { type ErrorCode, Event, type Member } from '@clatter/wire';
import { type ConversationState, GROUP_MEMBERS_MAX, presentMembers, roleOf } from './conversation.ts';
import { idHash, WINDOW_MS } from './id-window.ts';

/** A command as it was read from the log. */
export interface Submitted {
  readonly command: Command;
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
}

/** What has to be looked up before `decide`. */
export interface Needs {
  /** Seqs that may hold this id: a row decides. */
  readonly candidates: readonly number[];
  /** Whether the store must be asked too, from this seq on. */
  readonly searchFromSeq?: number | undefined;
  /** The row that the command speaks of. */
  readonly targetSeq?: number | undefined;
}

export type Decision =
  | {
      readonly kind: 'append';
      /** The event as it is delivered. */
      readonly event: Event;
      /** The event as it is stored. */
      readonly stored: StoredEvent;
      /** A new version of an older row. */
      readonly rewrite?: { readonly seq: number; readonly stored: StoredEvent };
    }
  | { readonly kind: 'duplicate'; readonly first: Place }
  | { readonly kind: 'reject'; readonly code: ErrorCode; readonly message: string };

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
    command.edit?.seq ?? command.delete?.seq ?? command.react?.seq ?? (command.send?.replyToSeq || undefined);
  if (state.head.seq === 0) return { candidates: [], targetSeq };
  const candidates = window.candidates(idHash(command.senderId, command.commandId));
  const fresh = !command.retry && Math.abs(timestampMs - command.receivedAtMs) <= STAMP_MS;
  const complete =
    window.completeFromSeq <= 1 ||
    (fresh && window.completeFromMs <= timestampMs - WINDOW_MS) ||
    (command.knownSeq !== undefined && window.completeFromSeq <= command.knownSeq + 1);
  if (complete) return { candidates, targetSeq };
  return { candidates, searchFromSeq: command.knownSeq === undefined ? 1 : command.knownSeq + 1, targetSeq };
}

const reject = (code: ErrorCode, message: string): Decision => ({ kind: 'reject', code, message });

/** Decides one command. Throws only on a bug; then every owner throws. */
export function decide(state: ConversationState, submitted: Submitted, lookedUp: LookedUp): Decision {
  const { command } = submitted;
  // The id is settled before permissions: a member who was removed since still gets the first place of what was sent (rule 1).
  if (lookedUp.first) return { kind: 'duplicate', first: lookedUp.first };
  if (command.create) return create(state, submitted);
  const role = roleOf(state, command.senderId);
  if (role === 'none') {
    return state.members.has(command.senderId)
      ? reject('NOT_A_MEMBER', 'conversationId: you are no longer a member of this conversation')
      : reject('NOT_FOUND', 'conversationId: there is no such conversation');
  }
  if (command.send) return send(state, submitted, lookedUp.target);
  if (command.edit) return edit(state, submitted, lookedUp.target);
  if (command.delete) return remove(state, submitted, lookedUp.target);
  if (command.react) return react(state, submitted, lookedUp.target);
  if (command.addMembers) return addMembers(state, submitted);
  if (command.removeMember) return removeMember(state, submitted);
  if (command.setRole) return setRole(state, submitted);
  if (command.rename) return rename(state, submitted);
  throw new Error('a command without a body that these rules know');
}

type Body = Partial<Event>;

/** The event that follows the head; its time never goes back. */
function next(state: ConversationState, { command, timestampMs }: Submitted, body: Body): Event {
  return Event.create({
    conversationId: state.id,
    seq: state.head.seq + 1,
    messageNo: state.head.messageNo + (body.message ? 1 : 0),
    senderId: command.senderId,
    sentAtMs: Math.max(timestampMs, state.head.sentAtMs),
    ...body,
  });
}

const append = (event: Event, rewrite?: { seq: number; stored: StoredEvent }): Decision => ({
  kind: 'append',
  event,
  stored: { event, reactions: [] },
  ...(rewrite && { rewrite }),
});

function create(state: ConversationState, submitted: Submitted): Decision {
  const { command } = submitted;
  const wanted = command.create as NonNullable<Command['create']>;
  // Two people who begin their conversation at the same time get the same one: the second learns of the first event.
  if (state.head.seq > 0)
    return state.members.has(command.senderId)
      ? { kind: 'duplicate', first: { seq: 1, messageNo: 0, sentAtMs: state.createdAtMs } }
      : reject('CONFLICT', 'conversationId: this conversation exists');
  const others = [...new Set(wanted.memberIds)].filter((id) => id !== command.senderId);
  if (wanted.kind !== 'direct' && wanted.kind !== 'group') return reject('INVALID', 'kind: want direct or group');
  if (wanted.kind === 'direct' && others.length > 1)
    return reject('INVALID', 'memberIds: want one person in a direct conversation');
  if (others.length >= GROUP_MEMBERS_MAX)
    return reject('TOO_LARGE', `memberIds: want at most ${GROUP_MEMBERS_MAX - 1}`);
  const direct = wanted.kind === 'direct';
  const members: Member[] = [
    { userId: command.senderId, role: direct ? 'member' : 'owner', joinedSeq: 1 },
    ...others.map((userId): Member => ({ userId, role: 'member', joinedSeq: 1 })),
  ];
  return append(next(state, submitted, { created: { kind: wanted.kind, title: direct ? '' : wanted.title, members } }));
}

function send(state: ConversationState, submitted: Submitted, target: StoredEvent | undefined): Decision {
  const { command } = submitted;
  const { content, replyToSeq, clientTimeMs } = command.send as NonNullable<Command['send']>;
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
  };
  return append(next(state, submitted, { message }));
}

/** The message that a command speaks of, or why there is none. */
function targetMessage(seq: number, target: StoredEvent | undefined): StoredEvent | Decision {
  if (!target?.event?.message) return reject('NOT_FOUND', `seq: there is no message ${seq} in this conversation`);
  if (target.event.message.deleted) return reject('NOT_FOUND', `seq: message ${seq} was deleted`);
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
  if (command.delete)
    return { event: withMessage({ content: undefined, edited: false, deleted: true }), reactions: [] };
  const { emoji, remove: removed } = command.react as NonNullable<Command['react']>;
  const before = target.reactions.find((reaction) => reaction.emoji === emoji);
  const others = (before?.userIds ?? []).filter((id) => id !== command.senderId);
  const changed: StoredReaction = { emoji, userIds: removed ? others : [...others, command.senderId] };
  const reactions = before
    ? target.reactions.map((item) => (item === before ? changed : item))
    : [...target.reactions, changed];
  return { ...target, reactions: reactions.filter((item) => item.userIds.length > 0) };
}

function edit(state: ConversationState, submitted: Submitted, found: StoredEvent | undefined): Decision {
  const { command } = submitted;
  const { seq, content } = command.edit as NonNullable<Command['edit']>;
  const target = targetMessage(seq, found);
  if ('kind' in target) return target;
  if (target.event?.senderId !== command.senderId) return reject('FORBIDDEN', 'seq: only its sender edits a message');
  const event = next(state, submitted, { edited: { seq, content } });
  return {
    kind: 'append',
    event,
    // The content lies in the message's own row alone, so that a deletion finds every copy.
    stored: { event: { ...event, edited: { seq, content: undefined } }, reactions: [] },
    rewrite: { seq, stored: rewritten(command, target) },
  };
}

function remove(state: ConversationState, submitted: Submitted, found: StoredEvent | undefined): Decision {
  const { command } = submitted;
  const { seq } = command.delete as NonNullable<Command['delete']>;
  const target = targetMessage(seq, found);
  if ('kind' in target) return target;
  const role = roleOf(state, command.senderId);
  const own = target.event?.senderId === command.senderId;
  if (!own && role !== 'owner' && role !== 'admin')
    return reject('FORBIDDEN', "seq: only admins delete others' messages");
  return append(next(state, submitted, { deleted: { seq } }), { seq, stored: rewritten(command, target) });
}

function react(state: ConversationState, submitted: Submitted, found: StoredEvent | undefined): Decision {
  const { command } = submitted;
  const { seq, emoji, remove: removed } = command.react as NonNullable<Command['react']>;
  const target = targetMessage(seq, found);
  if ('kind' in target) return target;
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

const manages = (state: ConversationState, userId: string): boolean =>
  ['owner', 'admin'].includes(roleOf(state, userId));

function addMembers(state: ConversationState, submitted: Submitted): Decision {
  const { command } = submitted;
  if (state.kind === 'direct') return reject('FORBIDDEN', 'conversationId: nobody joins a direct conversation');
  if (!manages(state, command.senderId)) return reject('FORBIDDEN', 'only the owner and admins add people');
  const wanted = [...new Set(command.addMembers?.userIds)].filter((id) => roleOf(state, id) === 'none');
  if (wanted.length === 0) return reject('CONFLICT', 'userIds: all of them are members');
  if (state.memberCount + wanted.length > GROUP_MEMBERS_MAX)
    return reject('TOO_LARGE', `userIds: a group takes ${GROUP_MEMBERS_MAX} members`);
  const added = wanted.map((userId): Member => ({ userId, role: 'member', joinedSeq: state.head.seq + 1 }));
  return append(next(state, submitted, { membersChanged: { added, removedIds: [], changed: [] } }));
}

/** Who owns a conversation after its owner left: the admin, else the member, who has been there longest. */
function heir(state: ConversationState, leaverId: string): Member | undefined {
  const rank = (id: string): number => (roleOf(state, id) === 'admin' ? 0 : 1);
  const [userId] = presentMembers(state)
    .filter((id) => id !== leaverId)
    .sort((a, b) => rank(a) - rank(b) || joined(state, a) - joined(state, b) || (a < b ? -1 : 1));
  return userId === undefined ? undefined : { userId, role: 'owner', joinedSeq: joined(state, userId) };
}

const joined = (state: ConversationState, userId: string): number => state.members.get(userId)?.joinedSeq ?? 0;

function removeMember(state: ConversationState, submitted: Submitted): Decision {
  const { command } = submitted;
  const userId = command.removeMember?.userId as string;
  if (state.kind === 'direct') return reject('FORBIDDEN', 'conversationId: nobody leaves a direct conversation');
  const role = roleOf(state, userId);
  if (role === 'none') return reject('NOT_FOUND', 'userId: not a member of this conversation');
  const leaves = userId === command.senderId;
  if (!leaves && !manages(state, command.senderId))
    return reject('FORBIDDEN', 'only the owner and admins remove people');
  if (!leaves && role === 'owner') return reject('FORBIDDEN', 'userId: nobody removes the owner');
  const next_ = role === 'owner' ? heir(state, userId) : undefined;
  return append(
    next(state, submitted, { membersChanged: { added: [], removedIds: [userId], changed: next_ ? [next_] : [] } }),
  );
}

function setRole(state: ConversationState, submitted: Submitted): Decision {
  const { command } = submitted;
  const { userId, role } = command.setRole as NonNullable<Command['setRole']>;
  if (state.kind === 'direct') return reject('FORBIDDEN', 'conversationId: a direct conversation has no roles');
  if (roleOf(state, command.senderId) !== 'owner') return reject('FORBIDDEN', 'only the owner gives roles');
  if (roleOf(state, userId) === 'none') return reject('NOT_FOUND', 'userId: not a member of this conversation');
  if (role !== 'member' && role !== 'admin' && role !== 'owner')
    return reject('INVALID', 'role: want member, admin or owner');
  if (userId === command.senderId) return reject('INVALID', 'userId: the owner passes ownership on to somebody else');
  if (roleOf(state, userId) === role) return reject('CONFLICT', 'role: they have it already');
  const changed: Member[] = [{ userId, role, joinedSeq: joined(state, userId) }];
  if (role === 'owner')
    changed.push({ userId: command.senderId, role: 'admin', joinedSeq: joined(state, command.senderId) });
  return append(next(state, submitted, { membersChanged: { added: [], removedIds: [], changed } }));
}

function rename(state: ConversationState, submitted: Submitted): Decision {
  const { command } = submitted;
  if (state.kind === 'direct') return reject('FORBIDDEN', 'conversationId: a direct conversation has no title');
  if (!manages(state, command.senderId)) return reject('FORBIDDEN', 'only the owner and admins rename');
  const title = command.rename?.title ?? state.title;
  const description = command.rename?.description ?? state.description;
  return append(next(state, submitted, { renamed: { title, description } }));
}
