/** Who may do what in a conversation: one table of the least role that each act takes. docs/groups.md shows it. Pure. */
import type { ConversationSettings, MemberRole } from '@clatter/wire';
import { blockRefusal } from './blocks.ts';
import { type ConversationState, roleOf } from './conversation.ts';

/** What a member may want of a conversation, beside reading it. */
export type Act =
  | 'send'
  | 'edit own'
  | 'delete own'
  | "delete others'"
  | 'react'
  | 'mention all'
  | 'pin'
  | 'vote'
  | 'leave'
  | 'add'
  | 'invite'
  | 'remove'
  | 'ban'
  | 'rename'
  | 'give roles'
  | 'change settings'
  | 'set the timer';

const RANK: Readonly<Record<MemberRole, number>> = { none: 0, member: 1, admin: 2, owner: 3 };

/** The least role for each act; a function where the group's settings say it. */
const LEAST: Readonly<Record<Act, MemberRole | ((settings: ConversationSettings) => MemberRole)>> = {
  send: ({ sendRole }) => sendRole,
  // It puts new words before all.
  'edit own': ({ sendRole }) => sendRole,
  'delete own': 'member',
  "delete others'": 'admin',
  react: 'member',
  'mention all': ({ mentionAllRole }) => mentionAllRole,
  pin: ({ pinRole }) => pinRole,
  vote: 'member',
  leave: 'member',
  add: ({ addRole }) => addRole,
  invite: 'admin',
  remove: 'admin',
  ban: 'admin',
  rename: 'admin',
  'give roles': 'owner',
  'change settings': 'admin',
  'set the timer': 'admin',
};

/** Two people who talk to each other have no roles, and stay two. */
const IN_DIRECT: ReadonlySet<Act> = new Set([
  'send',
  'edit own',
  'delete own',
  'react',
  'pin',
  'vote',
  'set the timer',
]);

/** Who is told that they may not: as a refusal begins. */
const WHO: Readonly<Record<MemberRole, string>> = {
  none: 'anybody',
  member: 'members',
  admin: 'the owner and admins',
  owner: 'the owner',
};

/** Why a member may not do this; undefined where they may. */
export function refusalOf(state: ConversationState, userId: string, act: Act): string | undefined {
  const role = roleOf(state, userId);
  if (state.kind === 'direct' && role !== 'none') {
    if (!IN_DIRECT.has(act)) return `conversationId: nobody may ${act} in a direct conversation`;
    return act === 'delete own' ? undefined : blockRefusal(state.details.blocks, userId);
  }
  const said = LEAST[act];
  const least = typeof said === 'function' ? said(state.details.settings) : said;
  if (RANK[role] >= RANK[least]) return undefined;
  return `only ${WHO[least]} may ${act}`;
}
