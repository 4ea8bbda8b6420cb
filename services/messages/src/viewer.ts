/** Conversations as one person may see them. */
import { StoredEvent } from '@clatter/contracts/messages';
import { ClatterError, type Conversation, type Event } from '@clatter/wire';
import type { ConversationRow, InboxRow, LogRow, MemberRow, MessageStore } from './ports.ts';

/** A member's own row. Throws NOT_FOUND for strangers and NOT_A_MEMBER for former members. */
export async function readOwnMembership(
  store: MessageStore,
  userId: string,
  conversationId: string,
): Promise<MemberRow> {
  const member = await store.readMember(conversationId, userId);
  if (!member) throw new ClatterError('NOT_FOUND', 'conversationId: there is no such conversation');
  if (member.role === 'none')
    throw new ClatterError('NOT_A_MEMBER', 'conversationId: you are no longer a member of this conversation');
  return member;
}

export const viewConversation = (row: ConversationRow, own: MemberRow | undefined, peerId: string): Conversation => ({
  conversationId: row.conversationId,
  kind: row.kind,
  title: row.title,
  description: row.description,
  createdAtMs: row.createdAtMs,
  memberCount: row.memberCount,
  role: own?.role ?? 'none',
  settings: {},
  peerId: peerId || undefined,
});

/** A stored event as the viewer may see it: reactions counted, a message as it is now. */
function viewEvent(row: LogRow, viewerId: string): Event {
  const { event, reactions } = StoredEvent.decode(row.event);
  if (!event) throw new Error(`row ${row.seq} holds no event`);
  if (event.message)
    event.message.reactions = reactions.map(({ emoji, userIds }) => ({
      emoji,
      count: userIds.length,
      mine: userIds.includes(viewerId),
    }));
  return event;
}

/**
 * Rows as events, ascending. An edit's content lies in its message's row alone: it is filled in as it is now, and stays absent for a
 * message that was deleted since or that the viewer may not see.
 */
export async function viewEvents(
  store: MessageStore,
  viewerId: string,
  visibleFromSeq: number,
  rows: readonly LogRow[],
): Promise<Event[]> {
  const events = untilRemoved(
    rows.map((row) => viewEvent(row, viewerId)),
    viewerId,
  );
  const here = new Map(events.map((event) => [event.seq, event]));
  for (const event of events) {
    if (!event.edited || event.edited.seq < visibleFromSeq) continue;
    const { seq } = event.edited;
    let target = here.get(seq);
    if (!target) {
      const row = await store.readRow(event.conversationId, seq);
      target = row && viewEvent(row, viewerId);
    }
    event.edited.content = target?.message?.content;
  }
  return events;
}

/** Rows are stored before the memberships that follow from them: a page ends with the event that removes the viewer, unless a later one adds them again. */
function untilRemoved(events: Event[], viewerId: string): Event[] {
  const removal = events.findLastIndex((event) => event.membersChanged?.removedIds.includes(viewerId));
  const added = events.findLastIndex((event) => event.membersChanged?.added.some(({ userId }) => userId === viewerId));
  return removal < 0 || added > removal ? events : events.slice(0, removal + 1);
}

/** How far back the newest message is looked for. */
const LAST_MESSAGE_ROWS = [1, 20, 200];

/** The newest message up to `headSeq`, as it is now. */
export async function readLastMessage(
  store: MessageStore,
  inbox: InboxRow,
  headSeq: number,
): Promise<Event | undefined> {
  for (const limit of LAST_MESSAGE_ROWS) {
    const rows = await store.readRows(inbox.conversationId, Math.max(1, inbox.joinedSeq), headSeq, limit, true);
    for (const row of [...rows].reverse()) {
      const event = viewEvent(row, inbox.userId);
      if (event.message) return event;
    }
    if (rows.length < limit) return undefined;
  }
  return undefined;
}
