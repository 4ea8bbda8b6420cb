/** A checker that finds nothing may be blind: each kind of fault is planted in a good record, and must be found. */
import { Event } from '@clatter/wire';
import { describe, expect, it } from 'vitest';
import { digestOf, type Entry, type LogPage, type Saw, type Seen, type Sent, seenOf, whats } from './entry.ts';
import { HistoryChecker } from './history-checker.ts';
import { countsOf, describeFindings } from './report.ts';
import { type ViolationKind, violationKinds } from './violations.ts';

const conversationId = 'c';
const text = (body: string) => ({ text: { body, mentions: [] } });
const event = (seq: number, messageNo: number, senderId: string, body: Partial<Event>): Event =>
  Event.create({ conversationId, seq, messageNo, senderId, sentAtMs: 1000 + seq, ...body });
const message = (seq: number, messageNo: number, senderId: string, messageId: string): Event =>
  event(seq, messageNo, senderId, {
    message: {
      messageId,
      content: text(`text of ${messageId}`),
      edited: false,
      deleted: false,
      reactions: [],
    } as never,
  });
const members = (joined: readonly { userId: string; from: number }[], removedIds: string[] = []): Partial<Event> => ({
  membersChanged: {
    added: joined.map(({ userId, from }) => ({ userId, role: 'member', joinedSeq: 0, visibleFromSeq: from })),
    removedIds,
    changed: [],
    bannedIds: [],
    unbannedIds: [],
  } as never,
});

/** Carol comes late and sees what is new; Dave leaves. */
const live: readonly Event[] = [
  event(1, 0, 'ann', {
    created: { kind: 'group', title: '', members: ['ann', 'bob', 'dave'].map((userId) => ({ userId })) } as never,
  }),
  message(2, 1, 'ann', 'm1'),
  message(3, 2, 'bob', 'm2'),
  event(4, 2, 'ann', members([{ userId: 'carol', from: 4 }], ['dave'])),
  message(5, 3, 'ann', 'm3'),
  event(6, 3, 'ann', { edited: { seq: 5, content: text('another text') } }),
  event(7, 3, 'bob', { reacted: { seq: 5, emoji: '👍', removed: false } }),
  event(8, 3, 'bob', { deleted: { seq: 3 } }),
  message(9, 4, 'bob', 'm4'),
];
const seen = live.map(seenOf);
/** As it is in the end. */
const log: readonly Seen[] = seen.map((item) => {
  if (item.seq === 3) return { ...item, digest: undefined, deleted: true };
  if (item.seq === 5) return { ...item, digest: digestOf(text('another text')), edited: true, reactions: { '👍': 1 } };
  return item;
});

const sent = (userId: string, id: string, what: string, body?: string): Sent => ({
  kind: 'sent',
  device: `${userId}’s phone`,
  userId,
  conversationId,
  id,
  what,
  ...(body !== undefined && { digest: digestOf(text(body)) }),
});
const commands: readonly { readonly sent: Sent; readonly seq: number }[] = [
  { seq: 2, sent: sent('ann', 'm1', whats.asMessage('ann', 'm1'), 'text of m1') },
  { seq: 3, sent: sent('bob', 'm2', whats.asMessage('bob', 'm2'), 'text of m2') },
  { seq: 5, sent: sent('ann', 'm3', whats.asMessage('ann', 'm3'), 'text of m3') },
  { seq: 6, sent: sent('ann', 'e1', whats.asEdit('ann', 5), 'another text') },
  { seq: 7, sent: sent('bob', 'r1', whats.asReaction('bob', 5, '👍', false)) },
  { seq: 8, sent: sent('bob', 'd1', whats.asDeletion('bob', 3)) },
  { seq: 9, sent: sent('bob', 'm4', whats.asMessage('bob', 'm4'), 'text of m4') },
];
/** From which to which seq each sees. */
const sight = { ann: [1, 9], bob: [1, 9], carol: [4, 9], dave: [1, 4] } as const;
type Name = keyof typeof sight;
const names = Object.keys(sight) as Name[];

