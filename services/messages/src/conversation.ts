/**
 * The state of a conversation as its own log built it, and how an event changes it. No I/O, no clock. `decide` (sequencer.ts) reads it,
 * `applyEvent` moves it on, for events that were just decided and for stored ones that are applied again after a take-over alike.
 */
import type { CallToAll } from '@clatter/contracts/messages';
import type { ConversationKind, Event, Member, MemberRole } from '@clatter/wire';
import { blocksAfter } from './blocks.ts';
import { type ConversationDetails, DEFAULT_DETAILS } from './conversation-details.ts';
import { type IdHash, IdWindow } from './id-window.ts';
import { invitesAfter } from './invite-links.ts';
import { managersAfter } from './managers.ts';
import { type Calls, NO_CALLS, NO_SEQS, withCall, without, withSeq } from './mentions.ts';
import { applyOwn, type OwnChange, type OwnConversations } from './own-conversations.ts';
import { goneSeqs, pinsAfter } from './pin-list.ts';
import type { Head } from './ports.ts';
import { scheduledAfter } from './schedule.ts';

export interface MemberState {
  readonly role: MemberRole;
  /** 0 for somebody who never was a member. */
  readonly joinedSeq: number;
  readonly visibleFromSeq: number;
  readonly removedSeq: number;
  readonly banned: boolean;
  /** Of messages of this stay that mention them. */
  readonly mentionSeqs: readonly number[];
  /** Of the command that wrote this; an older event changes nothing (rule 15). */
  readonly position: number;
}

export interface ConversationState {
  readonly id: string;
  kind: ConversationKind;
  title: string;
  description: string;
  createdAtMs: number;
  /** Settings, and whatever else the row holds beside its columns. */
  details: ConversationDetails;
  /** Log time of the newest bump of the members' inboxes. */
  bumpedAtMs: number;
  /** As the row of that position has it: what was loaded may hold the row already, and its members not yet. */
  rowMemberCount: number;
  /** Of the command that last wrote the fields above. */
  position: number;
  /**
   * Present members are those with a role other than `none`. Of a channel only those who were looked up or changed lately are here; whom the
   * next command speaks of is looked up before it is decided (channel-members.ts).
   */
  readonly members: Map<string, MemberState>;
  memberCount: number;
  /** Seqs of mentions in `members`, for what they take in memory. */
  mentionCount: number;
  /** Ids of the present members; made when asked for, forgotten when somebody comes or goes. */
  present: readonly string[] | undefined;
  head: Head;
  readonly window: IdWindow;
  /** Of a person's own log: what they made of each conversation. Empty elsewhere. */
  readonly own: OwnConversations;
}

export const NO_HEAD: Head = { seq: 0, messageNo: 0, position: -1, sentAtMs: 0 };

/** Inboxes are bumped at most this often. */
export const BUMP_MS = 60_000;
/** Members of a group, and of a channel when it begins. */
export const GROUP_MEMBERS_MAX = 500;

/** A conversation of which nothing is in the log; its window is complete. */
export function emptyConversation(id: string): ConversationState {
  return {
    id,
    kind: 'unspecified',
    title: '',
    description: '',
    createdAtMs: 0,
    details: DEFAULT_DETAILS,
    bumpedAtMs: 0,
    rowMemberCount: 0,
    position: -1,
    members: new Map(),
    memberCount: 0,
    mentionCount: 0,
    present: undefined,
    head: NO_HEAD,
    window: new IdWindow(0, 0),
    own: new Map(),
  };
}

export const roleOf = (state: ConversationState, userId: string): MemberRole =>
  state.members.get(userId)?.role ?? 'none';

/** Whether somebody is or was a member. */
export const wasMember = (state: ConversationState, userId: string): boolean =>
  (state.members.get(userId)?.joinedSeq ?? 0) > 0;

/** Whether a member may see what stands at a seq. */
export const sees = (state: ConversationState, userId: string, seq: number): boolean =>
  seq >= (state.members.get(userId)?.visibleFromSeq ?? Number.POSITIVE_INFINITY);

/** Ids of the present members; not of a channel, of which nobody has the list. */
export function presentMembers(state: ConversationState): readonly string[] {
  if (!state.present) {
    const ids: string[] = [];
    for (const [userId, member] of state.members) if (member.role !== 'none') ids.push(userId);
    state.present = ids;
  }
  return state.present;
}

