/**
 * Two owners of one partition on a real server: one that was paused and does not know that it lost it writes again what it wrote, in
 * other batches, while the other goes on. Whatever the order, what stands is what the log says.
 */
import { randomUUID } from 'node:crypto';
import { createMetrics } from '@clatter/runtime';
import { seededRandom } from '@clatter/runtime/testing';
import type { Client, types } from 'cassandra-driver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bytes,
  conversationRow,
  EPOCH,
  inboxRow,
  logRow,
  memberRow,
  NOBODY,
  plain,
  projected,
  receiptRow,
} from '../contract/rows.ts';
import type { LogMutation, LogRow, MessageStore, Rewrite, StoreBatch } from '../ports.ts';
import { markGroupOf } from './cassandra-marks.ts';
import { type CassandraUnderTest, cassandraUnderTest } from './cassandra-under-test.ts';

const BUCKET = 8;
const bucketOf = (seq: number): number => Math.floor((seq - 1) / BUCKET);

let cassandra: CassandraUnderTest;
let older: MessageStore;
let newer: MessageStore;
let client: Client;

beforeAll(async () => {
  cassandra = await cassandraUnderTest();
  [older, newer] = await Promise.all([cassandra.open({ bucketSeqs: BUCKET }), cassandra.open({ bucketSeqs: BUCKET })]);
  client = await cassandra.client();
});

afterAll(async () => {
  await client.shutdown();
  await Promise.all([older.close(), newer.close()]);
  await cassandra.drop();
});

/** What one command leaves: a row, and where it is an edit or a deletion, a new version of an earlier one. */
interface Entry {
  readonly row: LogRow;
  readonly rewrite?: Rewrite | undefined;
}

/** The outcome of so many commands; about half of them change an earlier row, a third of those blank it. */
function outcomes(count: number, epoch: number, random: () => number): Entry[] {
  return Array.from({ length: count }, (_, index) => {
    const position = epoch * EPOCH + 100 + index * 3;
    const row = logRow(index + 1, { position });
    if (index === 0 || random() < 0.5) return { row };
    const event = bytes(random() < 0.33 ? '' : `version of ${position}`);
    return { row, rewrite: { seq: 1 + Math.floor(random() * index), event, eventPosition: position } };
  });
}

/** Entries as a projector writes them: a batch has one mutation, of one bucket; rewrites of other buckets are projections. */
function batches(conversationId: string, entries: readonly Entry[], lengthOf: () => number): StoreBatch[] {
  const made: StoreBatch[] = [];
  for (let from = 0; from < entries.length; ) {
    const bucket = bucketOf((entries[from] as Entry).row.seq);
    const length = lengthOf();
    const part = entries.slice(from, from + length).filter(({ row }) => bucketOf(row.seq) === bucket);
    from += part.length;
    const rewrites = new Map<number, Rewrite>();
    for (const { rewrite } of part) if (rewrite) rewrites.set(rewrite.seq, rewrite);
    const { seq, messageNo, position, sentAtMs } = (part.at(-1) as Entry).row;
    const all = [...rewrites.values()];
    const log: LogMutation = {
      conversationId,
      bucket,
      raisesBucket: ((part[0] as Entry).row.seq - 1) % BUCKET === 0,
      rows: part.map(({ row }) => row),
      rewrites: all.filter((rewrite) => bucketOf(rewrite.seq) === bucket),
      head: { seq, messageNo, position, sentAtMs },
    };
    const old = all.filter((rewrite) => bucketOf(rewrite.seq) !== bucket);
    const projections = { ...NOBODY, rewrites: old.map((rewrite) => ({ conversationId, ...rewrite })) };
    made.push({ logs: [log], projections });
  }
  return made;
}

/** The rows after all commands. */
function fold(entries: readonly Entry[]): LogRow[] {
  const rows = entries.map(({ row }) => row);
  for (const { rewrite } of entries)
    if (rewrite) rows[rewrite.seq - 1] = { ...(rows[rewrite.seq - 1] as LogRow), ...rewrite };
  return rows;
}

async function writeInTurn(store: MessageStore, all: readonly StoreBatch[]): Promise<void> {
  for (const batch of all) await store.write(batch);
}

async function expectLog(id: string, expected: readonly LogRow[]): Promise<void> {
  const last = expected.at(-1) as LogRow;
  for (const store of [older, newer]) {
    expect((await store.readRows(id, 1, Number.MAX_SAFE_INTEGER, 1000, false)).map(plain)).toEqual(expected.map(plain));
    expect(await store.latestBucket(id)).toBe(bucketOf(last.seq));
    const { seq, messageNo, position, sentAtMs } = last;
    expect(await store.readHeads([id])).toEqual([{ seq, messageNo, position, sentAtMs }]);
  }
}

