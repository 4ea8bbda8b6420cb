/** The rules of who is in a conversation, and as what. Pure, as all that `decide` calls; who may do what is in permissions.ts. */
import type { Command } from '@clatter/contracts/messages';
import type { Member, MemberRole, MembersChanged } from '@clatter/wire';
import { type ConversationState, GROUP_MEMBERS_MAX, presentMembers, roleOf, wasMember } from './conversation.ts';
import { append, type Decision, next, reject, type Submitted } from './decision.ts';
import { refusalOf } from './permissions.ts';

/** A change of nobody. */
export const NOBODY: MembersChanged = { added: [], removedIds: [], changed: [], bannedIds: [], unbannedIds: [] };
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
  if (wanted.kind !== 'direct' && wanted.kind !== 'group') return reject('INVALID', 'kind: want direct or group');
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
  const wanted = [...new Set(command.addMembers?.userIds)].filter((id) => roleOf(state, id) === 'none');
  if (wanted.length === 0) return reject('CONFLICT', 'userIds: all of them are members');
  const banned = wanted.find((id) => isBanned(state, id));
  if (banned !== undefined) return reject('FORBIDDEN', `userIds: ${banned} is banned from this conversation`);
  if (state.memberCount + wanted.length > GROUP_MEMBERS_MAX)
    return reject('TOO_LARGE', `userIds: a group takes ${GROUP_MEMBERS_MAX} members`);
  const added = wanted.map((userId) => newMember(state, userId));
  return append(next(state, submitted, { membersChanged: { ...NOBODY, added } }));
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
  if ([...state.members.values()].filter(({ banned }) => banned).length >= BANNED_MAX)
    return reject('TOO_LARGE', `userId: want at most ${BANNED_MAX} people banned from one conversation`);
  const removedIds = role === 'none' ? [] : [userId];
  return append(next(state, submitted, { membersChanged: { ...NOBODY, removedIds, bannedIds: [userId] } }));
}

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