/** A good run: each is told of everything, live, in order. */
function good(): Entry[] {
  const entries: Entry[] = [];
  for (const item of seen) {
    const command = commands.find(({ seq }) => seq === item.seq);
    if (command) entries.push(command.sent);
    for (const userId of names) {
      if (item.seq < sight[userId][0] || item.seq > sight[userId][1]) continue;
      const at = { device: `${userId}’s phone`, userId, conversationId };
      // What was before Carol's time is not shown to her.
      entries.push({ kind: 'saw', ...at, by: 'live', event: item }, { kind: 'told', ...at, seq: item.seq });
    }
    if (!command) continue;
    const { device, userId, id } = command.sent;
    const { seq, messageNo, sentAtMs } = item;
    entries.push({ kind: 'acked', device, userId, conversationId, id, seq, messageNo, sentAtMs });
  }
  const marks = { kind: 'watermark', device: 'ann’s phone', conversationId, of: 'bob' } as const;
  entries.push({ ...marks, deliveredSeq: 5, readSeq: 3, by: 'live' });
  entries.push({ ...marks, deliveredSeq: 9, readSeq: 5, by: 'end' });
  for (const userId of ['ann', 'bob', 'carol'] as const) {
    const events = log.filter(({ seq }) => seq >= sight[userId][0]);
    entries.push({ kind: 'log', userId, conversationId, events: events.slice(0, 3), last: false });
    entries.push({ kind: 'log', userId, conversationId, events: events.slice(3), last: true });
  }
  return entries;
}

function check(entries: readonly Entry[]): HistoryChecker {
  const checker = new HistoryChecker();
  for (const entry of entries) checker.take(entry);
  checker.finishAll();
  return checker;
}
const found = (entries: readonly Entry[]): ViolationKind[] => {
  const { findings } = check(entries);
  return (Object.keys(violationKinds) as ViolationKind[]).filter((kind) => findings.found(kind) > 0);
};

/** Changes the entries that `which` picks; undefined leaves one out. */
const change = <T extends Entry>(which: (entry: Entry) => entry is T, by: (entry: T) => Entry | undefined): Entry[] =>
  good().flatMap((entry) => (which(entry) ? (by(entry) ?? []) : entry));
const isLog = (entry: Entry): entry is LogPage => entry.kind === 'log';
/** The logs of these, or of all, with other events. */
const logs = (by: (event: Seen) => Seen | undefined, of: readonly string[] = names): Entry[] =>
  change(isLog, (page) =>
    of.includes(page.userId) ? { ...page, events: page.events.flatMap((item) => by(item) ?? []) } : page,
  );
const acks = (id: string, by: { seq?: number } | undefined): Entry[] =>
  change(
    (entry): entry is Extract<Entry, { kind: 'acked' }> => entry.kind === 'acked' && entry.id === id,
    (entry) => by && { ...entry, ...by },
  );
const sights = (seq: number, of: string, by: (entry: Saw) => Entry): Entry[] =>
  change((entry): entry is Saw => entry.kind === 'saw' && entry.event.seq === seq && entry.userId === of, by);
const tolds = (seq: number, of: string): Entry[] =>
  good().filter((entry) => !(entry.kind === 'told' && entry.seq === seq && entry.userId === of));
const with_ = (...more: Entry[]): Entry[] => {
  const entries = good();
  const at = entries.findIndex(isLog);
  return [...entries.slice(0, at), ...more, ...entries.slice(at)];
};
const swap =
  (a: number, b: number) =>
  (item: Seen): Seen => {
    const other = item.seq === a ? log[b - 1] : item.seq === b ? log[a - 1] : undefined;
    return other ? { ...other, seq: item.seq, messageNo: item.messageNo, sentAtMs: item.sentAtMs } : item;
  };
const ann = { device: 'ann’s phone', userId: 'ann', conversationId } as const;
const dave = { device: 'dave’s phone', userId: 'dave', conversationId } as const;

