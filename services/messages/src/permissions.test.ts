/** The table of docs/groups.md is the table of the code: each cell is tried on a group, or in a direct conversation. */
import { readFileSync } from 'node:fs';
import type { ConversationSettings, MemberRole } from '@clatter/wire';
import { expect, it } from 'vitest';
import { type ConversationState, emptyConversation } from './conversation.ts';
import { DEFAULT_DETAILS } from './conversation-details.ts';
import { type Act, refusalOf } from './permissions.ts';

const HEAD = '| act | member | admin | owner | in a direct conversation |';

const all = (role: MemberRole): ConversationSettings => ({
  sendRole: role,
  addRole: role,
  fullHistory: false,
  disappearAfterSeconds: 0,
  mentionAllRole: role,
  pinRole: role,
});
const OPEN = all('member');
const CLOSED = all('admin');
const SETTING_OF: Partial<Record<Act, string>> = {
  send: 'sendRole',
  'edit own': 'sendRole',
  add: 'addRole',
  'mention all': 'mentionAllRole',
  pin: 'pinRole',
};

interface Row {
  readonly act: Act;
  readonly cells: readonly string[];
}

function documented(): Row[] {
  const text = readFileSync(new URL('../../../docs/groups.md', import.meta.url), 'utf8');
  const lines = text.slice(text.indexOf(HEAD)).split('\n').slice(2);
  return lines.slice(0, lines.indexOf('')).map((line) => {
    const [act = '', ...cells] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    return { act: act as Act, cells };
  });
}

function conversation(kind: 'direct' | 'group', role: MemberRole): ConversationState {
  const state = emptyConversation('c');
  state.kind = kind;
  state.members.set('alice', {
    role,
    joinedSeq: 1,
    visibleFromSeq: 1,
    removedSeq: 0,
    banned: false,
    mentionSeqs: [],
    position: 1,
  });
  return state;
}

it('is the one that docs/groups.md shows, act for act and role for role', () => {
  const acts: Record<Act, true> = {
    send: true,
    'edit own': true,
    'delete own': true,
    "delete others'": true,
    react: true,
    'mention all': true,
    pin: true,
    vote: true,
    leave: true,
    add: true,
    invite: true,
    remove: true,
    ban: true,
    rename: true,
    'give roles': true,
    'change settings': true,
    'set the timer': true,
  };
  const rows = documented();
  expect(rows.map(({ act }) => act).sort()).toEqual(Object.keys(acts).sort());
  for (const { act, cells } of rows) {
    const may = (state: ConversationState): string => {
      const yes = [OPEN, CLOSED].map((settings) => {
        state.details = { ...DEFAULT_DETAILS, settings };
        return refusalOf(state, 'alice', act) === undefined;
      });
      if (yes[0] !== yes[1]) return SETTING_OF[act] ?? 'a setting';
      return yes[0] ? 'yes' : '';
    };
    expect([act, ...cells]).toEqual([
      act,
      may(conversation('group', 'member')),
      may(conversation('group', 'admin')),
      may(conversation('group', 'owner')),
      may(conversation('direct', 'member')),
    ]);
    expect(refusalOf(conversation('group', 'none'), 'alice', act)).toBeDefined();
  }
});
