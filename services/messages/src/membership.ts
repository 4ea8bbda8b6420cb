/** The rules of who is in a conversation, and as what. Pure, as all that `decide` calls; who may do what is in permissions.ts. */
import type { Command } from '@clatter/contracts/messages';
import type { Member, MemberRole } from '@clatter/wire';
import { type ConversationState, GROUP_MEMBERS_MAX, presentMembers, roleOf } from './conversation.ts';
import { append, type Decision, next, reject, type Submitted } from './decision.ts';
import { refusalOf } from './permissions.ts';

export function create(state: ConversationState, submitted: Submitted): Decision {
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
    { userId: command.senderId, role: direct ? 'member' : 'owner', joinedSeq: 1, visibleFromSeq: 1 },
    ...others.map((userId): Member => ({ userId, role: 'member', joinedSeq: 1, visibleFromSeq: 1 })),
  ];
  return append(next(state, submitted, { created: { kind: wanted.kind, title: direct ? '' : wanted.title, members } }));
}

export function addMembers(state: ConversationState, submitted: Submitted): Decision {
  const { command } = submitted;
  const refusal = refusalOf(state, command.senderId, 'add');
  if (refusal) return reject('FORBIDDEN', refusal);
  const wanted = [...new Set(command.addMembers?.userIds)].filter((id) => roleOf(state, id) === 'none');
  if (wanted.length === 0) return reject('CONFLICT', 'userIds: all of them are members');
  if (state.memberCount + wanted.length > GROUP_MEMBERS_MAX)
    return reject('TOO_LARGE', `userIds: a group takes ${GROUP_MEMBERS_MAX} members`);
  const added = wanted.map((userId) => newMember(state, userId));
  return append(next(state, submitted, { membersChanged: { added, removedIds: [], changed: [] } }));
}

/** Somebody whom the next event makes a member; what they see is settled with it, whatever the settings are later. */
function newMember(state: ConversationState, userId: string): Member {
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
  return append(
    next(state, submitted, { membersChanged: { added: [], removedIds: [userId], changed: heir ? [heir] : [] } }),
  );
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
  return append(next(state, submitted, { membersChanged: { added: [], removedIds: [], changed } }));
}

export function rename(state: ConversationState, submitted: Submitted): Decision {
  const { command } = submitted;
  const refusal = refusalOf(state, command.senderId, 'rename');
  if (refusal) return reject('FORBIDDEN', refusal);
  const title = command.rename?.title ?? state.title;
  const description = command.rename?.description ?? state.description;
  return append(next(state, submitted, { renamed: { title, description } }));
}