describe('the history checker', () => {
  it('finds nothing where nothing is wrong', () => {
    const checker = check(good());
    expect(checker.findings.first).toEqual([]);
    expect(checker.size).toEqual({ conversations: 1, commands: 7, events: 9, deliveries: 28 });
    // What was never looked at proves nothing.
    for (const kind of Object.keys(violationKinds) as ViolationKind[])
      expect(checker.findings.lookedAt(kind), kind).toBeGreaterThan(0);
  });

  it('allows what is allowed', () => {
    // A device that left is not expected to have been told of the end; one that was told of a gap may ask for it later.
    const untold = tolds(9, 'carol');
    expect(found([...untold, { kind: 'left', device: 'carol’s phone' }])).toEqual([]);
    const gap: Entry = { kind: 'gap', device: 'carol’s phone', conversationId, first: 9, last: 9 };
    expect(found([...untold.slice(0, -6), gap, ...untold.slice(-6)])).toEqual([]);
    // The event of one's own message is as good as its ack.
    expect(found(acks('m4', undefined))).toEqual([]);
    // Events come again, as they were and edited; so do acks, and small news of what is older.
    const again = log[4] as Seen;
    expect(found(with_({ kind: 'saw', ...ann, by: 'live', event: seen[4] as Seen }))).toEqual([]);
    expect(found(with_({ kind: 'saw', ...ann, by: 'sync', event: again }))).toEqual([]);
    expect(
      found(
        with_({
          kind: 'watermark',
          device: 'ann’s phone',
          conversationId,
          of: 'bob',
          deliveredSeq: 4,
          readSeq: 2,
          by: 'live',
        }),
      ),
    ).toEqual([]);
    expect(
      found(acks('m1', undefined).concat({ kind: 'acked', ...ann, id: 'm1', seq: 2, messageNo: 1, sentAtMs: 1002 })),
    ).toEqual([]);
  });

  it.each<[string, ViolationKind, () => Entry[]]>([
    ['an acknowledged message is in no log', 'lost', () => logs((item) => (item.seq === 9 ? undefined : item))],
    ['no log was read', 'lost', () => change(isLog, (page) => ({ ...page, events: [] }))],
    [
      'the log has another message where one was acknowledged',
      'lost',
      () => logs((item) => (item.seq === 9 ? { ...item, what: whats.asMessage('bob', 'm5') } : item)),
    ],
    [
      'a repeat was acknowledged with another seq',
      'doubled',
      () => with_({ kind: 'acked', ...ann, id: 'm1', seq: 9, messageNo: 4, sentAtMs: 1009 }),
    ],
    [
      'a message is in the log twice',
      'doubled',
      () => logs((item) => (item.seq === 9 ? { ...(seen[1] as Seen), seq: 9, messageNo: 4, sentAtMs: 1009 } : item)),
    ],
    [
      'an edit is in the log twice',
      'doubled',
      () => [
        ...good(),
        {
          kind: 'log',
          userId: 'ann',
          conversationId,
          events: [{ ...(log[5] as Seen), seq: 10, messageNo: 4, sentAtMs: 1010 }],
          last: true,
        },
      ],
    ],
    [
      'a client’s messages are swapped',
      'reordered',
      () =>
        acks('m3', { seq: 6 }).map((entry) =>
          entry.kind === 'acked' && entry.id === 'e1' ? { ...entry, seq: 5 } : entry,
        ),
    ],
    [
      'a message is before one that was acknowledged before it was sent',
      'reordered',
      () => [...acks('m4', { seq: 2 })],
    ],
    ['a device was told out of order', 'reordered', () => with_({ kind: 'told', ...ann, seq: 3 })],
    ['a device was told twice', 'reordered', () => with_({ kind: 'told', ...ann, seq: 9 })],
    ['a log has another content', 'altered', () => logs((item) => (item.seq === 2 ? { ...item, digest: 'x' } : item))],
    [
      'a device saw another content',
      'altered',
      () => sights(2, 'bob', (entry) => ({ ...entry, event: { ...entry.event, digest: 'x' } })),
    ],
    [
      'an edit shows what nobody wrote',
      'altered',
      () => logs((item) => (item.seq === 5 ? { ...item, digest: 'x' } : item)),
    ],
    [
      'nobody sent it',
      'phantom',
      () => [
        ...good(),
        {
          kind: 'log',
          userId: 'ann',
          conversationId,
          events: [{ ...(log[8] as Seen), seq: 10, messageNo: 5, sentAtMs: 1010, what: whats.asMessage('bob', 'm9') }],
          last: true,
        },
      ],
    ],
    [
      'somebody else is named as its sender',
      'phantom',
      () => logs((item) => (item.seq === 9 ? { ...item, what: whats.asMessage('ann', 'm4'), senderId: 'ann' } : item)),
    ],
    [
      'an ack answers what was never sent',
      'phantom',
      () => with_({ kind: 'acked', ...ann, id: 'm7', seq: 2, messageNo: 1, sentAtMs: 1002 }),
    ],
    ['a seq is missing in one log', 'gap', () => logs((item) => (item.seq === 7 ? undefined : item), ['bob'])],
    ['a seq is missing in all logs', 'gap', () => logs((item) => (item.seq === 7 ? undefined : item))],
    ['a seq comes twice', 'gap', () => logs((item) => (item.seq === 8 ? { ...(log[6] as Seen) } : item), ['bob'])],
    ['one log ends before the others', 'gap', () => logs((item) => (item.seq === 9 ? undefined : item), ['bob'])],
    ['one log begins too late', 'gap', () => logs((item) => (item.seq === 1 ? undefined : item), ['bob'])],
    ['two logs have another order', 'moved', () => logs(swap(2, 3), ['bob'])],
    ['an ack names another seq', 'moved', () => acks('m1', { seq: 3 })],
    [
      'a device saw it elsewhere',
      'moved',
      () => sights(3, 'ann', (entry) => ({ ...entry, event: { ...entry.event, seq: 2 } })),
    ],
    [
      'a device saw another time',
      'moved',
      () => sights(3, 'ann', (entry) => ({ ...entry, event: { ...entry.event, sentAtMs: 1 } })),
    ],
    ['a device was never told of one', 'missed', () => tolds(7, 'carol')],
    ['a device was never told of the last', 'missed', () => tolds(9, 'bob')],
    [
      'a removed member was shown what came after',
      'leaked',
      () => with_({ kind: 'saw', ...dave, by: 'live', event: seen[4] as Seen }),
    ],
    [
      'a new member was shown what was before',
      'leaked',
      () =>
        with_({
          kind: 'saw',
          ...dave,
          userId: 'carol',
          device: 'carol’s phone',
          by: 'history',
          event: seen[1] as Seen,
        }),
    ],
    [
      'a new member was shown the content of an edit of what was before',
      'leaked',
      () =>
        with_({
          kind: 'saw',
          device: 'carol’s phone',
          userId: 'carol',
          conversationId,
          by: 'live',
          event: { ...(seen[5] as Seen), target: 2 },
        }),
    ],
    [
      'a stranger was shown something',
      'leaked',
      () => with_({ kind: 'saw', device: 'x', userId: 'x', conversationId, by: 'live', event: seen[1] as Seen }),
    ],
    [
      'a deleted message has its content in a log',
      'stale',
      () => logs((item) => (item.seq === 3 ? (seen[2] as Seen) : item), ['carol', 'bob']),
    ],
    [
      'a deleted message is marked and not blank',
      'stale',
      () => logs((item) => (item.seq === 3 ? { ...item, digest: digestOf(text('text of m2')) } : item)),
    ],
    [
      'an edit is not shown',
      'stale',
      () => logs((item) => (item.seq === 5 ? { ...(seen[4] as Seen), reactions: { '👍': 1 } } : item), ['bob']),
    ],
    ['a reaction is not shown', 'stale', () => logs((item) => (item.seq === 5 ? { ...item, reactions: {} } : item))],
    [
      'a reaction is counted twice',
      'stale',
      () => logs((item) => (item.seq === 5 ? { ...item, reactions: { '👍': 2 } } : item)),
    ],
    [
      'a message was not counted',
      'miscounted',
      () => logs((item) => (item.seq >= 5 ? { ...item, messageNo: item.messageNo - 1 } : item)),
    ],
    ['the time goes back', 'time', () => logs((item) => (item.seq === 7 ? { ...item, sentAtMs: 1001 } : item))],
    [
      'a stored watermark went back',
      'receipt',
      () =>
        with_({
          kind: 'watermark',
          device: 'ann’s phone',
          conversationId,
          of: 'bob',
          deliveredSeq: 9,
          readSeq: 4,
          by: 'end',
        }),
    ],
    [
      'a watermark is beyond the head',
      'receipt',
      () =>
        with_({
          kind: 'watermark',
          device: 'ann’s phone',
          conversationId,
          of: 'bob',
          deliveredSeq: 99,
          readSeq: 4,
          by: 'live',
        }),
    ],
    ['a command got no answer', 'unanswered', () => acks('d1', undefined)],
    [
      'a message got no answer, and its event was not told of',
      'unanswered',
      () =>
        acks('m4', undefined).filter((entry) => !(entry.kind === 'told' && entry.seq === 9 && entry.userId === 'bob')),
    ],
    ['a command was refused', 'refused', () => with_({ kind: 'refused', ...ann, id: 'm1', code: 'FORBIDDEN' })],
  ])('finds that %s (%s)', (_, kind, plant) => {
    expect(found(plant())).toContain(kind);
  });

  it('names each fault alone where it comes alone', () => {
    expect(found(logs((item) => (item.seq === 2 ? { ...item, digest: 'x' } : item)))).toEqual(['altered']);
    expect(found(tolds(7, 'carol'))).toEqual(['missed']);
    expect(found(with_({ kind: 'told', ...ann, seq: 3 }))).toEqual(['reordered']);
    expect(found(acks('d1', undefined))).toEqual(['unanswered']);
    expect(found(logs((item) => (item.seq === 3 ? (seen[2] as Seen) : item), ['bob']))).toEqual(['stale']);
  });

  it('keeps the first violations of a kind and counts all', () => {
    const entries = with_(...Array.from({ length: 500 }, (): Entry => ({ kind: 'told', ...ann, seq: 1 })));
    const checker = check(entries);
    expect(countsOf(checker, ['lost', 'reordered'])).toBe('lost 0, reordered 500');
    const lines = describeFindings(checker);
    expect(lines).toContain('  … and 490 more');
    expect(lines.join('\n')).toContain('reordered in c: ann’s phone was told of seq 1 after 9');
  });
});

describe('what it holds', () => {
  it('does not grow with deliveries', () => {
    const checker = new HistoryChecker();
    const [entry] = good().filter((item): item is Saw => item.kind === 'saw');
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 300_000; i++) checker.take({ ...(entry as Saw) });
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 << 20);
  });
});
