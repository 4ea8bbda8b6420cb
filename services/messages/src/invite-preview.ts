/** Where an invite leads, before somebody joins by it: what it lets them know of the group. */
import type { PreviewInviteResponse } from '@clatter/contracts/messages';
import { ClatterError, type Input } from '@clatter/wire';
import { decodeDetails } from './conversation-details.ts';
import { goodInvites } from './invite-links.ts';
import type { MessageStore } from './ports.ts';

/** By the server's clock, where the join itself goes by the log's. NOT_FOUND for all that a join would not find. */
export async function previewInvite(
  store: MessageStore,
  asked: { readonly userId: string; readonly conversationId: string; readonly inviteId: string },
  nowMs: number,
): Promise<Input<PreviewInviteResponse>> {
  const { userId, conversationId, inviteId } = asked;
  const [[row], own] = await Promise.all([
    store.readConversations([conversationId]),
    store.readMember(conversationId, userId),
  ]);
  const { invites, pictureUrl } = decodeDetails(row?.details ?? new Uint8Array(0));
  const invite = goodInvites(invites, nowMs).find((good) => good.inviteId === inviteId);
  if (!row || !invite || own?.banned || row.memberCount === 0)
    throw new ClatterError('NOT_FOUND', 'token: there is no such invite');
  const { kind, title, description, createdAtMs, memberCount } = row;
  const role = own?.role ?? 'none';
  return {
    conversation: { conversationId, kind, title, description, createdAtMs, memberCount, pictureUrl, role },
    expiresAtMs: invite.expiresAtMs,
  };
}
