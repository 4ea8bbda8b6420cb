/** What one may do in a group, as docs/groups.md has it: what is offered; the server decides. */
import type { ConversationView, Member } from '@clatter/client';

export interface Rights {
  /** Its name, picture and settings, its invites, who is banned, and removing people. */
  readonly manages: boolean;
  readonly adds: boolean;
  readonly givesRoles: boolean;
}

export function rightsOf({ role, settings }: Pick<ConversationView, 'role' | 'settings'>): Rights {
  const manages = role === 'owner' || role === 'admin';
  return {
    manages,
    adds: manages || (role === 'member' && settings?.addRole === 'member'),
    givesRoles: role === 'owner',
  };
}

export type MemberAct = 'message' | 'make admin' | 'make member' | 'make owner' | 'remove' | 'ban';

/** What one may do with another member, in the order of a menu. */
export function actsOn(member: Pick<Member, 'role'>, rights: Rights): readonly MemberAct[] {
  const acts: MemberAct[] = ['message'];
  if (rights.givesRoles) acts.push(member.role === 'admin' ? 'make member' : 'make admin', 'make owner');
  if (rights.manages && member.role !== 'owner') acts.push('remove', 'ban');
  return acts;
}
