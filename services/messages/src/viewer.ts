/** Conversations as one person may see them. */
import { StoredEvent } from '@clatter/contracts/messages';
import { ClatterError, type Conversation, type Event, type Pin } from '@clatter/wire';
import { decodeDetails } from './conversation-details.ts';
import { hasSeq, NO_RUNS, type Runs } from './deleted-runs.ts';
import { blanked, isExpired } from './expiry.ts';
import { ownVote, pollState } from './polls.ts';
import type { ConversationRow, LogRow, MemberRow, MessageStore } from './ports.ts';

/**
 * A member's own row, as of all events that were read before: read it last. The row follows after the event that ends a stay, and its mark
 * stands before (ports.ts). A mark whose event the log does not have is one of a log that was replaced, or of a moment to come: nothing
 * that was read lies beyond it.
 */
export async function readMembership(
  store: MessageStore,
  userId: string,
  conversationId: string,
): Promise<MemberRow | undefined> {
  const member = await store.readMember(conversationId, userId);
  if (member?.leavingSeq === undefined || member.role === 'none') return member;
  const row = await store.readRow(conversationId, member.leavingSeq);
  const removed = row && StoredEvent.decode(row.event).event?.membersChanged?.removedIds.includes(userId);
  return removed ? { ...member, role: 'none', removedSeq: member.leavingSeq } : member;
}

/** The same. Throws NOT_FOUND for strangers and NOT_A_MEMBER for former members. */
export async function readOwnMembership(
  store: MessageStore,
  userId: string,
  conversationId: string,
): Promise<MemberRow> {
  if (userId === conversationId) return ownLogMembership(userId);
  const member = await readMembership(store, userId, conversationId);
  // Somebody may be banned who never was here.
  if (!member || member.joinedSeq === 0)
    throw new ClatterError('NOT_FOUND', 'conversationId: there is no such conversation');
  if (member.role === 'none')
    throw new ClatterError('NOT_A_MEMBER', 'conversationId: you are no longer a member of this conversation');
  return member;
}

/** Everybody sees all of their own log, and nobody else any of it. */
const ownLogMembership = (userId: string): MemberRow => ({
  userId,
  role: 'owner',
  joinedSeq: 1,
  visibleFromSeq: 1,
  removedSeq: 0,
  banned: false,
  mentionSeqs: [],
  position: -1,
});

/** What one person may see of a conversation's log. */
export interface Sight {
  readonly userId: string;
  /** Nothing before it. */
  readonly fromSeq: number;
  /** When their newest stay began. */
  readonly joinedSeq: number;
  /** Position of the event that ended their stay, where it has ended: what was changed later is not for them. */
  readonly endedAt?: number | undefined;
  /** The clock of who reads: what disappeared by then is shown no more. */
  readonly nowMs: number;
  /** Messages that they deleted for themselves. */
  readonly deleted: Runs;
}

export const sightOf = (
  userId: string,
  { joinedSeq, visibleFromSeq }: Pick<MemberRow, 'joinedSeq' | 'visibleFromSeq'>,
  nowMs: number,
  endedAt?: number,
  deleted: Runs = NO_RUNS,
): Sight => ({ userId, fromSeq: Math.max(1, visibleFromSeq), joinedSeq, endedAt, nowMs, deleted });

/** To whom is no member any more, what the conversation has become since is nobody's business: only that it is theirs no more. */
export function viewConversation(row: ConversationRow, own: MemberRow | undefined, peerId: string): Conversation {
  const role = own?.role ?? 'none';
  const present = role !== 'none';
  const details = decodeDetails(row.details);
  return {
    conversationId: row.conversationId,
    kind: row.kind,
    title: present ? row.title : '',
    description: present ? row.description : '',
    createdAtMs: row.createdAtMs,
    memberCount: present ? row.memberCount : 0,
    role,
    settings: present ? details.settings : undefined,
    pictureUrl: present ? details.pictureUrl : undefined,
    peerId: peerId || undefined,
    pinnedSeqs: own && present ? visiblePins(details.pins, own).map(({ seq }) => seq) : [],
  };
}