/** Who were members at an event: it added them or found them there, and it removed them or left them there. */
export function membersAt(state: ConversationState, seq: number): string[] {
  const ids: string[] = [];
  for (const [userId, { joinedSeq, removedSeq }] of state.members)
    if (joinedSeq > 0 && joinedSeq <= seq && (removedSeq === 0 || removedSeq >= seq)) ids.push(userId);
  return ids;
}

/** The other person of a direct conversation; oneself when alone; '' elsewhere. */
export function peerOf(state: ConversationState, userId: string): string {
  if (state.kind !== 'direct') return '';
  for (const id of state.members.keys()) if (id !== userId) return id;
  return userId;
}

const NO_STAY: Omit<MemberState, 'position'> = {
  role: 'none',
  joinedSeq: 0,
  visibleFromSeq: 0,
  removedSeq: 0,
  banned: false,
  mentionSeqs: NO_SEQS,
};

/** The stay of a member that an event begins. */
const stayFrom = (event: Event, { role, visibleFromSeq }: Member): Omit<MemberState, 'position'> => ({
  role,
  joinedSeq: event.seq,
  visibleFromSeq: visibleFromSeq || event.seq,
  removedSeq: 0,
  banned: false,
  mentionSeqs: NO_SEQS,
});

/** The calls to all after a message that is one, or after messages are gone. */
const callsAfter = ({ details }: ConversationState, event: Event): readonly CallToAll[] =>
  event.message
    ? withCall(details.callsToAll, { seq: event.seq, senderId: event.senderId })
    : details.callsToAll.filter(({ seq }) => !goneSeqs(event).includes(seq));

/** What an event changed beside the log; the projections follow from it. */
export interface Change {
  /** Whether title, counts or the bump changed. */
  conversation: boolean;
  /** Whose row of membership changed. */
  members: string[];
  /** Those of them whose stay began, ended or changed: it is in their inbox, and they get the event. */
  told: string[];
  /** Whether every member's inbox row is written again. */
  bump: boolean;
  /** In a person's own log: which of their rows changed. */
  own?: OwnChange;
}

/**
 * Moves the state past one event. `again` is true for a stored event after a take-over: the loaded projections may hold it already, so
 * each cell keeps what a later position wrote, and the bump that the loaded row tells of is emitted once more: the row
 * may have been written by a later event, without the inboxes of the bump. `calls` are those that the message, or the deletion, stands for.
 * @param added all whom the event added, where its body names the first of them alone
 */
