/**
 * The rules of invite links. A link is known here by the hash of its token alone; whoever sends the hash has the token. Uses are counted by
 * the events of those who came, so that they are exact, whatever happens at the same time or comes again. Pure.
 */
import type { Command } from '@clatter/contracts/messages';
import { type ConversationState, roleOf } from './conversation.ts';
import { append, type Decision, next, reject, type Submitted } from './decision.ts';
import { goodInvites } from './invite-links.ts';
import { isBanned, NOBODY, newMember, whyFull } from './membership.ts';
import { refusalOf } from './permissions.ts';

/** Links of one conversation that are good at the same time. */
const INVITES_MAX = 50;

export function createInvite(state: ConversationState, submitted: Submitted): Decision {
  const { command } = submitted;
  const { inviteId, expiresInMs, maxUses } = command.createInvite as NonNullable<Command['createInvite']>;
  const refusal = refusalOf(state, command.senderId, 'invite');
  if (refusal) return reject('FORBIDDEN', refusal);
  const { invites } = state.details;
  const event = next(state, submitted, {});
  if (invites.some((invite) => invite.inviteId === inviteId)) return reject('CONFLICT', 'inviteId: there is this one');
  if (goodInvites(invites, event.sentAtMs).length >= INVITES_MAX)
    return reject('TOO_LARGE', `a conversation has at most ${INVITES_MAX} invites at a time: revoke one`);
  const expiresAtMs = expiresInMs === 0 ? 0 : event.sentAtMs + expiresInMs;
  return append({ ...event, inviteCreated: { inviteId, expiresAtMs, maxUses } });
}

export function revokeInvite(state: ConversationState, submitted: Submitted): Decision {
  const { command } = submitted;
  const inviteId = command.revokeInvite?.inviteId as string;
  const refusal = refusalOf(state, command.senderId, 'invite');
  if (refusal) return reject('FORBIDDEN', refusal);
  const { sentAtMs } = next(state, submitted, {});
  if (!goodInvites(state.details.invites, sentAtMs).some((invite) => invite.inviteId === inviteId)) return noInvite();
  return append(next(state, submitted, { inviteRevoked: { inviteId } }));
}

/** The one command of somebody who is no member. Whatever they may not know of is not there. */
export function join(state: ConversationState, submitted: Submitted): Decision {
  const { senderId, join: wanted } = submitted.command;
  const inviteId = wanted?.inviteId as string;
  const { sentAtMs } = next(state, submitted, {});
  const good = goodInvites(state.details.invites, sentAtMs).some((invite) => invite.inviteId === inviteId);
  // Nobody is left who could have wanted it.
  if (!good || isBanned(state, senderId) || state.memberCount === 0) return noInvite();
  if (roleOf(state, senderId) !== 'none') return reject('CONFLICT', 'token: you are a member already');
  if (wanted?.channelsFull && state.kind === 'channel')
    return reject('TOO_LARGE', 'token: you are in as many channels as may be: leave one');
  const full = whyFull(state, 1);
  if (full) return reject('TOO_LARGE', `token: ${full}`);
  return append(
    next(state, submitted, { membersChanged: { ...NOBODY, added: [newMember(state, senderId)], inviteId } }),
  );
}

const noInvite = (): Decision => reject('NOT_FOUND', 'token: there is no such invite');
