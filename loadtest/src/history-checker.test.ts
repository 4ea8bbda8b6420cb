import { Event } from '@clatter/wire';
import { describe, expect, it } from 'vitest';
import { type ConversationRecord, checkConversation, type FaultKind } from './history-checker.ts';

const created = Event.create({
  conversationId: 'c',
  seq: 1,
  senderId: 'a',
  created: { kind: 'direct', title: '', members: [] },
});
const message = (seq: number, senderId: string, messageId: string, body = `text of ${messageId}`): Event =>
  Event.create({
    conversationId: 'c',
    seq,
    messageNo: seq - 1,
    senderId,
    message: { messageId, content: { text: { body } }, edited: false, deleted: false, reactions: [] },
  });

const log = [created, message(2, 'a', 'm1'), message(3, 'b', 'm2'), message(4, 'a', 'm3'), message(5, 'b', 'm4')];
const good: ConversationRecord = {
  conversationId: 'c',
  sent: [
    { messageId: 'm1', senderId: 'a', text: 'text of m1', ackedSeq: 2 },
    { messageId: 'm2', senderId: 'b', text: 'text of m2', ackedSeq: 3 },
    { messageId: 'm3', senderId: 'a', text: 'text of m3', ackedSeq: 4 },
    { messageId: 'm4', senderId: 'b', text: 'text of m4' },
  ],
  ordered: false,
  live: new Map([
    ['phone of a', log],
    ['phone of b', log.slice(1)],
  ]),
  histories: new Map([
    ['a', log],
    ['b', log],
  ]),
  receipts: [
    { userId: 'b', deliveredSeq: 2, readSeq: 0 },
    { userId: 'b', deliveredSeq: 4, readSeq: 2 },
  ],
};

const kinds = (record: ConversationRecord): FaultKind[] => [
  ...new Set(checkConversation(record).map((fault) => fault.kind)),
];
const both = (events: readonly Event[]): ConversationRecord['histories'] =>
  new Map([
    ['a', events],
    ['b', events],
  ]);
const renumber = (events: readonly Event[]): Event[] => events.map((event, index) => ({ ...event, seq: index + 1 }));

describe('the history checker', () => {
  it('finds nothing where nothing is wrong', () => {
    expect(checkConversation(good)).toEqual([]);
  });

  it('finds an acknowledged message that is lost, and lets one go that was never acknowledged', () => {
    expect(kinds({ ...good, live: new Map(), histories: both(renumber([created, ...log.slice(2)])) })).toContain(
      'lost',
    );
    expect(kinds({ ...good, live: new Map(), histories: both(log.slice(0, 4)) })).toEqual([]);
  });

  it('finds a message under two seqs', () => {
    expect(kinds({ ...good, histories: both([...log, message(6, 'a', 'm1')]) })).toEqual(['doubled']);
  });

  it('finds an order that differs between members', () => {
    const swapped = [created, message(2, 'b', 'm2'), message(3, 'a', 'm1'), ...log.slice(3)];
    expect(
      kinds({
        ...good,
        histories: new Map([
          ['a', log],
          ['b', swapped],
        ]),
      }),
    ).toContain('reordered');
  });

  it("finds a sender's messages out of the order sent", () => {
    const swapped = renumber([
      created,
      message(0, 'a', 'm3'),
      message(0, 'b', 'm2'),
      message(0, 'a', 'm1'),
      message(0, 'b', 'm4'),
    ]);
    const sent = good.sent.map(({ ackedSeq: _, ...rest }) => rest);
    expect(kinds({ ...good, sent, live: new Map(), histories: both(swapped) })).toEqual(['reordered']);
    expect(kinds({ ...good, sent: [...sent].reverse(), ordered: true, live: new Map() })).toContain('reordered');
  });

  it('finds a text that was altered', () => {
    expect(
      kinds({
        ...good,
        live: new Map(),
        histories: both([created, message(2, 'a', 'm1', 'text of m1 '), ...log.slice(2)]),
      }),
    ).toEqual(['altered']);
  });

  it('finds a message that nobody sent', () => {
    expect(kinds({ ...good, histories: both([...log, message(6, 'a', 'm9')]) })).toEqual(['phantom']);
  });

  it('finds a gap', () => {
    expect(kinds({ ...good, live: new Map(), histories: both([...log.slice(0, 4), message(6, 'b', 'm4')]) })).toContain(
      'gap',
    );
  });

  it('finds an ack and a live event that name another place', () => {
    const sent = good.sent.map((item) => (item.messageId === 'm1' ? { ...item, ackedSeq: 4 } : item));
    expect(kinds({ ...good, sent })).toEqual(['moved']);
    expect(kinds({ ...good, live: new Map([['phone', [message(3, 'a', 'm1')]]]) })).toEqual(['moved']);
  });

  it('finds a device that saw events out of order or twice', () => {
    expect(kinds({ ...good, live: new Map([['phone', [log[2] as Event, log[1] as Event]]]) })).toEqual(['reordered']);
    expect(kinds({ ...good, live: new Map([['phone', [log[1] as Event, log[1] as Event]]]) })).toEqual(['reordered']);
  });

  it('finds a receipt that goes back, or beyond the head', () => {
    expect(kinds({ ...good, receipts: [...(good.receipts ?? [])].reverse() })).toEqual(['receipt']);
    expect(kinds({ ...good, receipts: [{ userId: 'b', deliveredSeq: 99, readSeq: 0 }] })).toEqual(['receipt']);
  });
});
