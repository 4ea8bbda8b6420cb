import { Event } from '@clatter/wire';
import { describe, expect, it } from 'vitest';
import { type ConversationRecord, checkConversation, type FaultKind } from './history-checker.ts';

const event = (seq: number, init: Partial<Event>): Event =>
  Event.create({ conversationId: 'c', seq, messageNo: Math.max(0, seq - 1), sentAtMs: 1000 + seq, ...init });
const created = event(1, { senderId: 'a', created: { kind: 'direct', title: '', members: [] } });
const message = (seq: number, senderId: string, messageId: string, body = `text of ${messageId}`): Event =>
  event(seq, {
    senderId,
    message: { messageId, content: { text: { body } }, edited: false, deleted: false, reactions: [] } as never,
  });

const m1 = message(2, 'a', 'm1');
const m2 = message(3, 'b', 'm2');
const m3 = message(4, 'a', 'm3');
const m4 = message(5, 'b', 'm4');
const log = [created, m1, m2, m3, m4];
const both = (events: readonly Event[]): ConversationRecord['histories'] =>
  new Map([
    ['a', events],
    ['b', events],
  ]);
const good: ConversationRecord = {
  conversationId: 'c',
  sent: [
    { messageId: 'm1', senderId: 'a', text: 'text of m1', ackedSeq: 2 },
    { messageId: 'm2', senderId: 'b', text: 'text of m2', ackedSeq: 3 },
    { messageId: 'm3', senderId: 'a', text: 'text of m3', ackedSeq: 4 },
    { messageId: 'm4', senderId: 'b', text: 'text of m4' },
  ],
  ordered: false,
  complete: false,
  live: new Map([
    ['phone of a', log],
    ['phone of b', log.slice(1)],
  ]),
  histories: both(log),
  receipts: new Map([
    [
      'phone of a',
      [
        { userId: 'b', deliveredSeq: 2, readSeq: 0 },
        { userId: 'b', deliveredSeq: 4, readSeq: 2 },
      ],
    ],
  ]),
};
const unseen = { ...good, live: new Map(), receipts: new Map() };
const unacked = { ...unseen, sent: good.sent.map(({ ackedSeq: _, ...rest }) => rest) };

const kinds = (record: ConversationRecord): FaultKind[] => [
  ...new Set(checkConversation(record).map((fault) => fault.kind)),
];
/** As if the log had been so from the start. */
const renumber = (events: readonly Event[]): Event[] =>
  events.map((item, index) => ({ ...item, seq: index + 1, messageNo: index, sentAtMs: 1000 + index }));
const seen = (...events: Event[]): ConversationRecord => ({ ...good, live: new Map([['phone', events]]) });

describe('the history checker', () => {
  it('finds nothing where nothing is wrong, nor where a message without an ack is gone', () => {
    expect(checkConversation(good)).toEqual([]);
    expect(checkConversation({ ...unseen, histories: both(log.slice(0, 4)) })).toEqual([]);
    expect(checkConversation({ ...good, ordered: true })).toEqual([]);
    expect(checkConversation({ ...seen(...log), complete: true })).toEqual([]);
  });

  it.each<[string, FaultKind, ConversationRecord]>([
    ['an acknowledged message is gone', 'lost', { ...unseen, histories: both(renumber([created, m2, m3, m4])) }],
    [
      'the end of one history is missing',
      'lost',
      {
        ...unacked,
        histories: new Map([
          ['a', log],
          ['b', log.slice(0, 3)],
        ]),
      },
    ],
    ['no history was read', 'lost', { ...good, histories: new Map() }],
    ['a message is there twice', 'doubled', { ...good, histories: both([...log, message(6, 'a', 'm1')]) }],
    [
      'two members have another order',
      'reordered',
      {
        ...unacked,
        histories: new Map([
          ['a', log],
          ['b', renumber([created, m2, m1, m3, m4])],
        ]),
      },
    ],
    [
      'a sender’s messages are swapped',
      'reordered',
      { ...unacked, histories: both(renumber([created, m3, m2, m1, m4])) },
    ],
    [
      'messages that waited for each other are swapped',
      'reordered',
      { ...unacked, ordered: true, histories: both(renumber([created, m2, m1, m3, m4])) },
    ],
    ['a device saw events out of order', 'reordered', seen(m2, m1)],
    ['a device was told twice', 'reordered', seen(m1, m1)],
    [
      'a space was trimmed',
      'altered',
      { ...unseen, histories: both([created, message(2, 'a', 'm1', 'text of m1 '), m2, m3, m4]) },
    ],
    ['a device saw another text', 'altered', seen(message(2, 'a', 'm1', 'text'))],
    ['nobody sent it', 'phantom', { ...good, histories: both([...log, message(6, 'a', 'm9')]) }],
    ['somebody else sent that id', 'phantom', { ...good, histories: both([...log, message(6, 'b', 'm1')]) }],
    ['a seq is missing', 'gap', { ...unacked, histories: both([created, m1, m2, m3, { ...m4, seq: 6 }]) }],
    ['a seq is there twice', 'gap', { ...unacked, histories: both([created, m1, m2, { ...m3, seq: 3 }, m4]) }],
    ['the log does not begin with 1', 'gap', { ...unacked, histories: both(log.slice(1)) }],
    [
      'an ack names another seq',
      'moved',
      { ...good, sent: good.sent.map((item) => (item.messageId === 'm4' ? { ...item, ackedSeq: 4 } : item)) },
    ],
    ['a device saw it elsewhere', 'moved', seen({ ...m1, seq: 3 })],
    ['a device saw what is in no history', 'moved', seen(message(6, 'a', 'm9'))],
    ['a device was never told of the last', 'missed', { ...seen(created, m1, m2, m3), complete: true }],
    ['a device was never told of one between', 'missed', { ...seen(created, m1, m3, m4), complete: true }],
    [
      'a message was not counted',
      'miscounted',
      { ...good, histories: both([created, m1, { ...m2, messageNo: 1 }, m3, m4]) },
    ],
    ['the time goes back', 'time', { ...good, histories: both([created, m1, m2, { ...m3, sentAtMs: 1001 }, m4]) }],
    [
      'a read point goes back',
      'receipt',
      {
        ...good,
        receipts: new Map([
          [
            'phone',
            [
              { userId: 'b', deliveredSeq: 4, readSeq: 4 },
              { userId: 'b', deliveredSeq: 4, readSeq: 3 },
            ],
          ],
        ]),
      },
    ],
    [
      'a delivery is beyond the head',
      'receipt',
      { ...good, receipts: new Map([['phone', [{ userId: 'b', deliveredSeq: 99, readSeq: 0 }]]]) },
    ],
  ])('finds that %s (%s)', (_, kind, record) => {
    expect(kinds(record)).toContain(kind);
  });

  it('names each fault alone where it comes alone', () => {
    expect(kinds({ ...unseen, histories: both([created, message(2, 'a', 'm1', 'other'), m2, m3, m4]) })).toEqual([
      'altered',
    ]);
    expect(kinds(seen(m2, m1))).toEqual(['reordered']);
    expect(kinds({ ...unacked, histories: both(renumber([created, m3, m2, m1, m4])) })).toEqual(['reordered']);
  });

  it('takes an edited or deleted text for what it is', () => {
    const edited = { ...m1, message: { ...m1.message, content: { text: { body: 'other' } }, edited: true } } as Event;
    const deleted = { ...m2, message: { ...m2.message, content: undefined, deleted: true } } as Event;
    expect(checkConversation({ ...unseen, histories: both([created, edited, deleted, m3, m4]) })).toEqual([]);
  });
});