describe('two owners', () => {
  it('leave what the log says, in whatever order they write', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const random = seededRandom(seed);
      const lengthOf = (): number => 1 + Math.floor(random() * 6);
      const id = randomUUID();
      const entries = outcomes(30, 1, random);
      const stood = 5 + Math.floor(random() * 20);
      // The older one is paused after some batches; the newer one begins at what was committed, further back.
      await writeInTurn(older, batches(id, entries.slice(0, stood), lengthOf));
      const committed = Math.max(0, stood - 1 - Math.floor(random() * stood));
      const again = batches(id, entries.slice(Math.floor(random() * stood), stood), lengthOf);
      await Promise.all([
        writeInTurn(newer, batches(id, entries.slice(committed), lengthOf)),
        writeInTurn(older, again),
      ]);
      await writeInTurn(older, again.toReversed());
      await expectLog(id, fold(entries));
      for (const { row } of entries)
        expect((await newer.findCommand(id, row.senderId, row.commandId, 0))?.seq).toBe(row.seq);
    }
  });

  it('of different epochs leave what the newer epoch says, even of a row that the older wrote later', async () => {
    const id = randomUUID();
    const random = seededRandom(99);
    const lengthOf = (): number => 4;
    const before = outcomes(20, 1, random);
    const after = outcomes(20, 2, random);
    await Promise.all([
      writeInTurn(older, batches(id, before, lengthOf)),
      writeInTurn(newer, batches(id, after, lengthOf)),
    ]);
    await writeInTurn(older, batches(id, before, lengthOf));
    await expectLog(id, fold(after));
    const [lost] = before as [Entry];
    expect(await newer.findCommand(id, lost.row.senderId, lost.row.commandId, 0)).toBeUndefined();
  });

  it('do not bring back what was deleted', async () => {
    const id = randomUUID();
    const rows = [logRow(1, { event: bytes('the secret') }), logRow(2)] as const;
    const blank = { seq: 1, event: bytes(''), eventPosition: rows[1].position };
    const entries = [{ row: rows[0] }, { row: rows[1], rewrite: blank }];
    await writeInTurn(
      newer,
      batches(id, entries, () => 2),
    );
    await writeInTurn(
      older,
      batches(id, entries.slice(0, 1), () => 1),
    );
    expect(plain(await newer.readRow(id, 1))).toEqual(plain({ ...rows[0], ...blank }));
    const { rows: raw } = await client.execute(
      'SELECT event FROM conversation_log WHERE conversation_id = ? AND bucket = 0',
      [id],
      { prepare: true },
    );
    expect(raw[0]?.event).toEqual(Buffer.alloc(0));
  });

  it('leave members and inboxes as the later position says', async () => {
    const member = memberRow({ conversationId: randomUUID() });
    const removed = { ...member, role: 'none' as const, removedSeq: 9, position: member.position + 5 };
    const inbox = inboxRow({ userId: member.userId, conversationId: member.conversationId, storedAtMs: 2000 });
    const gone = { ...inbox, removedSeq: 9, changedAtMs: inbox.changedAtMs + 1, position: removed.position };
    const late = { members: [member], inbox: [{ ...inbox, storedAtMs: 3000 }] };
    await older.write(projected({ ...late, inbox: [inbox] }));
    await Promise.all([
      newer.write(projected({ members: [removed], inbox: [{ ...gone, storedAtMs: 2500 }] })),
      older.write(projected(late)),
    ]);
    const { conversationId, ...expected } = removed;
    expect(await newer.readMember(conversationId, member.userId)).toEqual(expected);
    expect(await newer.readInboxRow(member.userId, conversationId)).toEqual({ ...gone, storedAtMs: 3000 });
  });
});

describe('buckets', () => {
  it('that were raised and not written yet hide nothing', async () => {
    const id = randomUUID();
    const entries = outcomes(BUCKET, 1, seededRandom(5));
    await writeInTurn(
      newer,
      batches(id, entries, () => 3),
    );
    // An owner was killed between the raise and the rows.
    await client.execute('UPDATE conversations USING TIMESTAMP 1 SET latest_bucket = 1 WHERE conversation_id = ?', [
      id,
    ]);
    expect(await newer.latestBucket(id)).toBe(1);
    const last = fold(entries).at(-1) as LogRow;
    expect((await newer.readHeads([id]))[0]?.seq).toBe(last.seq);
    expect(await newer.readTail(id, 1, 10)).toEqual([]);
    expect((await newer.readRows(id, 1, 1000, 2, true)).map(({ seq }) => seq)).toEqual([last.seq - 1, last.seq]);
    expect((await newer.findCommand(id, last.senderId, last.commandId, 0))?.seq).toBe(last.seq);
  });
});

