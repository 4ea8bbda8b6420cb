/** The rules of who is in a conversation, and as what. Pure, as all that `decide` calls; who may do what is in permissions.ts. */
import { type Command, StoredEvent } from '@clatter/contracts/messages';
import type { Member, MemberRole, MembersChanged } from '@clatter/wire';
import { packIds } from './added-ids.ts';
import { type ConversationState, GROUP_MEMBERS_MAX, presentMembers, roleOf, wasMember } from './conversation.ts';
import { append, type Decision, next, reject, type Submitted } from './decision.ts';
import { channelHeir, MANAGERS_MAX } from './managers.ts';
import { refusalOf } from './permissions.ts';

/** A change of nobody. */
export const NOBODY: MembersChanged = { added: [], removedIds: [], changed: [], bannedIds: [], unbannedIds: [] };
/** Members of a channel: some 16,000 rows in each partition of the store (cassandra-channels.ts). */
const CHANNEL_MEMBERS_MAX = 1_000_000;
/** People whom one command adds to a channel. */
export const CHANNEL_ADD_MAX = 1000;
/** Of those, the event names so many: it goes to every member's devices. */
const NAMED_MAX = 20;
/** People whom one conversation remembers as banned. */
const BANNED_MAX = 5000;

export const isBanned = (state: ConversationState, userId: string): boolean =>
  state.members.get(userId)?.banned ?? false;

export function create(state: ConversationState, submitted: Submitted): Decision {
  const { command } = submitted;
  const wanted = command.create as NonNullable<Command['create']>;
  // Two people who begin their conversation at the same time get the same one: the second learns of the first event.
  if (state.head.seq > 0)
    return wasMember(state, command.senderId)
      ? { kind: 'duplicate', first: { seq: 1, messageNo: 0, sentAtMs: state.createdAtMs } }
      : reject('CONFLICT', 'conversationId: this conversation exists');
  const others = [...new Set(wanted.memberIds)].filter((id) => id !== command.senderId);
  if (wanted.kind !== 'direct' && wanted.kind !== 'group' && wanted.kind !== 'channel')
    return reject('INVALID', 'kind: want direct, group or channel');
  if (wanted.kind === 'direct' && others.length > 1)
    return reject('INVALID', 'memberIds: want one person in a direct conversation');
  if (others.length >= GROUP_MEMBERS_MAX)
    return reject('TOO_LARGE', `memberIds: want at most ${GROUP_MEMBERS_MAX - 1}`);
  const direct = wanted.kind === 'direct';
  const members: Member[] = [
    { userId: command.senderId, role: direct ? 'member' : 'owner', joinedSeq: 1, visibleFromSeq: 1 },
    ...others.map((userId): Member => ({ userId, role: 'member', joinedSeq: 1, visibleFromSeq: 1 })),
  ];
  const { kind } = wanted;
  const [title, pictureUrl] = direct ? ['', undefined] : [wanted.title, wanted.pictureUrl || undefined];
  return append(next(state, submitted, { created: { kind, title, members, pictureUrl } }));
}

export function addMembers(state: ConversationState, submitted: Submitted): Decision {
  const { command } = submitted;
  const refusal = refusalOf(state, command.senderId, 'add');
  if (refusal) return reject('FORBIDDEN', refusal);
  const asked = new Set(command.addMembers?.userIds);
  if (asked.size > CHANNEL_ADD_MAX) return reject('TOO_LARGE', `userIds: want at most ${CHANNEL_ADD_MAX} at a time`);
  const wanted = [...asked].filter((id) => roleOf(state, id) === 'none');
  if (wanted.length === 0) return reject('CONFLICT', 'userIds: all of them are members');
  const banned = wanted.find((id) => isBanned(state, id));
  if (banned !== undefined) return reject('FORBIDDEN', `userIds: ${banned} is banned from this conversation`);
  const full = whyFull(state, wanted.length);
  if (full) return reject('TOO_LARGE', `userIds: ${full}`);
  const added = wanted.map((userId) => newMember(state, userId));
  if (state.kind !== 'channel' || added.length <= NAMED_MAX)
    return append(next(state, submitted, { membersChanged: { ...NOBODY, added } }));
  const named = { ...NOBODY, added: added.slice(0, NAMED_MAX), addedCount: added.length };
  const event = next(state, submitted, { membersChanged: named });
  return { kind: 'append', event, stored: StoredEvent.create({ event, addedIds: packIds(wanted) }), added };
}

/** Why so many more people find no room; undefined where they do. */
export function whyFull(state: ConversationState, more: number): string | undefined {
  const [what, max] = state.kind === 'channel' ? ['channel', CHANNEL_MEMBERS_MAX] : ['group', GROUP_MEMBERS_MAX];
  return state.memberCount + more > max ? `a ${what} takes ${max} members` : undefined;
}

/** Somebody whom the next event makes a member; what they see is settled with it, whatever the settings are later. */
export function newMember(state: ConversationState, userId: string): Member {
  const joinedSeq = state.head.seq + 1;
  return { userId, role: 'member', joinedSeq, visibleFromSeq: state.details.settings.fullHistory ? 1 : joinedSeq };
}

/** A member with another role. */
function withRole(state: ConversationState, userId: string, role: MemberRole): Member {
  const { joinedSeq = 0, visibleFromSeq = 0 } = state.members.get(userId) ?? {};
  return { userId, role, joinedSeq, visibleFromSeq };
}

