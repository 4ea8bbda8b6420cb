/** Blocks in the log of a direct conversation: what they refuse, and how little of them is told. */
import { Command, StoredEvent } from '@clatter/contracts/messages';
import type { Input } from '@clatter/wire';
import { describe, expect, it } from 'vitest';
import { applyEvent, type ConversationState, emptyConversation } from './conversation.ts';
import { decodeDetails, encodeDetails } from './conversation-details.ts';
import { type Decision, NOBODY_ID } from './decision.ts';
import { idHash } from './id-window.ts';
import { decide, needsOf } from './sequencer.ts';

const NOW = 1_000_000_000;

class Log {
  readonly state: ConversationState = emptyConversation('c');
  readonly rows = new Map<number, StoredEvent>();
  #position = 0;

  constructor(kind: 'direct' | 'group' = 'direct') {
    this.submit('alice', { create: { kind, memberIds: ['bob'] } });
  }

  submit(senderId: string, body: Input<Command>): Decision {
    const position = ++this.#position;
    const command = Command.decode(
      Command.encode({ conversationId: 'c', senderId, commandId: `command ${position}`, receivedAtMs: NOW, ...body }),
    );
    const submitted = { command, position, timestampMs: NOW + position * 1000 };
    const { targetSeq } = needsOf(this.state, submitted);
    const target = targetSeq === undefined ? undefined : this.rows.get(targetSeq);
    const decision = decide(this.state, submitted, { target });
    if (decision.kind === 'append') {
      // As it comes back from the store.
      const stored = StoredEvent.decode(StoredEvent.encode(decision.stored));
      this.rows.set(decision.event.seq, stored);
      applyEvent(this.state, decision.event, position, idHash(senderId, command.commandId), false, stored);
    }
    return decision;
  }

  block(senderId: string, blocked: boolean, number: number): Decision {
    return this.submit(senderId, { block: { blocked, number } });
  }

  send(senderId: string): string {
    return outcome(this.submit(senderId, { send: { content: { text: { body: 'hello' } } } }));
  }
}

const outcome = (decision: Decision): string =>
  decision.kind === 'reject' ? `${decision.code} ${decision.message}` : decision.kind;

const BLOCKED = 'FORBIDDEN conversationId: this person takes no messages from you';
const BLOCKS = 'FORBIDDEN conversationId: you block this person';

describe('a block', () => {
  it('refuses what either says to the other until it ends, and tells only whoever made it why', () => {
    const log = new Log();
    expect(log.send('bob')).toBe('append');
    log.block('alice', true, 5);
    expect(log.send('bob')).toBe(BLOCKED);
    expect(log.send('alice')).toBe(BLOCKS);
    log.block('bob', true, 6);
    expect(log.send('bob')).toBe(BLOCKS);
    log.block('bob', false, 8);
    expect(log.send('bob')).toBe(BLOCKED);
    log.block('alice', false, 9);
    expect([log.send('bob'), log.send('alice')]).toEqual(['append', 'append']);
  });

  it.each<[string, Input<Command>]>([
    ['an edit', { edit: { seq: 2, content: { text: { body: 'other words' } } } }],
    ['a reaction', { react: { seq: 2, emoji: '👍' } }],
    ['a pin', { pin: { seq: 2 } }],
    ['a timer', { changeSettings: { disappearAfterSeconds: 60 } }],
  ])('refuses %s', (_name, body) => {
    const log = new Log();
    log.send('bob');
    log.block('alice', true, 1);
    expect(outcome(log.submit('bob', body))).toContain('FORBIDDEN');
  });

  it('leaves everybody their own words to delete', () => {
    const log = new Log();
    log.send('bob');
    log.block('alice', true, 1);
    expect(outcome(log.submit('bob', { delete: { seq: 2 } }))).toBe('append');
  });

  it('is an event without a name, a body and a time of its own', () => {
    const log = new Log();
    log.send('bob');
    const said = log.block('alice', true, 5);
    const { event } = said as Extract<Decision, { kind: 'append' }>;
    expect(event).toMatchObject({ seq: 3, messageNo: 1, senderId: NOBODY_ID, sentAtMs: NOW + 2000 });
    const bodies = Object.entries(event).filter(([, value]) => typeof value === 'object' && value !== null);
    expect(bodies).toEqual([]);
    expect(log.block('alice', false, 6)).toMatchObject({ event: { ...event, seq: 4 } });
  });

  it('counts by its number, whichever comes first', () => {
    const log = new Log();
    expect(outcome(log.block('alice', false, 7))).toBe('append');
    expect(outcome(log.block('alice', true, 6))).toBe('CONFLICT number: want more than 7, got 6');
    expect(log.send('bob')).toBe('append');
  });

  it('is of direct conversations and their members alone', () => {
    expect(outcome(new Log('group').block('alice', true, 1))).toContain('NOT_FOUND');
    expect(outcome(new Log().block('mallory', true, 1))).toContain('NOT_FOUND');
  });

  it('is in the row of the conversation, and an older one that is applied again changes nothing', () => {
    const log = new Log();
    log.block('alice', true, 1);
    log.block('alice', false, 2);
    const loaded = { ...log.state, details: decodeDetails(encodeDetails(log.state.details)) };
    expect(loaded.details.blocks).toEqual([{ userId: 'alice', blocked: false, number: 2 }]);
    const row = log.rows.get(2) as StoredEvent;
    if (!row.event) throw new Error('want an event');
    applyEvent(loaded, row.event, 2, idHash('alice', 'command 2'), true, row);
    expect(loaded.details.blocks).toEqual([{ userId: 'alice', blocked: false, number: 2 }]);
  });
});
