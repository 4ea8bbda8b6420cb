/**
 * What a conversation of 50,000 messages is asked, on both stores: that a repeat of any command gets the first answer at any age, that a
 * device that was away for 20,000 events gets the newest of them and a hole, and that no page reads more than a few of its buckets.
 */
import { randomUUID } from 'node:crypto';
import type { Command } from '@clatter/contracts/messages';
import { type Event, History, type HistoryPage, type Input, Sync, type SyncPage } from '@clatter/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outcome } from '../conversation-batch.ts';
import { readHistory } from '../history.ts';
import { BUCKET_SEQS, type MessageStore } from '../ports.ts';
import { syncPage } from '../sync.ts';
import { CommandOwner, commandOf, idOf } from './command-owner.ts';

const MESSAGES = 50_000;
const BATCH = 2000;
const START_MS = 1_800_000_000_000;
const AWAY_EVENTS = 20_000;

/** A store, and how many queries it was asked where it counts them: each reads one partition. */
export interface LongStore {
  readonly store: MessageStore;
  queries?(): Promise<number>;
  end(): Promise<void>;
}

/** Where the commands below put a poll. */
const POLL_SEQ = 23;

interface Row {
  readonly sender: string;
  readonly body: Input<Command>;
  /** How long after the command before it. */
  readonly afterMs?: number;
}

type Body = Exclude<
  keyof Input<Command>,
  | 'conversationId'
  | 'senderId'
  | 'commandId'
  | 'receivedAtMs'
  | 'retry'
  | 'knownSeq'
  | 'replyTo'
  | 'schedule'
  // Of a person's own log (user-log.test.ts).
  | 'setFlags'
  | 'setDraft'
  | 'deleteForMe'
  | 'refusal'
  // Of a direct conversation (blocks.test.ts).
  | 'block'
>;

/**
 * Of each kind of command in a conversation (`schedule` is none) one that takes effect, in this order; seqs 2 to 5 are Bob's messages. A new kind of command belongs here: the
 * type says so.
 */
const COMMANDS: Record<Body, readonly Row[]> = {
  create: [
    {
      sender: 'alice',
      body: { create: { kind: 'group', title: 'Team', memberIds: ['bob', 'carol', 'dave'].map(idOf) } },
    },
  ],
  send: [
    ...[2, 3, 4, 5].map(
      (seq): Row => ({ sender: 'bob', body: { send: { content: { text: { body: `seq ${seq}` } } } } }),
    ),
    { sender: 'carol', body: { send: { content: { text: { body: 'a reply' } }, replyToSeq: 2 } } },
  ],
  edit: [{ sender: 'bob', body: { edit: { seq: 2, content: { text: { body: 'edited' } } } } }],
  delete: [
    { sender: 'bob', body: { delete: { seq: 3 } } },
    { sender: 'alice', body: { delete: { seq: 4 } } },
  ],
  react: [
    { sender: 'carol', body: { react: { seq: 2, emoji: '👍' } } },
    { sender: 'carol', body: { react: { seq: 2, emoji: '👍', remove: true } } },
  ],
  addMembers: [{ sender: 'alice', body: { addMembers: { userIds: [idOf('erin'), idOf('frank')] } } }],
  removeMember: [
    { sender: 'alice', body: { removeMember: { userId: idOf('erin') } } },
    { sender: 'frank', body: { removeMember: { userId: idOf('frank') } } },
  ],
  rename: [{ sender: 'alice', body: { rename: { title: 'Crew', description: 'all of us' } } }],
  changeSettings: [{ sender: 'alice', body: { changeSettings: { fullHistory: true } } }],
  expire: [
    { sender: 'alice', body: { changeSettings: { disappearAfterSeconds: 5 } } },
    { sender: 'bob', body: { send: { content: { text: { body: 'seq 18' } } } } },
    { sender: 'the owner of the partition', body: { expire: { seqs: [18] } }, afterMs: 6000 },
    { sender: 'alice', body: { changeSettings: { disappearAfterSeconds: 0 } } },
  ],
  pin: [
    { sender: 'bob', body: { pin: { seq: 2 } } },
    { sender: 'carol', body: { pin: { seq: 2, remove: true } } },
  ],
  vote: [
    {
      sender: 'alice',
      body: { send: { content: { poll: { question: 'Which?', options: ['one', 'other'], anonymous: true } } } },
    },
    { sender: 'carol', body: { vote: { seq: POLL_SEQ, options: [1] } } },
  ],
  closePoll: [{ sender: 'alice', body: { closePoll: { seq: POLL_SEQ } } }],
  ban: [{ sender: 'alice', body: { ban: { userId: idOf('dave') } } }],
  unban: [{ sender: 'alice', body: { unban: { userId: idOf('dave') } } }],
  createInvite: [
    { sender: 'alice', body: { createInvite: { inviteId: 'one', maxUses: 1 } } },
    { sender: 'alice', body: { createInvite: { inviteId: 'two' } } },
  ],
  join: [{ sender: 'grace', body: { join: { inviteId: 'one' } } }],
  revokeInvite: [{ sender: 'alice', body: { revokeInvite: { inviteId: 'two' } } }],
  // Last: who gave it away owns nothing any more, and has to get the first answer all the same.
  setRole: [
    { sender: 'alice', body: { setRole: { userId: idOf('carol'), role: 'admin' } } },
    { sender: 'alice', body: { setRole: { userId: idOf('bob'), role: 'owner' } } },
  ],
};

