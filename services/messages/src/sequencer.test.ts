import { Command, type StoredEvent } from '@clatter/contracts/messages';
import type { Input } from '@clatter/wire';
import { describe, expect, it } from 'vitest';
import { applyEvent, type ConversationState, emptyConversation, membersAt, presentMembers } from './conversation.ts';
import type { Decision, LookedUp, Submitted } from './decision.ts';
import { idHash, WINDOW_MS } from './id-window.ts';
import { decide, needsOf } from './sequencer.ts';

const NOW = 1_000_000_000;

/** A conversation and its log: commands are decided one after the other, with the rows that a store would give. */
class Log {
  readonly state: ConversationState = emptyConversation('c');
  readonly rows = new Map<number, StoredEvent>();
  #position = 0;

  submit(senderId: string, body: Input<Command>, over: { timestampMs?: number; lookedUp?: LookedUp } = {}): Decision {
    const position = ++this.#position;
    const command = Command.decode(
      Command.encode({ conversationId: 'c', senderId, commandId: `command ${position}`, receivedAtMs: NOW, ...body }),
    );
    const submitted: Submitted = { command, position, timestampMs: over.timestampMs ?? NOW + position };
    const { targetSeq } = needsOf(this.state, submitted);
    const target = targetSeq === undefined ? undefined : this.rows.get(targetSeq);
    const decision = decide(this.state, submitted, over.lookedUp ?? { target });
    if (decision.kind === 'append') {
      this.rows.set(decision.event.seq, decision.stored);
      if (decision.rewrite) this.rows.set(decision.rewrite.seq, decision.rewrite.stored);
      applyEvent(this.state, decision.event, position, idHash(senderId, command.commandId), false, decision.stored);
    }
    return decision;
  }
}

const text = (body: string) => ({ content: { text: { body } } });
const code = (decision: Decision) => (decision.kind === 'reject' ? decision.code : decision.kind);

function direct(): Log {
  const log = new Log();
  log.submit('alice', { create: { kind: 'direct', memberIds: ['bob'] } });
  return log;
}

function group(): Log {
  const log = new Log();
  log.submit('alice', { create: { kind: 'group', title: 'Team', memberIds: ['bob', 'carol'] } });
  return log;
}

