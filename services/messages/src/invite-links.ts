/** The invite links of a conversation, and what its events make of them. */
import type { Event, Invite } from '@clatter/wire';

/** Those that let somebody in at a time. */
export const goodInvites = (invites: readonly Invite[], nowMs: number): Invite[] =>
  invites.filter(
    ({ expiresAtMs, maxUses, uses }) => (expiresAtMs === 0 || nowMs < expiresAtMs) && (maxUses === 0 || uses < maxUses),
  );

/** The invites after an event. Those that are good no more go when a new one comes. */
export function invitesAfter(invites: readonly Invite[], event: Event): readonly Invite[] {
  const { inviteCreated, inviteRevoked, membersChanged } = event;
  if (inviteCreated)
    return [...goodInvites(invites, event.sentAtMs), { ...inviteCreated, createdBy: event.senderId, uses: 0 }];
  if (inviteRevoked) return invites.filter(({ inviteId }) => inviteId !== inviteRevoked.inviteId);
  const used = membersChanged?.inviteId;
  if (used === undefined) return invites;
  return invites.map((invite) => (invite.inviteId === used ? { ...invite, uses: invite.uses + 1 } : invite));
}