/** Who owns a conversation after its owner left: the admin, else the member, who has been there longest. */
function heirOf(state: ConversationState, leaverId: string): Member | undefined {
  if (state.kind === 'channel') {
    const heir = channelHeir(state.details.managers, leaverId);
    return heir && withRole(state, heir.userId, 'owner');
  }
  const rank = (id: string): number => (roleOf(state, id) === 'admin' ? 0 : 1);
  const [userId] = presentMembers(state)
    .filter((id) => id !== leaverId)
    .sort((a, b) => rank(a) - rank(b) || joined(state, a) - joined(state, b) || (a < b ? -1 : 1));
  return userId === undefined ? undefined : withRole(state, userId, 'owner');
}

const joined = (state: ConversationState, userId: string): number => state.members.get(userId)?.joinedSeq ?? 0;

export function removeMember(state: ConversationState, submitted: Submitted): Decision {
  const { command } = submitted;
  const userId = command.removeMember?.userId as string;
  const leaves = userId === command.senderId;
  const refusal = refusalOf(state, command.senderId, leaves ? 'leave' : 'remove');
  if (refusal) return reject('FORBIDDEN', refusal);
  const role = roleOf(state, userId);
  if (role === 'none') return reject('NOT_FOUND', 'userId: not a member of this conversation');
  if (!leaves && role === 'owner') return reject('FORBIDDEN', 'userId: nobody removes the owner');
  const heir = role === 'owner' ? heirOf(state, userId) : undefined;
  if (role === 'owner' && !heir && state.kind === 'channel' && state.memberCount > 1)
    return reject('CONFLICT', 'userId: a channel without admins keeps its owner: make somebody an admin or the owner');
  const changed = heir ? [heir] : [];
  return append(next(state, submitted, { membersChanged: { ...NOBODY, removedIds: [userId], changed } }));
}

/** Also of somebody who is no member: they cannot become one. */
export function ban(state: ConversationState, submitted: Submitted): Decision {
  const { command } = submitted;
  const userId = command.ban?.userId as string;
  const refusal = refusalOf(state, command.senderId, 'ban');
  if (refusal) return reject('FORBIDDEN', refusal);
  if (userId === command.senderId) return reject('INVALID', 'userId: nobody bans themselves');
  const role = roleOf(state, userId);
  if (role === 'owner') return reject('FORBIDDEN', 'userId: nobody bans the owner');
  if (isBanned(state, userId)) return reject('CONFLICT', 'userId: they are banned already');
  if (bannedCount(state) >= BANNED_MAX)
    return reject('TOO_LARGE', `userId: want at most ${BANNED_MAX} people banned from one conversation`);
  const removedIds = role === 'none' ? [] : [userId];
  return append(next(state, submitted, { membersChanged: { ...NOBODY, removedIds, bannedIds: [userId] } }));
}

const bannedCount = ({ kind, details, members }: ConversationState): number =>
  kind === 'channel' ? details.bannedCount : [...members.values()].filter(({ banned }) => banned).length;

export function unban(state: ConversationState, submitted: Submitted): Decision {
  const { command } = submitted;
  const userId = command.unban?.userId as string;
  const refusal = refusalOf(state, command.senderId, 'ban');
  if (refusal) return reject('FORBIDDEN', refusal);
  if (!isBanned(state, userId)) return reject('NOT_FOUND', 'userId: they are not banned from this conversation');
  return append(next(state, submitted, { membersChanged: { ...NOBODY, unbannedIds: [userId] } }));
}

export function setRole(state: ConversationState, submitted: Submitted): Decision {
  const { command } = submitted;
  const { userId, role } = command.setRole as NonNullable<Command['setRole']>;
  const refusal = refusalOf(state, command.senderId, 'give roles');
  if (refusal) return reject('FORBIDDEN', refusal);
  if (roleOf(state, userId) === 'none') return reject('NOT_FOUND', 'userId: not a member of this conversation');
  if (role !== 'member' && role !== 'admin' && role !== 'owner')
    return reject('INVALID', 'role: want member, admin or owner');
  if (userId === command.senderId) return reject('INVALID', 'userId: the owner passes ownership on to somebody else');
  if (roleOf(state, userId) === role) return reject('CONFLICT', 'role: they have it already');
  if (role === 'admin' && state.kind === 'channel' && state.details.managers.length >= MANAGERS_MAX)
    return reject('TOO_LARGE', `role: a channel has at most ${MANAGERS_MAX} admins, its owner among them`);
  const changed: Member[] = [withRole(state, userId, role)];
  if (role === 'owner') changed.push(withRole(state, command.senderId, 'admin'));
  return append(next(state, submitted, { membersChanged: { ...NOBODY, changed } }));
}

export function rename(state: ConversationState, submitted: Submitted): Decision {
  const { command } = submitted;
  const refusal = refusalOf(state, command.senderId, 'rename');
  if (refusal) return reject('FORBIDDEN', refusal);
  const title = command.rename?.title ?? state.title;
  const description = command.rename?.description ?? state.description;
  const pictureUrl = (command.rename?.pictureUrl ?? state.details.pictureUrl) || undefined;
  return append(next(state, submitted, { renamed: { title, description, pictureUrl } }));
}