describe('decide', () => {
  it('numbers events without a gap and messages among them, and never lets time go back', () => {
    const log = direct();
    const first = log.submit('alice', { send: text('one') }, { timestampMs: NOW + 500 });
    const second = log.submit('bob', { send: text('two') }, { timestampMs: NOW });
    expect(first).toMatchObject({ kind: 'append', event: { seq: 2, messageNo: 1, sentAtMs: NOW + 500 } });
    expect(second).toMatchObject({ kind: 'append', event: { seq: 3, messageNo: 2, sentAtMs: NOW + 500 } });
  });

  it('settles the id before permissions: who was removed since still gets the first place', () => {
    const log = group();
    log.submit('alice', { removeMember: { userId: 'bob' } });
    const first = { seq: 9, messageNo: 4, sentAtMs: NOW };
    expect(log.submit('bob', { send: text('again'), retry: true }, { lookedUp: { first } })).toEqual({
      kind: 'duplicate',
      first,
    });
    expect(code(log.submit('bob', { send: text('new') }))).toBe('NOT_A_MEMBER');
    expect(code(log.submit('mallory', { send: text('new') }))).toBe('NOT_FOUND');
  });

  it('gives who begins second the first event of a direct conversation', () => {
    const log = direct();
    expect(log.submit('bob', { create: { kind: 'direct', memberIds: ['alice'] } })).toMatchObject({
      kind: 'duplicate',
      first: { seq: 1 },
    });
  });

  it('lets only the sender edit, the sender and admins delete, and blanks what was deleted', () => {
    const log = group();
    log.submit('bob', { send: text('first words') });
    expect(code(log.submit('alice', { edit: { seq: 2, ...text('put in his mouth') } }))).toBe('FORBIDDEN');
    expect(code(log.submit('carol', { delete: { seq: 2 } }))).toBe('FORBIDDEN');
    const edit = log.submit('bob', { edit: { seq: 2, ...text('better words') } });
    expect(edit).toMatchObject({
      kind: 'append',
      event: { edited: { seq: 2, content: { text: { body: 'better words' } } } },
    });
    // The content lies in the message's row alone.
    expect(JSON.stringify(log.rows.get(3))).not.toContain('better words');
    expect(code(log.submit('alice', { delete: { seq: 2 } }))).toBe('append');
    expect(JSON.stringify([...log.rows.values()])).not.toContain('words');
    expect(code(log.submit('bob', { edit: { seq: 2, ...text('back again') } }))).toBe('NOT_FOUND');
    expect(code(log.submit('bob', { delete: { seq: 1 } }))).toBe('NOT_FOUND');
  });

  it('counts each reaction of a person once', () => {
    const log = direct();
    log.submit('alice', { send: text('hello') });
    expect(code(log.submit('bob', { react: { seq: 2, emoji: '👍' } }))).toBe('append');
    expect(code(log.submit('bob', { react: { seq: 2, emoji: '👍' } }))).toBe('CONFLICT');
    log.submit('alice', { react: { seq: 2, emoji: '👍' } });
    expect(log.rows.get(2)?.reactions).toEqual([{ emoji: '👍', userIds: ['bob', 'alice'] }]);
    log.submit('bob', { react: { seq: 2, emoji: '👍', remove: true } });
    log.submit('alice', { react: { seq: 2, emoji: '👍', remove: true } });
    expect(log.rows.get(2)?.reactions).toEqual([]);
  });

  it('keeps the roles', () => {
    const log = group();
    expect(code(log.submit('bob', { setRole: { userId: 'carol', role: 'admin' } }))).toBe('FORBIDDEN');
    expect(code(log.submit('alice', { setRole: { userId: 'bob', role: 'admin' } }))).toBe('append');
    expect(code(log.submit('bob', { addMembers: { userIds: ['dave'] } }))).toBe('append');
    expect(code(log.submit('bob', { removeMember: { userId: 'alice' } }))).toBe('FORBIDDEN');
    expect(code(log.submit('alice', { setRole: { userId: 'bob', role: 'owner' } }))).toBe('append');
    expect([log.state.members.get('alice')?.role, log.state.members.get('bob')?.role]).toEqual(['admin', 'owner']);
    // The owner leaves: the admin who has been there longest owns it.
    log.submit('bob', { removeMember: { userId: 'bob' } });
    expect(log.state.members.get('alice')?.role).toBe('owner');
    expect(code(log.submit('alice', { addMembers: { userIds: ['carol', 'dave'] } }))).toBe('CONFLICT');
  });

  it('knows who was a member at an event', () => {
    const log = group();
    log.submit('alice', { addMembers: { userIds: ['dave'] } });
    log.submit('alice', { removeMember: { userId: 'bob' } });
    log.submit('alice', { send: text('without bob') });
    expect(membersAt(log.state, 1).sort()).toEqual(['alice', 'bob', 'carol']);
    expect(membersAt(log.state, 3).sort()).toEqual(['alice', 'bob', 'carol', 'dave']);
    expect(membersAt(log.state, 4).sort()).toEqual([...presentMembers(log.state)].sort());
  });
});

describe('what is looked up', () => {
  const submitted = (over: Input<Command>, timestampMs = NOW): Submitted => ({
    command: Command.decode(
      Command.encode({
        conversationId: 'c',
        senderId: 'alice',
        commandId: 'x',
        receivedAtMs: NOW,
        send: text('x'),
        ...over,
      }),
    ),
    position: 10_000,
    timestampMs,
  });

  /** A conversation whose window begins in the middle of its log. */
  function old(completeFromMs: number, completeFromSeq = 500): ConversationState {
    const { state } = direct();
    state.window.completeFromMs = completeFromMs;
    state.window.completeFromSeq = completeFromSeq;
    return state;
  }

  it('nothing where the window holds the whole log', () => {
    expect(needsOf(direct().state, submitted({ retry: true }))).toEqual({ candidates: [], targetSeq: undefined });
  });

  it('nothing for an unmarked command where the window covers all of its copies', () => {
    expect(needsOf(old(NOW - WINDOW_MS), submitted({})).searchFromSeq).toBeUndefined();
    expect(needsOf(old(NOW - WINDOW_MS + 1), submitted({})).searchFromSeq).toBe(1);
  });

  it('the store for a marked one, from what the client held on', () => {
    expect(needsOf(old(0), submitted({ retry: true })).searchFromSeq).toBe(1);
    expect(needsOf(old(0), submitted({ retry: true, knownSeq: 100 })).searchFromSeq).toBe(101);
    expect(needsOf(old(0), submitted({ retry: true, knownSeq: 499 })).searchFromSeq).toBeUndefined();
  });

  it('the store for a command whose stamp is far from its log time, whatever the clocks say', () => {
    expect(needsOf(old(0), submitted({ receivedAtMs: NOW - WINDOW_MS })).searchFromSeq).toBe(1);
    expect(needsOf(old(0), submitted({ receivedAtMs: NOW + WINDOW_MS })).searchFromSeq).toBe(1);
  });
});
