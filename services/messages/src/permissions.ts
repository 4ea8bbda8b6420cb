/** Who may do what in a conversation: one table of the least role that each act takes. docs/groups.md shows it. Pure. */
import type { MemberRole } from '@clatter/wire';
import { type ConversationState, roleOf } from './conversation.ts';

/** What a member may want of a conversation, beside reading it. */
export type Act =
  | 'send'
  | 'edit own'
  | 'delete own'
  | "delete others'"
  | 'react'
  | 'leave'
  | 'add'
  | 'remove'
  | 'rename'
  | 'give roles';

type Role = Exclude<MemberRole, 'none'>;

const RANK: Readonly<Record<MemberRole, number>> = { none: 0, member: 1, admin: 2, owner: 3 };

const LEAST: Readonly<Record<Act, Role>> = {
  send: 'member',
  'edit own': 'member',
  'delete own': 'member',
  "delete others'": 'admin',
  react: 'member',
  leave: 'member',
  add: 'admin',
  remove: 'admin',
  rename: 'admin',
  'give roles': 'owner',
};

/** Two people who talk to each other have no roles, and stay two. */
const IN_DIRECT: ReadonlySet<Act> = new Set(['send', 'edit own', 'delete own', 'react']);

/** Who is told that they may not: as a refusal begins. */
const WHO: Readonly<Record<Role, string>> = { member: 'members', admin: 'the owner and admins', owner: 'the owner' };

/** Why a member may not do this; undefined where they may. */
export function refusalOf(state: ConversationState, userId: string, act: Act): string | undefined {
  if (state.kind === 'direct' && !IN_DIRECT.has(act))
    return `conversationId: nobody may ${act} in a direct conversation`;
  const least = LEAST[act];
  if (RANK[roleOf(state, userId)] >= RANK[least]) return undefined;
  return `only ${WHO[least]} may ${act}`;
}