/** Of the pinned messages those that a member may see. */
export const visiblePins = (
  pins: readonly Pin[],
  { visibleFromSeq }: Pick<MemberRow, 'visibleFromSeq'>,
): readonly Pin[] => pins.filter(({ seq }) => seq >= visibleFromSeq);

/** A stored event as the viewer may see it: reactions counted, a message as it is now. */
function viewEvent(row: LogRow, { userId, endedAt, nowMs, deleted }: Sight): Event {
  const stored = StoredEvent.decode(row.event);
  // Gone at its time, whenever it will be erased.
  const { event, reactions } = isExpired(stored, nowMs) ? blanked(stored) : stored;
  if (!event) throw new Error(`row ${row.seq} holds no event`);
  if (event.voted && stored.vote?.userId === userId) return ownVote(event, stored.vote);
  if (!event.message) return event;
  if (deleted.length > 0 && hasSeq(deleted, row.seq)) {
    // Its place stays, so that the log has no gap.
    const { message: _, ...place } = event;
    return { ...place, deletedForMe: { conversationId: event.conversationId, seq: row.seq } };
  }
  event.message.poll = pollState(stored, userId);
  event.message.reactions = reactions.map(({ emoji, userIds }) => ({
    emoji,
    count: userIds.length,
    mine: userIds.includes(userId),
  }));
  if (endedAt !== undefined && row.eventPosition > endedAt) {
    // As it was then is not kept. A content that was edited may have been then or since.
    event.message.reactions = [];
    event.message.poll = undefined;
    if (event.message.edited) event.message.content = undefined;
  }
  return event;
}

/**
 * Rows as events, ascending. An edit's content lies in its message's row alone: it is filled in as it is now, and stays absent for a
 * message that was deleted since or that the viewer may not see.
 */
export async function viewEvents(store: MessageStore, sight: Sight, rows: readonly LogRow[]): Promise<Event[]> {
  const events = untilRemoved(
    rows.map((row) => viewEvent(row, sight)),
    sight,
  );
  const messages = new Map(events.map((event) => [event.seq, event]));
  const edits = events.filter(({ edited }) => edited && edited.seq >= sight.fromSeq);
  const elsewhere = new Set(edits.map(({ edited }) => edited?.seq as number).filter((seq) => !messages.has(seq)));
  const targets = [...elsewhere].map((seq) => store.readRow(edits[0]?.conversationId as string, seq));
  for (const row of await Promise.all(targets)) if (row) messages.set(row.seq, viewEvent(row, sight));
  for (const { edited } of edits) if (edited) edited.content = messages.get(edited.seq)?.message?.content;
  return events;
}

/** Rows are stored before the memberships that follow from them: a page ends with the event that ends the stay that the viewer was read to have. */
function untilRemoved(events: Event[], { userId, joinedSeq }: Sight): Event[] {
  const removal = events.findIndex(
    ({ seq, membersChanged }) => seq > joinedSeq && membersChanged?.removedIds.includes(userId),
  );
  return removal < 0 ? events : events.slice(0, removal + 1);
}

/** How far back the newest message is looked for. */
const LAST_MESSAGE_ROWS = [1, 20, 200];

/** The newest message up to `headSeq`, as it is now. */
export async function readLastMessage(
  store: MessageStore,
  conversationId: string,
  sight: Sight,
  headSeq: number,
): Promise<Event | undefined> {
  for (const limit of LAST_MESSAGE_ROWS) {
    const rows = await store.readRows(conversationId, sight.fromSeq, headSeq, limit, true);
    for (const row of [...rows].reverse()) {
      const event = viewEvent(row, sight);
      if (event.message) return event;
    }
    if (rows.length < limit) return undefined;
  }
  return undefined;
}
