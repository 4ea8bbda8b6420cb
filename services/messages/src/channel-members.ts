/**
 * Of a channel an owner does not hold the members: whom a command speaks of is looked up before it is decided, in one read however many it
 * names. What was looked up or changed stays for what follows, as far as CHANNEL_KNOWN_MAX; what a batch changed stays until it stands.
 */
import type { Command } from '@clatter/contracts/messages';
import type { ConversationState, MemberState } from './conversation.ts';
import { channelHeir } from './managers.ts';
import type { MessageStore } from './ports.ts';

/** Members of one channel that are kept in memory between batches. */
const CHANNEL_KNOWN_MAX = 1000;

/**
 * Whom the command speaks of and who is not known: what has to be looked up.
 * @param others whom else it concerns: called by messages that it may take away, or changed by the event that it made
 */
export function unknownMembers(
  state: ConversationState,
  command: Command,
  others: readonly string[] = [],
): readonly string[] {
  const mentions = command.send?.content?.text?.mentions ?? [];
  const mentioned = mentions.flatMap(({ userId }) => userId ?? []);
  const named = new Set([command.senderId, ...(command.addMembers?.userIds ?? []), ...mentioned, ...others]);
  const other = command.removeMember?.userId ?? command.ban?.userId ?? command.unban?.userId ?? command.setRole?.userId;
  if (other !== undefined) named.add(other);
  if (command.removeMember) {
    const heir = channelHeir(state.details.managers, command.removeMember.userId);
    if (heir) named.add(heir.userId);
  }
  return [...named].filter((userId) => !state.members.has(userId));
}

/** Reads these into the state. Returns the highest position of what was read. */
export async function lookUpMembers(
  store: MessageStore,
  state: ConversationState,
  userIds: readonly string[],
): Promise<number> {
  let highest = -1;
  for (const row of await store.readChannelMembers(state.id, userIds)) {
    if (!row) continue;
    const { userId, leavingSeq: _, ...member } = row;
    highest = Math.max(highest, row.position);
    state.members.set(userId, member satisfies MemberState);
    state.mentionCount += member.mentionSeqs.length;
  }
  return highest;
}

/** Forgets who was known first; call when all that the state has stands in the store. */
export function trimMembers(state: ConversationState): void {
  const { kind, members } = state;
  if (kind !== 'channel') return;
  for (const userId of members.keys()) {
    if (members.size <= CHANNEL_KNOWN_MAX) return;
    state.mentionCount -= members.get(userId)?.mentionSeqs.length ?? 0;
    members.delete(userId);
  }
}