interface First {
  readonly kind: string;
  readonly row: Row;
  readonly commandId: string;
  readonly atMs: number;
  /** Head before it. */
  readonly knownSeq: number;
  readonly outcome: Outcome;
}

/** A conversation with one command of each kind at its beginning and MESSAGES behind them, over so much time of the log. */
class LongConversation {
  readonly id = randomUUID();
  readonly firsts: First[] = [];
  readonly owner: CommandOwner;
  #position = 0;
  nowMs = START_MS;

  constructor(store: MessageStore) {
    this.owner = new CommandOwner(store);
  }

  async begin(overMs: number): Promise<void> {
    for (const [kind, rows] of Object.entries(COMMANDS))
      for (const row of rows) {
        const commandId = randomUUID();
        this.nowMs += row.afterMs ?? 0;
        const atMs = this.nowMs;
        const knownSeq = this.firsts.at(-1)?.outcome.event?.seq ?? 0;
        // A first copy that is lost: its repeat is what comes first to the log.
        const [outcome] = await this.take([{ ...row, commandId, retry: true, receivedAtMs: atMs }]);
        if (outcome?.answer.kind !== 'ack') throw new Error(`${kind}: ${JSON.stringify(outcome?.answer)}`);
        this.firsts.push({ kind, row, commandId, atMs, knownSeq, outcome });
      }
    for (let count = 0; count < MESSAGES; count += BATCH) {
      await this.take(
        Array.from({ length: BATCH }, () => ({
          sender: 'bob',
          body: { send: { content: { text: { body: 'another' } } } },
          commandId: randomUUID(),
        })),
        overMs / MESSAGES,
      );
    }
  }