describe('a batch', () => {
  it('makes one mutation of each conversation’s log, however many rows it has', async () => {
    const metrics = createMetrics();
    const store = await cassandra.open({ metrics, bucketSeqs: BUCKET });
    const written = async (): Promise<number> =>
      Number(/^clatter_messages_store_mutations_total\{.*\} (\d+)$/m.exec(await metrics.text())?.[1]);
    const batchesOf = Array.from({ length: 20 }, () =>
      batches(randomUUID(), outcomes(BUCKET, 1, seededRandom(3)), () => BUCKET),
    );
    const logs = batchesOf.flat().flatMap((batch) => batch.logs);
    expect(await written()).toBe(0);
    await store.write({ logs, projections: NOBODY });
    expect(await written()).toBe(20);
    await store.close();
  });

  it('writes every cell with the timestamp of its position, or of its own value where it is a maximum', async () => {
    const position = 3 * EPOCH + 2 ** 48 - 1;
    const conversation = conversationRow({ position });
    const { conversationId } = conversation;
    const member = memberRow({ conversationId, position: position - 1 });
    const { userId } = member;
    const inbox = inboxRow({ userId, conversationId, position: position - 2, storedAtMs: 1_800_000_000_777 });
    const receipt = receiptRow({ conversationId, userId, deliveredSeq: 7, readSeq: 6, readMessageNo: 5 });
    const rows = [logRow(1, { position: position - 4, eventPosition: position - 3 }), logRow(2, { position })];
    const { seq, messageNo, sentAtMs } = rows[1] as LogRow;
    const log: LogMutation = {
      conversationId,
      bucket: 0,
      raisesBucket: true,
      rows,
      rewrites: [],
      head: { seq, messageNo, position, sentAtMs },
    };
    const mark = { partition: 2 ** 31 - 1, logId: 'a log', epoch: 3, nextOffset: 2 ** 48 - 1 };
    await newer.write({
      logs: [log],
      projections: { ...NOBODY, conversations: [conversation], members: [member], inbox: [inbox], receipts: [receipt] },
      mark,
    });

    expect(await timestamps('conversation_log', ['conversation_id', 'bucket', 'seq'], [conversationId, 0, 1])).toEqual({
      message_no: position - 4,
      command_id: position - 4,
      sender_id: position - 4,
      sent_at: position - 4,
      event: position - 3,
      head_seq: position,
      head_message_no: position,
      head_sent_at: position,
    });
    expect(await timestamps('conversations', ['conversation_id'], [conversationId])).toEqual({
      latest_bucket: 0,
      kind: position,
      title: position,
      description: position,
      created_at: position,
      member_count: position,
      bumped_at: position,
      details: position,
    });
    expect(await timestamps('members', ['conversation_id', 'user_id'], [conversationId, userId])).toEqual({
      role: position - 1,
      joined_seq: position - 1,
      visible_from_seq: position - 1,
      removed_seq: position - 1,
      banned: position - 1,
      details: position - 1,
    });
    expect(await timestamps('inbox', ['user_id', 'conversation_id'], [userId, conversationId])).toEqual({
      kind: position - 2,
      peer_id: position - 2,
      joined_seq: position - 2,
      visible_from_seq: position - 2,
      removed_seq: position - 2,
      changed_at: position - 2,
      stored_at: inbox.storedAtMs,
    });
    expect(await timestamps('receipts', ['conversation_id', 'user_id'], [conversationId, userId])).toEqual({
      delivered_seq: 7,
      read_seq: 6,
      read_message_no: 6,
      updated_at: receipt.updatedAtMs,
    });
    expect(
      await timestamps('partition_marks', ['mark_group', 'partition'], [markGroupOf(mark.partition), mark.partition]),
    ).toEqual({
      log_id: position,
      epoch: position,
      next_offset: position,
    });
  });

  it('that cannot be encoded rejects and writes nothing', async () => {
    const id = randomUUID();
    const rows = [logRow(1), logRow(2, { commandId: 'no id' })];
    const { seq, messageNo, position, sentAtMs } = rows[1] as LogRow;
    const head = { seq, messageNo, position, sentAtMs };
    const log = { conversationId: id, bucket: 0, raisesBucket: true, rows, rewrites: [], head };
    await expect(newer.write({ logs: [log], projections: NOBODY })).rejects.toThrow('want a UUID, got "no id"');
    expect(await newer.readTail(id, 0, 10)).toEqual([]);
    await expect(newer.readMembers(id, 'no id', 10)).rejects.toThrow('want a UUID, got "no id"');
  });
});

/** The timestamp of each cell of a row that was written, but those of its key. */
async function timestamps(table: string, key: string[], values: unknown[]): Promise<Record<string, number>> {
  const keyspace = cassandra.config.CLATTER_CASSANDRA_KEYSPACE;
  const { columns } = await client.metadata.getTable(keyspace, table);
  const names = columns.map(({ name }) => name).filter((name) => !key.includes(name));
  const { rows } = await client.execute(
    `SELECT ${names.map((name) => `WRITETIME(${name}) AS ${name}`).join(', ')} FROM ${table} WHERE ${key.map((name) => `${name} = ?`).join(' AND ')}`,
    values,
    { prepare: true },
  );
  const [row] = rows as [types.Row];
  const written = names.filter((name) => row[name] !== null);
  return Object.fromEntries(written.map((name) => [name, (row[name] as types.Long).toNumber()]));
}