export function applyEvent(
  state: ConversationState,
  event: Event,
  position: number,
  hash: IdHash,
  again: boolean,
  calls: Calls = NO_CALLS,
  added: readonly Member[] = event.membersChanged?.added ?? [],
): Change {
  const change: Change = { conversation: false, members: [], told: [], bump: false };
  const setMember = (userId: string, member: Omit<MemberState, 'position'>, told = true): void => {
    const before = state.members.get(userId);
    change.members.push(userId);
    if (told) change.told.push(userId);
    if (before && before.position > position) return;
    if ((before?.role ?? 'none') !== member.role) state.present = undefined;
    state.members.set(userId, { ...member, position });
    state.mentionCount += member.mentionSeqs.length - (before?.mentionSeqs.length ?? 0);
    if (state.kind === 'channel') return;
    if (before?.role === undefined || before.role === 'none') state.memberCount += member.role === 'none' ? 0 : 1;
    else if (member.role === 'none') state.memberCount -= 1;
  };
  const stayOf = (userId: string): Omit<MemberState, 'position'> => state.members.get(userId) ?? NO_STAY;
  const gone = goneSeqs(event);
  const newer = position >= state.position;
  // What counts up must not count what the loaded row has counted.
  const unseen = position > state.position;
  if (event.created) {
    if (newer) {
      state.kind = event.created.kind;
      state.title = event.created.title;
      state.details = { ...state.details, pictureUrl: event.created.pictureUrl };
      state.createdAtMs = event.sentAtMs;
    }
    for (const member of event.created.members) setMember(member.userId, stayFrom(event, member));
    change.conversation = true;
  } else if (event.membersChanged) {
    for (const member of added) setMember(member.userId, stayFrom(event, member));
    for (const userId of event.membersChanged.removedIds)
      setMember(userId, { ...stayOf(userId), role: 'none', removedSeq: event.seq });
    for (const { userId, role } of event.membersChanged.changed) setMember(userId, { ...stayOf(userId), role });
    // Whoever is banned and no member, or was let in again, hears nothing of it.
    for (const userId of event.membersChanged.bannedIds) setMember(userId, { ...stayOf(userId), banned: true }, false);
    for (const userId of event.membersChanged.unbannedIds)
      setMember(userId, { ...stayOf(userId), banned: false }, false);
    change.conversation = true;
  } else if (event.renamed) {
    if (newer) {
      state.title = event.renamed.title;
      state.description = event.renamed.description;
      state.details = { ...state.details, pictureUrl: event.renamed.pictureUrl };
    }
    change.conversation = true;
  } else if (event.settingsChanged?.settings) {
    if (newer) state.details = { ...state.details, settings: event.settingsChanged.settings };
    change.conversation = true;
  } else if (event.inviteCreated || event.inviteRevoked || event.pinned || event.unpinned) change.conversation = true;
  else if (event.message || gone.length > 0) {
    for (const userId of calls.mentionedIds) {
      const stay = stayOf(userId);
      const mentionSeqs = event.message ? withSeq(stay.mentionSeqs, event.seq) : without(stay.mentionSeqs, gone);
      setMember(userId, { ...stay, mentionSeqs }, false);
    }
    // Whether it took away a pin, a replay cannot tell: the row is written once more.
    const unpins = gone.length > 0 && (again || state.details.pins.some(({ seq }) => gone.includes(seq)));
    if (calls.mentionsAll || unpins) change.conversation = true;
  }
  if (calls.block) {
    state.details = { ...state.details, blocks: blocksAfter(state.details.blocks, calls.block) };
    change.conversation = true;
  }
  if (event.scheduled) {
    if (newer && event.seq === 1) {
      state.kind = 'user';
      state.createdAtMs = event.sentAtMs;
    }
    if (unseen) {
      const isDropped = state.details.isDropped || event.scheduled.messageId === '';
      state.details = { ...state.details, scheduled: scheduledAfter(state.details.scheduled, event), isDropped };
    }
    change.conversation = true;
  }
  const own = applyOwn(state.own, event, position);
  if (own) {
    change.own = own;
    if (event.seq === 1) {
      state.kind = 'user';
      state.createdAtMs = event.sentAtMs;
      change.conversation = true;
    }
    if (event.flagsChanged?.pinOrder) {
      if (newer) state.details = { ...state.details, pinned: event.flagsChanged.pinOrder.conversationIds };
      change.conversation = true;
    }
  }
  if (unseen) {
    const invites = invitesAfter(state.details.invites, event);
    const pins = pinsAfter(state.details.pins, event);
    if (invites !== state.details.invites || pins !== state.details.pins)
      state.details = { ...state.details, invites, pins };
    if (calls.mentionsAll) state.details = { ...state.details, callsToAll: callsAfter(state, event) };
    if (state.kind === 'channel') countMembers(state, event, added.length);
  }
  const due =
    event.sentAtMs - state.bumpedAtMs >= BUMP_MS ||
    (again && (position === state.position || event.sentAtMs === state.bumpedAtMs));
  if (due && state.kind !== 'channel' && state.kind !== 'user') {
    change.bump = true;
    change.conversation = true;
    if (newer) state.bumpedAtMs = Math.max(state.bumpedAtMs, event.sentAtMs);
  }
  if (change.conversation && newer) {
    state.position = position;
    state.rowMemberCount = state.memberCount;
  }
  if (!again || event.seq > state.head.seq)
    state.head = { seq: event.seq, messageNo: event.messageNo, position, sentAtMs: event.sentAtMs };
  if (!again) state.window.add(hash, event.seq, event.sentAtMs);
  return change;
}

/** Of a channel the members are counted, its owner and admins are kept, and the banned are counted: the list is nowhere. */
function countMembers(state: ConversationState, event: Event, addedCount: number): void {
  const { created, membersChanged } = event;
  if (!created && !membersChanged) return;
  const { removedIds = [], bannedIds = [], unbannedIds = [] } = membersChanged ?? {};
  // Members may have been loaded where the row was not there yet: the first event begins to count anew.
  if (created) state.memberCount = created.members.length;
  else state.memberCount += addedCount - removedIds.length;
  const { details } = state;
  state.details = {
    ...details,
    managers: managersAfter(details.managers, event),
    bannedCount: details.bannedCount + bannedIds.length - unbannedIds.length,
  };
}