  take(
    commands: readonly (Row & { commandId: string; retry?: boolean; receivedAtMs?: number; knownSeq?: number })[],
    stepMs = 1,
  ): Promise<readonly Outcome[]> {
    return this.owner.take(
      commands.map(({ sender, body, afterMs: _, receivedAtMs, ...rest }) => {
        this.nowMs += stepMs;
        const timestampMs = Math.floor(this.nowMs);
        const command = commandOf({
          ...body,
          ...rest,
          conversationId: this.id,
          senderId: idOf(sender),
          receivedAtMs: receivedAtMs ?? timestampMs,
        });
        return { command, position: ++this.#position, timestampMs };
      }),
    );
  }
}

export function longConversationContract(name: string, open: () => Promise<LongStore>): void {
  describe(`a conversation of ${MESSAGES} messages: ${name}`, () => {
    let subject: LongStore;
    let quick: LongConversation;
    let slow: LongConversation;
    beforeAll(async () => {
      subject = await open();
      quick = new LongConversation(subject.store);
      slow = new LongConversation(subject.store);
      // Within the window of ids, and far beyond it.
      await quick.begin(4 * 60_000);
      await slow.begin(8 * 3_600_000);
    }, 240_000);
    afterAll(() => subject.end());

    const headSeq = async ({ id }: LongConversation): Promise<number> =>
      (await subject.store.readHeads([id]))[0]?.seq ?? 0;

    describe.each(['in four minutes', 'in eight hours'])('%s', (span) => {
      const conversation = (): LongConversation => (span === 'in four minutes' ? quick : slow);

      it.each(Object.keys(COMMANDS))(
        'a repeat of %s gets the first answer and changes nothing',
        async (kind) => {
          const of = conversation();
          const rows = of.firsts.filter((first) => first.kind === kind);
          expect(rows.length).toBeGreaterThan(0);
          const before = await headSeq(of);
          for (const owner of ['the same owner', 'another owner'])
            for (const { row, commandId, knownSeq, atMs, outcome } of rows)
              for (const copy of [
                { retry: true },
                { retry: true, knownSeq },
                // The lost first copy, which comes out of some buffer after its repeat.
                { receivedAtMs: atMs },
                { receivedAtMs: atMs, knownSeq },
              ]) {
                if (owner === 'another owner') of.owner.forget();
                const [again] = await of.take([{ ...row, commandId, ...copy }]);
                const { place } = outcome.answer as Extract<Outcome['answer'], { kind: 'ack' }>;
                expect(again?.answer, `${owner}, ${JSON.stringify(copy)}`).toEqual({ kind: 'ack', place });
                expect(again?.event).toBeUndefined();
              }
          expect(await headSeq(of)).toBe(before);
        },
        60_000,
      );
    });

    it('the same id of another person is another command', async () => {
      const { commandId } = quick.firsts.find(({ kind }) => kind === 'send') as First;
      const before = await headSeq(quick);
      const body = { send: { content: { text: { body: 'mine' } } } };
      const [outcome] = await quick.take([{ sender: 'carol', body, commandId, retry: true }]);
      expect(outcome?.event?.seq).toBe(before + 1);
    });

    it('a device that was away gets the newest events and a hole, which pages fill without a gap', async () => {
      const { id, nowMs } = slow;
      const userId = idOf('carol');
      const head = await headSeq(slow);
      const known = head - AWAY_EVENTS;
      const asked = { known: [{ conversationId: id, seq: known }] };
      const page: SyncPage = await syncPage(subject.store, userId, Sync.create(asked), nowMs);
      const [item] = page.conversations;
      expect(page.done).toBe(true);
      expect(item).toMatchObject({ headSeq: head });
      const newest = item?.events.map(({ seq }) => seq) ?? [];
      expect(newest).toEqual(Array.from({ length: 100 }, (_, index) => head - 99 + index));
      const held = new Set(newest);
      for (let before = newest[0] as number; before > known + 1; ) {
        const { events, hasMore }: HistoryPage = await readHistory(
          subject.store,
          userId,
          History.create({ conversationId: id, beforeSeq: before, limit: 100 }),
          nowMs,
        );
        expect(hasMore).toBe(true);
        for (const { seq } of events) held.add(seq);
        before = events[0]?.seq as number;
      }
      expect(Array.from({ length: AWAY_EVENTS }, (_, index) => known + 1 + index).every((seq) => held.has(seq))).toBe(
        true,
      );
      // With nothing known it is the newest window too.
      const all = await syncPage(subject.store, userId, Sync.create({}), nowMs);
      expect(all.conversations.find(({ conversation }) => conversation?.conversationId === id)?.events).toHaveLength(
        100,
      );
    }, 60_000);

    it('is found from a time on', async () => {
      const { id } = slow;
      const page = (sinceMs: number): Promise<HistoryPage> =>
        readHistory(
          subject.store,
          idOf('carol'),
          History.create({ conversationId: id, sinceMs, limit: 20 }),
          slow.nowMs,
        );
      const head = await headSeq(slow);
      for (const seq of [1, 2, BUCKET_SEQS, BUCKET_SEQS + 1, 30_000, 40_961, head - 5, head]) {
        const row = await subject.store.readRow(id, seq);
        const sentAtMs = row?.sentAtMs as number;
        // Several events may be of one millisecond: the first of them begins the page.
        const at = await page(sentAtMs);
        const [first] = at.events as [Event];
        const [before] = first.seq > 1 ? [await subject.store.readRow(id, first.seq - 1)] : [];
        expect(first.sentAtMs).toBe(sentAtMs);
        expect(before?.sentAtMs ?? 0).toBeLessThan(sentAtMs);
        expect(at.hasMore).toBe(first.seq + 19 < head);
        expect((await page(sentAtMs + 1)).events[0]?.seq ?? head + 1).toBeGreaterThan(seq);
      }
      expect((await page(0)).events[0]?.seq).toBe(1);
      expect(await page(slow.nowMs + 1)).toEqual({ events: [], hasMore: false });
    });

    it('costs each page a few partitions, wherever it is', async () => {
      if (!subject.queries) return;
      const { queries, store } = subject;
      const { id } = slow;
      const head = await headSeq(slow);
      const cost = async (place: Partial<History>): Promise<number> => {
        const before = await queries();
        const { events } = await readHistory(
          store,
          idOf('carol'),
          History.create({ conversationId: id, limit: 100, ...place }),
          slow.nowMs,
        );
        expect(events.length).toBeGreaterThan(0);
        return (await queries()) - before;
      };
      const edge = 3 * BUCKET_SEQS;
      for (const seq of [2, 100, edge - 1, edge, edge + 1, edge + 60, 31_234, head - 1])
        for (const place of [{ beforeSeq: seq }, { afterSeq: seq }]) expect(await cost(place)).toBeLessThanOrEqual(6);
      for (const seq of [1, edge, edge + 1, head]) expect(await cost({ aroundSeq: seq })).toBeLessThanOrEqual(10);
      expect(await cost({})).toBeLessThanOrEqual(6);
      const halvings = Math.ceil(Math.log2(head));
      expect(await cost({ sinceMs: START_MS + 3_600_000 })).toBeLessThanOrEqual(8 + halvings);
    });
  });
}
