/** The table of docs/groups.md is the table of the code: each cell is tried on a group, or in a direct conversation. */
import { readFileSync } from 'node:fs';
import type { MemberRole } from '@clatter/wire';
import { expect, it } from 'vitest';
import { type ConversationState, emptyConversation } from './conversation.ts';
import { type Act, refusalOf } from './permissions.ts';

const HEAD = '| act | member | admin | owner | in a direct conversation |';

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
  state.members.set('alice', { role, joinedSeq: 1, removedSeq: 0, position: 1 });
  return state;
}

it('is the one that docs/groups.md shows, act for act and role for role', () => {
  const acts: Record<Act, true> = {
    send: true,
    'edit own': true,
    'delete own': true,
    "delete others'": true,
    react: true,
    leave: true,
    add: true,
    remove: true,
    rename: true,
    'give roles': true,
  };
  const rows = documented();
  expect(rows.map(({ act }) => act).sort()).toEqual(Object.keys(acts).sort());
  for (const { act, cells } of rows) {
    const may = (state: ConversationState): string => (refusalOf(state, 'alice', act) === undefined ? 'yes' : '');
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
